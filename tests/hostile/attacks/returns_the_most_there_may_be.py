"""Returns the largest arrays and the longest lists that may cross, on every call."""


# %% 05.2
def conv2d(image, kernel):
    return np.zeros((1400, 1400))


# %% 05.3
def same_padding(n, kernel, stride):
    return [0.0] * 500_000


# %% 05.5
def pool(x, size, stride, kind):
    return {str(number): number for number in range(200_000)}
