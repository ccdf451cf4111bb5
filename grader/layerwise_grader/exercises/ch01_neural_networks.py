"""Chapter 01, Neural networks: from one neuron that decides to the forward pass of any fully connected network."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy import special

from layerwise_grader.exercise import Exercise, assert_close, assert_finite, assert_shape

Array = np.ndarray[Any, Any]
Layers = Sequence[tuple[Array, Array]]
Parts = Sequence[Array]
Random = np.random.Generator

# --- 01.1 ------------------------------------------------------------------------------------------------------------

neuron = Exercise(
    "01.1",
    "A neuron decides",
    function="neuron",
    difficulty=1,
    minutes=6,
    look_at="the score of one sample, worked out on paper, and the side of 0 on which it lies",
)


@neuron.reference
def fires_above_zero(x: Array, w: Array, b: float) -> Array:
    return (x @ w + b > 0).astype(int)


@neuron.probes
def samples_weights_bias(random: Random) -> Iterator[tuple[Array, Array, float]]:
    """Up to 40 samples of up to 40 numbers; the bias is large enough to matter on both sides."""
    shapes = [(7, 3), (3, 7), (5, 5), (1, 4), (9, 1), (1, 1), (40, 2), (12, 40), (6, 2), (20, 5)]
    for number, (samples, inputs) in enumerate(shapes * 2):
        x, w = random.normal(size=(samples, inputs)), random.normal(size=inputs)
        b = float(random.uniform(0.4, 1.5)) * (-1) ** number
        yield away_from_zero(x, w, b), w, b
    # Scores of ±0.004, where a threshold that is not quite 0 shows.
    x, w = random.normal(size=(6, 3)), random.normal(size=3)
    near = np.array([0.004, -0.004] * 3)
    yield x + np.outer(near - x @ w - 0.5, w) / (w @ w), w, 0.5


@neuron.probes
def nothing_but_bias(random: Random) -> Iterator[tuple[Array, Array, float]]:
    """Inputs or weights of 0: only the bias decides."""
    for b in (0.3, -0.3, 2.0, -2.0):
        yield np.zeros((4, 3)), random.normal(size=3), b
        yield random.normal(size=(5, 2)), np.zeros(2), b


def away_from_zero(x: Array, w: Array, b: float) -> Array:
    """The samples, moved along w where rounding in float32 could decide."""
    close = np.abs(x @ w + b) < 1e-3
    return x + np.outer(close, w) * 0.01 / (w @ w)


@neuron.check("1 where the weighted sum plus bias is above 0, and 0 elsewhere", points=1)
def decides_by_the_score(answer: Array, expected: Array, x: Array, w: Array, b: float) -> None:
    assert_shape(answer, expected)
    others = set(np.unique(answer)) - {0, 1}
    assert not others, f"your answers hold {min(others):.3g}; only 0 and 1 are decisions"
    wrong = int((answer != expected).sum())
    assert not wrong, f"{wrong} of {len(x)} samples are on the wrong side"


@neuron.check("Where inputs or weights are all 0, the bias alone decides", points=1, on=nothing_but_bias)
def bias_alone_decides(answer: Array, expected: Array, x: Array, w: Array, b: float) -> None:
    assert_shape(answer, expected)
    wrong = int((answer != expected).sum())
    assert not wrong, f"with nothing but the bias, {wrong} of {len(x)} samples are decided wrongly"


@neuron.misconception(
    "Every cut goes through the origin: the bias never enters.", look_at="what your score is when every input is 0"
)
def no_bias(x: Array, w: Array, b: float) -> Array:
    return (x @ w > 0).astype(int)


@neuron.misconception(
    "A larger bias makes your neuron fire less often; it should fire more often.", look_at="the sign before the bias"
)
def bias_subtracted(x: Array, w: Array, b: float) -> Array:
    return (x @ w - b > 0).astype(int)


@neuron.misconception(
    "Your threshold sits at 0.5; the bias already holds the threshold.", look_at="the number you compare with"
)
def half(x: Array, w: Array, b: float) -> Array:
    return (x @ w + b > 0.5).astype(int)


@neuron.misconception(
    "You answer 1 on the side where the score is negative.", look_at="the direction of your comparison"
)
def swapped(x: Array, w: Array, b: float) -> Array:
    return (x @ w + b < 0).astype(int)


@neuron.misconception("You return the score; the decision is missing.", look_at="step 3 of the card")
def raw_score(x: Array, w: Array, b: float) -> Array:
    return x @ w + b


@neuron.misconception("Off is 0 here, not −1.", look_at="which two numbers the card asks for")
def plus_minus(x: Array, w: Array, b: float) -> Array:
    return np.sign(x @ w + b)


@neuron.misconception(
    "The bias outweighs the inputs: it was added once for each of them, or their products were averaged.",
    look_at="whether the bias stands inside the sum or after it, and whether it is a sum",
)
def bias_each(x: Array, w: Array, b: float) -> Array:
    return ((x * w + b).sum(axis=1) > 0).astype(int)


# --- 01.2 ------------------------------------------------------------------------------------------------------------

activate = Exercise(
    "01.2",
    "Four ways to bend",
    function="activate",
    difficulty=2,
    minutes=12,
    look_at="your curve beside the definition, at −2, 0 and 2",
)


@activate.reference
def bend(z: Array, kind: str) -> Array:
    z = np.asarray(z, dtype=float)
    if kind == "relu":
        return np.maximum(z, 0)
    if kind == "leaky_relu":
        return np.where(z > 0, z, 0.1 * z)
    return special.expit(z) if kind == "sigmoid" else np.tanh(z)


def arrays_of_every_rank(random: Random) -> Iterator[Array]:
    """A number, a row, oblong tables, a block and whole numbers, each on both sides of 0."""
    for shape in [(), (1,), (6,), (3, 5), (4, 4), (2, 3, 4)]:
        yield random.normal(scale=2, size=shape)
    yield np.array(-1.3)
    yield np.array([[-30, -1, 0], [2, 1, 40]])


@activate.probes
def for_the_kinked(random: Random) -> Iterator[tuple[Array, str]]:
    for z in arrays_of_every_rank(random):
        yield z, "relu"
        yield z, "leaky_relu"


@activate.probes
def for_sigmoid(random: Random) -> Iterator[tuple[Array, str]]:
    for z in arrays_of_every_rank(random):
        yield z, "sigmoid"


@activate.probes
def for_tanh(random: Random) -> Iterator[tuple[Array, str]]:
    for z in arrays_of_every_rank(random):
        yield z, "tanh"


@activate.probes
def far_out(random: Random) -> Iterator[tuple[Array, str]]:
    """Where exponentials overflow; the kinked two have none."""
    for kind in ("sigmoid", "tanh"):
        yield np.array([-1000.0, -20.0, 20.0, 1000.0]), kind
        yield np.array([[-1000.0, 0.5, -20.0], [20.0, -0.5, 1000.0]]), kind


@activate.check("ReLU cuts negative numbers to 0, leaky ReLU keeps a tenth of them", points=1)
def kinks_at_zero(answer: Array, expected: Array, z: Array, kind: str) -> None:
    assert_close(answer, expected)


@activate.check("Sigmoid rises from 0 to 1 and is a half at 0", points=1, on=for_sigmoid)
def rises_to_one(answer: Array, expected: Array, z: Array, kind: str) -> None:
    assert_close(answer, expected)


@activate.check("Tanh rises from −1 to 1 and has slope 1 at 0", points=1, on=for_tanh)
def rises_from_minus_one(answer: Array, expected: Array, z: Array, kind: str) -> None:
    assert_close(answer, expected)


@activate.check("Sigmoid and tanh of ±20 and ±1000 are numbers, and the right ones", points=1, on=far_out)
def stays_finite(answer: Array, expected: Array, z: Array, kind: str) -> None:
    assert_shape(answer, expected)
    assert_finite(answer)
    assert_close(answer, expected)


@activate.misconception(
    "Negative inputs come back positive; ReLU cuts them to 0.", look_at="what your ReLU makes of −3"
)
def relu_abs(z: Array, kind: str) -> Array:
    return np.abs(z) if kind == "relu" else bend(z, kind)


@activate.misconception(
    "Your ReLU takes the largest entry of all: each entry must be compared with 0 by itself.",
    look_at="the shape that goes in and the shape that comes out",
)
def relu_max_of_all(z: Array, kind: str) -> Any:
    return max(z.max(), 0) if kind == "relu" else bend(z, kind)


@activate.misconception(
    "Your ReLU takes the largest entry along an axis; the 0 was read as the number of that axis.",
    look_at="what the second value means to the function that you call",
)
def relu_max_along_axis(z: Array, kind: str) -> Any:
    return np.max(z, 0) if kind == "relu" else bend(z, kind)


@activate.misconception(
    "Your ReLU asks one yes-or-no question of a whole array; each entry needs its own comparison.",
    look_at="functions that compare entry by entry",
)
def relu_asks_once(z: Array, kind: str) -> Any:
    return max(z, 0) if kind == "relu" else bend(z, kind)


@activate.misconception(
    "Your kinked functions ask one yes-or-no question of a whole array; each entry needs its own comparison.",
    look_at="functions that choose entry by entry",
)
def kinks_ask_once(z: Array, kind: str) -> Any:
    return (z if z > 0 else bend(z, kind)) if "relu" in kind else bend(z, kind)


@activate.misconception(
    "Your sigmoid falls where it should rise.", look_at="the sign in the exponent, at a large positive number"
)
def sigmoid_flipped(z: Array, kind: str) -> Array:
    return special.expit(-z) if kind == "sigmoid" else bend(z, kind)


@activate.misconception(
    "At 1000 your sigmoid divides infinity by infinity.",
    look_at="a form of the sigmoid whose exponential stands in the denominator alone",
)
def sigmoid_overflow(z: Array, kind: str) -> Array:
    return np.exp(z) / (1 + np.exp(z)) if kind == "sigmoid" else bend(z, kind)


@activate.misconception(
    "tanh of ±1000 is not a number in your version: two overflowing exponentials meet.",
    look_at="functions you already have whose values stay between two limits",
)
def tanh_overflow(z: Array, kind: str) -> Array:
    up, down = np.exp(z), np.exp(-np.asarray(z))
    return (up - down) / (up + down) if kind == "tanh" else bend(z, kind)


@activate.misconception(
    "tanh of 1000 is not a number in your version, though −1000 works: the exponential grows on one side only.",
    look_at="on which side your exponential overflows, and whether its sign could be the other one",
)
def tanh_overflow_above(z: Array, kind: str) -> Array:
    squared = np.exp(2 * z)
    return (squared - 1) / (squared + 1) if kind == "tanh" else bend(z, kind)


@activate.misconception(
    "Your tanh is twice too flat: its input needs a factor as well as its output.", look_at="the slope at 0"
)
def tanh_not_doubled(z: Array, kind: str) -> Array:
    return 2 * special.expit(z) - 1 if kind == "tanh" else bend(z, kind)


@activate.misconception(
    "The negative side is dead; leaky ReLU keeps a small slope there.", look_at="what leaky ReLU makes of −3"
)
def leaky_is_relu(z: Array, kind: str) -> Array:
    return bend(z, "relu" if kind == "leaky_relu" else kind)


@activate.misconception(
    "You put a floor under the values; the slope, not the value, is 0.1.", look_at="what leaky ReLU makes of 0"
)
def leaky_floor(z: Array, kind: str) -> Array:
    return np.maximum(z, 0.1) if kind == "leaky_relu" else bend(z, kind)


@activate.misconception(
    "Your leaky ReLU keeps a hundredth of negative numbers; the card asks for another share.",
    look_at="what leaky ReLU makes of −3",
)
def leaky_hundredth(z: Array, kind: str) -> Array:
    return np.where(z > 0, z, 0.01 * z) if kind == "leaky_relu" else bend(z, kind)


@activate.misconception(
    "Your leaky ReLU cuts whole numbers to whole numbers, so the small slope is lost on them.",
    look_at="the type of the array that you fill when z holds whole numbers",
)
def leaky_truncated(z: Array, kind: str) -> Array:
    return bend(z, kind).astype(np.asarray(z).dtype) if kind == "leaky_relu" else bend(z, kind)


@activate.misconception(
    "The negative side of your leaky ReLU rises again.", look_at="the sign of what leaky ReLU makes of −3"
)
def leaky_up(z: Array, kind: str) -> Array:
    return np.where(z > 0, z, -0.1 * z) if kind == "leaky_relu" else bend(z, kind)


# --- 01.3 ------------------------------------------------------------------------------------------------------------

dense = Exercise(
    "01.3",
    "A layer for the whole batch",
    function="dense",
    difficulty=2,
    minutes=10,
    look_at="the shapes: which axis of x meets which axis of w, and which axis the bias runs along",
)


@dense.reference
def weighs_every_input(x: Array, w: Array, b: Array) -> Array:
    return x @ w + b


@dense.probes
def batches_and_layers(random: Random) -> Iterator[tuple[Array, Array, Array]]:
    """Oblong, single samples, single units, single inputs, and squares, where a wrong axis goes unnoticed."""
    shapes = [
        (5, 3, 2),
        (2, 6, 3),
        (1, 3, 4),
        (4, 3, 1),
        (6, 1, 3),
        (4, 4, 4),
        (3, 3, 3),
        (1, 5, 5),
        (7, 2, 7),
        (1, 1, 1),
    ]
    for samples, inputs, units in shapes * 2:
        yield random.normal(size=(samples, inputs)), random.normal(size=(inputs, units)), random.normal(size=units)


@dense.probes
def rows_of_zeros(random: Random) -> Iterator[tuple[Array, Array, Array]]:
    """Inputs of 0 leave the bias alone."""
    for samples, inputs, units in [(3, 2, 4), (4, 4, 4), (1, 3, 2)]:
        yield np.zeros((samples, inputs)), random.normal(size=(inputs, units)), random.normal(size=units)


@dense.check("N samples through H units give the shape (N, H)", points=1)
def one_row_a_sample(answer: Array, expected: Array, x: Array, w: Array, b: Array) -> None:
    assert_shape(answer, expected)


@dense.check("Each unit sums all inputs, each times its own weight, plus its own bias", points=2)
def sums_over_inputs(answer: Array, expected: Array, x: Array, w: Array, b: Array) -> None:
    assert_close(answer, expected)


@dense.check("Where all inputs are 0, every sample gives the biases", points=1, on=rows_of_zeros)
def bias_for_every_sample(answer: Array, expected: Array, x: Array, w: Array, b: Array) -> None:
    assert_close(answer, expected)


@dense.misconception("Rows of zeros in, zeros out: the bias is missing.", look_at="step 3 of the card")
def bias_forgotten(x: Array, w: Array, b: Array) -> Array:
    return x @ w


@dense.misconception(
    "Column j of the weights belongs to unit j; you used row j.",
    look_at="which axis of w has as many entries as a sample",
)
def w_transposed(x: Array, w: Array, b: Array) -> Array:
    return x @ w.T + b


@dense.misconception(
    "The product is taken in the wrong order: samples are rows here, so they stand on the left.",
    look_at="the shapes of both factors, written side by side",
)
def weights_first(x: Array, w: Array, b: Array) -> Array:
    return w @ x + b


@dense.misconception(
    "The bias changed from sample to sample instead of from unit to unit.", look_at="the axis that the bias runs along"
)
def bias_down(x: Array, w: Array, b: Array) -> Array:
    return x @ w + b[:, None]


@dense.misconception("All biases were added together before use.", look_at="how many biases reach one unit")
def bias_summed(x: Array, w: Array, b: Array) -> Array:
    return x @ w + b.sum()


@dense.misconception(
    "You multiplied entry by entry; nothing was summed over the inputs.", look_at="which kind of product adds up"
)
def elementwise(x: Array, w: Array, b: Array) -> Array:
    return x * w + b


@dense.misconception("Samples must stay on the first axis.", look_at="the shape of your result beside that of x")
def result_transposed(x: Array, w: Array, b: Array) -> Array:
    return (x @ w + b).T


@dense.misconception(
    "You averaged over the inputs; a layer sums.", look_at="what happens to the result when there are more inputs"
)
def divided_by_inputs(x: Array, w: Array, b: Array) -> Array:
    return x @ w / x.shape[1] + b


# --- 01.4 ------------------------------------------------------------------------------------------------------------

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
ON, OFF = [1, 2], [0, 3]
ROUNDING = 1e-6

xor_network = Exercise(
    "01.4",
    "Solve XOR by hand",
    function="xor_network",
    difficulty=2,
    minutes=12,
    look_at="what each of your hidden units gives on each of the four corners",
)


@xor_network.reference
def count_minus_surplus() -> Parts:
    return np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([1.0, -2.0]), np.array([0.0])


@xor_network.probes
def once(random: Random) -> Iterator[tuple[()]]:
    """There is nothing to vary: the network is the answer."""
    yield ()


def fits(parts: Parts) -> bool:
    """Whether the four parts make a network of two inputs, two hidden units and one output."""
    w1, b1, w2, b2 = parts
    return w1.shape == (2, 2) and b1.shape in [(2,), (1, 2)] and w2.shape in [(2,), (2, 1)] and b2.size == 1


def outputs(parts: Parts) -> Array:
    """The network's output on the four corners."""
    w1, b1, w2, b2 = parts
    hidden = np.maximum(CORNERS @ w1 + b1, 0)  # (corners, hidden units)
    return hidden @ np.ravel(w2) + np.ravel(b2)


