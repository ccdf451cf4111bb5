"""Right answers to chapter 01 that differ from the reference in method: each must earn every point."""

from __future__ import annotations

from functools import reduce

import keras
import numpy as np
from keras import ops
from scipy import special

from layerwise_grader.answers import alternative


@alternative("01.1", "a loop over samples that returns a list of True and False")
def neuron_by_loop(x, w, b):
    return [bool(sum(value * weight for value, weight in zip(row, w, strict=True)) + b > 0) for row in x]


@alternative("01.1", "einsum and a step function")
def neuron_by_einsum(x, w, b):
    return np.heaviside(np.einsum("nd,d->n", x, w) + b, 0.0)


@alternative("01.1", "a column of ones glued to the inputs, in float32")
def neuron_by_column_of_ones(x, w, b):
    with_one = np.hstack([x, np.ones((len(x), 1))]).astype("float32")
    return np.where(with_one @ np.append(w, b).astype("float32") > 0, 1.0, 0.0)


@alternative("01.2", "keras.ops, in float32")
def activate_by_keras(z, kind):
    z = ops.cast(z, "float32")
    return ops.leaky_relu(z, 0.1) if kind == "leaky_relu" else getattr(ops, kind)(z)


@alternative("01.2", "sigmoid through tanh, kinks through masks")
def activate_by_masks(z, kind):
    slope = {"relu": 0.0, "leaky_relu": 0.1}
    if kind in slope:
        return z * (z > 0) + slope[kind] * z * (z <= 0)
    return np.tanh(z) if kind == "tanh" else (1 + np.tanh(z / 2)) / 2


@alternative("01.2", "the short sigmoid that warns of overflow but is right; tanh through it")
def activate_by_short_sigmoid(z, kind):
    def sigmoid(t):
        return 1 / (1 + np.exp(-t))

    forms = {
        "relu": lambda: np.where(z > 0, z, 0),
        "leaky_relu": lambda: np.maximum(z, z / 10),
        "sigmoid": lambda: sigmoid(z),
        "tanh": lambda: 2 * sigmoid(2 * z) - 1,
    }
    return forms[kind]()


@alternative("01.2", "a Python function made to work entry by entry, whose arrays hold Python numbers")
def activate_by_python_function(z, kind):
    return np.frompyfunc(lambda number: activate_by_lists(number, kind), 1, 1)(z)


@alternative("01.2", "numbers one by one, as nested lists")
def activate_by_lists(z, kind):
    if np.ndim(z):
        return [activate_by_lists(part, kind) for part in z]
    if kind == "sigmoid":
        return float(special.expit(z))
    return float(np.tanh(z)) if kind == "tanh" else max(float(z), 0.1 * float(z) if kind == "leaky_relu" else 0.0)


@alternative("01.3", "einsum, in float32")
def dense_by_einsum(x, w, b):
    return np.einsum("nd,dh->nh", x, w).astype("float32") + b.astype("float32")


@alternative("01.3", "transposed twice")
def dense_by_columns(x, w, b):
    return (w.T @ x.T + b[:, None]).T


@alternative("01.3", "three loops over lists")
def dense_by_loops(x, w, b):
    def unit(row, j):
        return sum(row[i] * w[i, j] for i in range(len(row))) + b[j]

    return [[unit(row, j) for j in range(len(b))] for row in x]


@alternative("01.3", "a Keras layer that is given the weights")
def dense_by_keras(x, w, b):
    layer = keras.layers.Dense(len(b))
    layer.build(x.shape)
    layer.set_weights([w, b])
    return layer(x)


@alternative("01.4", "two differences, added")
def xor_by_differences():
    return [[1, -1], [-1, 1]], [0, 0], [1, 1], 0


@alternative("01.4", "the surplus taken off twice, stretched, with w2 as a column")
def xor_stretched():
    return np.full((2, 2), 3.0), np.array([0.0, -3.0]), np.array([[0.5], [-1.0]]), np.array([-0.2])


