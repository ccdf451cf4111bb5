"""Right answers to chapter 07 that differ from the reference in method: each must earn every point."""

from __future__ import annotations

import numpy as np

from layerwise_grader.answers import alternative

# --- 07.1 ------------------------------------------------------------------------------------------------------------


@alternative("07.1", "Keras' own function, in float32")
def preprocess_by_keras(images, mode):
    from keras.applications.imagenet_utils import preprocess_input

    return preprocess_input(images.astype("float32"), data_format="channels_last", mode=mode)


@alternative("07.1", "an index list for the channels, a list as the result")
def preprocess_by_index(images, mode):
    x = np.asarray(images, dtype="float32")
    if mode == "caffe":
        return (x[:, :, :, [2, 1, 0]] - np.array([103.939, 116.779, 123.68])).tolist()
    if mode == "tf":
        return (2 * (x / 255) - 1).tolist()
    return ((x - 255 * np.array([0.485, 0.456, 0.406])) / (255 * np.array([0.229, 0.224, 0.225]))).tolist()


@alternative("07.1", "channels stacked one by one, keras.ops")
def preprocess_by_stacking(images, mode):
    from keras import ops

    red, green, blue = (ops.cast(images[..., channel], "float32") for channel in range(3))
    if mode == "caffe":
        return ops.stack([blue - 103.939, green - 116.779, red - 123.68], axis=-1)
    if mode == "tf":
        return ops.stack([red, green, blue], axis=-1) / 127.5 - 1.0
    scaled = zip((red, green, blue), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), strict=True)
    return ops.stack([(channel / 255 - mean) / spread for channel, mean, spread in scaled], axis=-1)


# --- 07.2 ------------------------------------------------------------------------------------------------------------


def _weights(old, new):
    """(new, old): how much each old pixel counts for each new one; hats of width 1 around each centre."""
    place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(old)))


@alternative("07.2", "two products with matrices of weights, in float32")
def resize_by_matrices(images, height, width):
    down, across = _weights(images.shape[1], height), _weights(images.shape[2], width)
    return np.einsum("ih,nhwc,jw->nijc", down, images, across).astype("float32")


@alternative("07.2", "loops over new pixels")
def resize_by_loops(images, height, width):
    count, old_height, old_width, channels = images.shape
    result = np.zeros((count, height, width, channels))
    for i in range(height):
        y = min(max((i + 0.5) * old_height / height - 0.5, 0), old_height - 1)
        top, low = int(y), min(int(y) + 1, old_height - 1)
        for j in range(width):
            x = min(max((j + 0.5) * old_width / width - 0.5, 0), old_width - 1)
            left, right = int(x), min(int(x) + 1, old_width - 1)
            above = images[:, top, left] * (1 - x + left) + images[:, top, right] * (x - left)
            below = images[:, low, left] * (1 - x + left) + images[:, low, right] * (x - left)
            result[:, i, j] = above * (1 - y + top) + below * (y - top)
    return result


@alternative("07.2", "Keras' resize")
def resize_by_keras(images, height, width):
    from keras import ops

    return ops.image.resize(
        images.astype("float32"),
        (height, width),
        interpolation="bilinear",
        antialias=False,
        data_format="channels_last",
    )


@alternative("07.2", "NumPy's interp along each axis")
def resize_by_interp(images, height, width):
    def stretched(values, axis, new):
        old = values.shape[axis]
        at = (np.arange(new) + 0.5) * old / new - 0.5
        return np.apply_along_axis(lambda line: np.interp(at, np.arange(old), line), axis, values)

    return stretched(stretched(images, 1, height), 2, width)


# --- 07.3 ------------------------------------------------------------------------------------------------------------


@alternative("07.3", "dual form: solve for the samples")
def probe_by_dual(features, targets, penalty):
    mean = features.mean(0)
    centred = features - mean
    inner = centred @ centred.T + penalty * np.eye(len(features))
    w = centred.T @ np.linalg.solve(inner, targets - targets.mean(0))
    return w, targets.mean(0) - mean @ w


@alternative("07.3", "least squares on stacked rows, targets left as they are")
def probe_by_stacking(features, targets, penalty):
    # Centred features are orthogonal to any constant, so the targets' mean does not reach w.
    mean, inputs = features.mean(0), features.shape[1]
    rows = np.vstack([features - mean, np.sqrt(penalty) * np.eye(inputs)])
    w = np.linalg.lstsq(rows, np.vstack([targets, np.zeros((inputs, targets.shape[1]))]), rcond=None)[0]
    return w.tolist(), (targets.mean(0) - mean @ w).tolist()


@alternative("07.3", "singular values, in float32")
def probe_by_svd(features, targets, penalty):
    features, targets = features.astype("float32"), targets.astype("float32")
    u, s, v = np.linalg.svd(features - features.mean(0), full_matrices=False)
    w = v.T @ ((s / (s**2 + np.float32(penalty)))[:, None] * (u.T @ targets))
    return [w, targets.mean(0) - features.mean(0) @ w]


