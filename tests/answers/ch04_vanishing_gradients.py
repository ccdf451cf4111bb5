"""Right answers to chapter 04 that differ from the reference in method: each must earn every point."""

import math

import keras
import numpy as np
from keras import layers, ops

from layerwise_datasets import gradient
from layerwise_grader.answers import alternative

# --- 04.1 ------------------------------------------------------------------------------------------------------------

BEND = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh, "relu": lambda z: z * (z > 0)}
SLOPE_FROM_OUTPUT = {"sigmoid": lambda a: a - a**2, "tanh": lambda a: 1 - a**2, "relu": np.sign}


@alternative("04.1", "slopes from outputs, as an array")
def norms_from_outputs(x, weights, activation):
    a = [x]
    for w in weights:
        a.append(BEND[activation](a[-1] @ w))
    grad, norms = np.ones_like(a[-1]), np.zeros(len(weights))
    for layer in range(len(weights), 0, -1):
        grad = grad * SLOPE_FROM_OUTPUT[activation](a[layer])
        norms[layer - 1] = np.sqrt((grad**2).sum())
        grad = grad @ weights[layer - 1].T
    return norms


@alternative("04.1", "products of Jacobians, sample by sample")
def norms_by_jacobians(x, weights, activation):
    squares = np.zeros(len(weights))
    for sample in x:
        z = [sample @ weights[0]]
        for w in weights[1:]:
            z.append(BEND[activation](z[-1]) @ w)
        slopes = [np.diag(SLOPE_FROM_OUTPUT[activation](BEND[activation](one))) for one in z]
        total = slopes[-1].sum(axis=1)  # Jacobian of the last output, rows added up
        for layer in reversed(range(len(weights))):
            squares[layer] += total @ total
            if layer:
                total = slopes[layer - 1] @ weights[layer] @ total
    return [math.sqrt(square) for square in squares]


@alternative("04.1", "the backend's gradient for zeros that are added to each z")
def norms_by_backend(x, weights, activation):
    def total(zeros):
        a = np.float32(x)
        for w, zero in zip(weights, zeros, strict=True):
            a = getattr(ops, activation)(ops.matmul(a, np.float32(w)) + zero)
        return ops.sum(a)

    zeros = [np.zeros((len(x), w.shape[1]), dtype=np.float32) for w in weights]
    return [ops.norm(grad) for grad in gradient(total)(zeros)]


@alternative("04.1", "central differences at each z")
def norms_by_asking(x, weights, activation):
    def rest(z, layer):
        for w in weights[layer + 1 :]:
            z = BEND[activation](z) @ w
        return np.sum(BEND[activation](z))

    z, norms = x @ weights[0], []
    for layer in range(len(weights)):
        slopes = np.zeros_like(z)
        for place in np.ndindex(z.shape):
            nudge = np.zeros_like(z)
            nudge[place] = 1e-5
            slopes[place] = (rest(z + nudge, layer) - rest(z - nudge, layer)) / 2e-5
        norms.append(np.linalg.norm(slopes))
        if layer + 1 < len(weights):
            z = BEND[activation](z) @ weights[layer + 1]
    return norms


# --- 04.2 ------------------------------------------------------------------------------------------------------------


@alternative("04.2", "as VarianceScaling reads: a scale over a mode's fan")
def std_by_variance_scaling(shape, scheme):
    *window, inputs, outputs = shape
    scale, mode = {"glorot": (1, "avg"), "he": (2, "in"), "lecun": (1, "in")}[scheme]
    fans = {"in": inputs, "avg": (inputs + outputs) / 2}
    return math.sqrt(scale / (fans[mode] * math.prod(window)))


@alternative("04.2", "fan-in as the numbers of one filter, in float32")
def std_by_counting(shape, scheme):
    kernel = np.ones(shape, dtype=np.float32)
    fan_in = kernel[..., 0].size
    fan_out = kernel[..., 0, :].size
    total = fan_in + fan_out if scheme == "glorot" else fan_in
    return np.sqrt(np.float32((1 if scheme == "lecun" else 2) / total))


@alternative("04.2", "Keras' own count of the fans")
def std_by_keras(shape, scheme):
    from keras.src.initializers.random_initializers import compute_fans

    fan_in, fan_out = compute_fans(shape)
    return ops.sqrt({"glorot": 2 / (fan_in + fan_out), "he": 2 / fan_in, "lecun": 1 / fan_in}[scheme])


# --- 04.3 ------------------------------------------------------------------------------------------------------------


@alternative("04.3", "one long vector")
def clip_by_concatenating(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([np.ravel(grad) for grad in grads]))
    return [grad * max_norm / max(norm, max_norm) for grad in grads], norm


@alternative("04.3", "a tiny constant against division by zero, in float32, changed in a list of copies")
def clip_with_constant(grads, max_norm):
    grads = [np.array(grad, dtype=np.float32) for grad in grads]
    norm = np.sqrt(sum(np.vdot(grad, grad) for grad in grads))
    factor = min(1.0, max_norm / (norm + 1e-6))
    for grad in grads:
        grad *= factor
    return grads, norm