@alternative("01.4", "units that fire on (0, 0) and (1, 1), taken from 1")
def xor_by_exclusion():
    return np.array([[-1, 1], [-1, 1]]), np.array([1, -1]), np.array([-1, -1]), 1


@alternative("01.4", "one array that holds the four parts")
def xor_in_one_array():
    return np.array([np.ones((2, 2)), np.array([0, -1]), np.array([1, -2]), 0], dtype=object)


@alternative("01.5", "through the logarithm of the sum")
def softmax_by_logsumexp(z, axis=-1):
    return np.exp(z - special.logsumexp(z, axis=axis, keepdims=True))


@alternative("01.5", "slice by slice, shifted by the maximum")
def softmax_by_slices(z, axis=-1):
    def one(row):
        e = np.exp(row - max(row))
        return e / sum(e)

    return np.apply_along_axis(one, axis, z)


@alternative("01.5", "the axis moved to the front, as lists")
def softmax_by_moving(z, axis=-1):
    front = np.moveaxis(z, axis, 0)
    e = np.exp(front - front.max(axis=0))
    return np.moveaxis(e / e.sum(axis=0), 0, axis).tolist()


@alternative("01.5", "keras.ops, in float32")
def softmax_by_keras(z, axis=-1):
    return ops.softmax(ops.cast(z, "float32"), axis=axis)


@alternative("01.6", "recursion, in float32")
def forward_by_recursion(x, params):
    (w, b), *rest = params
    z = np.asarray(x, "float32") @ np.asarray(w, "float32") + np.asarray(b, "float32")
    return forward_by_recursion(np.maximum(z, 0), rest) if rest else special.softmax(z, axis=1)


@alternative("01.6", "functools.reduce, with the ReLU before every layer but the first")
def forward_by_reduce(x, params):
    (w, b), *rest = params
    z = reduce(lambda before, layer: np.maximum(before, 0) @ layer[0] + layer[1], rest, x @ w + b)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@alternative("01.6", "a Keras layer for each pair of weights")
def forward_by_keras(x, params):
    for number, (w, b) in enumerate(params, start=1):
        layer = keras.layers.Dense(len(b), activation="relu" if number < len(params) else "softmax")
        layer.build(x.shape)
        layer.set_weights([w, b])
        x = layer(x)
    return x


NEVER_ZERO = "No score is exactly 0, where rounding would decide."
ZERO_EITHER_WAY = "At 0 both branches give 0."
ROOM_BELOW = "Any output of at most 0.4 on (1, 1) is right: taking away more is another right network."
ROWS = "Scores have two axes, so the last is axis 1."
EQUIVALENT = {
    "01.1 fires_above_zero: (x @ w + b > 0).astype(int) → (x @ w + b >= 0).astype(int)": NEVER_ZERO,
    "01.1 neuron: (scores > 0).astype(int) → (scores >= 0).astype(int)": NEVER_ZERO,
    "01.2 bend: np.where(z > 0, z, 0.1 * z) → np.where(z >= 0, z, 0.1 * z)": ZERO_EITHER_WAY,
    "01.2 activate: np.where(z > 0, z, 0.1 * z) → np.where(z >= 0, z, 0.1 * z)": ZERO_EITHER_WAY,
    "01.4 count_minus_surplus: (np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([1.0, -2.0]), "
    "np.array([0.0])) → (np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([1.0, -4.0]), "
    "np.array([0.0]))": ROOM_BELOW,
    "01.4 xor_network: np.array([1, -2]) → np.array([1, -3])": ROOM_BELOW,
    "01.6 forward: softmax(dense(a, *params[-1]), axis=-1) → softmax(dense(a, *params[-1]), axis=1)": ROWS,
    "01.6 through_every_layer: special.softmax(x @ w + b, axis=-1) → special.softmax(x @ w + b, axis=1)": ROWS,
}
