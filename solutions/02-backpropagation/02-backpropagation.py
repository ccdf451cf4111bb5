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
# # 02 · Back-propagation
# > *Which of 2,410 weights is to blame for a wrong digit? One walk backwards tells all of them.*
#
# **You build** a loss from scores, a slope by measuring, a small engine that differentiates any
# tape of operations, and the gradient of a whole network. You prove it right and train with
# nothing but NumPy. **You need** 01. **Takes** 120 min, on a CPU.
#
# [Open in Colab](https://colab.research.google.com/github/layerwise/layerwise/blob/main/course/02-backpropagation/02-backpropagation.ipynb) · [Download](02-backpropagation.ipynb)

# %%
from itertools import pairwise

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from sklearn.linear_model import LogisticRegression

from layerwise_datasets import (
    describe_run,
    gradient,
    load,
    plot_bands,
    plot_heatmap,
    plot_landscape,
    plot_lines,
    profile,
    show_images,
)
from layerwise_grader import band, check, progress

keras.utils.set_random_seed(0)
digits = profile(smoke="digits", gpu="mnist")
train, test = load(digits), load(digits, split="test")
x_train, x_test = [
    part.x.reshape(len(part.x), -1) / float(part.x.max()) for part in (train, test)
]  # (N, 64), 0 to 1
describe_run(train, test, minutes=profile(smoke=0.2, gpu=3))

# %% [markdown] tags=["covers:S037"]
# ## 1 · Wrong, as one number
# Logistic regression reads the digits of 01. Move one of its weights a little: better or worse? A
# **loss** gives being wrong a price. **Cross-entropy** takes minus the logarithm of the share that
# the true class got: shares (0.7, 0.2, 0.1), truth in the second, cost −ln 0.2 = 1.61. Which
# notices a nudge of 0.0001, accuracy or cross-entropy?

