"""Sends lists of millions of nothings and texts of megabytes, small on the line and large in the judge's memory."""


# %% 05.2
def conv2d(image, kernel):
    return [None] * 15_000_000


# %% 05.3
def same_padding(n, kernel, stride):
    return [[[] for _ in range(3000)] for _ in range(1000)]


# %% 05.5
def pool(x, size, stride, kind):
    return "x" * 15_000_000
