"""Parameters under other names, with defaults, keyword-only extras, and *arguments."""


# %% 05.1
def output_size(*arguments):
    n, k, s, p, d = arguments
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


# %% 05.2
def conv2d(picture, weights, bias=0, *, verbose=False, **rest):
    return np.tensordot(np.lib.stride_tricks.sliding_window_view(picture, weights.shape), weights, 2) + bias


# %% 05.3
def same_padding(length, size=3, step=1, /, *, both=True):
    total = max(size - (length % step or step), 0)
    return total // 2, total - total // 2
