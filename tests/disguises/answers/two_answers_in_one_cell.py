"""Two answers in one cell, and the other's cell left as a stub."""


# %% 05.2
def conv2d(image, kernel):
    return np.tensordot(np.lib.stride_tricks.sliding_window_view(image, kernel.shape), kernel, 2)


def same_padding(n, kernel, stride):
    total = max(kernel - (n % stride or stride), 0)
    return total // 2, total - total // 2


# %% 05.3
def same_padding(n, kernel, stride):
    raise NotImplementedError()