def has_margin(out: Array) -> bool:
    """Whether XOR's ones lie at 0.6 or above and its zeros at 0.4 or below."""
    return bool(out[ON].min() >= 0.6 - ROUNDING and out[OFF].max() <= 0.4 + ROUNDING)


def in_words(out: Array) -> str:
    return ", ".join(f"{value:.3g} on ({a}, {b})" for value, (a, b) in zip(out, CORNERS, strict=True))


@xor_network.fingerprint
def pattern(value: Parts) -> str:
    """What the four corners look like, in one word."""
    if not fits(value):
        return "no network"
    out = outputs(value)
    if np.ptp(out) < ROUNDING:
        return "flat"
    gap = out[ON].min() - out[OFF].max()
    if gap > 0:
        return "xor" if has_margin(out) else "wrong height" if gap >= 0.2 - ROUNDING else "no margin"
    above = "".join("1" if value > 0.5 else "0" for value in out)
    return "one-sided" if above[1] != above[2] else above


@xor_network.check("w1 has shape (2, 2), b1 (2,), w2 (2,), and b2 is one number", points=1)
def has_the_shapes(answer: Parts, expected: Parts) -> None:
    seen = ", ".join(str(part.shape) for part in answer)
    assert fits(answer), f"your parts have the shapes {seen}"


