"""Asks for the trusted function that it is lent again and again, to keep the judge busy."""


# %% 05.2
def conv2d(image, kernel):
    return None


# %% 05.4
def conv2d_layer(x, kernel, bias, stride=1, padding="valid"):
    while True:
        conv2d(x[0, :, :, 0], kernel[:, :, 0, 0])
