"""Cleo ran out of time: two answers are right, one forgets the stride, one stops with an error, three are missing."""

import numpy as np


# %% 05.1
def output_size(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return (n + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


# %% 05.2
def conv2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijkl,kl->ij", windows, kernel)


# %% 05.3
def same_padding(n: int, kernel: int, stride: int) -> tuple[int, int]:
    total = 0
    while (n + total - kernel) // stride + 1 != n:
        total += 1
    return total // 2, total - total // 2


# %% 05.5
def pool(x: np.ndarray, size: int, stride: int, kind: str) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size))
    return windows.max(axis=(4, 5))
