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
# # 01 · Neural networks
# > *Four points defeat every straight line. Two bent lines part them, and the same trick reads
# > digits.*
#
# **You build** a neuron, four activations, a dense layer, an XOR network by hand, a stable softmax
# and the whole forward pass. Your numbers equal Keras', and you can say why bends and depth are
# needed. **You need** Python, NumPy indexing, the matrix product. **Takes** 100 min, on a CPU.
#
# [Open in Colab](https://colab.research.google.com/github/layerwise/layerwise/blob/main/course/01-neural-networks/01-neural-networks.ipynb)
# · [Download](01-neural-networks.ipynb)

# %% tags=["covers:S033"]
from itertools import pairwise
from timeit import timeit

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops
from sklearn.linear_model import LogisticRegression, Ridge

from layerwise_datasets import (
    accelerator,
    describe_run,
    load,
    plot_bars,
    plot_lines,
    plot_points,
    profile,
    show_images,
)
from layerwise_grader import band, check, progress

keras.utils.set_random_seed(0)
digits_name = profile(smoke="digits", gpu="mnist")
train, test, rings = load(digits_name), load(digits_name, split="test"), load("rings")
describe_run(train, test, rings, minutes=profile(smoke=0.5, cpu=1.5))

# %% [markdown] tags=["covers:S008", "covers:S030", "covers:S031", "covers:S027"]
# Pictures, sound and text reach a network as arrays of numbers. The digits carry **labels**:
# **supervised learning** learns from such pairs. Are the classes balanced?

# %% tags=["demo"]
spoken = load("spoken_digit", split="train", size=1).x[0]
sentence = np.frombuffer(b"A network reads numbers.", dtype=np.uint8)
for name, array in {"digit": train.x[0], "spoken digit": spoken, "sentence": sentence}.items():
    print(f"{name:13}{array.shape!s:10}{array.dtype!s:9}{array.min():.2f} to {array.max():.2f}")
print("digits of each class:", np.bincount(train.y))
first_of_each = [int(np.argmax(train.y == label)) for label in range(10)]
show_images(train.x[first_of_each], titles=range(10), columns=10)

# %% [markdown]
# *Figure: one scan of each digit, 0 to 9, grey.* The classes are balanced, so always naming the
# same one is right one time in ten: the first baseline.

# %% [markdown] tags=["covers:S010", "covers:S004"]
# ## 1 · A neuron cuts the plane in two
# A **neuron** (node) multiplies each input by a **weight**, adds the products and a **bias**, and
# here fires if this score is above 0. By hand: sample (2, 1), weights (1, −1) and bias 0.5 give
# 2·1 + 1·(−1) + 0.5 = 1.5, so it fires. Claim: weights turn the cut, the bias moves it. Which two
# panels differ by a move alone?

# %% tags=["demo"]
neurons = [([1, 0], 0.0), ([1, 1], 0.0), ([1, 1], 2.0)]
figure, panels = plt.subplots(1, 3, figsize=(7, 2.8), layout="constrained", sharey=True)
for ax, (w, b) in zip(panels, neurons, strict=True):
    plot_points(
        rings.x, rings.y, regions=lambda points, w=w, b=b: points @ w + b > 0,
        x="$x_1$", y="$x_2$", title=f"w = {w}, b = {b:g}", ax=ax,
    )  # fmt: skip
plt.show()

# %% [markdown]
# *Figure: two rings of points, three times. The orange half, where the neuron fires, lies right of
# a vertical line; above a falling diagonal; and above the same diagonal moved to the lower left.*
# The last two share their weights. No cut parts the rings.
#
# > **Often said.** "Networks mimic the brain; a neuron decides whether to fire." Nerve cells
# > inspired the unit (McCulloch and Pitts 1943); learning by backpropagation has no known
# > counterpart there. And only this step unit decides: all later ones pass on a graded number.

# %% [markdown] tags=["covers:S010", "covers:S017"]
# ### Exercise 01.1 · A neuron decides
# ●○○○○ · 6 min · 2 points · needs: section 1
#
# 1. Weigh and add the inputs of every sample.
# 2. Add the bias, once.
# 3. Answer 1 where this score is above 0, else 0.
#
# <details><summary>Hint</summary>Which product of x and w leaves one number a sample?</details>


