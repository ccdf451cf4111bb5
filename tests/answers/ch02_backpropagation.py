"""Right answers to chapter 02 that differ from the reference in method: each must earn every point."""

import math

import keras
import numpy as np
from keras import ops

from layerwise_datasets import gradient
from layerwise_grader.answers import alternative

# --- 02.1 ------------------------------------------------------------------------------------------------------------


@alternative("02.1", "log of the sum of exponentials, row by row, in Python")
def loss_by_rows(logits, labels):
    total = 0.0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        top = max(row)
        total += top + math.log(sum(math.exp(score - top) for score in row)) - row[label]
    return total / len(labels)


@alternative("02.1", "one-hot times log-softmax, in float32")
def loss_by_one_hot(logits, labels):
    shifted = np.float32(logits) - np.float32(logits).max(axis=1, keepdims=True)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    truth = np.eye(logits.shape[1], dtype=np.float32)[labels]
    return -np.mean(np.sum(truth * log_shares, axis=1))


@alternative("02.1", "adding up exponentials pairwise without leaving the logarithm")
def loss_by_logaddexp(logits, labels):
    return np.average(np.logaddexp.reduce(logits, axis=1) - np.take_along_axis(logits, labels[:, None], axis=1)[:, 0])


@alternative("02.1", "the lead of the truth over each class")
def loss_by_leads(logits, labels):
    behind = logits - logits[range(len(labels)), labels][:, None]
    return np.mean(np.logaddexp.reduce(behind, axis=1))


@alternative("02.1", "keras.ops, returning a tensor")
def loss_by_keras(logits, labels):
    return ops.mean(ops.sparse_categorical_crossentropy(labels, np.float32(logits), from_logits=True))


# --- 02.2 ------------------------------------------------------------------------------------------------------------


def tiny_loss(w, x, y):
    """As the chapter gives it."""
    return float(np.mean((np.tanh(x @ w) - y) ** 2))


@alternative("02.2", "rows of an identity matrix")
def slopes_by_rows(w, x, y, eps):
    return [
        (tiny_loss(w + nudge, x, y) - tiny_loss(w - nudge, x, y)) / (2 * eps) for nudge in eps * np.identity(np.size(w))
    ]


@alternative("02.2", "one copy, nudged and reset")
def slopes_by_resetting(w, x, y, eps):
    w = np.array(w, dtype=float)
    slopes = np.zeros(w.shape)
    for i, original in enumerate(w.copy()):
        w[i] = original + eps
        slopes[i] = tiny_loss(w, x, y)
        w[i] = original - eps
        slopes[i] -= tiny_loss(w, x, y)
        w[i] = original
    return slopes / (eps + eps)


@alternative("02.2", "the mean of the slopes to both sides")
def slopes_by_both_sides(w, x, y, eps):
    here = tiny_loss(w, x, y)
    sides = [[(tiny_loss(w + s * n, x, y) - here) / (s * eps) for n in eps * np.eye(len(w))] for s in (1, -1)]
    return np.mean(sides, axis=0)


@alternative("02.2", "all nudges at once, in float32")
def slopes_at_once(w, x, y, eps):
    nudges = np.float32(eps) * np.eye(len(w), dtype=np.float32)
    x, y, w = np.float32(x), np.float32(y)[:, None], np.float32(w)
    up, down = (np.mean((np.tanh(x @ (w + side * nudges).T) - y) ** 2, axis=0) for side in (1, -1))
    return (up - down) / np.float32(2 * eps)


# --- 02.3 ------------------------------------------------------------------------------------------------------------

OPERATIONS = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "tanh": math.tanh,
    "exp": math.exp,
    "relu": lambda a: max(a, 0.0),
}


def evaluate(tape, inputs, given=None):
    """As the chapter gives it; ``given`` holds some nodes at values of their own."""
    feed, values = iter(inputs), []
    for i, (kind, *parents) in enumerate(tape):
        value = next(feed) if kind == "input" else OPERATIONS[kind](*(values[parent] for parent in parents))
        values.append((given or {}).get(i, float(value)))
    return values