@xor_network.check("(0, 1) and (1, 0) come out higher than (0, 0) and (1, 1)", points=2)
def orders_the_corners(answer: Parts, expected: Parts) -> None:
    assert fits(answer), "these shapes make no network of two inputs, two hidden units and one output"
    out = outputs(answer)
    assert out[ON].min() > out[OFF].max(), f"your network gives {in_words(out)}"


@xor_network.check("The output is at least 0.6 where XOR is 1 and at most 0.4 where it is 0", points=1)
def keeps_a_margin(answer: Parts, expected: Parts) -> None:
    assert fits(answer), "these shapes make no network of two inputs, two hidden units and one output"
    out = outputs(answer)
    assert has_margin(out), f"your network gives {in_words(out)}"


def network(w1: Any, b1: Any, w2: Any, b2: float) -> Parts:
    return np.array(w1, float), np.array(b1, float), np.array(w2, float), np.array([b2], float)


@xor_network.misconception(
    "(1, 1) is on as well: that is OR; something must take it down again.",
    look_at="a hidden unit that is on at (1, 1) alone",
)
def or_gate() -> Parts:
    return network([[1, 1], [1, 1]], [0, -1], [1, -1], 0)


@xor_network.misconception(
    "Only (1, 1) is on: that is AND.", look_at="which of your hidden units is on where exactly one input is 1"
)
def and_gate() -> Parts:
    return network([[1, 1], [1, 1]], [0, -1], [0, 1], 0)