# %%
def neuron(x: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    """Decisions of one neuron.

    Args:
        x: (samples, inputs), float.
        w: (inputs,), one weight an input.
        b: the bias.
    Returns:
        (samples,), 0 or 1.
    Source: Rosenblatt 1958.
    """
    ### BEGIN SOLUTION
    scores = x @ w + b  # (samples,)
    return (scores > 0).astype(int)
    ### END SOLUTION


# %%
check("01.1", neuron)

# %% [markdown]
# **Use it.** Three of your neurons face the centre from three sides. Where do all three fire? Turn
# them, move them.

# %% tags=["demo"]
angles = np.radians([90, 210, 330])
cuts = [(-np.array([np.cos(angle), np.sin(angle)]), 1.5) for angle in angles]


def votes(points: np.ndarray) -> np.ndarray:
    return sum(neuron(points, w, b) for w, b in cuts)  # (points,), 0 to 3


print("neurons that fire at the centre:", votes(np.zeros((1, 2))))
plot_points(rings.x, rings.y, regions=lambda points: votes(points) < 3, x="$x_1$", y="$x_2$")

# %% [markdown]
# *Figure: the rings and a blue triangle in which all three fire; it holds the inner ring and the
# parts of the outer ring near its corners.* Three cuts together enclose what none could: the idea
# of a hidden layer. More cuts would hug the ring.

# %% [markdown] tags=["covers:S006"]
# ## 2 · One cut is not enough
# XOR is 1 where exactly one of two inputs is 1. Try 41 values for each weight and for the bias,
# 68,921 neurons. How many of the four corners does the best get right?

# %%
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
xor = np.array([0, 1, 1, 0])
grid = np.stack([axis.ravel() for axis in np.meshgrid(*[np.arange(-20, 21)] * 3)])
fires = corners @ grid[:2] + grid[2] > 0  # (corners, neurons)
right = (fires == xor[:, None]).sum(axis=0)  # (neurons,)
print({f"{count} of 4": int((right == count).sum()) for count in range(5)})

# %% [markdown]
# Three at best; a finer grid cannot help, since no line parts the two diagonals of a square. The
# **perceptron** of 1958 learned such cuts: after each mistake it adds the sample to its weights, or
# takes it away. On which data will its mistakes stop?


# %%
def mistakes_in_each_pass(x: np.ndarray, y: np.ndarray, passes: int = 12) -> list[int]:
    w, b, mistakes = np.zeros(2), 0.0, []
    for _ in range(passes):
        errors = 0
        for sample, target in zip(x, y, strict=True):
            error = target - int(sample @ w + b > 0)  # −1, 0 or 1
            w, b, errors = w + error * sample, b + error, errors + abs(int(error))
        mistakes.append(errors)
    return mistakes


side = np.arange(60) % 2
blobs = np.random.default_rng(0).normal(scale=0.5, size=(60, 2)) + 2.2 * side[:, None]
print("two blobs:", mistakes_in_each_pass(blobs, side))
print("XOR:      ", mistakes_in_each_pass(corners, xor))

# %% [markdown] tags=["covers:S001", "covers:S005"]
# On blobs they end at 0, on XOR they cycle for ever. Where that stands in history:
#
# | year | step |
# |---|---|
# | 1943, 1958 | formal neuron (McCulloch and Pitts); perceptron (Rosenblatt) |
# | 1969 | limits of one layer (Minsky and Papert) |
# | 1986 | backpropagation made popular (Rumelhart, Hinton and Williams) |
# | 1989, 1990, 1997 | CNN (LeCun), RNN (Elman), LSTM (Hochreiter and Schmidhuber) |
# | 2006 | layer-wise pre-training (Hinton); soon not needed |
# | 2012 | AlexNet: a million labelled pictures, GPUs, ReLU. The broad take-off |
# | 2017 | Transformer (Vaswani) |
#
# Data, computing power and algorithms drove it together. The fields nest: AI ⊃ machine learning
# (learns from data) ⊃ deep learning (networks of many layers; no number is agreed).

# %% [markdown] tags=["covers:S019"]
# ## 3 · Bend it
# Replace the step by a curve, the **activation function**. Four classics: **ReLU** cuts negative
# numbers to 0. **Leaky ReLU** leaves them a small slope, here 0.1. **Sigmoid** σ(z) = 1/(1 + e⁻ᶻ)
# runs from 0 to 1. **Tanh** is a stretched sigmoid, 2σ(2z) − 1, from −1 to 1. Below, these and four
# newer ones at −6, −1, 0, 1 and 6. Which become flat on *both* sides?

# %% tags=["covers:S021", "covers:S022", "covers:S023"]
places = np.array([-6.0, -1.0, 0.0, 1.0, 6.0])
modern = ("gelu", "silu", "elu", "softplus")
for name in ("relu", "leaky_relu", "sigmoid", "tanh", *modern):
    values = ops.leaky_relu(places, 0.1) if name == "leaky_relu" else getattr(ops, name)(places)
    print(f"{name:10}", *(f"{value:7.3f}" for value in ops.convert_to_numpy(values)))

# %% [markdown] tags=["covers:S019", "covers:S021", "covers:S022", "covers:S023"]
# ### Exercise 01.2 · Four ways to bend
# ●●○○○ · 12 min · 4 points · needs: section 3
#
# Bend each entry of an array of any shape, whole numbers too.
# 1. Write one line for each kind; leaky ReLU's slope is 0.1.
# 2. Try ±1000: sigmoid and tanh must stay numbers.
#
# <details><summary>Hint</summary>Which exponentials grow without bound, and on which side? NumPy
# has a tanh.</details>


# %%
def activate(z: np.ndarray, kind: str) -> np.ndarray:
    """An activation, entry by entry.

    Args:
        z: scores of any shape, also a single number.
        kind: "relu", "leaky_relu" (slope 0.1 below 0), "sigmoid" or "tanh".
    Returns:
        Bent scores, the same shape.
    Raises:
        ValueError: for another kind.
    """
    ### BEGIN SOLUTION
    if kind == "relu":
        return np.maximum(z, 0)
    if kind == "leaky_relu":
        return np.where(z > 0, z, 0.1 * z)
    if kind == "tanh":
        return np.tanh(z)
    if kind == "sigmoid":
        return (1 + np.tanh(z / 2)) / 2  # never overflows
    raise ValueError(f'kind is "{kind}"; there are relu, leaky_relu, sigmoid and tanh')
    ### END SOLUTION


# %%
check("01.2", activate)

# %% [markdown]
# **Use it.** Your four on the left, today's four on the right; slopes by differences below.

# %% tags=["demo"]
z = np.linspace(-5, 5, 401)
classics = ("relu", "leaky_relu", "sigmoid", "tanh")
curves = [activate(z, kind) for kind in classics], [getattr(ops, name)(z) for name in modern]
figure, panels = plt.subplots(
    2, 2, figsize=(7, 4.5), layout="constrained", sharex=True, sharey="row"
)
for (above, below), lines, names in zip(panels.T, curves, (classics, modern), strict=True):
    lines = [np.asarray(line) for line in lines]
    plot_lines(lines, at=z, labels=names, x="", y="activation", ax=above)
    plot_lines([np.gradient(line, z) for line in lines], at=z, x="score z", y="slope", ax=below)
plt.show()

# %% [markdown]
# *Figure: curves above, slopes below. Sigmoid and tanh flatten on both sides, ReLU on the left; the
# modern four are smooth, with slopes near 1 far right.* Sigmoid's slope is at most 0.25 and dies on
# both sides: it suits an *output*, while hidden sigmoids starve deep networks (04). Gated units
# (GLU, SwiGLU) multiply two paths (18).

# %% [markdown] tags=["covers:S016", "covers:S020", "covers:S032"]
# ## 4 · A layer is one matrix product
# A **dense** (fully connected) layer is a row of neurons that share their inputs. Sample by sample
# and unit by unit it is a loop; for the whole batch, one product. Are they equal, and what does the
# loop cost?

# %% tags=["covers:S032"]
random = np.random.default_rng(0)
x, w, b = random.normal(size=(200, 64)), random.normal(size=(64, 32)), random.normal(size=32)


def by_loop() -> list[list[float]]:
    return [[sum(row[i] * w[i, j] for i in range(64)) for j in range(32)] for row in x]


print("largest difference:", np.abs(np.array(by_loop()) - x @ w).max())
ratio = timeit(by_loop, number=1) / (timeit(lambda: x @ w, number=50) / 50)
print(f"the loop takes {ratio:,.0f} times as long ({accelerator()})")

# %% [markdown] tags=["covers:S016", "covers:S032", "covers:S018"]
# Equal up to rounding, and the product takes less than a hundredth of the time. GPUs and TPUs are
# built for it: one reason why the field took off.

# %% [markdown] tags=["covers:S016", "covers:S032"]
# ### Exercise 01.3 · A layer for the whole batch
# ●●○○○ · 10 min · 4 points · needs: section 4
#
# 1. Work out one sample and one unit on paper.
# 2. Do all at once: column j of `w` belongs to unit j.
# 3. Add each unit's bias in every row.
#
# <details><summary>Hint</summary>(N, D) and what give (N, H)?</details>


# %%
def dense(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A dense layer without activation.

    Args:
        x: (samples, inputs), float.
        w: (inputs, units), float.
        b: (units,), float.
    Returns:
        (samples, units), float.
    """
    ### BEGIN SOLUTION
    return x @ w + b
    ### END SOLUTION


# %%
check("01.3", dense)

# %% [markdown] tags=["covers:S020"]
# **Use it.** Two questions in one cell: does Keras agree, and what do two layers without activation
# make?

# %% tags=["covers:S020"]
layer = layers.Dense(32)
layer.build((None, 64))
layer.set_weights([w, b])
print("Keras − yours:", np.abs(ops.convert_to_numpy(layer(x)) - dense(x, w, b)).max())
w2, b2 = random.normal(size=(32, 5)), random.normal(size=5)
two_layers = dense(dense(x, w, b), w2, b2)
print("two layers − one:", np.abs(two_layers - dense(x, w @ w2, b @ w2 + b2)).max())

# %% [markdown]
# Both are rounding. A product of matrices is one matrix, so a hundred layers without activation do
# no more than one. With a sigmoid at the end that one is logistic regression: often a strong
# baseline, but blind to XOR.

# %% [markdown] tags=["covers:S012"]
# ## 5 · Two bent neurons solve XOR
# A **hidden layer** between input and output can find what an expert would add by hand. Three ways
# to part the rings: a straight cut of the raw coordinates, a cut of the hand-made radius, and 16
# hidden ReLU units on raw coordinates. Which fail?

# %% tags=["demo", "covers:S012"]
rings_test = load("rings", split="test")
r, r_test = (np.linalg.norm(part.x, axis=1, keepdims=True) for part in (rings, rings_test))
raw = LogisticRegression().fit(rings.x, rings.y).score(rings_test.x, rings_test.y)
made = LogisticRegression().fit(r, rings.y).score(r_test, rings_test.y)
inputs = keras.Input(shape=(2,))
hidden = layers.Dense(16, activation="relu")(inputs)  # (batch, 16)
ring_net = keras.Model(inputs, layers.Dense(2)(hidden))
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
ring_net.compile(optimizer=keras.optimizers.Adam(0.03), loss=loss, metrics=["accuracy"])
ring_net.fit(rings.x, rings.y, epochs=30, validation_split=0.1, verbose=0)
learned = ring_net.evaluate(rings_test.x, rings_test.y, verbose=0)[1]
every = ("smoke", "cpu", "gpu", "tpu")
band("rings, raw coordinates", raw, **dict.fromkeys(every, (0.4, 0.65)))
band("rings, radius by hand", made, **dict.fromkeys(every, (0.97, 1)))
band("rings, hidden layer", learned, **dict.fromkeys(every, (0.97, 1)))

# %% [markdown]
# The straight cut guesses; one good column or a hidden layer is enough. Still, "no human-defined
# features" says too much: people choose data, labels, architecture and loss.

# %% [markdown] tags=["covers:S012"]
# ### Exercise 01.4 · Solve XOR by hand
# ●●○○○ · 12 min · 4 points · needs: 01.2, 01.3
#
# Choose numbers: two inputs, two ReLU units, one linear output, `relu(x @ w1 + b1) @ w2 + b2`. At
# least 0.6 on (0, 1) and (1, 0), at most 0.4 on (0, 0) and (1, 1). Any weights that do it are
# right.
# 1. Make one unit that counts the ones.
# 2. Make one that is on at (1, 1) alone.
# 3. Combine them.
#
# <details><summary>Hint</summary>The count is 0, 1, 1, 2. How much must the second unit take away
# at (1, 1)?</details>


# %%
def xor_network() -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Weights of a network with two hidden ReLU units and a linear output that computes XOR.

    Returns:
        w1 (2, 2), b1 (2,), w2 (2,) and the number b2.
    Source: Goodfellow, Bengio and Courville 2016, section 6.1.
    """
    ### BEGIN SOLUTION
    w1 = np.array([[1, 1], [1, 1]])  # both units add the two inputs
    b1 = np.array([0, -1])  # the second is on only above 1
    w2 = np.array([1, -2])
    return w1, b1, w2, 0
    ### END SOLUTION


# %%
check("01.4", xor_network)

# %% [markdown]
# **Use it.** The four corners as the input shows them, and as your hidden layer hands them on.

# %% tags=["demo"]
w1, b1, w2, b2 = xor_network()
h = np.maximum(corners @ w1 + b1, 0)  # (corners, hidden units)
figure, panels = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained")
plot_points(corners, xor, labels=("0", "1"), x="$x_1$", y="$x_2$", title="input", ax=panels[0])
plot_points(
    h, xor, regions=lambda points: points @ np.ravel(w2) + b2 > 0.5,
    x="unit 1", y="unit 2", title="hidden layer", ax=panels[1],
)  # fmt: skip
plt.show()

# %% [markdown]
# *Figure: left, the corners, equal classes on diagonals; right, the same four in the plane of the
# hidden units, where one line parts the classes.* The hidden layer moved the points (two may fall
# on one place); the output needs a single cut.

# %% [markdown] tags=["covers:S014"]
# ## 6 · Width and depth
# Width: each ReLU bends a line once, so a layer that is wide enough follows any continuous curve
# (**universal approximation**: Cybenko 1989; Hornik et al. 1989). Depth: a tent made of two units,
# fed into itself d times, folds the line again and again. How many pieces do d = 1, 3, 5 make?


# %% tags=["demo"]
def sine_by_relus(x: np.ndarray, units: int) -> np.ndarray:
    knots = np.linspace(0, 2 * np.pi, units + 1)
    slopes = np.diff(np.sin(knots)) / np.diff(knots)
    bends = np.diff(slopes, prepend=0)  # (units,), how much each unit bends the line
    return np.maximum(x[:, None] - knots[:-1], 0) @ bends


def tents(x: np.ndarray, depth: int) -> np.ndarray:
    for _ in range(depth):
        x = 2 * np.maximum(x, 0) - 4 * np.maximum(x - 0.5, 0)
    return x


x, widths = np.linspace(0, 2 * np.pi, 2001), 4 ** np.arange(1, 5)
errors = [np.abs(sine_by_relus(x, units) - np.sin(x)).max() for units in widths]
unit, depths = np.linspace(0, 1, 1025), (1, 3, 5)
figure, panels = plt.subplots(
    1, 4, figsize=(7, 2.8), layout="constrained", width_ratios=[2, 1, 1, 1]
)
plot_lines([errors], at=widths, log_x=True, log_y=True, x="units", y="largest error", ax=panels[0])
for ax, depth in zip(panels[1:], depths, strict=True):
    plot_lines([tents(unit, depth)], at=unit, x="input", y="output" * (depth == 1), ax=ax)
    ax.set_title(f"d = {depth}", fontsize=12)
plt.show()
slopes = [np.sign(np.diff(tents(unit, depth))) for depth in range(1, 7)]
print("pieces for d = 1 … 6:", [1 + int((np.diff(slope) != 0).sum()) for slope in slopes])

# %% [markdown]
# *Figure: left, largest error of a sine built from 4 to 256 ReLU units, straight on log axes;
# right, tents of depth 1, 3 and 5 with 2, 8 and 32 pieces.* Twice the width, a quarter of the
# error. Depth multiplies: d layers make 2ᵈ pieces with 2d units (Telgarsky 2016; Montúfar et al.
# 2014). Whether *training* finds such weights is another matter: very deep plain networks do worse
# even on their training data (He et al. 2016; 04).

# %% [markdown] tags=["covers:S024"]
# ## 7 · From scores to shares
# **Softmax** turns one row of scores (**logits**) into shares of 1: exponentials, divided by their
# sum. By hand, scores (0, 0, ln 2) give exponentials 1, 1, 2 and shares ¼, ¼, ½. Predict both
# lines.

# %% tags=["covers:S024"]
with np.errstate(over="ignore", invalid="ignore"):
    for scores in (np.array([1.0, 0.0]), np.array([1000.0, 999.0])):
        print(scores, "→", np.exp(scores) / np.exp(scores).sum())

# %% [markdown] tags=["covers:S024"]
# Both rows differ by 1 and should give the same shares; the second became infinity over infinity.
#
# > **Often said.** "Softmax gives probabilities." Its shares sum to 1; whether 0.9 is right nine
# > times in ten is calibration's question (06).

# %% [markdown] tags=["covers:S024"]
# ### Exercise 01.5 · Softmax that survives
# ●●○○○ · 10 min · 4 points · needs: section 7
#
# 1. Take exponentials.
# 2. Divide by their sum along the axis.
# 3. Make it safe for scores up to ±10,000 without changing the answer.
#
# <details><summary>Hint 1</summary>What happens to the shares when all scores of a slice drop by
# the same number?</details> <details><summary>Hint 2</summary>Keep the axis that you sum
# over.</details>


# %%
def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Shares that sum to 1 along an axis.

    Args:
        z: scores of any shape, float.
        axis: along which shares sum to 1.
    Returns:
        Shares, the same shape; adding a number to all scores changes nothing.
    """
    ### BEGIN SOLUTION
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
    ### END SOLUTION


# %%
check("01.5", softmax)

# %% [markdown]
# **Use it.** A doubtful digit scores 2.0 as a 4, 1.5 as a 9 and 0.2 as a 7. Dividing scores by a
# **temperature** changes how decided it sounds.

# %% tags=["demo"]
temperatures = (0.1, 1, 10)
scores = np.array([2.0, 1.5, 0.2])
doubt = softmax(scores / np.array(temperatures)[:, None])  # (temperatures, classes)
series = [f"temperature {t:g}" for t in temperatures]
plot_bars(doubt, labels=("4", "9", "7"), series=series, x="class", y="share")

# %% [markdown]
# *Figure: three groups of bars. At 0.1 class 4 takes nearly all, at 10 each class gets about a
# third.* The order never changes, only the contrast.

# %% [markdown] tags=["covers:S003", "covers:S009", "covers:S015", "covers:S002", "covers:S011"]
# ## 8 · The whole network
# Pixels enter an **input layer**, pass two hidden layers and leave the **output layer** as ten
# scores: a **fully connected feed-forward network** (feed-forward means without cycles; a CNN is
# that too). Keras trains it as a black box that 02 and 03 open. Beside it stands traditional
# machine learning: softmax regression, which has no hidden layer. Which errs less?


# %% tags=["demo", "covers:S003", "covers:S009", "covers:S011", "covers:S013", "covers:S027"]
def trained(hidden: tuple[int, ...], x: np.ndarray, y: np.ndarray, epochs: int) -> keras.Model:
    inputs = keras.Input(shape=x.shape[1:])
    a = inputs
    for units in hidden:
        a = layers.Dense(units, activation="relu")(a)  # (batch, units)
    model = keras.Model(inputs, layers.Dense(10)(a))  # (batch, 10), logits
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss, metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=epochs, validation_split=0.165, verbose=0)
    return model


x_train, x_test = (part.x.reshape(len(part.x), -1) / part.x.max() for part in (train, test))
hidden = profile(smoke=(64, 32), gpu=(256, 128))
epochs = profile(smoke=10, cpu=30, gpu=10)
network = trained(hidden, x_train, train.y, epochs)
accuracy = network.evaluate(x_test, test.y, verbose=0)[1]
band("network", accuracy, smoke=(0.94, 0.99), cpu=(0.965, 0.995), gpu=(0.972, 0.986))
straight = LogisticRegression(max_iter=1000, tol=1e-3).fit(x_train, train.y)
baseline = straight.score(x_test, test.y)
band("softmax regression", baseline, smoke=(0.95, 0.99), cpu=(0.95, 0.99), gpu=(0.9, 0.935))
sizes = (x_train.shape[1], *hidden, 10)
multiplications = sum(d * units for d, units in pairwise(sizes))
print(f"{network.count_params():,} parameters, {multiplications:,} multiplications a picture")

# %% [markdown] tags=["covers:S018", "covers:S014", "covers:S017"]
# No gain: on 8×8 pictures straight cuts are as good, and they were fitted in a second. Bends pay
# where pictures are larger; on MNIST the bands lie around 0.92 and 0.98. Here the network serves
# for its parts, of which every later chapter is made.

# %% [markdown] tags=["covers:S018", "covers:S014", "covers:S009"]
# ### Exercise 01.6 · The whole network
# ●●●○○ · 12 min · 6 points · needs: your 01.2, 01.3, 01.5 (a given version stands in for one that
# is missing)
#
# Run the **forward pass** of any depth; one layer is a network too.
# 1. Walk through the layers.
# 2. Bend by ReLU after each but the last.
# 3. Turn the last scores into shares, row by row.
#
# <details><summary>Hint</summary>What is the input of the second layer? Which layer needs other
# treatment?</details>


# %%
def forward(x: np.ndarray, params: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Class shares from a fully connected network.

    Args:
        x: (samples, inputs), float.
        params: weights (inputs, units) and biases (units,) of each layer, in order.
    Returns:
        (samples, classes), float; rows sum to 1.
    """
    ### BEGIN SOLUTION
    a = x
    for w, b in params[:-1]:
        a = activate(dense(a, w, b), "relu")  # (samples, units)
    return softmax(dense(a, *params[-1]), axis=-1)  # (samples, classes)
    ### END SOLUTION


# %%
check("01.6", forward)

# %% [markdown]
# **Use it.** Keras' trained weights, your forward pass. Will all predictions agree?

# %% tags=["demo"]
params = [tuple(layer.get_weights()) for layer in network.layers if layer.weights]
yours = forward(x_test, params)  # (test pictures, 10)
theirs = ops.convert_to_numpy(ops.softmax(network(x_test)))
print(f"same prediction: {(yours.argmax(1) == theirs.argmax(1)).sum()} of {len(x_test)}")
difference = np.abs(yours - theirs).max()
band("difference in millionths", 1e6 * difference, smoke=(0, 10), cpu=(0, 10), gpu=(0, 2e4))
doubtful = np.argsort(yours.max(axis=1))[:5]
titles = [f"{yours[i].argmax()}: {yours[i].max():.2f}" for i in doubtful]
show_images(test.x[doubtful], titles=titles, title="prediction and its share")

# %% [markdown]
# *Figure: the five least certain test digits, with the winner and its share; some are hard for our
# eyes too.* All predictions agree, and shares differ by rounding: nothing in Keras' forward pass is
# hidden from you now.
#
# > **On a GPU/TPU.** Matrix products may run in bfloat16; then shares differ by up to 0.02. JAX:
# > `jax.default_matmul_precision("highest")`.
#
# What do hidden units look for? Each column of the first weights is a picture. And does the network
# need all its data?

# %% tags=["demo", "covers:S012", "covers:S017"]
side = train.x.shape[1]
for count in (50, 200):
    some = trained((64, 32), x_train[:count], train.y[:count], epochs=epochs * 400 // count)
    print(f"{count:4} digits: test accuracy {some.evaluate(x_test, test.y, verbose=0)[1]:.2f}")
first_weights = network.layers[1].get_weights()[0].T  # (units, pixels)
strongest = np.argsort(-np.linalg.norm(first_weights, axis=1))[:10]
show_images(first_weights[strongest].reshape(-1, side, side), columns=5, around_zero=True)

# %% [markdown]
# *Figure: weights of the ten strongest hidden units as pictures, orange negative, purple positive:
# patches and strokes amid noise, no whole digit.* Whether layers climb from edges to parts to
# objects is tested in 05 and 34. Accuracy grows with the labelled digits, by less each time.

# %% [markdown] tags=["covers:S013", "covers:S025", "covers:S026", "covers:S028", "covers:S029"]
# ### The output fits the task
# | task | output | activation |
# |---|---|---|
# | a number (**regression**) | 1 unit | none |
# | yes or no (**binary classification**) | 1 unit | sigmoid |
# | several tags at once | 1 unit a tag | sigmoid each |
# | one of K classes | K units | softmax |
#
# Two **tables**: biopsies (malignant or benign) and diabetes patients (progression after a year).
# Will a network beat logistic and ridge regression?


# %% tags=["demo", "covers:S026", "covers:S029"]
def table(name: str) -> tuple[np.ndarray, ...]:
    known, unseen = load(name), load(name, split="test")
    mean, spread = known.x.mean(axis=0), known.x.std(axis=0)
    return (known.x - mean) / spread, known.y, (unseen.x - mean) / spread, unseen.y


def one_output(x: np.ndarray, y: np.ndarray, activation: str | None, loss: str) -> keras.Model:
    inputs = keras.Input(shape=x.shape[1:])
    h = layers.Dense(16, activation="relu")(inputs)  # (batch, 16)
    model = keras.Model(inputs, layers.Dense(1, activation=activation)(h))  # (batch, 1)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss, metrics=["accuracy"])
    model.fit(x, y, epochs=15, validation_split=0.1, verbose=0)
    return model


x, y, x_new, y_new = table("breast_cancer")
print("malignant, benign:", np.bincount(y))
probability = ops.convert_to_numpy(one_output(x, y, "sigmoid", "binary_crossentropy")(x_new))
by_net = np.mean((probability[:, 0] > 0.5) == y_new)
logistic = LogisticRegression().fit(x, y).score(x_new, y_new)
print(f"accuracy: larger class {y_new.mean():.2f}, logistic {logistic:.2f}, network {by_net:.2f}")

# %% [markdown]
# One sigmoid unit does it, and so does the straight cut. Now a number, its target scaled for
# training:

# %% tags=["demo", "covers:S025", "covers:S028", "covers:S029"]
x, y, x_new, y_new = table("diabetes")
print(f"progression: {y.min():g} to {y.max():g}, mean {y.mean():.0f}")
net = one_output(x, (y - y.mean()) / y.std(), None, "mean_squared_error")
by_net = ops.convert_to_numpy(net(x_new))[:, 0] * y.std() + y.mean()
ridge = Ridge().fit(x, y).predict(x_new)
for name, guess in {"mean": y.mean(), "ridge": ridge, "network": by_net}.items():
    print(f"{name:8} is off by {np.abs(guess - y_new).mean():.0f} on average")

# %% [markdown] tags=["covers:S002"]
# On both tables the straight line keeps up with the network; boosted trees, too, are often as good
# or better there (Grinsztajn et al. 2022). Depth earns its keep on larger raw pictures, sound and
# text.

# %% [markdown] tags=["covers:S007", "covers:S034"]
# ## 9 · The map
# Learning *setting* and *architecture* are separate choices; any network serves in each, and
# reinforcement learning exists without networks.
#
# | setting | learns from | chapters |
# |---|---|---|
# | supervised | labels | 01–08, 10–12, 14–15 |
# | self-supervised | hidden parts of the data | 13, 19, 33 |
# | unsupervised | data alone | 22–28 (autoencoder, GAN, SOM) |
# | reinforcement | reward | 29–32 (Q-learning, DQN, PPO) |
# | hybrid | several | 21, 26, 33 |
#
# Architectures: fully connected (01), CNN (05–08), RNN, LSTM, GRU (09–11), Transformer (16–21),
# autoencoder (23), GAN (24–28).
#
# <details><summary>Claims you will hear, and the chapter that tests each</summary>
#
# | claim | tested in |
# |---|---|
# | sees like us: photo tags (Facebook), self-driving cars (Tesla), X-rays | 06, 08, 36, 40 |
# | understands language: translation (Google), assistants | 14, 18–20 |
# | predicts markets and demand | 11 |
# | invents pictures, music, molecules | 24–28 |
# | wins games, steers robots | 29–32 |
# | needs huge data | 07, 33 |
# | needs huge computers | 38, 39 |
# | is a black box | 34 |
# | inherits bias | 35 |
# | is fooled by attacks | 36 |
#
# Companies' own systems are closed; you build the published kind.
# </details>
#
# <details><summary>How to work through this course</summary>
#
# Predict, run, change one thing. Read a check's message before a hint. Explain a result to someone,
# read a paper a chapter, report a bug as in any open-source project. All is Python; C++ and CUDA
# work beneath the libraries, Java now and then serves finished models.
# </details>
#
# ## What you can rely on
# - A neuron is a weighted sum, a bias and a bend; a layer is one matrix product.
# - Without bends, any depth is one layer.
# - Hidden layers move points until one cut parts them; depth folds, width approximates.
# - Softmax shares survive a shift of all scores, and need not be calibrated.
# - A baseline belongs beside every network; here it held its own.
#
# Next, 02: where the trained weights came from.
#
# ## Self-quiz
# 1. How many numbers hold a 64-64-32-10 network?
#    <details><summary>Answer</summary>64·64 + 64 + 64·32 + 32 + 32·10 + 10 = 6,570: weights and
#    biases of each layer.</details>
# 2. Why can 100 layers without activation do no more than one?
#    <details><summary>Answer</summary>A product of matrices is one matrix.</details>
# 3. You add 7 to every score of a row. What does softmax do?
#    <details><summary>Answer</summary>Nothing: the common factor cancels.</details>
# 4. Which output suits "which of these tags apply"?
#    <details><summary>Answer</summary>One sigmoid a tag; softmax would make them compete.</details>
# 5. A tent network of depth 10 makes how many pieces, with how many units?
#    <details><summary>Answer</summary>1,024 with 20; one layer would need about 1,023.</details>
#
# ## References
# McCulloch & Pitts 1943 · Rosenblatt 1958 · Minsky & Papert 1969 · Rumelhart, Hinton & Williams
# 1986 · Cybenko 1989 · Hornik, Stinchcombe & White 1989 · LeCun et al. 1998, fig. 9 (MNIST errors:
# linear 12 %, 300 hidden units 4.7 %; with today's optimisers about 2 %) · Montúfar et al. 2014 ·
# Telgarsky 2016 · He et al. 2016 · Hendrycks & Gimpel 2016 (GELU) · Grinsztajn, Oyallon & Varoquaux
# 2022.
#
# **Read on:** Goodfellow, Bengio & Courville 2016, chapter 6; LeCun, Bengio & Hinton 2015.

# %%
progress("01")
