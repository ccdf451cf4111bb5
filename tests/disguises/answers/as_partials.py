"""functools.partial, operator and a function of NumPy's own."""

# %% 05.2
import functools


def slide(name, image, kernel, axes):
    return np.tensordot(np.lib.stride_tricks.sliding_window_view(image, kernel.shape), kernel, axes)


conv2d = functools.partial(functools.partial(slide, "valid"), axes=2)

# %% 05.1
from functools import partial

output_size = partial(
    lambda one, n, kernel, stride, padding, dilation: (n + 2 * padding - dilation * (kernel - 1) - one) // stride + one,
    1,
)