@xor_network.misconception(
    "(0, 0) is on as well: that is NOT AND.", look_at="what is left when both inputs are 0: the biases"
)
def nand_gate() -> Parts:
    return network([[1, 1], [1, 1]], [0, -1], [0, -1], 1)


@xor_network.misconception("All four answers are reversed.", look_at="the signs in the output layer")
def xnor() -> Parts:
    return network([[1, 1], [1, 1]], [0, -1], [-1, 2], 1)


@xor_network.misconception(
    "Your network gives the same for all four corners, so nothing is told apart.",
    look_at="whether any hidden unit is on at all, and whether the two cancel",
)
def flat() -> Parts:
    return network([[1, 1], [1, 1]], [0, 0], [1, -1], 0)


@xor_network.misconception(
    "Right order, but the corners lie too close together: stretch the output.",
    look_at="the distance between your lowest 1 and your highest 0",
)
def no_margin() -> Parts:
    return network([[1, 1], [1, 1]], [0, -1], [0.1, -0.2], 0.45)


@xor_network.misconception(
    "Right order, and the gap is wide enough, but it lies at the wrong height.",
    look_at="the one number that moves all four outputs alike",
)
def wrong_height() -> Parts:
    return network([[1, 1], [1, 1]], [0, -1], [1, -2], 1)


