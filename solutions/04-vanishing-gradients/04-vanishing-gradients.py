# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 · Vanishing gradients
# > *Twenty layers see every digit and learn none. Where does the lesson get lost on its way home?*
#
# **You build** a gauge for gradients in every layer, a start that fits, clipping, batch
# normalisation and its relatives, and a block that can do nothing. With them, 20 layers learn that
# did not. **You need** 02, 03. **Takes** 110 min, on a CPU.
#
# [Open in Colab](https://colab.research.google.com/github/layerwise/layerwise/blob/main/course/04-vanishing-gradients/04-vanishing-gradients.ipynb) · [Download](04-vanishing-gradients.ipynb)

# %%
from itertools import pairwise

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops

from layerwise_datasets import describe_run, gradient, load, plot_bands, plot_lines, profile
from layerwise_grader import band, check, progress

keras.utils.set_random_seed(0)
train, test = load("digits"), load("digits", split="test")
pixels = [part.x.reshape(len(part.x), -1) / float(part.x.max()) for part in (train, test)]
centred = [x - pixels[0].mean(axis=0) for x in pixels]
x_train, x_test = [x / centred[0].std() for x in centred]  # (N, 64), spread 1
depth, seeds = profile(smoke=20, gpu=50), range(profile(smoke=1, cpu=5))
table: dict[str, list[float]] = {}  # test accuracies; it grows from section to section
describe_run(train, test, minutes=profile(smoke=0.5, cpu=3))

# %% [markdown] tags=["covers:S062"]
# ## 1 · Twenty layers, nothing learned
# What you wrote in 02 and 03, in short:


# %%
def bend(z: np.ndarray, activation: str) -> np.ndarray:
    """An activation's output."""
    if activation == "sigmoid":
        return 1 / (1 + np.exp(-z))
    return np.tanh(z) if activation == "tanh" else np.maximum(z, 0)


def slope(a: np.ndarray, activation: str) -> np.ndarray:
    """An activation's slope, from its output a."""
    if activation == "sigmoid":
        return a * (1 - a)
    return 1 - a**2 if activation == "tanh" else np.where(a > 0, 1.0, 0.0)


def forward(x: np.ndarray, params: list, activation: str) -> tuple[list, np.ndarray]:
    """What each layer saw, and the scores."""
    inputs = [x]
    for w, b in params[:-1]:
        inputs.append(bend(inputs[-1] @ w + b, activation))
    return inputs, inputs[-1] @ params[-1][0] + params[-1][1]


# %% [markdown]
# The way back (02.6):


# %%
def loss_and_gradients(x, labels, params, activation):
    """Cross-entropy and (dw, db) for each layer, as in 02.6."""
    inputs, scores = forward(x, params, activation)
    exp = np.exp(scores - scores.max(axis=1, keepdims=True))
    dz, rows = exp / exp.sum(axis=1, keepdims=True), np.arange(len(x))
    loss = -np.mean(np.log(dz[rows, labels]))
    dz[rows, labels] -= 1
    dz, grads = dz / len(x), []
    for (w, _), seen in zip(params[::-1], inputs[::-1], strict=True):
        grads.append((seen.T @ dz, dz.sum(axis=0)))
        dz = dz @ w.T * slope(seen, activation)
    return loss, grads[::-1]


def loss(params: list, activation: str) -> float:
    return loss_and_gradients(x_train, train.y, params, activation)[0]


def accuracy(params: list, activation: str, x=x_test, y=test.y) -> float:
    return float(np.mean(forward(x, params, activation)[1].argmax(axis=1) == y))


# %% [markdown]
# A start's **spread** is the standard deviation of its weights; section 3 explains `glorot`.


# %%
def glorot(inputs: int, units: int) -> float:
    return np.sqrt(2 / (inputs + units))


def start(depth: int, spread, seed: int) -> list:
    """Hidden layers of 64 units and a head for ten classes; spread(inputs, units) is their size."""
    random, sizes = np.random.default_rng(seed), [x_train.shape[1], *[64] * depth, 10]
    return [
        (random.normal(scale=spread(d, h), size=(d, h)), np.zeros(h)) for d, h in pairwise(sizes)
    ]


# %% [markdown]
# Training with momentum (03.3), 64 digits a step:


