"""Ben makes the mistakes that many make, and then uses his wrong functions in the last exercise."""

import numpy as np


# %% 05.1
def output_size(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return (n + padding - dilation * (kernel - 1) - 1) // stride + 1


# %% 05.2
def conv2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    kernel = np.flipud(np.fliplr(kernel))
    height, width = kernel.shape
    result = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for row in range(result.shape[0]):
        for column in range(result.shape[1]):
            result[row, column] = np.sum(image[row : row + height, column : column + width] * kernel)
    return result


# %% 05.3
def same_padding(n: int, kernel: int, stride: int) -> tuple[int, int]:
    return kernel // 2, kernel // 2


# %% 05.4
def conv2d_layer(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, stride: int = 1, padding: str = "valid"
) -> np.ndarray:
    if padding == "same":
        rows, columns = (same_padding(x.shape[axis + 1], kernel.shape[axis], stride) for axis in (0, 1))
        x = np.pad(x, ((0, 0), rows, columns, (0, 0)))
    images = []
    for image in x:
        maps = []
        for out in range(kernel.shape[3]):
            whole = sum(conv2d(image[:, :, channel], kernel[:, :, channel, out]) for channel in range(x.shape[3]))
            maps.append(whole[::stride, ::stride] + bias[out])
        images.append(np.stack(maps, axis=-1))
    return np.stack(images)


# %% 05.5
def pool(x: np.ndarray, size: int, stride: int, kind: str) -> np.ndarray:
    rows, columns = (x.shape[1] - size) // stride + 1, (x.shape[2] - size) // stride + 1
    best = np.zeros((len(x), rows, columns, x.shape[3]))
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride, column * stride
            window = x[:, top : top + size, left : left + size]
            if kind == "max":
                for r in range(size):
                    for c in range(size):
                        best[:, row, column] = np.maximum(best[:, row, column], window[:, r, c])
            else:
                best[:, row, column] = window.mean(axis=(1, 2))
    return best


# %% 05.6
def receptive_field(layers: list[tuple[int, int]]) -> int:
    field = 1
    for kernel, _stride in layers:
        field += kernel - 1
    return field


# %% 05.7
def cnn_forward(x: np.ndarray, params: dict) -> np.ndarray:
    x = np.maximum(conv2d_layer(x, params["kernel1"], params["bias1"], padding="same"), 0)
    x = pool(x, 2, 2, "max")
    x = np.maximum(conv2d_layer(x, params["kernel2"], params["bias2"], padding="same"), 0)
    x = x.mean(axis=(1, 2)) @ params["w"] + params["b"]
    return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