@xor_network.misconception(
    "XOR treats both inputs alike; your network prefers one.",
    look_at="the weights of the first input and of the second",
)
def one_sided() -> Parts:
    return network([[1, 0], [-1, 0]], [0, 0], [1, 0], 0)


# --- 01.5 ------------------------------------------------------------------------------------------------------------

softmax = Exercise(
    "01.5",
    "Softmax that survives",
    function="softmax",
    difficulty=2,
    minutes=10,
    look_at="which entries of the result should sum to 1 together",
)


@softmax.reference
def shares(z: Array, axis: int = -1) -> Array:
    return special.softmax(z, axis=axis)


@softmax.probes
def scores_and_axes(random: Random) -> Iterator[tuple[Array, int] | tuple[Array]]:
    """One to three axes, a square, one column; the axis named or left to its default."""
    asked = [((5,), -1), ((3, 5), -1), ((3, 5), 0), ((4, 4), -1), ((4, 4), 0), ((2, 3, 4), -1), ((2, 3, 4), 1)]
    asked += [((2, 3, 4), 0), ((3, 3, 3), 1), ((6, 1), -1), ((6, 1), 0), ((1, 4), 1), ((5, 5), 1)]
    for shape, axis in asked * 2:
        yield random.normal(scale=2, size=shape), axis
    for shape in [(4,), (3, 6), (4, 4)]:
        yield (random.normal(scale=2, size=shape),)


