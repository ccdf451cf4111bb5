"""Lambdas instead of functions."""

# %% 05.1
output_size = lambda n, kernel, stride, padding, dilation: (n + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1

# %% 05.2
windows = np.lib.stride_tricks.sliding_window_view
conv2d = lambda image, kernel: np.einsum("ijkl,kl->ij", windows(image, kernel.shape), kernel)
