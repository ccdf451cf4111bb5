"""Answers under %%time and %%capture, and own cells under other cell magics."""

# %% own
# %%capture
import math

print("nobody sees this")

# %% own
# %%html
# | <b>not Python</b>


# %% 05.1
# %%time
def output_size(n, kernel, stride, padding, dilation):
    return math.floor((n + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1


# %% 05.2
# %%capture output
def conv2d(image, kernel):
    return np.tensordot(np.lib.stride_tricks.sliding_window_view(image, kernel.shape), kernel, 2)


print(conv2d(np.ones((3, 3)), np.ones((2, 2))))
