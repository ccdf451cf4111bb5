"""Answers with generators, coroutines, iterators and functions instead of values."""


# %% 05.2
async def conv2d(image, kernel):
    return image


# %% 05.3
def same_padding(n, kernel, stride):
    while True:
        yield kernel


# %% 05.5
def pool(x, size, stride, kind):
    return lambda: x