# %%
def trained(params, activation, seed=0, epochs=8, rates=0.01, clip=None, measure=loss):
    """The parameters, and a measurement before training and after each epoch."""
    random, rates = np.random.default_rng(seed), np.broadcast_to(rates, len(params))
    velocity, seen = [(0 * w, 0 * b) for w, b in params], [measure(params, activation)]
    for _ in range(epochs):
        for chosen in np.array_split(random.permutation(len(x_train)), len(x_train) // 64):
            _, grads = loss_and_gradients(x_train[chosen], train.y[chosen], params, activation)
            every = zip(velocity, clip(grads) if clip else grads, rates, strict=True)
            velocity = [(0.9 * v - r * dw, 0.9 * u - r * db) for (v, u), (dw, db), r in every]
            params = [(w + v, b + u) for (w, b), (v, u) in zip(params, velocity, strict=True)]
        seen.append(measure(params, activation))
    return params, seen


_ = np.seterr(all="ignore")  # infinity is an expected result in this chapter

# %% [markdown] tags=["covers:S066", "covers:S065"]
# Sigmoid networks of 2 and of 20 hidden layers (50 on a GPU), the same recipe. Which ends lower?

# %% tags=["demo", "covers:S062", "covers:S065", "covers:S066", "covers:S067"]
runs = {n: [trained(start(n, glorot, s), "sigmoid", s) for s in seeds] for n in (2, depth)}
plot_bands(
    [[seen for _, seen in run] for run in runs.values()],
    labels=[f"{n} layers" for n in runs], x="epoch", y="training loss",
)  # fmt: skip
for n, run in runs.items():
    table[f"sigmoid, {n} layers"] = [accuracy(params, "sigmoid") for params, _ in run]
    on_train = np.mean([accuracy(params, "sigmoid", x_train, train.y) for params, _ in run])
    print(f"{n:2} layers: training accuracy {on_train:.2f}")
shallow, deep = (np.mean(table[f"sigmoid, {n} layers"]) for n in runs)
band("2 layers, test accuracy", shallow, smoke=(0.55, 0.9), cpu=(0.6, 0.85), gpu=(0.6, 0.85))
band("sigmoid, deep", deep, smoke=(0.05, 0.2), cpu=(0.05, 0.2), gpu=(0.05, 0.2))

# %% [markdown] tags=["covers:S066", "covers:S067"]
# *Figure: training loss by epoch; 2 layers fall steadily, 20 layers drop to 2.3 and stay.* 2.3 is
# ln 10, the price of guessing.
#
# > **Often said.** "Vanishing gradients make a network over-confident and overfit." The training
# > accuracy is at chance, too. It **underfits**: early layers hardly move.

# %% [markdown] tags=["covers:S062", "covers:S063", "covers:S065"]
# ## 2 · Watch the gradient come home
# On its way back a gradient passes the weights and then the slope of each activation. Sigmoid's
# slope is at most 0.25. Unless weights make up for it, 20 layers leave at most 0.25²⁰ ≈ 10⁻¹².

# %% [markdown] tags=["covers:S062"]
# ### Exercise 04.1 · Follow the gradient home
# ●●●○○ · 18 min · 6 points · needs: the way back (02.6)
#
# Each layer computes z = a·w, without bias, and bends it; the last one too. Give, first layer
# first, the Euclidean norm of the gradient of Σ(last output) at each layer's **pre-activation** z:
# the root of the sum of all squares, samples included. With ReLU, doubling the last weights must
# double all norms before the last.
# 1. Go forward; keep what the way back needs. `bend` and `slope` are given.
# 2. Start with ones at the last output.
# 3. Multiply by the slope: this is the gradient at z. Note its norm.
# 4. Go back through the weights to the output before; repeat.
#
# <details><summary>Hint</summary>`slope` wants the output of the activation, not z.</details>


# %%
def gradient_norms(x: np.ndarray, weights: list[np.ndarray], activation: str) -> list[float]:
    """Norm of the gradient of the summed last output at each layer's pre-activation.

    Args:
        x: (N, D), float.
        weights: for each layer (D, D), float; no biases.
        activation: "sigmoid", "tanh" or "relu", after every layer.
    Returns:
        One norm for each layer, first layer first.
    Source: Glorot and Bengio 2010, section 4.2.
    """
    ### BEGIN SOLUTION
    outputs = [x]
    for w in weights:
        outputs.append(bend(outputs[-1] @ w, activation))
    grad, norms = np.ones_like(outputs[-1]), []
    for w, a in zip(weights[::-1], outputs[:0:-1], strict=True):
        grad = grad * slope(a, activation)  # at z
        norms.append(float(np.linalg.norm(grad)))
        grad = grad @ w.T  # at the output of the layer before
    return norms[::-1]
    ### END SOLUTION


# %%
check("04.1", gradient_norms)

# %% [markdown] tags=["covers:S063", "covers:S065", "covers:S068"]
# **Use it.** The same weights under three activations: left, by layer; right, what arrives at the
# first of 1 to 40 layers. Will ReLU, with slope 1, stay level?


# %% tags=["demo", "covers:S062", "covers:S063", "covers:S065", "covers:S068"]
def hidden(depth: int, spread, seed: int = 0) -> list[np.ndarray]:
    return [w for w, _ in start(depth, spread, seed)[:-1]]


def arriving(depth: int, activation: str) -> float:
    """Share of the last layer's gradient that arrives at the first."""
    norms = gradient_norms(x_train[:200], hidden(depth, glorot), activation)
    return norms[0] / norms[-1]


names, depths = ("sigmoid", "tanh", "relu"), (1, 2, 5, 10, 20, 40)
figure, panels = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained")
by_layer = [gradient_norms(x_train[:200], hidden(20, glorot), name) for name in names]
plot_lines(
    by_layer, at=range(1, 21), labels=names, log_y=True,
    x="layer (1 = nearest the input)", y="gradient norm", ax=panels[0],
)  # fmt: skip
plot_lines(
    [[arriving(n, name) for n in depths] for name in names], at=depths, log_y=True,
    x="layers of the network", y="share that arrives", ax=panels[1],
)  # fmt: skip
plt.show()

# %% [markdown] tags=["covers:S063", "covers:S065", "covers:S068"]
# *Figure: two panels with log scales; sigmoid falls in a straight line through 12 powers of ten in
# 20 layers, ReLU gently through about three, tanh through about one.* A straight line on a log axis
# is a constant factor a layer: near 0.25 for sigmoid, near 0.7 for ReLU. Depth is no harm by
# itself; a factor below 1, taken often, is.
#
# How much slope does each activation leave, for inputs of spread 1?

# %% tags=["covers:S063", "covers:S068"]
z = np.random.default_rng(0).normal(size=20_000).astype("float32")
for name in ("sigmoid", "tanh", "relu", "leaky_relu", "gelu", "selu"):
    bends = keras.activations.get(name)
    slopes = np.asarray(gradient(lambda z, bends=bends: ops.sum(bends(z)))(z))
    typical, none = np.sqrt(np.mean(slopes**2)), np.mean(np.abs(slopes) < 1e-3)
    print(f"{name:11} largest {slopes.max():.2f}, typical {typical:.2f}, without slope {none:.0%}")

# %% [markdown] tags=["covers:S063", "covers:S068"]
# Sigmoid and tanh **saturate**: far from 0 they are flat. ReLU never does on the positive side,
# and is flat on the whole negative one; leaky ReLU and GELU keep a slope there. SELU keeps mean and
# spread by itself (with LeCun's start and *alpha dropout*).

# %% [markdown] tags=["covers:S064", "covers:S069", "covers:S070"]
# ## 3 · Start at the right size
# One output sums as many products as it has inputs, the **fan-in** n. Variances of independent
# products add up: weights of variance v turn a mean square m into z of variance n·v·m. The signal
# stays level if n·v = 1; where ReLU sets half to 0, if n·v = 2. The way back sums over outputs, the
# **fan-out**.

# %% [markdown] tags=["covers:S069", "covers:S070"]
# ### Exercise 04.2 · How large to start
# ●●○○○ · 10 min · 4 points · needs: section 3
#
# The standard deviation of a normal start, by scheme:
#
# | scheme | variance | made for |
# |---|---|---|
# | `"glorot"` | 1 / mean of fan-in and fan-out | tanh, linear |
# | `"he"` | 2 / fan-in | ReLU |
# | `"lecun"` | 1 / fan-in | SELU, linear |
#
# 1. Find both fans. A kernel's last two axes are inputs and outputs; axes before them, up to three,
#    are the **window** of a convolution (05). Each of its places is a connection, for both fans.
# 2. Take the scheme's variance.
# 3. Take its root.
#
# <details><summary>Hint</summary>A 3×3 window over 16 channels: how many products stand behind one
# output?</details>


# %%
def init_std(shape: tuple[int, ...], scheme: str) -> float:
    """Spread of a normal start for a kernel.

    Args:
        shape: (inputs, units), or a window of one to three axes before (channels in, out).
        scheme: "glorot", "he" or "lecun".
    Returns:
        The standard deviation.
    Source: Glorot and Bengio 2010; He et al. 2015; LeCun et al. 1998.
    """
    ### BEGIN SOLUTION
    *window, inputs, outputs = shape
    fan_in, fan_out = np.prod(window) * inputs, np.prod(window) * outputs
    variance = {"glorot": 2 / (fan_in + fan_out), "he": 2 / fan_in, "lecun": 1 / fan_in}[scheme]
    return float(np.sqrt(variance))
    ### END SOLUTION


# %%
check("04.2", init_std)

# %% [markdown] tags=["covers:S064", "covers:S070"]
# **Use it.** ReLU, three starts: yours (0.18 here), 0.05 and 0.3. What becomes of signal and
# gradient?


# %% tags=["demo", "covers:S064", "covers:S070"]
def he(inputs: int, units: int) -> float:
    return init_std((inputs, units), "he")


starts = {"spread 0.05": lambda d, h: 0.05, "He": he, "spread 0.3": lambda d, h: 0.3}
figure, panels = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained")
for ax, name in zip(panels, ("spread of the signal", "gradient norm"), strict=True):
    lines = []
    for spread in starts.values():
        signal = [a.std() for a in forward(x_train[:200], start(20, spread, 0), "relu")[0][1:]]
        norms = gradient_norms(x_train[:200], hidden(20, spread), "relu")
        lines.append(norms if name == "gradient norm" else signal)
    labels = list(starts) if ax is panels[0] else ()
    plot_lines(lines, at=range(1, 21), labels=labels, log_y=True, x="layer", y=name, ax=ax)
plt.show()

# %% [markdown] tags=["covers:S064"]
# *Figure: left, signal by layer, log scale: 0.05 dies, He stays level, 0.3 grows ten-thousandfold.
# Right, gradient: towards the first layer 0.05 shrinks, He stays level, 0.3 grows.* Too large
# usually **explodes**; gradients get small only where sigmoid or tanh are driven into saturation.
# The border between dying and exploding is the **edge of chaos**, a line on a map of the variances
# of weights and biases (Schoenholz et al. 2017). He's start lies on it. Does it matter? **Dead**
# units are 0 for every training digit.

# %% tags=["demo", "covers:S064", "covers:S068", "covers:S070"]
for name, spread in starts.items():
    runs = [trained(start(depth, spread, s), "relu", s) for s in seeds]
    table[f"ReLU, {name}"] = [accuracy(params, "relu") for params, _ in runs]
    dead = [np.mean(np.all(a == 0, axis=0)) for a in forward(x_train, runs[0][0], "relu")[0][1:]]
    print(f"{name:11} loss {runs[0][1][-1]:5.2f}; dead units {np.mean(dead):.0%}")
two = [trained(start(2, he, s), "relu", s)[0] for s in seeds]
table["ReLU, He, 2 layers"] = [accuracy(params, "relu") for params in two]
small, fits, large = (np.mean(table[f"ReLU, {name}"]) for name in starts)
band("spread 0.05, test accuracy", small, smoke=(0.05, 0.2), cpu=(0.05, 0.2))
band("spread 0.3, test accuracy", large, smoke=(0.05, 0.2), cpu=(0.05, 0.2))
band("He, test accuracy", fits, smoke=(0.3, 0.99), cpu=(0.6, 0.97))

# %% [markdown] tags=["covers:S068", "covers:S070", "covers:S074"]
# He learns, **0.60–0.97** (`cpu`, mean of five starts), but single starts reach anything from 0.45
# to 0.95; 0.05 stays at chance, 0.3 ends in nan. A slope of 1 sets no scale; the start does.
#
# **Orthogonal** weights change no length; **LSUV** measures each layer's z and divides by its
# spread; **weight normalisation** (Salimans & Kingma 2016) learns direction and length apart. Do
# they rescue the sigmoid?


# %% tags=["covers:S064", "covers:S074"]
def measured(weights: list[np.ndarray], x: np.ndarray) -> list[np.ndarray]:
    """LSUV: each layer's weights divided by the spread of its z."""
    result = []
    for w in weights:
        result.append(w / np.std(x @ w))
        x = bend(x @ result[-1], "sigmoid")
    return result


def weight_normalised(weights: list[np.ndarray], length: float = 1.0) -> list[np.ndarray]:
    """The columns of (D, D) weights keep their directions and share one length."""
    return [length * w / np.linalg.norm(w, axis=0) for w in weights]


for size in (0.01, 1.0):
    drawn = hidden(20, lambda d, h, size=size: size)
    kinds = {"as drawn": drawn, "orthogonal": [np.linalg.qr(w)[0] for w in drawn]}
    kinds |= {"LSUV": measured(drawn, x_train), "weight norm": weight_normalised(drawn)}
    first = [f"{k} {gradient_norms(x_train[:200], w, 'sigmoid')[0]:.0e}" for k, w in kinds.items()]
    print(f"spread {size}, gradient at the first layer:", ", ".join(first))

# %% [markdown] tags=["covers:S074"]
# Drawn at 1, huge weights make up for the slopes, for these weights and this moment. Orthogonal,
# LSUV and weight norm no longer care how large the start was drawn; but sigmoid's slopes still
# multiply: weight normalisation eases scale, and cures no depth.

# %% [markdown] tags=["covers:S130"]
# ## 4 · Too large is cut, too small is not
# One freak batch can undo an epoch. **Clipping** limits the length of the whole gradient and keeps
# its direction.

# %% [markdown] tags=["covers:S130"]
# ### Exercise 04.3 · Clip the whole gradient
# ●●○○○ · 10 min · 4 points · needs: norms (04.1)
#
# Given the gradients of all layers as a list, return the clipped list and the norm *before*
# clipping.
# 1. Take one norm over all entries of all arrays; a scalar may be among them.
# 2. If it exceeds `max_norm`, multiply every array by the same factor, so that the whole gets the
#    length `max_norm`.
# 3. Leave short gradients as they are; zeros stay zeros.
#
# <details><summary>Hint</summary>Squares of parts add up; lengths of parts do not.</details>


# %%
def clip_by_global_norm(grads: list[np.ndarray], max_norm: float) -> tuple[list[np.ndarray], float]:
    """Gradients cut to a common length.

    Args:
        grads: arrays of any shapes.
        max_norm: the largest length allowed, above 0.
    Returns:
        The arrays, scaled if need be, and the norm of the whole before.
    Source: Pascanu, Mikolov and Bengio 2013, algorithm 1.
    """
    ### BEGIN SOLUTION
    norm = float(np.sqrt(sum(np.sum(grad**2) for grad in grads)))
    if norm > max_norm:
        grads = [grad * (max_norm / norm) for grad in grads]
    return grads, norm
    ### END SOLUTION


# %%
check("04.3", clip_by_global_norm)

# %% [markdown] tags=["covers:S130"]
# **Use it.** A trained network meets 64 digits 100 times too bright: one step, clipped at 1 or not.
# Then clipping at 5 from the start, for ReLU that starts somewhat too large, and for the sigmoid.
# Whom does it help?


# %% tags=["demo", "covers:S130"]
def clipped(grads: list, max_norm: float = 5.0) -> list:
    flat, _ = clip_by_global_norm([part for pair in grads for part in pair], max_norm)
    return list(zip(flat[::2], flat[1::2], strict=True))


params, _ = trained(start(depth, he, 0), "relu")
_, freak = loss_and_gradients(100 * x_train[:64], train.y[:64], params, "relu")
print(f"loss before        {loss(params, 'relu'):.2f}")
for name, grads in {"one step": freak, "one step, clipped": clipped(freak, 1.0)}.items():
    pairs = zip(params, grads, strict=True)
    moved = [(w - 0.01 * dw, b - 0.01 * db) for (w, b), (dw, db) in pairs]
    print(f"{name:18} {loss(moved, 'relu'):.2f}")

for activation, spread in (("relu", lambda d, h: 0.2), ("sigmoid", glorot)):
    for clip in (None, clipped):
        runs = [trained(start(depth, spread, s), activation, s, clip=clip)[0] for s in seeds]
        mean = np.mean([accuracy(params, activation) for params in runs])
        print(f"{activation:8} {'clipped' if clip else 'as it is':9} test accuracy {mean:.2f}")

# %% [markdown] tags=["covers:S130"]
# One unclipped step wrecks the network or throws it far back; clipped, the loss hardly moves.
# Clipping tames a large start, and leaves the sigmoid at chance: where nothing arrives, nothing can
# be cut (09 meets both over time).

# %% [markdown] tags=["covers:S071"]
# ## 5 · Set the scale in every layer
# **Batch normalisation** (Ioffe & Szegedy 2015) sets the scale anew in each step: every channel
# minus its mean over the batch, divided by its spread, then scaled by γ and shifted by β, which are
# learned. A single test digit has no batch; for it, training keeps **moving averages**.

# %% [markdown] tags=["covers:S071"]
# ### Exercise 04.4 · Batch normalisation, both modes
# ●●●●○ · 20 min · 8 points · needs: section 5
#
# `x` is (N, C) or (N, H, W, C). A channel that never varies gives its β.
# 1. Mean and variance of each channel, over all other axes; divide by the number of values N.
# 2. With `training`, normalise with those of the batch; else with the moving ones.
# 3. y = γ · (x − mean) / √(variance + ε) + β.
# 4. In training only, each moving average keeps the share `momentum` of itself and takes the rest
#    from the batch. (There the variance may divide by N − 1, too.)
#
# <details><summary>Hint 1</summary>`tuple(range(x.ndim - 1))` names all axes but the
# last.</details> <details><summary>Hint 2</summary>The batch is normalised by its own statistics,
# not by the updated averages.</details>


# %%
def batch_norm(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    moving_mean: np.ndarray,
    moving_var: np.ndarray,
    training: bool,
    momentum: float = 0.9,
    epsilon: float = 1e-3,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Batch normalisation of tables and maps.

    Args:
        x: (N, C) or (N, H, W, C), float, N at least 2.
        gamma: (C,), scale; beta: (C,), shift.
        moving_mean: (C,); moving_var: (C,).
        training: whether the batch's statistics are used, and the averages moved.
        momentum: share of the old average that is kept.
        epsilon: added to the variance.
    Returns:
        y, shaped as x, and both averages afterwards, (C,) each.
    Source: Ioffe and Szegedy 2015, algorithm 1.
    """
    ### BEGIN SOLUTION
    mean, var = moving_mean, moving_var
    if training:
        axes = tuple(range(x.ndim - 1))
        mean, var = x.mean(axis=axes), x.var(axis=axes)
        moving_mean = momentum * moving_mean + (1 - momentum) * mean
        moving_var = momentum * moving_var + (1 - momentum) * var
    return gamma * (x - mean) / np.sqrt(var + epsilon) + beta, moving_mean, moving_var
    ### END SOLUTION


# %%
check("04.4", batch_norm)

# %% [markdown] tags=["covers:S071"]
# **Use it.** The sigmoid network again, in Keras: same depth, same recipe, batch norm before each
# activation, with Keras' own momentum, 0.99.


# %% tags=["demo", "covers:S071"]
def fitted(build, seed: int) -> tuple[keras.Model, list]:
    """A network with the hidden part that build makes, trained, and its weights epoch by epoch."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(x_train.shape[1:])
    model = keras.Model(inputs, layers.Dense(10)(build(inputs)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss)
    kept = [model.get_weights()]
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: kept.append(model.get_weights()))
    model.fit(x_train, train.y, batch_size=64, epochs=8, verbose=0, callbacks=[keep])
    return model, kept


def sigmoid_with_norm(x: keras.KerasTensor) -> keras.KerasTensor:
    for _ in range(depth):
        x = layers.BatchNormalization(momentum=0.99)(layers.Dense(64)(x))
        x = layers.Activation("sigmoid")(x)
    return x


normed = [fitted(sigmoid_with_norm, s)[1] for s in seeds]

# %% [markdown] tags=["covers:S071"]
# `read` takes the trained weights through *your* function. Is the network right on test digits in
# training mode? In test mode? Say, then run.


# %% tags=["demo", "covers:S071"]
def read(x: np.ndarray, weights: list, training: bool) -> tuple[list, np.ndarray, list]:
    """What each layer gives, through your batch_norm; the scores; the weights with new averages."""
    outputs, weights = [x], [*weights]
    for i in range(0, len(weights) - 2, 6):
        w, b, *norm = weights[i : i + 6]
        z, *weights[i + 4 : i + 6] = batch_norm(outputs[-1] @ w + b, *norm, training)
        outputs.append(bend(z, "sigmoid"))
    return outputs, outputs[-1] @ weights[-2] + weights[-1], weights


def hits(weights: list, training: bool) -> float:
    return float(np.mean(read(x_test, weights, training)[1].argmax(axis=1) == test.y))


raw, mended = [kept[-1] for kept in normed], []
for weights in raw:
    for _ in range(50):
        weights = read(x_train, weights, training=True)[2]  # new averages, nothing else
    mended.append(hits(weights, training=False))
table["sigmoid + batch norm"] = mended
modes = [np.mean([hits(weights, training) for weights in raw]) for training in (True, False)]
band("training mode", modes[0], smoke=(0.9, 1), cpu=(0.93, 1))
band("test mode", modes[1], smoke=(0.03, 0.3), cpu=(0.05, 0.25))
band("test mode, averages renewed", np.mean(mended), smoke=(0.9, 1), cpu=(0.93, 1))

# %% [markdown] tags=["covers:S071"]
# Batch norm revives even the sigmoid, **0.93–1.00**; in test mode the same network is at chance.
# 184 steps leave 0.99¹⁸⁴ = 16 % of the averages' made-up start in each layer, and 20 layers pass
# the error on. Fifty passes that move *only* the averages mend it.
#
# > **Often said.** "Batch norm works by removing covariate shift between layers." Does the input of
# > a layer move less with it, and does less movement mean more learning?

# %% tags=["demo", "covers:S072"]
middle = depth // 2


def input_of_the_middle(params: list, activation: str) -> np.ndarray:
    return forward(x_train, params, activation)[0][middle]


def shift(seen: list[np.ndarray]) -> list[list[float]]:
    """How far the inputs' means are from where they began, and the inputs' spread."""
    away = [np.sqrt(np.mean((h.mean(axis=0) - seen[0].mean(axis=0)) ** 2)) for h in seen]
    return [away, [h.std(axis=0).mean() for h in seen]]


with_norm = [read(x_train, weights, True)[0][middle] for weights in normed[0]]
plain = {"sigmoid": start(depth, glorot, 0), "relu": start(depth, he, 0)}
seen = [trained(w, name, measure=input_of_the_middle)[1] for name, w in plain.items()]
moves = [shift(run) for run in (*seen, with_norm)]
labels = ("sigmoid", "ReLU, He", "sigmoid + batch norm")
figure, panels = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
for ax, i, name in zip(panels, (0, 1), ("means, moved by", "spread"), strict=True):
    lines = [move[i] for move in moves]
    plot_lines(lines, labels=labels if i == 1 else (), x="epoch", y=name, log_y=i == 1, ax=ax)
plt.show()

# %% [markdown] tags=["covers:S072"]
# *Figure: left, by epoch, how far the means of the middle layer's inputs moved: ReLU most, sigmoid
# and batch norm hardly. Right, their spread, log scale: sigmoid near 10⁻⁶, the others level between
# 0.1 and 1.* Batch norm does hold inputs still. So does the plain sigmoid, which learns nothing,
# while ReLU's inputs wander and it learns: stillness explains little. Santurkar et al. 2018 added
# shift on purpose, and batch norm still helped; they found a smoother loss.

# %% [markdown]
# ### Which axes?
# With two digits in a batch, mean and spread are guesses. Others average over other axes of
# (N, H·W, C); shaded numbers share one mean.

# %% tags=["demo"]
shares = {
    "batch": np.s_[:, :, 0], "layer": np.s_[0], "instance": np.s_[0, :, 0], "group": np.s_[0, :, :2]
}  # fmt: skip
figure, panels = plt.subplots(
    1, 4, figsize=(7, 2.1), subplot_kw={"projection": "3d"}, layout="constrained"
)
for ax, (kind, part) in zip(panels, shares.items(), strict=True):
    shaded = np.zeros((3, 4, 6), dtype=bool)
    shaded[part] = True
    ax.voxels(shaded, facecolor="#0072B2", edgecolor="white", linewidth=0.3)
    ax.voxels(~shaded, facecolor="#00000008", edgecolor="#00000030", linewidth=0.3)
    ax.set(title=kind, xlabel="N", ylabel="H·W", zlabel="C", xticks=[], yticks=[], zticks=[])
    ax.set_box_aspect(None, zoom=0.92)
    ax.xaxis.labelpad = ax.yaxis.labelpad = ax.zaxis.labelpad = -14
plt.show()

# %% [markdown]
# *Figure: four blocks with axes N, H·W and C; shaded: one channel of all samples; one whole sample;
# one channel of one sample; two neighbouring channels of one sample.*

# %% [markdown]
# ### Exercise 04.5 · Which axes?
# ●●●○○ · 12 min · 6 points · needs: 04.4
#
# Normalise maps to mean 0 and spread 1, without scale and shift; ε stands as in 04.4.
# 1. `"batch"`: a mean for each channel. `"layer"`: for each sample, over everything in it.
#    `"instance"`: for each channel of each sample.
# 2. `"group"`: split the channels of each sample into `groups` groups of neighbours; a mean for
#    each. One group is layer norm; as many groups as channels is instance norm.
# 3. Give the result the shape of `x`.
#
# <details><summary>Hint 1</summary>`keepdims=True` keeps shapes that fit.</details>
# <details><summary>Hint 2</summary>`reshape` to five axes can split the last one in two; which of
# the two comes first?</details>


# %%
def normalize(x: np.ndarray, kind: str, groups: int = 1, epsilon: float = 1e-5) -> np.ndarray:
    """Batch, layer, instance or group normalisation of maps.

    Args:
        x: (N, H, W, C), float.
        kind: "batch", "layer", "instance" or "group".
        groups: how many groups, a divisor of C; for "group" only.
        epsilon: added to the variance.
    Returns:
        (N, H, W, C).
    Source: Ba, Kiros and Hinton 2016; Wu and He 2018, section 3.1.
    """
    ### BEGIN SOLUTION
    split = groups if kind == "group" else x.shape[3] if kind == "instance" else 1
    parts = x if kind == "batch" else x.reshape(*x.shape[:3], split, -1)
    axes = (0, 1, 2) if kind == "batch" else (1, 2, 4)
    mean, var = parts.mean(axis=axes, keepdims=True), parts.var(axis=axes, keepdims=True)
    return ((parts - mean) / np.sqrt(var + epsilon)).reshape(x.shape)
    ### END SOLUTION


# %%
check("04.5", normalize)

# %% [markdown]
# **Use it.** One digit as a map of eight channels, in batches with 40 choices of neighbours: how
# much does *its* normalised map change? RMS norm (18) is one line, without a mean.


# %% tags=["demo"]
def rms_norm(x: np.ndarray) -> np.ndarray:
    return x / np.sqrt(np.mean(x**2, axis=(1, 2, 3), keepdims=True) + 1e-5)


random = np.random.default_rng(0)
kernels = random.normal(size=(2, 2, 1, 8)).astype("float32")
maps = np.asarray(ops.conv(x_train.reshape(-1, 8, 8, 1), kernels))  # (N, 7, 7, 8)
sizes, kinds = (2, 4, 8, 16, 32, 64), ("batch", "layer", "group", "RMS")


def unrest(kind: str, size: int) -> float:
    """Spread of one map's numbers over 40 choices of neighbours."""
    batches = [maps[[0, *random.integers(1, len(maps), size - 1)]] for _ in range(40)]
    own = [rms_norm(b)[0] if kind == "RMS" else normalize(b, kind, 4)[0] for b in batches]
    return float(np.std(own, axis=0).mean())


plot_lines(
    [[unrest(kind, size) for size in sizes] for kind in kinds], at=sizes, labels=kinds, log_x=True,
    x="batch size", y="change of one map with its neighbours",
)  # fmt: skip

# %% [markdown] tags=["covers:S071"]
# *Figure: change against batch size; batch norm's line falls to about a quarter from two samples to
# 64, the others lie at 0.* That noise acts as a mild regulariser, by accident and not by design.
# With small batches, take group norm; with sequences, layer or RMS norm.
#
# > **On a GPU/TPU.** Each of several devices normalises its own part of the batch, unless
# > `synchronized=True`. Batch norm saves no work: it adds some in training, and folds into the
# > weights before it afterwards (38).

# %% [markdown] tags=["covers:S073"]
# ## 6 · Leave a way through
# Let a layer add a correction: x + branch(x). With a branch of 0 it does nothing. A **highway**
# layer learns a gate that says how much of the branch replaces x (Srivastava et al. 2015).


# %% tags=["demo", "covers:S073"]
def highway(x: np.ndarray, branch: np.ndarray, gate: np.ndarray) -> np.ndarray:
    share = bend(x @ gate - 2, "sigmoid")  # begins near 0.12
    return share * branch + (1 - share) * x


def signal(join, size: float, seed: int = 0) -> list[float]:
    """Spread of the signal after each of 20 blocks of two layers."""
    x, random, spreads = x_train[:200], np.random.default_rng(seed), [x_train[:200].std()]
    for _ in range(20):
        v, w, gate = size * random.normal(size=(3, 64, 64)) * np.array([1, 0.7, 0.5])[:, None, None]
        x = join(x, np.maximum(x @ v, 0) @ w, gate)
        spreads.append(x.std())
    return spreads


joins = {
    "branch alone": lambda x, branch, gate: branch,
    "x + branch": lambda x, branch, gate: x + branch,
    "x + 0.18 branch": lambda x, branch, gate: x + 0.18 * branch,
    "highway": highway,
}

# %% [markdown] tags=["covers:S073"]
# Two starts: what is left of a signal after 20 blocks?

# %% tags=["demo", "covers:S073"]
figure, panels = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained", sharey=True)
for ax, size in zip(panels, (0.05, np.sqrt(2 / 64)), strict=True):
    plot_lines(
        [signal(join, size) for join in joins.values()], labels=list(joins) if size > 0.1 else (),
        log_y=True, x="block", y="spread of the signal" if size < 0.1 else "",
        title=f"weights of spread {size:.2f}", ax=ax,
    )  # fmt: skip
plt.show()

# %% [markdown] tags=["covers:S073"]
# *Figure: spread of the signal by block, log scales. Left, small weights: the branch alone falls
# through 20 powers of ten, every way that keeps x stays within about one. Right, He: x + branch
# grows near a thousandfold, the others stay within a factor of ten.* With a way through, a poor
# start is harmless. Twenty additions of full weight pile up, though: each doubles the variance.
# Scale the branch, let it begin at 0 (a zero last layer, or ReZero's learned factor), or normalise
# it.

# %% [markdown] tags=["covers:S073"]
# ### Exercise 04.6 · A block that can do nothing
# ●●●○○ · 15 min · 6 points · needs: Keras' functional API (01), section 6
#
# Build x + branch(x) from Keras layers. The output has `units` features.
# 1. The branch: two `Dense` layers of `units` with a ReLU between and, only if `norm`,
#    normalisation of any kind.
# 2. The shortcut: `x` itself; one `Dense` layer only if `x` has another width than `units`.
# 3. Add. If all `Dense` weights are 0 and widths agree, positive inputs come out unchanged. Through
#    40 blocks a twentieth of a nudge still arrives.
#
# <details><summary>Hint</summary>`x.shape[-1]` is the width; `layers.Add()([a, b])` adds.</details>


# %%
def residual_block(x: keras.KerasTensor, units: int, norm: bool = True) -> keras.KerasTensor:
    """The input plus a correction.

    Args:
        x: (batch, D), symbolic.
        units: width of the output and of the branch.
        norm: whether the branch is normalised.
    Returns:
        (batch, units), symbolic.
    Source: He et al. 2016, "Identity mappings in deep residual networks", section 3.
    """
    ### BEGIN SOLUTION
    branch = x
    for _ in range(2):
        if norm:
            branch = layers.BatchNormalization(momentum=0.9)(branch)
        branch = layers.Dense(units)(layers.ReLU()(branch))
    shortcut = x if x.shape[-1] == units else layers.Dense(units)(x)
    return layers.Add()([shortcut, branch])
    ### END SOLUTION


# %%
check("04.6", residual_block)

# %% [markdown] tags=["covers:S073"]
# **Use it.** Ten of your blocks are twenty layers. Expect **0.92–1.00** (`cpu`, mean of five
# starts).


# %% tags=["demo", "covers:S073"]
def of_blocks(x: keras.KerasTensor) -> keras.KerasTensor:
    for _ in range(depth // 2):
        x = residual_block(x, 64)
    return x


def right(model: keras.Model) -> float:
    return float(np.mean(np.asarray(model(x_test, training=False)).argmax(axis=1) == test.y))


table["your residual blocks"] = [right(fitted(of_blocks, s)[0]) for s in seeds]
mean = np.mean(table["your residual blocks"])
band("residual blocks, test accuracy", mean, smoke=(0.88, 1), cpu=(0.92, 1))

# %% [markdown] tags=["covers:S075", "covers:S073"]
# ## 7 · Exceptions do not rule
# "Rule by exceptions": with sigmoid each layer down gets a gradient four times smaller, so give it
# a rate four times larger. Does the network move? Does it learn?

# %% tags=["demo", "covers:S075"]
for n in (4, depth):
    rates = [0.01 * 4.0 ** (n - layer) for layer in range(n)] + [0.01]
    ruled = [trained(start(n, glorot, s), "sigmoid", s, rates=rates)[0] for s in seeds]
    first, plain = start(n, glorot, seeds[0]), trained(start(n, glorot, 0), "sigmoid")[0]
    way = np.linalg.norm(ruled[0][0][0] - first[0][0]) / np.linalg.norm(first[0][0])
    reached = table[f"sigmoid, {n} layers, own rates"] = [accuracy(w, "sigmoid") for w in ruled]
    print(f"{n:2} layers: first layer moved by {way:.1f} times its length; test accuracy", end=" ")
    print(f"{np.mean(reached):.2f}, with one rate {accuracy(plain, 'sigmoid'):.2f}")

# %% [markdown] tags=["covers:S075"]
# It helps four layers. The first of twenty moves, too, and the network stays at chance: a rate
# scales the *step* and mends no gradient; a penalty for single layers would shrink them further.
# Layer-wise *adaptive* rates (LARS, You et al. 2017) serve networks whose gradients already arrive.
#
# An older way is to grow, from simplicity to complexity. In 2006 deep networks first learned by
# **greedy pre-training**, layer by layer (Hinton, Osindero & Teh, with Boltzmann machines). Here
# with labels: three sigmoid layers, 8 epochs for each and 8 for all, against 32 together.

# %% tags=["demo", "covers:S075"]
greedy, together = [], []
for s in seeds:
    params = start(1, glorot, s)
    for layer in range(3):
        if layer:
            params = params[:-1] + start(layer + 1, glorot, s)[-2:]  # a new layer, a new head
        params, _ = trained(params, "sigmoid", s, rates=[0] * layer + [0.01, 0.01])
    greedy.append(accuracy(trained(params, "sigmoid", s)[0], "sigmoid"))
    together.append(accuracy(trained(start(3, glorot, s), "sigmoid", s, epochs=32)[0], "sigmoid"))
print(f"test accuracy: greedy {np.mean(greedy):.2f}, together {np.mean(together):.2f}")

# %% [markdown] tags=["covers:S073"]
# No gain for the same number of epochs. Growing by layers that *do nothing* has aged better: behind
# a ReLU, an identity matrix passes everything on. Two layers for 2 epochs, then 18 identities, then
# 6 epochs.

# %% tags=["demo", "covers:S073", "covers:S066"]
grown = []
for s in seeds:
    params, _ = trained(start(2, he, s), "relu", s, epochs=2)
    before = accuracy(params, "relu")
    params = params[:-1] + [(np.eye(64), np.zeros(64))] * (depth - 2) + params[-1:]
    assert accuracy(params, "relu") == before
    grown.append(accuracy(trained(params, "relu", s, epochs=6)[0], "relu"))
table["ReLU, grown from 2 layers"] = grown
band("grown, test accuracy", np.mean(grown), smoke=(0.9, 1), cpu=(0.93, 1))

# %% [markdown] tags=["covers:S066", "covers:S073"]
# All arms, all starts, 8 epochs each:

# %% tags=["demo", "covers:S066"]
for name, accuracies in table.items():
    low, high = min(accuracies), max(accuracies)
    print(f"{name:32} {np.mean(accuracies):.2f}   from {low:.2f} to {high:.2f}")

# %% [markdown] tags=["covers:S073", "covers:S068"]
# Twenty layers went from chance to what two ReLU layers reach; these small digits ask no more. At
# scale depth pays: on CIFAR-10, plain networks of 56 layers did worse than of 20, *in training
# too*; with skips 56 layers did better (6.97 % errors, He et al. 2016). The plain ones
# had batch norm and healthy gradients: skips ease the search, since gradients of neighbouring
# inputs stay alike (Balduzzi et al. 2017).

# %% [markdown]
# ## What you can rely on
# - Vanishing is a constant factor a layer: a straight line on a log axis.
# - Activation and start set the factor: ReLU with He, tanh with Glorot.
# - Clipping shortens; it lengthens nothing that has vanished.
# - Normalisation sets the scale anew in each layer; batch norm has two modes and a memory.
# - A block that can do nothing lets depth begin harmlessly.
#
# Next, 05: layers that look at neighbourhoods. In 10, an LSTM's cell is the free way over time.

# %% [markdown]
# ## Self-quiz
# 1. Sigmoid, 20 layers, weights that change no length: the largest share of a gradient that can
#    arrive? <details><summary>Answer</summary>0.25²⁰ ≈ 9·10⁻¹³: each slope is at most
#    0.25.</details>
# 2. He's spread for a 3×3 kernel with 16 input channels? <details><summary>Answer</summary>√(2/144)
#    ≈ 0.118: the window feeds each output nine times.</details>
# 3. 0.98 in training mode, 0.2 in test mode, on the same images. First suspect?
#    <details><summary>Answer</summary>Batch norm's moving averages: the wrong mode, or too few
#    updates.</details>
# 4. Batch size 1: which normalisations still work? <details><summary>Answer</summary>Layer,
#    instance, group: each within a sample.</details>
# 5. Why does a residual block with zero weights matter? <details><summary>Answer</summary>Depth can
#    start as "do nothing" and add only what helps.</details>

# %% [markdown]
# ## References
# Hochreiter 1991 · Bengio, Simard & Frasconi 1994 · Hinton, Osindero & Teh 2006 · Glorot & Bengio
# 2010 · Pascanu, Mikolov & Bengio 2013 (clipping) · Saxe, McClelland & Ganguli 2014 (orthogonal) ·
# Ioffe & Szegedy 2015 · He et al. 2015 (start), 2016 (residual networks; identity mappings) ·
# Srivastava, Greff & Schmidhuber 2015 (highway) · Mishkin & Matas 2016 (LSUV) · Salimans & Kingma
# 2016 · Ba, Kiros & Hinton 2016 · Klambauer et al. 2017 (SELU) · Schoenholz et al. 2017 · You,
# Gitman & Ginsburg 2017 · Balduzzi et al. 2017 · Santurkar et al. 2018 · Wu & He 2018 · Bachlechner
# et al. 2021 (ReZero). **Read on:** Goodfellow, Bengio & Courville 2016, sections 8.2 and 8.7;
# Zhang et al., [Dive into Deep Learning](https://d2l.ai), chapter 8.6.

# %%
progress("04")