# %% tags=["demo", "covers:S037"]
baseline = LogisticRegression(max_iter=1000).fit(x_train[:5000], train.y[:5000])
logits = baseline.decision_function(x_test)  # (test digits, 10)
pixel = x_test[:, [x_test.shape[1] * 9 // 16]]  # near the middle


def when_moved(by: float) -> tuple[float, float]:
    """Accuracy and Keras' cross-entropy after moving one weight of class 1."""
    moved = logits + by * pixel * (np.arange(10) == 1)
    costs = ops.sparse_categorical_crossentropy(test.y, moved, from_logits=True)
    return float(np.mean(moved.argmax(axis=1) == test.y)), float(ops.mean(costs))


moves = np.linspace(-1, 1, 201)
curves = np.transpose([when_moved(by) for by in moves])  # (2, moves)
figure, panels = plt.subplots(1, 2, figsize=(7, 2.8), layout="constrained")
for ax, curve, name in zip(panels, curves, ("accuracy", "cross-entropy"), strict=True):
    plot_lines(curve, at=moves, x="one weight, moved by", y=name, ax=ax)
plt.show()
changes = np.subtract(when_moved(0.5001), when_moved(0.5))
print("a nudge at 0.5 changes accuracy by {:.0e}, cross-entropy by {:.0e}".format(*changes))

# %% [markdown] tags=["covers:S037"]
# *Figure: left, accuracy against one weight, a staircase; right, cross-entropy, a smooth valley.*
# On a flat step nothing says which way to go; the valley says it everywhere.

# %% [markdown] tags=["covers:S037"]
# ### Exercise 02.1 · Cross-entropy from scores
# ●●○○○ · 12 min · 4 points · needs: softmax (01.5)
#
# The logarithm of a softmax share is the score minus the logarithm of the sum of exponentials.
# 1. For each row, take the logarithm of the sum of exponentials, finite for scores of ±1000.
# 2. Take away the score of the true class.
# 3. Average over the samples.
#
# <details><summary>Hint 1</summary>What happens to that logarithm when every score of the row drops
# by 5?</details> <details><summary>Hint 2</summary>`logits[rows, labels]` pairs two lists of
# indices one to one.</details>


# %%
def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean over the samples of minus the natural logarithm of the true class's softmax share.

    Args:
        logits: (samples, classes), float, any size.
        labels: (samples,), whole numbers from 0.
    Returns:
        The loss, at least 0.
    Source: Goodfellow, Bengio and Courville 2016, section 6.2.2.3.
    """
    ### BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)  # (samples, classes)
    log_sums = np.log(np.exp(shifted).sum(axis=1))
    return float(np.mean(log_sums - shifted[np.arange(len(labels)), labels]))
    ### END SOLUTION


# %%
check("02.1", cross_entropy)

# %% [markdown] tags=["covers:S037", "covers:S038"]
# **Use it.** Left, two classes: the truth's score moves, the other stays at 0. The **hinge** stops
# caring at a lead of 1. Right, prices for a number's error: **squared**, **absolute**, and
# **Huber**, which is squared near 0. Which does an outlier move most?

# %% tags=["demo"]
s = np.linspace(-5, 5, 201)
yours = [cross_entropy(np.array([[score, 0.0]]), np.array([0])) for score in s]
huber = np.where(np.abs(s) < 1, 0.5 * s**2, np.abs(s) - 0.5)
prices = {
    "score of the truth": {"cross-entropy": yours, "hinge": np.maximum(1 - s, 0)},
    "error": {"squared": s**2, "absolute": np.abs(s), "Huber": huber},
}
figure, panels = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
for ax, (name, lines) in zip(panels, prices.items(), strict=True):
    plot_lines(lines.values(), at=s, labels=list(lines), x=name, y="loss", ax=ax)
    ax.set_ylim(0, 7)
plt.show()

# %% [markdown] tags=["covers:S042"]
# *Figure: left, cross-entropy falls smoothly towards 0, the hinge in a straight line that ends at 0;
# right, squared error leaves the picture at an error below 3, absolute and Huber grow in straight
# lines.* A confident error costs about its score; an outlier weighs most when squared.
#
# **Where it comes from.** Independent labels together have the product of their shares as
# probability. Its logarithm is a sum, so the product is e^(−N·loss): the smallest loss makes the
# labels most probable (**maximum likelihood**). Equal?

# %% tags=["demo", "covers:S042"]
some, truth = logits[:8], test.y[:8]
shares = np.exp(some) / np.exp(some).sum(axis=1, keepdims=True)  # (8, 10)
print(f"product of the shares: {np.prod(shares[np.arange(8), truth]):.6f}")
print(f"e^(−N·loss):           {np.exp(-8 * cross_entropy(some, truth)):.6f}")

# %% [markdown] tags=["covers:S040", "covers:S041"]
# ## 2 · Ask the valley which way is down
# Equal. Now a network small enough to draw: one tanh neuron with two weights. Its **gradient** is a
# slope for each weight: how fast the loss changes when that one alone grows. You can ask without
# calculus: nudge, and look. Is it better to nudge to one side, or to both?


# %% tags=["covers:S041"]
def tiny_loss(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """Mean squared error of one tanh neuron."""
    return float(np.mean((np.tanh(x @ w) - y) ** 2))


x_tiny = np.random.default_rng(0).normal(size=(60, 2)) * [2.5, 0.6]  # (samples, inputs)
y_tiny = np.tanh(x_tiny @ np.array([0.3, -0.8]))


def loss_at(first: float) -> float:
    return tiny_loss(np.array([first, 0.0]), x_tiny, y_tiny)


print(f"one side   {(loss_at(0.1) - loss_at(0)) / 0.1:.4f}")
print(f"both sides {(loss_at(0.1) - loss_at(-0.1)) / 0.2:.4f}")
print(f"tiny nudge {(loss_at(1e-5) - loss_at(-1e-5)) / 2e-5:.4f}")

# %% [markdown]
# From both sides the curvature cancels.

# %% [markdown] tags=["covers:S041"]
# ### Exercise 02.2 · Measure a slope
# ●●○○○ · 12 min · 4 points · needs: section 2
#
# `tiny_loss` is given. Measure all slopes by **central differences**; the caller's `w` stays as it
# is, and may hold whole numbers.
# 1. Copy `w` as floats.
# 2. Nudge one entry by `eps`, up and down, and take both losses.
# 3. Divide their difference by the distance between the two places.
# 4. Go on to the next entry, from the original `w`.
#
# <details><summary>Hint</summary>Row i of an identity matrix nudges weight i alone.</details>


# %%
def numerical_gradient(w: np.ndarray, x: np.ndarray, y: np.ndarray, eps: float) -> np.ndarray:
    """Slopes of tiny_loss by central differences.

    Args:
        w: (inputs,), whole numbers or floats; not changed.
        x: (samples, inputs), float.
        y: (samples,), float.
        eps: one step up and one step down, for each weight alone.
    Returns:
        (inputs,), float.
    """
    ### BEGIN SOLUTION
    slopes = []
    for i in range(len(w)):
        up, down = w.astype(float), w.astype(float)  # copies
        up[i] += eps
        down[i] -= eps
        slopes.append((tiny_loss(up, x, y) - tiny_loss(down, x, y)) / (2 * eps))
    return np.array(slopes)
    ### END SOLUTION


# %%
check("02.2", numerical_gradient)

# %% [markdown] tags=["covers:S040"]
# **Use it.** The gradient points *uphill*. **Gradient descent** steps the other way, and how far is
# a choice of its own, the **learning rate**. Three rates, thirty steps. Which arrives?


# %% tags=["demo", "covers:S040"]
def descend(w: np.ndarray, learning_rate: float, steps: int = 30) -> np.ndarray:
    path = [w]
    for _ in range(steps):
        uphill = numerical_gradient(path[-1], x_tiny, y_tiny, 1e-4)  # measured
        path.append(path[-1] - learning_rate * uphill)  # decided
    return np.array(path)  # (steps + 1, 2)


figure, panels = plt.subplots(1, 3, figsize=(7, 2.9), layout="constrained", sharey=True)
for ax, rate in zip(panels, (0.05, 0.5, 2.0), strict=True):
    plot_landscape(
        lambda places: [tiny_loss(w, x_tiny, y_tiny) for w in places],
        across=(-1, 4.5), up=(-2, 2), paths=[descend(np.array([1.2, 1.2]), rate)],
        x="weight 1", y="weight 2" if rate == 0.05 else "", title=f"rate {rate:g}", ax=ax,
    )  # fmt: skip
plt.show()

# %% [markdown] tags=["covers:S040"]
# *Figure: one valley three times, dark is low. Left, the path creeps; middle, it turns into the
# valley; right, it jumps from wall to wall and is thrown out onto flat ground.* The gradient tells
# which way is up *here*, not how far the bottom is: out there its steps are tiny, far from any goal.
#
# Two more losses: **squared error** and, for yes or no, **binary cross-entropy** from the logit.
# Each claims to know its slope. Does measuring agree?


# %% tags=["covers:S038", "covers:S039"]
def squared_error(y_hat: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    return np.mean((y_hat - y) ** 2), 2 * (y_hat - y) / len(y)


def binary_cross_entropy(logit: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    loss = np.mean(np.maximum(logit, 0) - logit * y + np.log1p(np.exp(-np.abs(logit))))
    share = 1 / (1 + np.exp(-logit))  # sigmoid
    return loss, (share - y) / len(y)


guess, truth = np.array([-2.0, 0.3, 1.5, 4.0]), np.array([0, 1, 1, 0])
for loss in (squared_error, binary_cross_entropy):
    above, below = ([loss(guess + by * row, truth)[0] for row in np.eye(4)] for by in (1e-5, -1e-5))
    print(f"{loss.__name__:21}", np.round(loss(guess, truth)[1], 4), end=", measured ")
    print(np.round(np.subtract(above, below) / 2e-5, 4))

# %% [markdown] tags=["covers:S038", "covers:S039"]
# It does. From the logit the slope is share minus truth; no flat sigmoid is left in it.
#
# Where no slope helps: (w₁·w₂ − 1)², two linear neurons in a row. At (0, 0) the gradient is 0. Is
# it a minimum?

# %% tags=["demo"]
plot_landscape(
    lambda w: (w[:, 0] * w[:, 1] - 1) ** 2,
    across=(-2, 2), up=(-2, 2), levels=np.linspace(0, 4, 17), x="weight 1", y="weight 2",
    paths=[(0, 0), (1, 1), (-1, -1)], labels=("saddle", "minimum", "minimum"),
)  # fmt: skip

# %% [markdown]
# *Figure: two dark curved valleys in opposite corners, between them a pass at (0, 0).* It is a
# **saddle**: down towards the valleys, up towards the other corners. Each valley is a whole curve
# of minima. A **plateau** has almost no slope; ReLU's **kink** at 0 has none (libraries say 0).

# %% [markdown]
# ## 3 · Asking is dear
# Two forward passes a weight: what does that make for a network that reads digits?

# %%
sizes = (x_train.shape[1], profile(smoke=32, gpu=128), 10)
weights = sum((d + 1) * h for d, h in pairwise(sizes))
products = [d * h for d, h in pairwise(sizes)]  # multiplications a sample
print(f"{weights:,} weights; a forward pass: {sum(products):,} multiplications a sample")
print(f"gradient by asking: {2 * weights:,} forward passes")
print(f"there and back:     {3 - products[0] / sum(products):.1f} forward passes' worth")

# %% [markdown] tags=["covers:S035", "covers:S036", "covers:S041"]
# The way back costs about two forward passes: a product for the weights, and one for the inputs,
# which the first layer can spare. That is **back-propagation**; sections 4 to 7 build it.
#
# > **Often said.** "Back-propagation updates the weights." It computes the gradient; the optimiser
# > updates. And what travels back is the derivative of the loss, not the error itself.

# %% [markdown] tags=["covers:S035", "covers:S036", "covers:S041"]
# ## 4 · A tape of small steps
# Any computation is a list of small ones. This **tape** holds y·tanh(x·y + x): a kind for each
# node, and the earlier nodes that it uses.


# %% tags=["covers:S036"]
def evaluate(tape: list[tuple], inputs: list[float]) -> list[float]:
    """The value of every node, in order; inputs are filled in order."""
    feed, values = iter(inputs), []
    compute = {
        "input": lambda: next(feed),
        "add": lambda a, b: a + b,
        "mul": lambda a, b: a * b,
        "tanh": np.tanh,
        "exp": np.exp,
        "relu": lambda a: max(a, 0.0),
    }
    for kind, *parents in tape:
        values.append(float(compute[kind](*(values[parent] for parent in parents))))
    return values


tape = [("input",), ("input",), ("mul", 0, 1), ("add", 2, 0), ("tanh", 3), ("mul", 4, 1)]
for i, (node, value) in enumerate(zip(tape, evaluate(tape, [0.4, 1.5]), strict=True)):
    print(f"node {i}: {value:6.3f}  {node}")

# %% [markdown] tags=["covers:S036", "covers:S041"]
# Walk back. The last node's gradient is 1. Node 5 is node 4 times node 1, so node 4 gets 1.5, the
# other factor. Tanh's slope is 1 − 0.762² = 0.42, so node 3 gets 1.5 · 0.42 = 0.63: the **chain
# rule**. Node 0 feeds nodes 2 and 3; small changes add, so its shares add. Which input will end
# with the larger gradient?

# %% [markdown] tags=["covers:S036", "covers:S041"]
# ### Exercise 02.3 · Back along the tape
# ●●●●○ · 20 min · 8 points · needs: section 4
#
# Give d(last node)/d(node) for *every* node, inputs too; 0 where nothing leads to the last node.
# Kinds: `("input",)`, `("add", i, j)`, `("mul", i, j)`, `("tanh", i)`, `("exp", i)`, `("relu", i)`.
# 1. Evaluate the tape.
# 2. The last node's gradient is 1.
# 3. Walk backwards; hand each parent its share: own gradient times local slope.
# 4. A parent may be asked several times, even twice by one node: collect.
#
# <details><summary>Hint 1</summary>The slopes of tanh and exp can be written with the node's own
# value.</details> <details><summary>Hint 2</summary>Begin with a list of zeros.</details>


# %%
def backward(tape: list[tuple], inputs: list[float]) -> list[float]:
    """Gradient of the last node with respect to every node.

    Args:
        tape: nodes, each a kind followed by the indices of earlier nodes.
        inputs: a number for each input node, in order.
    Returns:
        One number a node.
    Source: Linnainmaa 1970; Baydin et al. 2018, section 3.2.
    """
    ### BEGIN SOLUTION
    values, grads = evaluate(tape, inputs), [0.0] * len(tape)
    grads[-1] = 1.0
    for i in reversed(range(len(tape))):
        kind, *parents = tape[i]
        local = {
            "input": [],
            "add": [1.0, 1.0],
            "mul": [values[parent] for parent in reversed(parents)],
            "tanh": [1 - values[i] ** 2],
            "exp": [values[i]],
            "relu": [float(values[i] > 0)],
        }
        for parent, slope in zip(parents, local[kind], strict=True):
            grads[parent] += grads[i] * slope
    return grads
    ### END SOLUTION


# %%
check("02.3", backward)

# %% [markdown]
# **Use it.** The graph of the tape, your gradients under its values.

# %% tags=["demo", "covers:S035"]
places = [(0, 1), (0, 0), (1.2, 0.5), (2.3, 1), (3.8, 1), (4.8, 0.2)]
values, grads = evaluate(tape, [0.4, 1.5]), backward(tape, [0.4, 1.5])
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
look = {"boxstyle": "round", "facecolor": "white", "edgecolor": "#0072B2"}
boxes = []
for i, (kind, *parents) in enumerate(tape):
    text = f"{i}: {kind}\nvalue {values[i]:.3f}\ngradient {grads[i]:.3f}"
    boxes.append(ax.text(*places[i], text, ha="center", va="center", fontsize=11, bbox=look))
    for parent in parents:
        ends = {"patchA": boxes[parent].get_bbox_patch(), "patchB": boxes[i].get_bbox_patch()}
        ax.annotate("", places[i], places[parent], arrowprops={"arrowstyle": "-|>", **ends})
ax.set(xlim=(-0.6, 5.4), ylim=(-0.3, 1.3))
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: six boxes joined by arrows from the two inputs on the left to the product on the right;
# under each value its gradient, from 1.000 at the end to 1.575 and 1.014 at the inputs.*
#
# This is **automatic differentiation** in **reverse mode**: one walk, all inputs. **Forward mode**
# follows the change of *one* input; for 2,410 weights it walks 2,410 times. TensorFlow's
# `GradientTape` and `jax.grad` are this engine with more kinds of nodes.

# %% [markdown]
# ## 5 · One layer at a time
# A node for each multiplication would be slow. Let a layer be one node: from `dz`, the gradient at
# its scores, it makes three. Shapes nearly force them:
#
# | gradient for | shape | made of |
# |---|---|---|
# | input `dx` | (N, D) | `dz` (N, H) and `w` (D, H) |
# | weights `dw` | (D, H) | `x` (N, D) and `dz` (N, H) |
# | bias `db` | (H,) | `dz` (N, H) |

# %% [markdown] tags=["covers:S035", "covers:S036"]
# ### Exercise 02.4 · Back through a layer
# ●●●○○ · 15 min · 6 points · needs: dense (01.3), section 5
#
# The layer computed z = x·w + b. Return `dx`, `dw`, `db`, in this order, shaped as `x`, `w` and the
# bias.
# 1. `dx`: which way do errors flow back?
# 2. `dw`: one outer product a sample, summed.
# 3. `db`: summed over samples.
#
# <details><summary>Hint 1</summary>Weight (i, j) carried x[n, i] into z[n, j]. How much does z[n, j]
# change with it?</details> <details><summary>Hint 2</summary>Any mean over samples is already inside
# `dz`.</details>


# %%
def dense_backward(
    dz: np.ndarray, x: np.ndarray, w: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients behind a dense layer z = x·w + b.

    Args:
        dz: (samples, units), gradient of the loss at z.
        x: (samples, inputs), what the layer saw.
        w: (inputs, units), its weights.
    Returns:
        dx (samples, inputs), dw (inputs, units) and db (units,).
    Source: Rumelhart, Hinton and Williams 1986.
    """
    ### BEGIN SOLUTION
    return dz @ w.T, x.T @ dz, dz.sum(axis=0)
    ### END SOLUTION


# %%
check("02.4", dense_backward)

# %% [markdown] tags=["covers:S036"]
# **Use it.** For any `dz`, the number Σ dz·z must have your gradients as slopes. Ask three weights.

# %% tags=["demo", "covers:S036"]
random = np.random.default_rng(0)
x, w, dz = (random.normal(size=shape) for shape in ((50, 64), (64, 32), (50, 32)))
dx, dw, db = dense_backward(dz, x, w)
for i, j in random.integers(0, (64, 32), (3, 2)):
    nudged = w.copy()
    nudged[i, j] += 1e-5
    slope = np.sum(dz * (x @ nudged - x @ w)) / 1e-5
    print(f"weight ({i:2}, {j:2}): asked {slope:8.4f}, yours {dw[i, j]:8.4f}")
print(f"all slopes of z for x: {dz.size * x.size:,} numbers; dx: {dx.size:,}")

# %% [markdown]
# They agree. All slopes of all scores, the **Jacobian**, would fill millions of numbers. You never
# made it: the way back needs only its product with `dz`, the **vector–Jacobian product**. Autodiff
# libraries hold one such function for each kind of node.

# %% [markdown]
# ## 6 · Where the gradient starts
# The first `dz` is the slope of the loss at the scores. Shares (0.7, 0.2, 0.1), the second class
# true: (0.7, −0.8, 0.1), again share minus truth.

# %% [markdown] tags=["covers:S036", "covers:S037"]
# ### Exercise 02.5 · Where the gradient starts
# ●●●○○ · 12 min · 6 points · needs: 02.1, softmax (01.5)
#
# The gradient of 02.1's mean loss at every score, for scores of ±1000 too. Rows sum to 0, and only
# the true class's entry is negative.
# 1. Take the shares, row by row.
# 2. Take 1 away at the truth.
# 3. The loss is a mean; so what factor has each row?
#
# <details><summary>Hint</summary>If a batch holds 10 samples, how much does one of them move the
# mean?</details>


# %%
def cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Gradient of the mean cross-entropy at the scores.

    Args:
        logits: (samples, classes), float, any size.
        labels: (samples,), whole numbers from 0.
    Returns:
        (samples, classes), float; rows sum to 0.
    """
    ### BEGIN SOLUTION
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    slopes = e / e.sum(axis=1, keepdims=True)  # (samples, classes), the shares
    slopes[np.arange(len(labels)), labels] -= 1
    return slopes / len(labels)
    ### END SOLUTION


# %%
check("02.5", cross_entropy_gradient)

# %% [markdown]
# **Use it.** Logistic regression on the four test digits that it gets most wrong, and on four that
# it gets right. Will the lower rows be 0?

# %% tags=["demo"]
right = logits.argmax(axis=1) == test.y
of_truth = logits[np.arange(len(test.y)), test.y] - logits.max(axis=1)
rows = np.r_[np.argsort(of_truth)[:4], np.flatnonzero(right)[:4]]
starts = 8 * cross_entropy_gradient(logits[rows], test.y[rows])  # (8, 10), without 1/N
titles = [f"{'right' if right[row] else 'wrong'}, a {test.y[row]}" for row in rows]
plot_heatmap(
    starts, x="class", y="digit", columns=range(10), rows=titles, around_zero=True, numbers=".2f"
)

# %% [markdown]
# *Figure: eight rows of ten slopes; one orange (negative) cell a row, at the truth. In the wrong
# rows it is strong and a purple cell stands at the class that won; in the right rows it is pale.*
#
# > **Often said.** "If the prediction was wrong, the model adjusts." Right predictions have
# > gradients too, as long as the truth's share is below 1.

# %% [markdown]
# ## 7 · The whole way back
# Forward, every layer keeps what it saw. Backward, each takes `dz`, gives its gradients, and hands
# `dx` on; a ReLU that was off lets nothing through.

# %% [markdown] tags=["covers:S035", "covers:S036"]
# ### Exercise 02.6 · The gradient of a whole network
# ●●●●○ · 20 min · 8 points · needs: 02.1, 02.4, 02.5
#
# `params` is as in 01: `(w, b)` for each layer, ReLU between layers, raw scores at the end. Any
# number of layers, one too.
# 1. Go forward; keep each layer's input and its scores before the ReLU.
# 2. Start with 02.5. The loss is 02.1.
# 3. Go backwards: 02.4, then switch off what ReLU had switched off.
# 4. Put the pairs `(dw, db)` in the order of `params`.
#
# <details><summary>Hint 1</summary>How do you see, on the way back, whether a unit was
# on?</details> <details><summary>Hint 2</summary>The input of layer 2 is the bent output of layer
# 1; the first layer saw `x`.</details>


# %%
def loss_and_gradients(
    x: np.ndarray, labels: np.ndarray, params: list[tuple[np.ndarray, np.ndarray]]
) -> tuple[float, list[tuple[np.ndarray, np.ndarray]]]:
    """Cross-entropy of a fully connected network and its gradient for every weight.

    Args:
        x: (samples, inputs), float.
        labels: (samples,), whole numbers from 0.
        params: for each layer weights (inputs, units) and biases (units,).
    Returns:
        The loss, and (dw, db) for each layer in the order of params.
    Source: Rumelhart, Hinton and Williams 1986.
    """
    ### BEGIN SOLUTION
    inputs, z = [x], []
    for w, b in params:
        z.append(inputs[-1] @ w + b)
        inputs.append(np.maximum(z[-1], 0))
    dz, grads = cross_entropy_gradient(z[-1], labels), []
    for layer in reversed(range(len(params))):
        dx, dw, db = dense_backward(dz, inputs[layer], params[layer][0])
        grads.append((dw, db))
        if layer > 0:
            dz = dx * (z[layer - 1] > 0)
    return cross_entropy(z[-1], labels), grads[::-1]
    ### END SOLUTION


# %%
check("02.6", loss_and_gradients)

# %% [markdown] tags=["covers:S036"]
# **Use it.** Two witnesses: asking (section 2), and Keras' backend, which differentiates a version
# of its own. The course's `gradient` hides whether that is TensorFlow or JAX.


# %%
def he_start(sizes: tuple[int, ...], random: np.random.Generator) -> list:
    """Random weights whose spread fits ReLU (why: 04), biases 0."""
    return [
        (random.normal(scale=np.sqrt(2 / d), size=(d, h)), np.zeros(h)) for d, h in pairwise(sizes)
    ]


def loss_by_keras(params: list, x: np.ndarray, labels: np.ndarray):
    for w, b in params[:-1]:
        x = ops.relu(ops.matmul(x, w) + b)
    logits = ops.matmul(x, params[-1][0]) + params[-1][1]
    return ops.mean(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True))


# %% [markdown]
# First witness: ten weights of each layer, in float64.

# %% tags=["demo", "covers:S035", "covers:S036"]
random = np.random.default_rng(1)
params, batch, labels = he_start(sizes, random), x_train[:100], train.y[:100]
_, grads = loss_and_gradients(batch, labels, params)


def loss_when(layer: int, place: tuple[int, ...], by: float) -> float:
    moved = [(w.copy(), b) for w, b in params]
    moved[layer][0][place] += by
    return loss_and_gradients(batch, labels, moved)[0]


worst = 0.0
for layer, (dw, _) in enumerate(grads):
    for place in map(tuple, random.permutation(np.argwhere(np.abs(dw) > 1e-3))[:10]):
        slope = (loss_when(layer, place, 1e-6) - loss_when(layer, place, -1e-6)) / 2e-6
        worst = max(worst, abs(slope / dw[place] - 1))
band("largest difference, millionths", 1e6 * worst, smoke=(0, 1), cpu=(0, 1), gpu=(0, 1))

# %% [markdown]
# Second witness: every weight, in float32.

# %% tags=["demo", "covers:S036"]
_, grads = loss_and_gradients(batch, labels, params)
single = [(np.float32(w), np.float32(b)) for w, b in params]
theirs = gradient(loss_by_keras)(single, np.float32(batch), labels)
worst = max(
    np.abs(np.asarray(part) - own).max() / np.abs(own).max()
    for pair, own_pair in zip(theirs, grads, strict=True)
    for part, own in zip(pair, own_pair, strict=True)
)
band("largest difference, millionths", 1e6 * worst, smoke=(0, 100), cpu=(0, 100), gpu=(0, 1e4))
print(f"kept for the way back: {len(batch) * sum(sizes):,} numbers; weights: {weights:,}")

# %% [markdown]
# Both agree. The price is memory: what is kept grows with the batch. **Recomputation**
# (checkpointing) keeps less and walks forward twice (39).

# %% [markdown]
# ## 8 · Train
# Shuffle, take a batch, ask for its gradient, step. Full-batch, mini-batch and single-sample
# descent differ only in how many samples stand behind a gradient; the step is the same. Ten walks
# through the same digits: which gets furthest?


# %% tags=["covers:S040"]
def trained(
    size: int, learning_rate: float, epochs: int, seed: int = 0, first: int | None = None
) -> tuple[list, list[float]]:
    """Parameters, and the loss on all samples after each epoch; `first` limits the samples."""
    random, x, y = np.random.default_rng(seed), x_train[:first], train.y[:first]
    params = he_start(sizes, random)
    losses = [loss_and_gradients(x, y, params)[0]]
    for _ in range(epochs):
        for chosen in np.array_split(random.permutation(len(x)), max(1, len(x) // size)):
            _, grads = loss_and_gradients(x[chosen], y[chosen], params)
            pairs = zip(params, grads, strict=True)
            params = [
                (w - learning_rate * dw, b - learning_rate * db) for (w, b), (dw, db) in pairs
            ]
        losses.append(loss_and_gradients(x, y, params)[0])
    return params, losses


# %% [markdown]
# Learning rates suit each size (03 tells how); bands span three starts.

# %% tags=["demo", "covers:S040", "covers:S035"]
settings = {"full batch": (1437, 0.5), "batch 32": (32, 0.1), "batch 1": (1, 0.01)}
runs = [
    [trained(size, rate, epochs=10, seed=seed, first=1437)[1] for seed in range(3)]
    for size, rate in settings.values()
]
plot_bands(
    runs, at=1.437 * np.arange(11), labels=list(settings), log_y=True,
    x="samples seen, thousands", y="training loss",
)  # fmt: skip

# %% [markdown] tags=["covers:S040"]
# *Figure: training loss on a log scale against samples seen, three bands; the full batch falls
# slowly, batches of 32 and of 1 end far below it.* From the same samples the full batch made 10
# steps, batches of 32 made 440, single samples 14,370. No path need end in a minimum: each follows
# the samples at hand.
#
# Now to the end, and to test digits that no training saw.


# %% tags=["demo", "covers:S037", "covers:S040"]
def accuracy(params: list) -> float:
    h = x_test
    for w, b in params[:-1]:
        h = np.maximum(h @ w + b, 0)
    return float(np.mean((h @ params[-1][0] + params[-1][1]).argmax(axis=1) == test.y))


params, losses = trained(32, 0.1, epochs=profile(smoke=30, gpu=10))
band("test accuracy", accuracy(params), smoke=(0.94, 0.995), cpu=(0.94, 0.995), gpu=(0.965, 0.985))
band("training loss", losses[-1], smoke=(0.04, 0.15), cpu=(0.04, 0.15), gpu=(0.01, 0.1))
full, _ = trained(5000, 0.5, epochs=200, first=5000)
band("full batch", accuracy(full), smoke=(0.93, 0.995), cpu=(0.93, 0.995))
by_cuts = baseline.score(x_test, test.y)
band("logistic regression", by_cuts, smoke=(0.93, 0.995), cpu=(0.93, 0.995), gpu=(0.87, 0.93))

# %% [markdown]
# Test accuracy **0.94–0.995** (`cpu`: 1,437 digits to train on, 32 hidden units, 30 epochs, six
# starts and six splits; a split alone moves it by 0.03). On 64 pixels straight cuts keep up; on MNIST
# they reach 0.90 (from 5,000 digits), the network 0.965–0.985. What happened to its hidden units?
# Top: before. Middle: after. Bottom: the difference.

# %% tags=["demo", "covers:S035"]
before, after = (
    he_start(sizes, np.random.default_rng(0)),
    trained(32, 0.1, epochs=profile(smoke=10, gpu=2))[0],
)
start, end = (params[0][0].T[:8].reshape(-1, *train.x.shape[1:3]) for params in (before, after))
show_images(np.concatenate([start, end, end - start]), columns=8, around_zero=True)

# %% [markdown]
# *Figure: weights of eight hidden units as pictures, orange negative, purple positive: noise; the
# same noise with patches grown into it; the patches alone, strongest where digits have ink.* All
# "learning from mistakes" is the loop above: gradient, small step, again.

# %% [markdown]
# ## 9 · What a gradient is not
# Where the slope is 0 nothing moves, however wrong the result: weights rounded to halves (as in 39)
# do not feel a nudge. A **straight-through estimator** rounds on the way forward and pretends on the
# way back that it had not. Which of the two learns?


# %% tags=["demo"]
def rounded(w):
    return ops.round(2 * w) / 2


def straight_through(w):
    return w + ops.stop_gradient(rounded(w) - w)  # the value of rounded(w), the slope of w


goal = np.float32([1.5, -0.5])
for way in (rounded, straight_through):
    w = np.float32([0.2, 0.3])
    for _ in range(40):
        w = w - 0.1 * np.asarray(gradient(lambda w, way=way: ops.sum((way(w) - goal) ** 2))(w))
    print(f"{way.__name__:17}", np.asarray(rounded(w)), "goal", goal)

# %% [markdown]
# Only the pretender arrives. `stop_gradient` cuts the tape where you say (23, 38);
# `ops.custom_gradient` takes any slope that you write.
#
# Nor is it known to be how brains learn: the way back uses each weight again (*weight transport*).
# Fixed random weights in their place train small networks, too (feedback alignment, Lillicrap et
# al. 2016).

# %% [markdown]
# ## What you can rely on
# - A loss turns wrong into one number that answers the smallest nudge.
# - A gradient points uphill here and now; its length is not the distance to the goal.
# - Reverse mode gives all slopes for about two more forward passes; uses add up.
# - At softmax with cross-entropy it starts as share minus truth.
# - Central differences tell whether a gradient is right.
#
# Next, 03: better steps from the same gradients.

# %% [markdown]
# ## Self-quiz
# 1. Weights (64, 32), batch 100: shapes of dz, dw and db? <details><summary>Answer</summary>(100,
#    32), (64, 32), (32,): as z, w and b.</details>
# 2. Why does a value used twice get the sum of two gradients?
#    <details><summary>Answer</summary>A nudge changes the loss along both ways, and small changes
#    add.</details>
# 3. The gradient check is off by exactly the batch size. Where do you look?
#    <details><summary>Answer</summary>At the mean: 1/N is missing, or applied twice.</details>
# 4. Why reverse and not forward mode for networks? <details><summary>Answer</summary>One output,
#    many weights: one backward walk gives all slopes.</details>
# 5. Shares (0.7, 0.2, 0.1), the second class true, N = 1: gradient at the scores?
#    <details><summary>Answer</summary>(0.7, −0.8, 0.1): share minus truth.</details>

# %% [markdown]
# ## References
# Linnainmaa 1970 (reverse mode) · Werbos 1974 · Rumelhart, Hinton & Williams 1986 · LeCun et al.
# 1998, *Efficient BackProp* · Griewank & Walther 2008 · Bengio, Léonard & Courville 2013
# (straight-through) · Lillicrap et al. 2016 · Baydin et al. 2018 (survey of automatic
# differentiation). **Read on:** Goodfellow, Bengio & Courville 2016, section 6.5; [JAX's autodiff
# cookbook](https://docs.jax.dev/en/latest/notebooks/autodiff_cookbook.html).

# %%
progress("02")