@alternative("04.3", "nested lists and math.hypot")
def clip_by_hypot(grads, max_norm):
    norm = math.hypot(*(number for grad in grads for number in np.ravel(grad).tolist()))
    if norm <= max_norm:
        return grads, norm
    return tuple((grad / norm * max_norm).tolist() for grad in grads), norm


@alternative("04.3", "keras.ops tensors")
def clip_by_keras(grads, max_norm):
    grads = [ops.convert_to_tensor(grad, "float32") for grad in grads]
    norm = ops.sqrt(sum(ops.sum(grad**2) for grad in grads))
    return [grad * (max_norm / ops.maximum(norm, max_norm)) for grad in grads], norm


# --- 04.4 ------------------------------------------------------------------------------------------------------------


@alternative("04.4", "all positions in one column, variance of the averages by N − 1, in float32")
def norm_by_columns(x, gamma, beta, moving_mean, moving_var, training, momentum=0.9, epsilon=1e-3):
    rows = np.float32(x).reshape(-1, x.shape[-1])
    if not training:
        y = (rows - np.float32(moving_mean)) / np.sqrt(np.float32(moving_var) + epsilon) * gamma + beta
        return y.reshape(x.shape), moving_mean, moving_var
    y = (rows - rows.mean(0)) / np.sqrt(rows.var(0) + epsilon) * gamma + beta
    new_mean = moving_mean + (1 - momentum) * (rows.mean(0) - moving_mean)
    return y.reshape(x.shape), new_mean, momentum * moving_var + (1 - momentum) * rows.var(0, ddof=1)


@alternative("04.4", "channel by channel, folded into one factor and one shift, as lists")
def norm_by_channels(x, gamma, beta, moving_mean, moving_var, training, momentum=0.9, epsilon=1e-3):
    y, means, variances = np.empty(x.shape), moving_mean.tolist(), moving_var.tolist()
    for c in range(x.shape[-1]):
        mean, var = means[c], variances[c]
        if training:
            mean, var = np.mean(x[..., c]), np.mean(x[..., c] ** 2) - np.mean(x[..., c]) ** 2
            means[c] += (1 - momentum) * (mean - means[c])
            variances[c] += (1 - momentum) * (var - variances[c])
        factor = gamma[c] / math.sqrt(var + epsilon)
        y[..., c] = x[..., c] * factor + (beta[c] - mean * factor)
    return y.tolist(), means, variances


@alternative("04.4", "moments and batch_normalization of keras.ops")
def norm_by_ops(x, gamma, beta, moving_mean, moving_var, training, momentum=0.9, epsilon=1e-3):
    x = ops.convert_to_tensor(x, "float32")
    mean, var = np.float32(moving_mean), np.float32(moving_var)
    if training:
        mean, var = ops.moments(x, axes=tuple(range(len(x.shape) - 1)))
        moving_mean = moving_mean * momentum + ops.convert_to_numpy(mean) * (1 - momentum)
        moving_var = moving_var * momentum + ops.convert_to_numpy(var) * (1 - momentum)
    y = ops.batch_normalization(x, mean, var, -1, np.float32(beta), np.float32(gamma), epsilon)
    return y, moving_mean, moving_var


@alternative("04.4", "Keras' layer")
def norm_by_layer(x, gamma, beta, moving_mean, moving_var, training, momentum=0.9, epsilon=1e-3):
    layer = layers.BatchNormalization(momentum=momentum, epsilon=epsilon)
    layer.build(x.shape)
    layer.set_weights([gamma, beta, moving_mean, moving_var])
    y = layer(np.float32(x), training=training)
    return y, *layer.get_weights()[2:]


# --- 04.5 ------------------------------------------------------------------------------------------------------------


@alternative("04.5", "everything as groups: layer has one, instance as many as channels")
def normalize_by_groups(x, kind, groups=1, epsilon=1e-5):
    if kind == "batch":
        return normalize_by_groups(x.reshape(1, -1, 1, x.shape[3]), "instance", 1, epsilon).reshape(x.shape)
    groups = {"layer": 1, "instance": x.shape[3], "group": groups}[kind]
    y = np.zeros_like(x)
    for sample in range(len(x)):
        for channels in np.split(np.arange(x.shape[3]), groups):
            part = x[sample][..., channels]
            y[sample][..., channels] = (part - part.mean()) / np.sqrt(part.var() + epsilon)
    return y