def slopes_of(kind, a):
    """Local slopes, from the numbers that go in."""
    if kind == "mul":
        return [a[1], a[0]]
    if kind == "tanh":
        return [1 / math.cosh(a[0]) ** 2]
    return {"add": [1, 1], "exp": [math.exp(a[0])], "relu": [1 if a[0] > 0 else 0]}[kind]


@alternative("02.3", "recursion with memory: each node asks those that use it")
def by_recursion(tape, inputs):
    values, known = evaluate(tape, inputs), {len(tape) - 1: 1.0}

    def grad(i):
        if i not in known:
            known[i] = 0.0
            for user, (kind, *parents) in enumerate(tape):
                slopes = slopes_of(kind, [values[p] for p in parents]) if parents else []
                known[i] += sum(grad(user) * slope for p, slope in zip(parents, slopes, strict=True) if p == i)
        return known[i]

    return [grad(i) for i in range(len(tape))]


@alternative("02.3", "forward mode, one pass for each node")
def by_forward_mode(tape, inputs):
    values, grads = evaluate(tape, inputs), []
    for seed in range(len(tape)):
        moves = []
        for i, (kind, *parents) in enumerate(tape):
            slopes = slopes_of(kind, [values[p] for p in parents]) if parents else []
            move = sum(moves[p] * slope for p, slope in zip(parents, slopes, strict=True))
            moves.append(1.0 if i == seed else move)
        grads.append(moves[-1])
    return np.array(grads)


@alternative("02.3", "nudging each node's value and running the rest again")
def by_nudging(tape, inputs):
    values = evaluate(tape, inputs)
    ends = [[evaluate(tape, inputs, {i: v + by})[-1] for by in (1e-5, -1e-5)] for i, v in enumerate(values)]
    return [(up - down) / 2e-5 for up, down in ends]


# --- 02.4 ------------------------------------------------------------------------------------------------------------


@alternative("02.4", "einsum")
def layer_by_einsum(dz, x, w):
    return np.einsum("nh,dh->nd", dz, w), np.einsum("nd,nh->dh", x, dz), np.einsum("nh->h", dz)


@alternative("02.4", "a sum of outer products, in lists")
def layer_by_outer_products(dz, x, w):
    dw = sum(np.outer(row, error) for row, error in zip(x, dz, strict=True))
    return [[(w @ error).tolist() for error in dz], dw.tolist(), [sum(column) for column in dz.T]]


@alternative("02.4", "a column of ones for the bias, in float32")
def layer_with_ones(dz, x, w):
    dz, x, w = np.float32(dz), np.float32(x), np.float32(w)
    dw = np.concatenate([x, np.ones((len(x), 1), dtype=np.float32)], axis=1).T @ dz
    return np.dot(w, dz.T).T, dw[:-1], dw[-1]


@alternative("02.4", "the backend's gradient of Σ dz·(x·w + b)")
def layer_by_backend(dz, x, w):
    parts = [np.float32(x), np.float32(w), np.zeros(w.shape[1], dtype=np.float32)]
    return gradient(lambda parts: ops.sum(np.float32(dz) * (ops.matmul(parts[0], parts[1]) + parts[2])))(parts)


# --- 02.5 ------------------------------------------------------------------------------------------------------------


@alternative("02.5", "one-hot taken from the shares, in float32")
def start_by_one_hot(logits, labels):
    exp = np.exp(np.float32(logits) - np.float32(logits).max(axis=1, keepdims=True))
    return (exp / exp.sum(axis=1, keepdims=True) - np.eye(logits.shape[1])[labels]) / np.float32(len(labels))


@alternative("02.5", "row by row, in place on lists")
def start_by_rows(logits, labels):
    rows = []
    for row, label in zip(logits.tolist(), labels, strict=True):
        exp = [math.exp(score - max(row)) for score in row]
        slopes = [one / sum(exp) / len(labels) for one in exp]
        slopes[label] -= 1 / len(labels)
        rows.append(slopes)
    return rows


@alternative("02.5", "the full Jacobian of softmax times the slope of the logarithm")
def start_by_jacobian(logits, labels):
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = exp / exp.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    # The row of the Jacobian that belongs to the truth, p_t (δ − p), over −p_t; the factor cancels before it can be 0.
    return -(np.eye(p.shape[1])[labels] - p[rows]) / len(labels)