@alternative("07.3", "a column of ones whose penalty is 0")
def probe_by_column_of_ones(features, targets, penalty):
    rows = np.hstack([features, np.ones((len(features), 1))])
    pull = penalty * np.eye(rows.shape[1])
    pull[-1, -1] = 0
    both = np.linalg.solve(rows.T @ rows + pull, rows.T @ targets)
    return both[:-1], both[-1]


# --- 07.4 ------------------------------------------------------------------------------------------------------------


@alternative("07.4", "Sequential")
def transfer_by_sequential(backbone, classes, dropout=0.2):
    import keras
    from keras import layers

    backbone.trainable = False
    pool = [layers.GlobalAveragePooling2D()] if len(backbone.output_shape) == 4 else []
    model = keras.Sequential([backbone, *pool, layers.Dropout(dropout), layers.Dense(classes)])
    model.build(backbone.input_shape)
    return model


@alternative("07.4", "layer by layer frozen, grown on the backbone's own output")
def transfer_by_growing(backbone, classes, dropout=0.2):
    import keras
    from keras import layers, ops

    for layer in backbone.layers:
        layer.trainable = False
    x = backbone.output
    if len(x.shape) == 4:
        x = ops.mean(x, axis=(1, 2))
    scores = layers.Dense(classes, activation="linear")(layers.Dropout(dropout)(x))
    return keras.Model(backbone.input, scores)


@alternative("07.4", "called with training=False, frozen afterwards")
def transfer_in_inference_mode(backbone, classes, dropout=0.2):
    import keras
    from keras import layers

    inputs = keras.Input(shape=backbone.input_shape[1:])
    features = backbone(inputs, training=False)
    if len(features.shape) > 2:
        features = layers.GlobalAveragePooling2D()(features)
    outputs = layers.Dense(classes)(layers.Dropout(dropout, seed=1)(features))
    model = keras.Model(inputs, outputs)
    backbone.trainable = False
    return model


@alternative("07.4", "a class of its own, which knows its shapes only once it is called")
def transfer_by_subclass(backbone, classes, dropout=0.2):
    import keras
    from keras import layers, ops

    class Transfer(keras.Model):
        def __init__(self):
            super().__init__()
            backbone.trainable = False
            self.backbone, self.drop, self.head = backbone, layers.Dropout(dropout), layers.Dense(classes)

        def call(self, x, training=False):
            features = self.backbone(x, training=False)
            features = ops.mean(features, axis=(1, 2)) if len(features.shape) == 4 else features
            return self.head(self.drop(features, training=training))

    return Transfer()


# --- 07.5 ------------------------------------------------------------------------------------------------------------


@alternative("07.5", "a loop from the head to the input")
def rates_by_loop(blocks, head_rate, decay):
    rates = {}
    for block in reversed(blocks):
        rates[block] = head_rate
        head_rate = head_rate * decay
    return rates


@alternative("07.5", "recursion")
def rates_by_recursion(blocks, head_rate, decay):
    if not blocks:
        return {}
    return rates_by_recursion(blocks[:-1], head_rate * decay, decay) | {blocks[-1]: head_rate}


@alternative("07.5", "NumPy's float32 numbers")
def rates_by_numpy(blocks, head_rate, decay):
    powers = np.float32(decay) ** np.arange(len(blocks))[::-1].astype("float32")
    return dict(zip(blocks, (np.float32(head_rate) * powers).astype("float32"), strict=True))


# --- 07.6 ------------------------------------------------------------------------------------------------------------


@alternative("07.6", "freeze all, then thaw from the top")
def unfreeze_by_thawing(backbone, n):
    from keras import layers

    for layer in backbone.layers:
        layer.trainable = False
    backbone.trainable = True
    kept = backbone.layers[: max(0, len(backbone.layers) - n)]
    for layer in backbone.layers:
        layer.trainable = not any(layer is one for one in kept) and not isinstance(layer, layers.BatchNormalization)
    return backbone


@alternative("07.6", "batch norm told by its moving averages")
def unfreeze_by_moving_averages(backbone, n):
    backbone.trainable = True
    for place, layer in enumerate(reversed(backbone.layers)):
        layer.trainable = bool(place < n and not hasattr(layer, "moving_mean"))
    return backbone


@alternative("07.6", "a slice, with n = 0 apart")
def unfreeze_by_slice(backbone, n):
    import keras

    backbone.trainable = True
    top = backbone.layers[-n:] if n else []
    for layer in backbone.layers:
        layer.trainable = False
    for layer in top:
        if not isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = True
    return backbone


_SOLVE = "07.3 linear_probe: np.linalg.solve(square, centred.T @ (targets - targets.mean(axis=0)))"
_NO_MEAN = "centred features are orthogonal to any constant, so the targets' mean does not reach w"

EQUIVALENT: dict[str, str] = {
    f"{_SOLVE} → np.linalg.solve(square, centred.T @ (targets + targets.mean(axis=0)))": _NO_MEAN,
    f"{_SOLVE} → np.linalg.solve(square, centred.T @ targets)": _NO_MEAN,
}
