"""Stubs left as they were; the answers stand in cells of the learner's own further down."""


# %% own
def conv2d(image, kernel):
    return np.tensordot(np.lib.stride_tricks.sliding_window_view(image, kernel.shape), kernel, 2)


def output_size(n, kernel, stride, padding, dilation):
    return (n + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


# %% 05.1
def output_size(n, kernel, stride, padding, dilation):
    raise NotImplementedError()


# %% 05.2
def conv2d(image, kernel):
    raise NotImplementedError()