@softmax.probes
def large_scores(random: Random) -> Iterator[tuple[Array, int]]:
    """Too large for an exponential, rows far apart, and 60 beside 50, which is no reason to cut."""
    few = random.normal(size=(2, 3))
    yield np.array([1000.0, 1001.0, 999.0]), -1
    yield np.array([-10_000.0, -10_001.0, -10_003.0, -10_000.5]), 0
    yield np.array([[60.0, 55.0, 50.0], [50.0, 60.0, 55.0]]), -1
    yield few + np.array([[1000.0], [-1000.0]]), -1
    yield few.T + np.array([[1000.0, -1000.0]]), 0
    yield np.array([[10_000.0, -10_000.0], [-10_000.0, 10_000.0], [0.0, 10_000.0]]), 1


@softmax.check("Shares are never negative and sum to 1 along the axis", points=1)
def sums_to_one(answer: Array, expected: Array, z: Array, axis: int = -1) -> None:
    assert_shape(answer, expected)
    assert_finite(answer)
    assert answer.min() >= 0, f"one of your shares is {answer.min():.3g}"
    sums = answer.sum(axis=axis)
    off = float(np.ravel(sums)[np.argmax(np.abs(np.ravel(sums) - 1))])
    assert abs(off - 1) < 1e-4, f"a slice of your shares sums to {off:.3g}"


@softmax.check("Each share is the exponential's part in its slice", points=1)
def follows_the_exponentials(answer: Array, expected: Array, z: Array, axis: int = -1) -> None:
    assert_close(answer, expected)


@softmax.property("Adding 100 to every score changes nothing", points=1)
def ignores_a_shift(call: Callable[..., Array], z: Array, axis: int = -1) -> None:
    before, after = np.asarray(call(z, axis), float), np.asarray(call(z + 100, axis), float)
    assert_shape(after, before)
    assert_finite(after)
    largest = np.max(np.abs(after - before))
    assert largest < 1e-4, f"shares moved by up to {largest:.3g}"


@softmax.check("Scores up to ±10,000 give numbers, and the right shares", points=1, on=large_scores)
def survives(answer: Array, expected: Array, z: Array, axis: int = -1) -> None:
    assert_shape(answer, expected)
    assert_finite(answer)
    assert_close(answer, expected)


def safe_exp(z: Array, axis: int) -> Array:
    return np.exp(z - z.max(axis=axis, keepdims=True))


OVERFLOWS = " Besides, scores of 1000 overflow."


@softmax.misconception(
    "Scores of 1000 gave not-a-number: exponentials of large numbers overflow before you divide.",
    look_at="what you may add to all scores of a slice without changing its shares",
)
def overflow(z: Array, axis: int = -1) -> Array:
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


@softmax.misconception(
    "A row far below the largest one became 0/0: each slice needs its own shift.",
    look_at="where you take the maximum: over everything, or along the axis",
)
def one_maximum(z: Array, axis: int = -1) -> Array:
    e = np.exp(z - z.max())
    return e / e.sum(axis=axis, keepdims=True)