@alternative("02.5", "the backend's gradient, returning a tensor")
def start_by_backend(logits, labels):
    def loss(scores):
        return ops.mean(ops.sparse_categorical_crossentropy(labels, scores, from_logits=True))

    return gradient(loss)(np.float32(logits))


# --- 02.6 ------------------------------------------------------------------------------------------------------------


@alternative("02.6", "recursion: each layer returns what it gets from the layers after it")
def network_by_recursion(x, labels, params):
    (w, b), *rest = params
    z = x @ w + b
    if not rest:
        dz = start_by_jacobian(z, labels)
        return loss_by_rows(z, labels), [(x.T @ dz, dz.sum(axis=0))]
    loss, later = network_by_recursion_with_input(np.maximum(z, 0), labels, rest)
    dz = np.where(z > 0, later[0], 0)
    return loss, [(x.T @ dz, dz.sum(axis=0)), *later[1]]


def network_by_recursion_with_input(x, labels, params):
    """The loss, and the gradient at x with those of the layers."""
    loss, grads = network_by_recursion(x, labels, params)
    (w, b), *rest = params
    z = x @ w + b
    if not rest:
        return loss, (start_by_jacobian(z, labels) @ w.T, grads)
    _, (da, _) = network_by_recursion_with_input(np.maximum(z, 0), labels, rest)
    return loss, ((da * (z > 0)) @ w.T, grads)


@alternative("02.6", "a flat list of gradients, in float32")
def network_in_float32(x, labels, params):
    a, params = [np.float32(x)], [(np.float32(w), np.float32(b)) for w, b in params]
    for w, b in params[:-1]:
        a.append(np.maximum(a[-1] @ w + b, 0))
    logits = a[-1] @ params[-1][0] + params[-1][1]
    dz, flat = np.float32(start_by_one_hot(logits, labels)), []
    for kept, (w, _) in zip(reversed(a), reversed(params), strict=True):
        flat = [kept.T @ dz, dz.sum(axis=0), *flat]
        dz = (dz @ w.T) * (kept > 0)
    return loss_by_one_hot(logits, labels), flat


@alternative("02.6", "central differences on every entry")
def network_by_asking(x, labels, params):
    def loss(params):
        a = x
        for w, b in params[:-1]:
            a = np.maximum(a @ w + b, 0)
        return loss_by_leads(a @ params[-1][0] + params[-1][1], labels)

    params = [[np.array(part) for part in pair] for pair in params]
    grads = [[np.zeros_like(part) for part in pair] for pair in params]
    for pair, slopes in zip(params, grads, strict=True):
        for part, slope in zip(pair, slopes, strict=True):
            for place, value in np.ndenumerate(part.copy()):
                for side in (1, -1):
                    part[place] = value + side * 1e-6
                    slope[place] += side * loss(params) / 2e-6
                part[place] = value
    return loss(params), grads


@alternative("02.6", "the backend's gradient, in tensors")
def network_by_backend(x, labels, params):
    def loss(params):
        a = np.float32(x)
        for w, b in params[:-1]:
            a = ops.relu(ops.matmul(a, w) + b)
        logits = ops.matmul(a, params[-1][0]) + params[-1][1]
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits)

    params = [(np.float32(w), np.float32(b)) for w, b in params]
    return loss(params), gradient(loss)(params)


# Mutants that change nothing, and why.
_STRICT = "strict only guards against a slip of ours: a node has as many slopes as parents"
EQUIVALENT = {
    "02.3 backward: zip(parents, local[kind], strict=True) → zip(parents, local[kind], strict=False)": _STRICT,
    "02.3 walk_back: zip(parents, local_slopes(kind, [values[p] for p in parents], values[i]), strict=True)"
    " → zip(parents, local_slopes(kind, [values[p] for p in parents], values[i]), strict=False)": _STRICT,
    "02.6 loss_and_gradients: dx * (z[layer - 1] > 0) → dx * (z[layer - 1] >= 0)": (
        "the slope of ReLU at exactly 0 is a convention; no probe stands there"
    ),
}