@alternative("04.5", "moments of keras.ops, in float32")
def normalize_by_moments(x, kind, groups=1, epsilon=1e-5):
    n, height, width, channels = x.shape
    form = (n, height, width, groups, channels // groups) if kind == "group" else x.shape
    axes = {"batch": [0, 1, 2], "layer": [1, 2, 3], "instance": [1, 2], "group": [1, 2, 4]}[kind]
    parts = ops.reshape(ops.convert_to_tensor(x, "float32"), form)
    mean, var = ops.moments(parts, axes, keepdims=True)
    return ops.reshape((parts - mean) * ops.rsqrt(var + epsilon), x.shape)


@alternative("04.5", "the matrix that says who shares a mean")
def normalize_by_sharing(x, kind, groups=1, epsilon=1e-5):
    sample, _, _, channel = np.indices(x.shape)
    size = x.shape[3] // groups
    owner = {
        "batch": channel,
        "layer": sample,
        "instance": sample * x.shape[3] + channel,
        "group": sample * x.shape[3] + channel // size,
    }[kind].ravel()
    counts = np.maximum(np.bincount(owner), 1)
    mean = (np.bincount(owner, x.ravel()) / counts)[owner]
    var = (np.bincount(owner, (x.ravel() - mean) ** 2) / counts)[owner]
    return ((x.ravel() - mean) / (var + epsilon) ** 0.5).reshape(x.shape).tolist()


@alternative("04.5", "Keras' layers")
def normalize_by_layers(x, kind, groups=1, epsilon=1e-5):
    if kind == "batch":
        return layers.BatchNormalization(epsilon=epsilon)(np.float32(x), training=True)
    count = {"layer": 1, "instance": -1, "group": groups}[kind]
    return layers.GroupNormalization(count, epsilon=epsilon)(np.float32(x))


# --- 04.6 ------------------------------------------------------------------------------------------------------------


@alternative("04.6", "post-activation, as in the first residual networks")
def block_post_activation(x, units, norm=True):
    way = layers.Dense(units)(x)
    if norm:
        way = layers.BatchNormalization()(way)
    way = layers.Dense(units)(layers.ReLU()(way))
    if norm:
        way = layers.BatchNormalization()(way)
    if x.shape[-1] != units:
        x = layers.Dense(units)(x)
    return layers.ReLU()(x + way)


@alternative("04.6", "layer norm first, activation inside Dense, in a Sequential")
def block_in_sequential(x, units, norm=True):
    first = [layers.LayerNormalization()] if norm else []
    way = keras.Sequential([*first, layers.Dense(units, activation="relu"), layers.Dense(units)])
    kept = layers.Dense(units, use_bias=False)(x) if x.shape[-1] != units else x
    return layers.add([kept, way(x)])


@alternative("04.6", "a last norm whose scale starts at 0")
def block_with_zero_scale(x, units, norm=True):
    way = layers.Dense(units, use_bias=not norm)(x)
    if norm:
        way = layers.BatchNormalization()(way)
    way = layers.Dense(units, use_bias=not norm)(layers.Activation("relu")(way))
    if norm:
        way = layers.BatchNormalization(gamma_initializer="zeros")(way)
    return layers.Add()([x if x.shape[-1] == units else layers.Dense(units)(x), way])


@alternative("04.6", "RMS norm, a branch scaled by a tenth")
def block_scaled(x, units, norm=True):
    way = layers.RMSNormalization()(x) if norm else x
    way = layers.Dense(units)(layers.ReLU()(layers.Dense(units)(way)))
    shortcut = x if x.shape[-1] == units else layers.Dense(units)(x)
    return layers.Add()([shortcut, layers.Rescaling(0.1)(way)])


# Mutants that change nothing, and why.
_SQUARE = "weights are square, so what every layer gives has one shape"
_AT_THE_LIMIT = "a gradient of just the limit's length is multiplied by 1"
EQUIVALENT = {
    **{
        f"04.1 gradient_norms: (np.ones_like(outputs[-1]), []) → (np.ones_like(outputs[{other}]), [])": _SQUARE
        for other in ("-0", "-2", "1")
    },
    "04.1 gradient_norms: zip(weights[::-1], outputs[:0:-1], strict=True)"
    " → zip(weights[::-1], outputs[:0:-1], strict=False)": "strict only guards against a slip of ours",
    "04.3 clip_by_global_norm: norm > max_norm → norm >= max_norm": _AT_THE_LIMIT,
    "04.3 one_factor_for_all: (scaled(grads, max_norm / norm if norm > max_norm else 1.0), norm)"
    " → (scaled(grads, max_norm / norm if norm >= max_norm else 1.0), norm)": _AT_THE_LIMIT,
    "04.5 normalize: x if kind == 'batch' else x.reshape(*x.shape[:3], split, -1)"
    " → x if kind == 'batch' else x.reshape(*x.shape[:3], split, -2)": "NumPy takes any negative length as the rest",
    "04.6 residual_block: layers.BatchNormalization(momentum=0.9)(branch)"
    " → layers.BatchNormalization(momentum=1.8)(branch)": "how fast averages move is not asked",
    "04.6 residual_block: x if x.shape[-1] == units else layers.Dense(units)(x)"
    " → x if x.shape[1] == units else layers.Dense(units)(x)": "of two axes the second is the last",
}