@softmax.misconception(
    "All entries together sum to 1; each slice along the axis should.", look_at="what your sum runs over"
)
def whole_array(z: Array, axis: int = -1) -> Array:
    e = np.exp(z - z.max())
    return e / e.sum()


@softmax.misconception(
    "All entries together sum to 1; each slice along the axis should." + OVERFLOWS, look_at="what your sum runs over"
)
def whole_array_unsafe(z: Array, axis: int = -1) -> Array:
    e = np.exp(z)
    return e / e.sum()


SUM_LOST_AXIS = "Rows were divided by other rows' sums: the sum lost its axis and lined up with the wrong one."


@softmax.misconception(SUM_LOST_AXIS, look_at="the shape of your sum beside the shape of the scores")
def no_keepdims(z: Array, axis: int = -1) -> Array:
    e = safe_exp(z, axis)
    return e / e.sum(axis=axis)


@softmax.misconception(SUM_LOST_AXIS + OVERFLOWS, look_at="the shape of your sum beside the shape of the scores")
def no_keepdims_unsafe(z: Array, axis: int = -1) -> Array:
    e = np.exp(z)
    return e / e.sum(axis=axis)


@softmax.misconception(
    "The maximum and the sum both lost their axis and lined up with the wrong rows.",
    look_at="the shapes of your maximum and your sum beside the shape of the scores",
)
def no_keepdims_twice(z: Array, axis: int = -1) -> Array:
    e = np.exp(z - z.max(axis=axis))
    return e / e.sum(axis=axis)


@softmax.misconception("You always normalise down the columns.", look_at="where the axis argument is used")
def axis_first(z: Array, axis: int = -1) -> Array:
    return shares(z, 0)


@softmax.misconception("You always normalise down the columns." + OVERFLOWS, look_at="where the axis argument is used")
def axis_first_unsafe(z: Array, axis: int = -1) -> Array:
    return overflow(z, 0)


@softmax.misconception("The axis argument has no effect.", look_at="what changes in your code when axis is 0")
def axis_ignored(z: Array, axis: int = -1) -> Array:
    return shares(z, -1)


@softmax.misconception(
    "The axis argument has no effect." + OVERFLOWS, look_at="what changes in your code when axis is 0"
)
def axis_ignored_unsafe(z: Array, axis: int = -1) -> Array:
    return overflow(z, -1)


@softmax.misconception(
    "Scores of 50 and 60 come out equal: clipping changed the answer.", look_at="a change that all scores bear alike"
)
def clipped(z: Array, axis: int = -1) -> Array:
    return overflow(np.clip(z, -50, 50), axis)


@softmax.misconception(
    "Scores of 1000 and 1001 come out equal: clipping changed the answer.",
    look_at="a change that all scores bear alike",
)
def clipped_late(z: Array, axis: int = -1) -> Array:
    return overflow(np.clip(z, -500, 500), axis)


@softmax.misconception(
    "Negative shares appeared: the exponential is missing.", look_at="what makes every score positive before the sum"
)
def no_exp(z: Array, axis: int = -1) -> Array:
    return z / z.sum(axis=axis, keepdims=True)


@softmax.misconception(
    "Entries are squashed one by one and do not sum to 1.", look_at="how one entry of a slice gets to know the others"
)
def sigmoids(z: Array, axis: int = -1) -> Array:
    return special.expit(z)


# --- 01.6 ------------------------------------------------------------------------------------------------------------

forward = Exercise(
    "01.6",
    "The whole network",
    function="forward",
    difficulty=3,
    minutes=12,
    look_at="what goes into each layer, and what happens after the last one",
    builds_on=("01.2", "01.3", "01.5"),
)


@forward.reference
def through_every_layer(x: Array, params: Layers) -> Array:
    for w, b in params[:-1]:
        x = np.maximum(x @ w + b, 0)
    w, b = params[-1]
    return special.softmax(x @ w + b, axis=-1)


def drawn_layers(random: Random, sizes: Sequence[int]) -> list[tuple[Array, Array]]:
    """Weights that keep scores moderate, and biases that matter."""
    pairs = itertools.pairwise(sizes)
    return [(random.normal(size=(d, h)) * np.sqrt(2 / d), random.normal(size=h)) for d, h in pairs]


