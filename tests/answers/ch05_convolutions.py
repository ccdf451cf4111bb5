"""Right answers to chapter 05 that differ from the reference in method: each must earn every point."""

import numpy as np
from keras import Input, Model, layers, ops  # here, since loading a backend takes longer than one call may

from layerwise_grader.answers import alternative

# --- 05.1 ------------------------------------------------------------------------------------------------------------


@alternative("05.1", "counting start positions one by one")
def by_counting(n, kernel, stride, padding, dilation):
    places, start = 0, -padding
    while start + dilation * (kernel - 1) <= n + padding - 1:
        places, start = places + 1, start + stride
    return places


@alternative("05.1", "the length of a range")
def by_range(n, kernel, stride, padding, dilation):
    return len(range(0, n + 2 * padding - dilation * (kernel - 1), stride))


@alternative("05.1", "rounding down in floats, so that the answer is 5.0")
def by_floor(n, kernel, stride, padding, dilation):
    return np.floor((n + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1


# --- 05.2 ------------------------------------------------------------------------------------------------------------


@alternative("05.2", "four loops and lists")
def by_loops(image, kernel):
    rows, columns = len(kernel), len(kernel[0])
    return [
        [
            sum(image[i + a][j + b] * kernel[a][b] for a in range(rows) for b in range(columns))
            for j in range(len(image[0]) - columns + 1)
        ]
        for i in range(len(image) - rows + 1)
    ]


@alternative("05.2", "sum of shifted images")
def by_shifts(image, kernel):
    height, width = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    taps = np.ndenumerate(kernel)
    return sum(tap * image[row : row + height, column : column + width] for (row, column), tap in taps)


@alternative("05.2", "sliding windows and einsum, in float32")
def by_einsum(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float32), kernel.shape)
    return np.einsum("hwij,ij->hw", windows, kernel.astype(np.float32))


@alternative("05.2", "Fourier transform with a flipped kernel")
def by_fft(image, kernel):
    spectrum = np.fft.rfft2(image) * np.fft.rfft2(kernel[::-1, ::-1], image.shape)
    return np.fft.irfft2(spectrum, image.shape)[kernel.shape[0] - 1 :, kernel.shape[1] - 1 :]


@alternative("05.2", "scipy.signal")
def by_scipy(image, kernel):
    from scipy.signal import correlate2d

    return correlate2d(image, kernel, mode="valid")


@alternative("05.2", "keras.ops.conv, returning a tensor")
def by_keras(image, kernel):
    x, kernel = np.float32(image)[None, :, :, None], np.float32(kernel)[:, :, None, None]
    return ops.conv(x, kernel, padding="valid", data_format="channels_last")[0, :, :, 0]


# --- 05.3 ------------------------------------------------------------------------------------------------------------


@alternative("05.3", "by the rest of n over the stride")
def by_rest(n, kernel, stride):
    total = max(kernel - (n % stride or stride), 0)
    return [total // 2, (total + 1) // 2]


@alternative("05.3", "trying totals from 0 upward")
def by_trying(n, kernel, stride):
    total = 0
    while len(range(0, n + total - kernel + 1, stride)) < (n + stride - 1) // stride:
        total += 1
    return np.array([total // 2, total - total // 2])


@alternative("05.3", "feeling with an impulse where Keras' windows start")
def by_impulse(n, kernel, stride):
    # The first window sees the first pixels under its last taps: the taps missing before them are the zeros.
    taps = np.arange(1.0, kernel + 1, dtype=np.float32)[:, None, None]
    impulse = np.eye(1, n, dtype=np.float32)[:, :, None]
    seen = float(ops.conv(impulse, taps, strides=stride, padding="same", data_format="channels_last")[0, 0, 0])
    before = round(seen) - 1
    return before, max((-(-n // stride) - 1) * stride + kernel - n, 0) - before


# --- 05.4 ------------------------------------------------------------------------------------------------------------


def framed(x, kernel, stride, padding):
    """The images with the zeros that are lacking."""
    if padding == "valid":
        return x
    sides = [by_rest(n, k, stride) for n, k in zip(x.shape[1:3], kernel.shape[:2], strict=True)]
    return np.pad(x, [(0, 0), *sides, (0, 0)])


@alternative("05.4", "loops over positions")
def layer_by_loops(x, kernel, bias, stride=1, padding="valid"):
    x = framed(x, kernel, stride, padding)
    rows, columns = kernel.shape[:2]
    return [
        [
            [
                np.tensordot(image[i : i + rows, j : j + columns], kernel, axes=3) + bias
                for j in range(0, image.shape[1] - columns + 1, stride)
            ]
            for i in range(0, image.shape[0] - rows + 1, stride)
        ]
        for image in x
    ]


@alternative("05.4", "patches as one matrix product")
def layer_by_patches(x, kernel, bias, stride=1, padding="valid"):
    x = framed(x, kernel, stride, padding)
    rows, columns, channels, filters = kernel.shape
    windows = np.lib.stride_tricks.sliding_window_view(x, (rows, columns), axis=(1, 2))[:, ::stride, ::stride]
    patches = windows.transpose(0, 1, 2, 4, 5, 3).reshape(*windows.shape[:3], rows * columns * channels)
    return patches @ kernel.reshape(-1, filters) + bias


@alternative("05.4", "sum over taps of the shifted images, in float32")
def layer_by_taps(x, kernel, bias, stride=1, padding="valid"):
    x, kernel = np.float32(framed(x, kernel, stride, padding)), np.float32(kernel)
    height, width = x.shape[1] - kernel.shape[0] + 1, x.shape[2] - kernel.shape[1] + 1
    total = np.float32(bias)
    for row in range(kernel.shape[0]):
        for column in range(kernel.shape[1]):
            shifted = x[:, row : row + height : stride, column : column + width : stride]
            total = total + shifted @ kernel[row, column]
    return total


@alternative("05.4", "one kernel over one image, for each pair of channels")
def layer_by_pairs(x, kernel, bias, stride=1, padding="valid"):
    x = framed(x, kernel, stride, padding)
    channels, filters = range(kernel.shape[2]), range(kernel.shape[3])
    maps = [[sum(by_shifts(image[..., c], kernel[..., c, f]) for c in channels) for f in filters] for image in x]
    return np.moveaxis(np.array(maps), 1, 3)[:, ::stride, ::stride] + bias


@alternative("05.4", "keras.ops.conv, returning a tensor")
def layer_by_keras(x, kernel, bias, stride=1, padding="valid"):
    x, kernel, bias = np.float32(x), np.float32(kernel), np.float32(bias)
    return ops.conv(x, kernel, strides=stride, padding=padding, data_format="channels_last") + bias


# --- 05.5 ------------------------------------------------------------------------------------------------------------


@alternative("05.5", "loops over positions")
def pool_by_loops(x, size, stride, kind):
    reduce = np.max if kind == "max" else np.mean
    rows, columns = (range(0, n - size + 1, stride) for n in x.shape[1:3])
    maps = [[reduce(x[:, i : i + size, j : j + size], axis=(1, 2)) for j in columns] for i in rows]
    return np.array(maps).transpose(2, 0, 1, 3)


@alternative("05.5", "a reshape where windows tile the image")
def pool_by_reshape(x, size, stride, kind):
    if size != stride:
        return pool_by_loops(x, size, stride, kind)
    n, height, width, channels = x.shape
    rows, columns = height // size, width // size
    tiles = x[:, : rows * size, : columns * size].reshape(n, rows, size, columns, size, channels)
    return tiles.max(axis=(2, 4)) if kind == "max" else tiles.mean(axis=(2, 4))


@alternative("05.5", "running maximum or sum of shifted images, in float32")
def pool_by_shifts(x, size, stride, kind):
    ends = [n - size + 1 for n in x.shape[1:3]]
    shifts = [(row, column) for row in range(size) for column in range(size)]
    views = [np.float32(x)[:, r : r + ends[0] : stride, c : c + ends[1] : stride] for r, c in shifts]
    return np.maximum.reduce(views) if kind == "max" else sum(views) / len(views)


@alternative("05.5", "keras.ops, returning a tensor")
def pool_by_keras(x, size, stride, kind):
    pooled = ops.max_pool if kind == "max" else ops.average_pool
    return pooled(np.float32(x), size, strides=stride, padding="valid", data_format="channels_last")


# --- 05.6 ------------------------------------------------------------------------------------------------------------


@alternative("05.6", "from the output back to the input")
def by_recursion(layers):
    field = 1
    for kernel, stride in reversed(layers):
        field = (field - 1) * stride + kernel
    return field


@alternative("05.6", "following the windows' edges through index sets")
def by_nudging(layers):
    seen = {0}
    for kernel, stride in reversed(layers):
        seen = {place * stride + tap for place in seen for tap in range(kernel)}
    return max(seen) - min(seen) + 1


@alternative("05.6", "one product of strides for each layer")
def by_products(layers):
    strides = np.cumprod([1, *(stride for _, stride in layers)])
    return 1 + sum((kernel - 1) * strides[depth] for depth, (kernel, _) in enumerate(layers))


# --- 05.7 ------------------------------------------------------------------------------------------------------------


def softmax(scores):
    """Rows that sum to 1."""
    exp = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)


@alternative("05.7", "ReLU after the pooling: the same, since the larger of two stays the larger")
def forward_with_late_relu(x, params):
    x = pool_by_reshape(layer_by_patches(x, params["kernel1"], params["bias1"], 1, "same"), 2, 2, "max")
    x = layer_by_patches(np.maximum(x, 0), params["kernel2"], params["bias2"], 1, "same")
    return softmax(np.mean(np.maximum(x, 0), axis=(1, 2)) @ params["w"] + params["b"])


@alternative("05.7", "keras.ops throughout")
def forward_by_keras(x, params):
    params = {name: np.float32(values) for name, values in params.items()}
    x = ops.relu(layer_by_keras(x, params["kernel1"], params["bias1"], 1, "same"))
    x = ops.max_pool(x, 2, strides=2, padding="valid", data_format="channels_last")
    x = ops.conv(x, params["kernel2"], padding="same", data_format="channels_last")
    x = ops.mean(ops.relu(x + params["bias2"]), axis=(1, 2))
    return ops.softmax(x @ params["w"] + params["b"])


@alternative("05.7", "a Keras model that is given the weights")
def forward_by_model(x, params):
    inputs = Input(x.shape[1:])
    maps = inputs
    for name in ("kernel1", "kernel2"):
        rows, columns, _, filters = params[name].shape
        maps = layers.Conv2D(filters, (rows, columns), padding="same", activation="relu")(maps)
        maps = layers.MaxPool2D(2)(maps) if name == "kernel1" else layers.GlobalAveragePooling2D()(maps)
    model = Model(inputs, layers.Dense(params["w"].shape[1], activation="softmax")(maps))
    model.set_weights([params[name] for name in ("kernel1", "bias1", "kernel2", "bias2", "w", "b")])
    return model(np.float32(x), training=False)


# Mutants that change nothing, and why. A larger shift than the maximum would overflow for scores in the hundreds.
_STABLE = "any shift gives the same shares while scores are small; scores of ±1000 are the subject of 01.5"
EQUIVALENT = {
    "05.4 conv2d_layer: np.einsum('nhwcij,ijcf->nhwf', windows, kernel, optimize=True) + bias"
    " → np.einsum('nhwcij,ijcf->nhwf', windows, kernel, optimize=False) + bias": "the same sum, more slowly",
    **{
        f"05.7 cnn_forward: np.exp(scores - scores.max(axis=1, keepdims=True)) → np.exp({mutant})": _STABLE
        for mutant in (
            "scores + scores.max(axis=1, keepdims=True)",
            "scores - scores.min(axis=1, keepdims=True)",
            "scores",
        )
    },
}
