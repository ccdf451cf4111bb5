"""A first, wrong version above the right one in the same cell, and a wrong trial in a cell of its own."""


# %% own
def conv2d(image, kernel):
    return image @ kernel


# %% 05.2
def conv2d(image, kernel):
    return image * kernel


def conv2d(image, kernel):
    return np.tensordot(np.lib.stride_tricks.sliding_window_view(image, kernel.shape), kernel, 2)


# %% 05.3
def same_padding(n, kernel, stride):
    total = max(kernel - (n % stride or stride), 0)
    return total // 2, total - total // 2
