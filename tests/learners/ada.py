"""Ada gets everything right, in her own words."""

import numpy as np


# %% 05.1
def output_size(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    reach = (kernel - 1) * dilation + 1
    return len(range(0, n + 2 * padding - reach + 1, stride))


# %% 05.2
def conv2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    height, width = kernel.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    result = np.zeros((rows, columns))
    for row in range(height):
        for column in range(width):
            result += kernel[row, column] * image[row : row + rows, column : column + columns]
    return result


# %% 05.3
def same_padding(n: int, kernel: int, stride: int) -> tuple[int, int]:
    rest = n % stride or stride
    total = max(kernel - rest, 0)
    return total // 2, (total + 1) // 2


# %% 05.4
def conv2d_layer(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, stride: int = 1, padding: str = "valid"
) -> np.ndarray:
    height, width = kernel.shape[:2]
    if padding == "same":
        rows = same_padding(x.shape[1], height, stride)
        columns = same_padding(x.shape[2], width, stride)
        x = np.pad(x, ((0, 0), rows, columns, (0, 0)))
    total = 0
    last_row, last_column = x.shape[1] - height, x.shape[2] - width
    for row in range(height):
        for column in range(width):
            seen = x[:, row : row + last_row + 1 : stride, column : column + last_column + 1 : stride]
            total = total + seen @ kernel[row, column]
    return total + bias


# %% 05.5
def pool(x: np.ndarray, size: int, stride: int, kind: str) -> np.ndarray:
    rows = range(0, x.shape[1] - size + 1, stride)
    columns = range(0, x.shape[2] - size + 1, stride)
    reduce = np.max if kind == "max" else np.mean
    return np.stack(
        [np.stack([reduce(x[:, r : r + size, c : c + size], axis=(1, 2)) for c in columns], axis=1) for r in rows],
        axis=1,
    )


# %% 05.6
def receptive_field(layers: list[tuple[int, int]]) -> int:
    field = 1
    for kernel, stride in reversed(layers):
        field = (field - 1) * stride + kernel
    return field


# %% 05.7
def cnn_forward(x: np.ndarray, params: dict) -> np.ndarray:
    maps = np.maximum(conv2d_layer(x, params["kernel1"], params["bias1"], padding="same"), 0)
    maps = pool(maps, 2, 2, "max")
    maps = np.maximum(conv2d_layer(maps, params["kernel2"], params["bias2"], padding="same"), 0)
    logits = maps.mean(axis=(1, 2)) @ params["w"] + params["b"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