@forward.probes
def with_hidden_layers(random: Random) -> Iterator[tuple[Array, Layers]]:
    """One or two hidden layers, oblong and square, several samples and one."""
    shapes = [(6, (3, 5, 4)), (3, (4, 4, 4, 4)), (4, (4, 4, 4)), (1, (3, 6, 2)), (7, (2, 7, 5, 3)), (5, (6, 2, 8, 5))]
    for samples, sizes in shapes * 3:
        yield random.normal(size=(samples, sizes[0])), drawn_layers(random, sizes)


@forward.probes
def without_hidden_layer(random: Random) -> Iterator[tuple[Array, Layers]]:
    """A single layer: scores, then shares."""
    for samples, sizes in [(5, (3, 4)), (4, (4, 4)), (1, (6, 3)), (8, (2, 5))]:
        yield random.normal(size=(samples, sizes[0])), drawn_layers(random, sizes)


@forward.check("One row a sample, and each row sums to 1", points=1, on=(with_hidden_layers, without_hidden_layer))
def rows_are_shares(answer: Array, expected: Array, x: Array, params: Layers) -> None:
    assert_shape(answer, expected)
    sums = answer.sum(axis=1)
    worst = float(sums[np.argmax(np.abs(sums - 1))])
    assert abs(worst - 1) < 1e-4, f"a row of your result sums to {worst:.3g}"
    assert answer.min() >= 0, f"one of your shares is {answer.min():.3g}"


@forward.check("A network without hidden layers gives the softmax of its scores", points=2, on=without_hidden_layer)
def needs_no_hidden_layer(answer: Array, expected: Array, x: Array, params: Layers) -> None:
    assert_close(answer, expected)


@forward.check("With hidden layers, each takes the ReLU of the one before", points=3)
def hands_on_from_layer_to_layer(answer: Array, expected: Array, x: Array, params: Layers) -> None:
    assert_close(answer, expected)


def scores_after(x: Array, params: Layers, between: Callable[[Array], Array] = lambda z: np.maximum(z, 0)) -> Array:
    """The last layer's scores, with any function between the layers."""
    for w, b in params[:-1]:
        x = between(x @ w + b)
    w, b = params[-1]
    return x @ w + b


@forward.misconception(
    "Your layers collapse into one: no activation stands between them.", look_at="what happens after a hidden layer"
)
def no_relu(x: Array, params: Layers) -> Array:
    return shares(scores_after(x, params, between=lambda z: z))


@forward.misconception(
    "The last scores were cut at 0 before softmax, so all losing classes tie.", look_at="how the last layer differs"
)
def relu_last(x: Array, params: Layers) -> Array:
    return shares(np.maximum(scores_after(x, params), 0))


@forward.misconception(
    "Hidden layers were normalised as well; softmax belongs to the end.", look_at="where your softmax is called"
)
def softmax_everywhere(x: Array, params: Layers) -> Array:
    return shares(scores_after(x, params, between=shares))


@forward.misconception(
    "The last layer never ran: one matrix product is missing.", look_at="how many layers your loop visits"
)
def last_skipped(x: Array, params: Layers) -> Array:
    for w, b in params[:-1]:
        x = np.maximum(x @ w + b, 0)
    return shares(x)


@forward.misconception("Rows do not sum to 1: the softmax is missing.", look_at="step 3 of the card")
def scores(x: Array, params: Layers) -> Array:
    return scores_after(x, params)


@forward.misconception(
    "Every layer is treated alike: the last scores were cut at 0, and the softmax is missing.",
    look_at="how the last layer differs from the others",
)
def relu_throughout(x: Array, params: Layers) -> Array:
    return np.maximum(scores_after(x, params), 0)


@forward.misconception(
    "Columns sum to 1: you normalised over the samples.", look_at="the axis along which the classes lie"
)
def over_batch(x: Array, params: Layers) -> Array:
    return shares(scores_after(x, params), 0)


@forward.misconception(
    "You return the winner; the shares of all classes are asked.", look_at="the shape that the card asks for"
)
def argmax(x: Array, params: Layers) -> Array:
    return scores_after(x, params).argmax(axis=1)


@forward.misconception(
    "Each class is judged alone; one-of-K needs shares that compete.", look_at="the function at the end"
)
def sigmoid_out(x: Array, params: Layers) -> Array:
    return special.expit(scores_after(x, params))


@forward.misconception(
    "Every layer starts from the input; it should start from the layer before.",
    look_at="which array enters the second layer",
)
def input_again(x: Array, params: Layers) -> Array:
    for w, b in params[:-1]:
        np.maximum(x @ w + b, 0)
    w, b = params[-1]
    return shares(x @ w + b)
