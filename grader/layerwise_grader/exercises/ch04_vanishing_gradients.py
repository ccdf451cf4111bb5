"""Chapter 04, Vanishing gradients: norms by layer, starts, clipping, normalisation in both modes, axes, and a skip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from layerwise_grader.exercise import Exercise, assert_close, assert_finite, assert_shape
from layerwise_grader.values import NotAValue

Array = np.ndarray[Any, Any]
Random = np.random.Generator

# --- 04.1 ------------------------------------------------------------------------------------------------------------

gradient_norms = Exercise(
    "04.1",
    "Follow the gradient home",
    function="gradient_norms",
    difficulty=3,
    minutes=18,
    look_at="two layers of two units on paper: what is multiplied between one norm and the next",
)
Weights = Sequence[Array]


def bend(z: Array, activation: str) -> Array:
    """The activation's value."""
    if activation == "sigmoid":
        return 1 / (1 + np.exp(-z))
    return np.tanh(z) if activation == "tanh" else np.maximum(z, 0)


def slope(z: Array, activation: str) -> Array:
    """The activation's slope at z."""
    if activation == "relu":
        return np.where(z > 0, 1.0, 0.0)
    a = bend(z, activation)
    return a * (1 - a) if activation == "sigmoid" else 1 - a**2


def pre_activations(x: Array, weights: Weights, activation: str) -> list[Array]:
    """The pre-activations of every layer."""
    z = [x @ weights[0]]
    for w in weights[1:]:
        z.append(bend(z[-1], activation) @ w)
    return z


@gradient_norms.reference
def norms_from_the_end(x: Array, weights: Weights, activation: str) -> list[float]:
    return [float(np.linalg.norm(dz)) for dz in gradients_at_z(x, weights, activation)]


def gradients_at_z(
    x: Array,
    weights: Weights,
    activation: str,
    *,
    slope_of: Callable[[Array, str], Array] = slope,
    back: Callable[[Array, Array], Array] = lambda dz, w: dz @ w.T,
) -> list[Array]:
    """The gradient at every layer's z, first layer first; with another slope or another way back, if given."""
    z = pre_activations(x, weights, activation)
    grads = [slope_of(z[-1], activation)]
    for number in reversed(range(len(weights) - 1)):
        grads.insert(0, back(grads[0], weights[number + 1]) * slope_of(z[number], activation))
    return grads


# Gains at which no norm leaves the range of the checks within 12 layers.
GAIN = {"sigmoid": 4.0, "tanh": 1.5, "relu": 1.5}


def drawn_layers(random: Random, samples: int, width: int, depth: int, activation: str) -> tuple[Array, list[Array]]:
    """A batch and square weights, far from ReLU's kink, also in float32, and without a dead layer."""
    while True:
        x = random.normal(size=(samples, width))
        weights = [GAIN[activation] * random.normal(size=(width, width)) / np.sqrt(width) for _ in range(depth)]
        z = pre_activations(x, weights, activation)
        norms = norms_from_the_end(x, weights, activation)
        if min(float(np.abs(one).min()) for one in z) > 1e-3 and min(norms) > 1e-2 and max(norms) < 1e3:
            return x, weights


@gradient_norms.probes
def deep(random: Random) -> Iterator[tuple[Array, list[Array], str]]:
    """3, 6 and 12 layers; one sample and five; all three activations."""
    for depth, width in ((3, 4), (6, 6), (12, 8)):
        for samples in (1, 5):
            for activation in GAIN:
                yield *drawn_layers(random, samples, width, depth, activation), activation


@gradient_norms.probes
def a_single_layer(random: Random) -> Iterator[tuple[Array, list[Array], str]]:
    """One layer only."""
    for samples in (1, 4):
        for activation in GAIN:
            yield *drawn_layers(random, samples, 3, 1, activation), activation


@gradient_norms.probes
def bent_by_relu(random: Random) -> Iterator[tuple[Array, list[Array], str]]:
    """ReLU alone, whose outputs grow in step with its weights."""
    for depth in (2, 4, 5):
        yield *drawn_layers(random, 3, 4, depth, "relu"), "relu"


@gradient_norms.check(
    "One number for each layer, and a single layer gives the norm of its slopes", points=1, on=a_single_layer
)
def has_one_number_a_layer(
    answer: list[float], expected: list[float], x: Array, weights: Weights, activation: str
) -> None:
    assert np.isclose(answer[0], expected[0], rtol=1e-4, atol=1e-6), (
        f"your number for the only layer is {answer[0]:.4g}"
    )


@gradient_norms.check(
    "Each number is the gradient's norm at its layer's z, the layer nearest the input first", points=4
)
def are_the_norms(answer: list[float], expected: list[float], x: Array, weights: Weights, activation: str) -> None:
    for layer in reversed(range(len(weights))):
        given, right = answer[layer], expected[layer]
        close = np.isclose(given, right, rtol=1e-4, atol=1e-6)
        assert close, f"of {len(weights)} layers, the last number that is not right is layer {layer + 1}'s: {given:.4g}"


@gradient_norms.property(
    "With ReLU, doubling the last weights doubles every norm before the last", points=1, on=bent_by_relu
)
def doubles_with_the_last(call: Callable[..., list[float]], x: Array, weights: Weights, activation: str) -> None:
    once, twice = call(x, weights, activation), call(x, [*weights[:-1], 2 * weights[-1]], activation)
    ratio = twice[0] / once[0]
    assert np.isclose(ratio, 2, rtol=1e-3), f"the first layer's norm was multiplied by {ratio:.3g}"


@gradient_norms.misconception(
    "Saturation has no effect in your version: the activation's slope is missing.",
    look_at="what stands between a layer's output and its z",
)
def no_slope(x: Array, weights: Weights, activation: str) -> list[float]:
    grads = gradients_at_z(x, weights, activation, slope_of=lambda z, _: np.ones_like(z))
    return [float(np.linalg.norm(dz)) for dz in grads]


@gradient_norms.misconception(
    "The slope was taken at the output of the activation where its input is needed.",
    look_at="whether your slope expects z or the output",
)
def slope_of_output(x: Array, weights: Weights, activation: str) -> list[float]:
    grads = gradients_at_z(x, weights, activation, slope_of=lambda z, name: slope(bend(z, name), name))
    return [float(np.linalg.norm(dz)) for dz in grads]


def slope_from_output(a: Array, activation: str) -> Array:
    """The activation's slope, from its output."""
    return {"sigmoid": a * (1 - a), "tanh": 1 - a**2, "relu": 1.0 * (a > 0)}[activation]


@gradient_norms.misconception(
    "You used the slope's form for outputs, a·(1 − a) or 1 − a², but gave it z.",
    look_at="whether your slope expects z or the output",
)
def output_form_of_z(x: Array, weights: Weights, activation: str) -> list[float]:
    return [float(np.linalg.norm(dz)) for dz in gradients_at_z(x, weights, activation, slope_of=slope_from_output)]


@gradient_norms.misconception(
    "The last layer bends as well: between the last output and the last z stands a slope.",
    look_at="the gradient at the last output, and the one at the last z",
)
def last_layer_straight(x: Array, weights: Weights, activation: str) -> list[float]:
    z = pre_activations(x, weights, activation)
    grads = [np.ones_like(z[-1])]
    for number in reversed(range(len(weights) - 1)):
        grads.insert(0, grads[0] @ weights[number + 1].T * slope(z[number], activation))
    return [float(np.linalg.norm(dz)) for dz in grads]


@gradient_norms.misconception(
    "Each layer's norm ignores the layers above it.", look_at="what a layer gets from the one that follows it"
)
def no_upstream(x: Array, weights: Weights, activation: str) -> list[float]:
    return [float(np.linalg.norm(slope(z, activation))) for z in pre_activations(x, weights, activation)]


@gradient_norms.misconception(
    "Going back uses the same weights the other way round.",
    look_at="which unit of the layer before a row of the weights belongs to",
)
def not_transposed(x: Array, weights: Weights, activation: str) -> list[float]:
    grads = gradients_at_z(x, weights, activation, back=lambda dz, w: dz @ w)
    return [float(np.linalg.norm(dz)) for dz in grads]


@gradient_norms.misconception(
    "The first number must belong to the first layer.", look_at="the layer whose norm you note first"
)
def reversed_list(x: Array, weights: Weights, activation: str) -> list[float]:
    return norms_from_the_end(x, weights, activation)[::-1]


@gradient_norms.misconception(
    "You noted the norm after the weights: that is the gradient one layer further down.",
    look_at="the moment at which you take the norm",
)
def at_input(x: Array, weights: Weights, activation: str) -> list[float]:
    grads = gradients_at_z(x, weights, activation)
    return [float(np.linalg.norm(dz @ w.T)) for dz, w in zip(grads, weights, strict=True)]


@gradient_norms.misconception(
    "You noted the norm before the slope: that is the gradient at the layer's output.",
    look_at="the moment at which you take the norm",
)
def at_output(x: Array, weights: Weights, activation: str) -> list[float]:
    grads = gradients_at_z(x, weights, activation)
    behind = [dz @ w.T for dz, w in zip(grads[1:], weights[1:], strict=True)]
    return [float(np.linalg.norm(da)) for da in [*behind, np.ones_like(grads[-1])]]


@gradient_norms.misconception(
    "These are norms of weight gradients; the gradient at z is asked.", look_at="the shape of what you take the norm of"
)
def of_weights(x: Array, weights: Weights, activation: str) -> list[float]:
    inputs = [x, *(bend(z, activation) for z in pre_activations(x, weights, activation)[:-1])]
    grads = gradients_at_z(x, weights, activation)
    return [float(np.linalg.norm(a.T @ dz)) for a, dz in zip(inputs, grads, strict=True)]


@gradient_norms.misconception("The root is missing.", look_at="the norm of (3, 4), which is 5")
def squared(x: Array, weights: Weights, activation: str) -> list[float]:
    return [norm**2 for norm in norms_from_the_end(x, weights, activation)]


@gradient_norms.misconception(
    "You averaged over entries; the norm sums.", look_at="the norm of (3, 4), which is 5, and that of (3, 4, 3, 4)"
)
def rms(x: Array, weights: Weights, activation: str) -> list[float]:
    return [norm / np.sqrt(x.size) for norm in norms_from_the_end(x, weights, activation)]


@gradient_norms.misconception(
    "You added up entries without squares: their signs cancel.", look_at="the norm of (3, −3)"
)
def plain_sum(x: Array, weights: Weights, activation: str) -> list[float]:
    return [float(np.sum(dz)) for dz in gradients_at_z(x, weights, activation)]


# --- 04.2 ------------------------------------------------------------------------------------------------------------

init_std = Exercise(
    "04.2",
    "How large to start",
    function="init_std",
    difficulty=2,
    minutes=10,
    look_at="one output of the layer: how many products it sums, and how large their sum may be",
)
Shape = tuple[int, ...]


def fans(shape: Shape) -> tuple[float, float]:
    """Connections into one output and out of one input, the window included."""
    window = float(np.prod(shape[:-2]))
    return window * shape[-2], window * shape[-1]


@init_std.reference
def root_of_the_schemes_variance(shape: Shape, scheme: str) -> float:
    fan_in, fan_out = fans(shape)
    return float(np.sqrt({"glorot": 2 / (fan_in + fan_out), "he": 2 / fan_in, "lecun": 1 / fan_in}[scheme]))


SCHEMES = ("glorot", "he", "lecun")


@init_std.probes
def dense_kernels(random: Random) -> Iterator[tuple[Shape, str]]:
    """(inputs, units), oblong both ways and square."""
    sizes = [(64, 10), (3, 200), (20, 20), *random.integers(2, 300, (2, 2))]
    for inputs, units in sizes:
        for scheme in SCHEMES:
            yield (int(inputs), int(units)), scheme


@init_std.probes
def convolution_kernels(random: Random) -> Iterator[tuple[Shape, str]]:
    """Windows along one, two and three axes, oblong too; channels differ from each other and from the window."""
    for shape in [(5, 7, 11), (3, 3, 16, 32), (1, 4, 9, 6), (2, 5, 3, 8), (3, 2, 4, 6, 5)]:
        for scheme in SCHEMES:
            yield shape, scheme


@init_std.check("A dense kernel: the scheme's spread from inputs and units", points=2)
def dense_is_right(answer: float, expected: float, shape: Shape, scheme: str) -> None:
    same_spread(answer, expected)


@init_std.check(
    "A convolution's kernel: the window counts, in one, two or three directions", points=2, on=convolution_kernels
)
def convolution_is_right(answer: float, expected: float, shape: Shape, scheme: str) -> None:
    same_spread(answer, expected)


def same_spread(answer: float, expected: float) -> None:
    too = "large" if answer > expected else "small"
    assert np.isclose(answer, expected, rtol=1e-4, atol=0), f"your {answer:.4g} is too {too}"


@init_std.misconception("This is the variance.", look_at="step 3 of the card")
def variance(shape: Shape, scheme: str) -> float:
    return root_of_the_schemes_variance(shape, scheme) ** 2


@init_std.misconception(
    "This is the edge of the uniform distribution, 1.7 times the spread.",
    look_at="which distribution the number that you remember belongs to",
)
def uniform_limit(shape: Shape, scheme: str) -> float:
    return float(np.sqrt(3) * root_of_the_schemes_variance(shape, scheme))


@init_std.misconception(
    "A 3×3 kernel feeds each output from nine positions: count them.",
    look_at="how many products one output of a convolution sums",
)
def no_window(shape: Shape, scheme: str) -> float:
    return root_of_the_schemes_variance(shape[-2:], scheme)


@init_std.misconception(
    "The window counts for both fans: an input channel's number is also used at every position of the window.",
    look_at="how many outputs one number of the input reaches",
)
def window_in_one_fan(shape: Shape, scheme: str) -> float:
    if scheme != "glorot":
        return root_of_the_schemes_variance(shape, scheme)
    return float(np.sqrt(2 / (fans(shape)[0] + shape[-1])))


@init_std.misconception(
    "You counted outgoing connections; the forward signal needs incoming ones.",
    look_at="which axis of the kernel is summed away",
)
def fan_out(shape: Shape, scheme: str) -> float:
    return root_of_the_schemes_variance((*shape[:-2], shape[-1], shape[-2]), scheme)


def for_glorot(of_fans: Callable[[float, float], float], shape: Shape, scheme: str) -> float:
    """Another variance for Glorot's scheme only."""
    if scheme != "glorot":
        return root_of_the_schemes_variance(shape, scheme)
    return float(np.sqrt(of_fans(*fans(shape))))


@init_std.misconception(
    "Glorot averages the two fans; you used their sum as it is.", look_at="Glorot's variance for a square kernel"
)
def glorot_no_2(shape: Shape, scheme: str) -> float:
    return for_glorot(lambda inwards, outwards: 1 / (inwards + outwards), shape, scheme)


@init_std.misconception("Glorot uses both fans.", look_at="the row of the table for Glorot")
def glorot_fan_in(shape: Shape, scheme: str) -> float:
    return for_glorot(lambda inwards, _: 1 / inwards, shape, scheme)


@init_std.misconception("Six belongs to the uniform version.", look_at="which distribution Glorot's 6 was made for")
def glorot_6(shape: Shape, scheme: str) -> float:
    return for_glorot(lambda inwards, outwards: 6 / (inwards + outwards), shape, scheme)


@init_std.misconception(
    "ReLU discards half of the signal; He makes up for it.", look_at="the row of the table for He, and the one below"
)
def he_no_2(shape: Shape, scheme: str) -> float:
    return root_of_the_schemes_variance(shape, "lecun" if scheme == "he" else scheme)


@init_std.misconception(
    "In a convolution kernel the channels are the last two axes.", look_at="the order of the axes in a kernel's shape"
)
def first_two_axes(shape: Shape, scheme: str) -> float:
    return root_of_the_schemes_variance(shape[:2], scheme)


@init_std.misconception(
    "Fans stand in your result as they are: a wider layer should start smaller.",
    look_at="whether the spread should grow or shrink when an output sums more products",
)
def upside_down(shape: Shape, scheme: str) -> float:
    return 1 / root_of_the_schemes_variance(shape, scheme)


# --- 04.3 ------------------------------------------------------------------------------------------------------------

clip_by_global_norm = Exercise(
    "04.3",
    "Clip the whole gradient",
    function="clip_by_global_norm",
    difficulty=2,
    minutes=10,
    look_at="two arrays, (3, 0) and (0, 4), with limit 1: the length of all four numbers together, before and after",
)
Clipped = tuple[list[Array], float]


def whole_norm(grads: Sequence[Array]) -> float:
    return float(np.sqrt(sum(np.sum(np.square(grad)) for grad in grads)))


@clip_by_global_norm.reference
def one_factor_for_all(grads: list[Array], max_norm: float) -> Clipped:
    norm = whole_norm(grads)
    return scaled(grads, max_norm / norm if norm > max_norm else 1.0), norm


def scaled(grads: Sequence[Array], factor: float) -> list[Array]:
    return [grad * factor for grad in grads]


PARTS: list[list[Shape]] = [[(3, 4), (4,)], [(2,)], [(), (5, 2), (3,)], [(2, 3, 2), (), (4,)], [(6, 1), (1, 6), (2, 2)]]


def drawn_parts(random: Random, shapes: Sequence[Shape], norm: float) -> list[Array]:
    """Arrays of these shapes, in float64, with the given norm of the whole; each a tenth the size of the one before."""
    parts = [np.asarray(random.normal(size=shape) * 10.0**-i) for i, shape in enumerate(shapes)]
    return [np.asarray(part * norm / whole_norm(parts)) for part in parts]


@clip_by_global_norm.probes
def too_long(random: Random) -> Iterator[tuple[list[Array], float]]:
    """Gradients longer than the limit; one array is large, the others small; shapes differ, scalars too."""
    for shapes in PARTS * 2:
        limit = float(random.uniform(0.3, 5))
        yield drawn_parts(random, shapes, limit * float(random.uniform(1.3, 20))), limit


@clip_by_global_norm.probes
def short_enough(random: Random) -> Iterator[tuple[list[Array], float]]:
    """Gradients shorter than the limit, though the lengths of their parts may add up to more."""
    for shapes in PARTS * 2:
        limit = float(random.uniform(0.3, 5))
        even = [np.asarray(random.uniform(0.5, 1, size=shape)) for shape in shapes]
        yield scaled(even, limit * float(random.uniform(0.8, 0.95)) / whole_norm(even)), limit


@clip_by_global_norm.probes
def all_zero(random: Random) -> Iterator[tuple[list[Array], float]]:
    """Nothing to learn."""
    for shapes in PARTS[:3]:
        yield [np.zeros(shape) for shape in shapes], 1.0


@clip_by_global_norm.check("A gradient that is too long keeps its direction and gets the limit's length", points=1)
def is_cut_to_the_limit(answer: Clipped, expected: Clipped, grads: list[Array], max_norm: float) -> None:
    length = whole_norm(answer[0])
    off = f"all your numbers together have the length {length:.4g}, with limit {max_norm:.4g}"
    assert np.isclose(length, max_norm, rtol=1e-4), off
    for number, (one, other) in enumerate(zip(answer[0], expected[0], strict=True), 1):
        assert np.shape(one) == np.shape(other), f"array {number} came back with shape {np.shape(one)}"
        same = np.allclose(one, other, rtol=1e-4, atol=1e-5 * max_norm)
        assert same, f"the length is right, but array {number} has not its share of it: the direction was changed"


@clip_by_global_norm.check("A gradient that is short enough comes back as it was", points=1, on=short_enough)
def leaves_short_ones(answer: Clipped, expected: Clipped, grads: list[Array], max_norm: float) -> None:
    for number, (one, other) in enumerate(zip(answer[0], expected[0], strict=True), 1):
        assert np.allclose(one, other, rtol=1e-4, atol=1e-6), f"array {number} of {len(grads)} was changed"


@clip_by_global_norm.check(
    "The norm is that of all numbers together, before clipping", points=1, on=(too_long, short_enough)
)
def tells_the_norm(answer: Clipped, expected: Clipped, grads: list[Array], max_norm: float) -> None:
    assert np.isclose(answer[1], expected[1], rtol=1e-4), f"you return {answer[1]:.4g} as the norm"


@clip_by_global_norm.check("A gradient of zeros gives zeros", points=1, on=all_zero)
def zeros_stay(answer: Clipped, expected: Clipped, grads: list[Array], max_norm: float) -> None:
    flat = np.concatenate([np.ravel(part) for part in answer[0]])
    assert_finite(flat)
    assert not flat.any(), f"zeros came back as numbers up to {np.abs(flat).max():.3g}"
    assert abs(answer[1]) < 1e-3, f"the norm of zeros is {answer[1]:.4g} in your version"


@clip_by_global_norm.misconception(
    "Each array was cut by itself, which turns the direction.", look_at="how many norms you take"
)
def per_array(grads: list[Array], max_norm: float) -> Clipped:
    return [one_factor_for_all([grad], max_norm)[0][0] for grad in grads], whole_norm(grads)


@clip_by_global_norm.misconception(
    "Entries were cut one by one, which bends the direction.", look_at="whether large and small entries shrink alike"
)
def per_entry(grads: list[Array], max_norm: float) -> Clipped:
    return [np.clip(grad, -max_norm, max_norm) for grad in grads], whole_norm(grads)


@clip_by_global_norm.misconception(
    "Small gradients were blown up to the limit.", look_at="what happens to a gradient that is short enough"
)
def always(grads: list[Array], max_norm: float) -> Clipped:
    norm = whole_norm(grads)
    return scaled(grads, max_norm / (norm or 1.0)), norm


@clip_by_global_norm.misconception(
    "Norms of parts do not add up to the norm of the whole.", look_at="the whole length of (3) and (4), which is 5"
)
def sum_of_norms(grads: list[Array], max_norm: float) -> Clipped:
    norm = sum(whole_norm([grad]) for grad in grads)
    return scaled(grads, max_norm / norm if norm > max_norm else 1.0), norm


@clip_by_global_norm.misconception("You compared the squared norm.", look_at="the root in your norm")
def no_root(grads: list[Array], max_norm: float) -> Clipped:
    norm = whole_norm(grads) ** 2
    return scaled(grads, max_norm / norm if norm > max_norm else 1.0), norm


@clip_by_global_norm.misconception("You used the largest entry as the norm.", look_at="the norm of (3, 4), which is 5")
def largest_entry(grads: list[Array], max_norm: float) -> Clipped:
    norm = max(float(np.abs(grad).max()) for grad in grads)
    return scaled(grads, max_norm / norm if norm > max_norm else 1.0), norm


@clip_by_global_norm.misconception(
    "You scaled to length 1 rather than to the limit.", look_at="where max_norm enters your factor"
)
def to_one(grads: list[Array], max_norm: float) -> Clipped:
    norm = whole_norm(grads)
    return scaled(grads, 1 / norm if norm > max_norm else 1.0), norm


@clip_by_global_norm.misconception(
    "A zero gradient became not-a-number.", look_at="what you divide by when every entry is 0"
)
def nan(grads: list[Array], max_norm: float) -> Clipped:
    norm = np.float64(whole_norm(grads))
    with np.errstate(invalid="ignore"):
        return scaled(grads, np.minimum(norm, max_norm) / norm), float(norm)


@clip_by_global_norm.misconception(
    "You return the norm after clipping; the one before tells how long the gradient was.",
    look_at="which of the two lists of gradients your norm belongs to",
)
def norm_afterwards(grads: list[Array], max_norm: float) -> Clipped:
    clipped, norm = one_factor_for_all(grads, max_norm)
    return clipped, min(norm, max_norm)


@clip_by_global_norm.misconception(
    "Long gradients came back as they were: the test is the wrong way round.", look_at="which gradients you scale"
)
def test_reversed(grads: list[Array], max_norm: float) -> Clipped:
    norm = whole_norm(grads)
    return scaled(grads, max_norm / norm if 0 < norm < max_norm else 1.0), norm


# --- 04.4 ------------------------------------------------------------------------------------------------------------

batch_norm = Exercise(
    "04.4",
    "Batch normalisation, both modes",
    function="batch_norm",
    difficulty=4,
    minutes=20,
    look_at="one channel by itself: the numbers it holds in this batch, and the mean and variance used in each mode",
)
Normed = tuple[Array, Array, Array]


def over_all_but_channels(x: Array) -> tuple[Array, Array]:
    """Mean and variance of each channel."""
    axes = tuple(range(x.ndim - 1))
    return x.mean(axis=axes), x.var(axis=axes)


@batch_norm.reference
def by_batch_or_moving(
    x: Array, gamma: Array, beta: Array, moving_mean: Array, moving_var: Array, training: bool,
    momentum: float = 0.9, epsilon: float = 1e-3,
) -> Normed:  # fmt: skip
    mean, var = over_all_but_channels(x) if training else (moving_mean, moving_var)
    y = gamma * (x - mean) / np.sqrt(var + epsilon) + beta
    if not training:
        return y, moving_mean, moving_var
    return y, momentum * moving_mean + (1 - momentum) * mean, momentum * moving_var + (1 - momentum) * var


@batch_norm.fingerprint
def with_either_moving_variance(value: Any, x: Array, *others: Any) -> Any:
    """The three parts; a moving variance that divides by N − 1 counts as one that divides by N."""
    moving_var, training, momentum = others[3], others[4], others[5]
    y, mean, var = value
    wide, narrow = (momentum * moving_var + (1 - momentum) * one for one in unbiased_and_biased(x))
    if training and np.shape(var) == wide.shape and np.allclose(var, wide, rtol=1e-4, atol=1e-5):
        var = narrow
    return [y, mean, var]


def unbiased_and_biased(x: Array) -> tuple[Array, Array]:
    """The channels' variances divided by N − 1, and by N."""
    var, count = over_all_but_channels(x)[1], x.size // x.shape[-1]
    return var * count / (count - 1), var


BATCHES: list[Shape] = [(6, 4), (4, 4), (3, 2, 5, 4), (2, 5, 5, 3), (8, 2)]
SETTINGS = [(0.9, 1e-3), (0.6, 0.2), (0.99, 1e-3), (0.75, 0.05), (0.9, 0.3)]


def drawn_batches(random: Random, training: bool) -> Iterator[tuple[Any, ...]]:
    """Tables and maps whose channels differ in mean and spread."""
    for shape, setting in zip(BATCHES * 2, SETTINGS * 2, strict=True):
        channels = shape[-1]
        x = random.normal(size=shape) * random.uniform(0.5, 3, channels) + random.normal(0, 2, channels)
        gamma, beta, moving_mean = random.uniform(0.5, 2, channels), *random.normal(size=(2, channels))
        yield x, gamma, beta, moving_mean, random.uniform(0.3, 4, channels), training, *setting


@batch_norm.probes
def in_training(random: Random) -> Iterator[tuple[Any, ...]]:
    """Training mode."""
    yield from drawn_batches(random, training=True)


@batch_norm.probes
def at_test(random: Random) -> Iterator[tuple[Any, ...]]:
    """Test mode."""
    yield from drawn_batches(random, training=False)


@batch_norm.probes
def a_constant_channel(random: Random) -> Iterator[tuple[Any, ...]]:
    """Training mode; the second channel is the same everywhere."""
    for x, *others in list(drawn_batches(random, training=True))[:4]:
        x[..., 1] = 3.0
        yield x, *others


@batch_norm.check(
    "In training: each channel of the batch by its own mean and spread, then scaled and shifted", points=2
)
def training_is_right(answer: Normed, expected: Normed, x: Array, *others: Any) -> None:
    assert_close(answer[0], expected[0], atol=1e-4)


@batch_norm.check("In training, a channel that never varies gives its shift", points=1, on=a_constant_channel)
def constant_gives_shift(answer: Normed, expected: Normed, x: Array, gamma: Array, beta: Array, *others: Any) -> None:
    assert_shape(answer[0], expected[0])
    assert_finite(answer[0])
    assert_close(answer[0][..., 1], expected[0][..., 1], atol=1e-3)


@batch_norm.check("At test time: by the moving averages, whatever else is in the batch", points=2, on=at_test)
def test_is_right(answer: Normed, expected: Normed, x: Array, *others: Any) -> None:
    assert_close(answer[0], expected[0], atol=1e-4)


@batch_norm.check("In training the averages keep the share momentum of themselves", points=2)
def averages_move(answer: Normed, expected: Normed, x: Array, *others: Any) -> None:
    for name, one, other in zip(("mean", "variance"), averages(answer, x, *others), averages(expected, x), strict=True):
        assert one.shape == other.shape, f"your moving {name} has shape {one.shape}; it had {other.shape}"
        assert np.allclose(one, other, rtol=1e-4, atol=1e-4), (
            f"your moving {name} is off by {np.abs(one - other).max():.3g}"
        )


def averages(value: Normed, x: Array, *others: Any) -> list[Array]:
    """The moving mean and variance; with the probe at hand, a variance that divides by N − 1 is made the other one."""
    return [np.asarray(part) for part in (with_either_moving_variance(value, x, *others) if others else value)[1:]]


@batch_norm.check("At test time the averages stay", points=1, on=at_test)
def averages_stay(answer: Normed, expected: Normed, x: Array, *others: Any) -> None:
    for name, one, other in zip(("mean", "variance"), answer[1:], expected[1:], strict=True):
        stays = np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-5)
        assert stays, f"your moving {name} moved"


def normed_wrongly(x: Array, *others: Any, **instead: Callable[..., Any]) -> Normed:
    """The right answer but for one part: ``statistics``, ``divide``, ``affine`` or ``move``."""
    part: Callable[..., Callable[..., Any]] = instead.get
    gamma, beta, moving_mean, moving_var, training, momentum, epsilon = others
    mean, var = batch = part("statistics", over_all_but_channels)(x)
    if not training:
        mean, var = moving_mean, moving_var
    z = (x - mean) / part("divide", lambda var, eps: np.sqrt(var + eps))(var, epsilon)
    y = part("affine", lambda z, gamma, beta: gamma * z + beta)(z, gamma, beta)
    if not training:
        return y, moving_mean, moving_var
    move = part("move", lambda old, new, share: share * old + (1 - share) * new)
    return y, move(moving_mean, batch[0], momentum), move(moving_var, batch[1], momentum)


def in_mode(x: Array, *others: Any, training: bool) -> Normed:
    """The right answer in this mode, whatever the flag says."""
    gamma, beta, moving_mean, moving_var, _, momentum, epsilon = others
    return by_batch_or_moving(x, gamma, beta, moving_mean, moving_var, training, momentum, epsilon)


@batch_norm.misconception(
    "You normalised each sample; each channel should be.", look_at="how many means a table with four columns has"
)
def across_features(x: Array, *others: Any) -> Normed:
    def statistics(x: Array) -> tuple[Array, Array]:
        return x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)

    return normed_wrongly(x, *others, statistics=statistics)


@batch_norm.misconception(
    "Each pixel has its own mean: average over height and width as well.",
    look_at="the axes that your mean runs over when x has four",
)
def per_position(x: Array, *others: Any) -> Normed:
    return normed_wrongly(x, *others, statistics=lambda x: (x.mean(axis=0), x.var(axis=0)))


@batch_norm.misconception(
    "All channels share one mean and one spread.", look_at="how many means a table with four columns has"
)
def one_for_all(x: Array, *others: Any) -> Normed:
    return normed_wrongly(x, *others, statistics=lambda x: (x.mean(), x.var()))


@batch_norm.misconception(
    "At test time a sample's answer depends on its neighbours: use the moving averages.",
    look_at="where the flag decides",
)
def always_batch(x: Array, *others: Any) -> Normed:
    right = by_batch_or_moving(x, *others)
    return in_mode(x, *others, training=True)[0], *right[1:]


@batch_norm.misconception("In training the batch itself should be normalised.", look_at="where the flag decides")
def always_moving(x: Array, *others: Any) -> Normed:
    right = by_batch_or_moving(x, *others)
    return in_mode(x, *others, training=False)[0], *right[1:]


@batch_norm.misconception(
    "You normalised with the averages after their update; in training the batch's own statistics are used.",
    look_at="the order of your steps, and which mean the second of them uses",
)
def updated_averages(x: Array, *others: Any) -> Normed:
    gamma, beta, _, _, training, *setting = others
    _, mean, var = right = by_batch_or_moving(x, *others)
    return by_batch_or_moving(x, gamma, beta, mean, var, False, *setting) if training else right


@batch_norm.misconception(
    "The modes are exchanged: training used the averages, and test time the batch.", look_at="where the flag decides"
)
def flag_reversed(x: Array, *others: Any) -> Normed:
    return in_mode(x, *others, training=not others[4])


@batch_norm.misconception(
    "The flag has no effect: at test time the batch is still used, and the averages still move.",
    look_at="where the flag decides",
)
def flag_ignored(x: Array, *others: Any) -> Normed:
    return in_mode(x, *others, training=True)


@batch_norm.misconception(
    "The averages jump: momentum is the part kept, not the part replaced.", look_at="what a momentum of 1 should do"
)
def momentum_reversed(x: Array, *others: Any) -> Normed:
    return normed_wrongly(x, *others, move=lambda old, new, share: (1 - share) * old + share * new)


@batch_norm.misconception("Averages must not move at test time.", look_at="what you return when training is False")
def updates_at_test(x: Array, *others: Any) -> Normed:
    y, _, _ = by_batch_or_moving(x, *others)
    return y, *in_mode(x, *others, training=True)[1:]


@batch_norm.misconception(
    "The averages were overwritten by the last batch.", look_at="how much of the old average is left"
)
def replaced(x: Array, *others: Any) -> Normed:
    return normed_wrongly(x, *others, move=lambda old, new, share: new)


@batch_norm.misconception(
    "The averages never move, so test time starts from scratch.", look_at="what you return when training is True"
)
def never_updated(x: Array, *others: Any) -> Normed:
    return normed_wrongly(x, *others, move=lambda old, new, share: old)


@batch_norm.misconception("Scale and shift are missing.", look_at="where gamma and beta enter")
def no_affine(x: Array, *others: Any) -> Normed:
    return normed_wrongly(x, *others, affine=lambda z, gamma, beta: z)


@batch_norm.misconception("The shift was scaled too: scale first, then shift.", look_at="the order of gamma and beta")
def shift_scaled(x: Array, *others: Any) -> Normed:
    return normed_wrongly(x, *others, affine=lambda z, gamma, beta: gamma * (z + beta))


@batch_norm.misconception("Divide by the spread, not by the variance.", look_at="the unit of what you divide by")
def no_root_of_variance(x: Array, *others: Any) -> Normed:
    return normed_wrongly(x, *others, divide=lambda var, eps: var + eps)


@batch_norm.misconception("ε belongs under the root.", look_at="where epsilon is added")
def epsilon_outside(x: Array, *others: Any) -> Normed:
    return normed_wrongly(x, *others, divide=lambda var, eps: np.sqrt(var) + eps)


@batch_norm.misconception("The batch's own variance divides by N.", look_at="what your variance divides by")
def n_minus_1(x: Array, *others: Any) -> Normed:
    return normed_wrongly(
        x, *others, statistics=lambda x: (x.mean(tuple(range(x.ndim - 1))), unbiased_and_biased(x)[0])
    )


# --- 04.5 ------------------------------------------------------------------------------------------------------------

normalize = Exercise(
    "04.5",
    "Which axes?",
    function="normalize",
    difficulty=3,
    minutes=12,
    look_at="how many means each kind has for x of shape (2, 3, 4, 6), and which numbers share one",
)
AXES = {"batch": (0, 1, 2), "layer": (1, 2, 3), "instance": (1, 2)}


def standard(x: Array, axes: tuple[int, ...], epsilon: float) -> Array:
    """Mean 0 and spread 1 over these axes."""
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(var + epsilon)


@normalize.reference
def over_the_kinds_axes(x: Array, kind: str, groups: int = 1, epsilon: float = 1e-5) -> Array:
    if kind != "group":
        return standard(x, AXES[kind], epsilon)
    return in_groups(x, groups, (1, 2, 4), epsilon)


def in_groups(x: Array, groups: int, axes: tuple[int, ...], epsilon: float) -> Array:
    """Over axes of x as (N, H, W, groups, channels of a group)."""
    split = x.reshape(*x.shape[:3], groups, -1)
    return standard(split, axes, epsilon).reshape(x.shape)


MAPS: list[Shape] = [(2, 3, 4, 6), (4, 2, 3, 12), (3, 5, 2, 8), (5, 4, 3, 4), (1, 3, 5, 6)]


def drawn_maps(random: Random, kind: str, groups: Sequence[int]) -> Iterator[tuple[Array, str, int, float]]:
    """Oblong maps; samples, places and channels differ in mean and size."""
    for number, shape in enumerate(MAPS):
        x = random.normal(size=shape)
        for axis in range(4):
            form = [-1 if axis == i else 1 for i in range(4)]
            x = x * random.uniform(0.5, 2, shape[axis]).reshape(form) + random.normal(size=shape[axis]).reshape(form)
        yield x, kind, groups[number], (1e-5, 0.1)[number % 2]


@normalize.probes
def batches(random: Random) -> Iterator[tuple[Array, str, int, float]]:
    """Batch norm; groups has no meaning here."""
    yield from drawn_maps(random, "batch", [1, 2, 1, 1, 3])


@normalize.probes
def whole_samples(random: Random) -> Iterator[tuple[Array, str, int, float]]:
    """Layer norm; groups has no meaning here."""
    yield from drawn_maps(random, "layer", [1, 2, 1, 2, 1])


@normalize.probes
def single_channels(random: Random) -> Iterator[tuple[Array, str, int, float]]:
    """Instance norm; groups has no meaning here."""
    yield from drawn_maps(random, "instance", [1, 2, 1, 2, 1])


@normalize.probes
def groups_of_channels(random: Random) -> Iterator[tuple[Array, str, int, float]]:
    """Group norm: groups of 2, 3 and 4 channels, more groups than channels in one, and fewer."""
    yield from drawn_maps(random, "group", [2, 3, 4, 2, 3])
    yield from drawn_maps(random, "group", [3, 4, 2, 4, 2])


def same_numbers(answer: Array, expected: Array) -> None:
    """Shapes first; what spread the numbers have is left to the learner to look at."""
    assert_close(answer, expected, rtol=1e-3, atol=1e-3)


@normalize.check("batch: a mean for each channel, over all samples and places", points=1, on=batches)
def batch_is_right(answer: Array, expected: Array, x: Array, kind: str, groups: int, epsilon: float) -> None:
    same_numbers(answer, expected)


@normalize.check("layer: a mean for each sample, over all its places and channels", points=1, on=whole_samples)
def layer_is_right(answer: Array, expected: Array, x: Array, kind: str, groups: int, epsilon: float) -> None:
    same_numbers(answer, expected)


@normalize.check("instance: a mean for each channel of each sample, over all places", points=1, on=single_channels)
def instance_is_right(answer: Array, expected: Array, x: Array, kind: str, groups: int, epsilon: float) -> None:
    same_numbers(answer, expected)


@normalize.check(
    "group: a mean for each group of neighbouring channels of each sample", points=2, on=groups_of_channels
)
def group_is_right(answer: Array, expected: Array, x: Array, kind: str, groups: int, epsilon: float) -> None:
    same_numbers(answer, expected)


@normalize.property(
    "One group is layer norm; as many groups as channels is instance norm", points=1, on=groups_of_channels
)
def groups_have_ends(call: Callable[..., Array], x: Array, kind: str, groups: int, epsilon: float) -> None:
    for count, same in ((1, "layer"), (x.shape[3], "instance")):
        one, other = np.asarray(call(x, "group", count, epsilon)), np.asarray(call(x, same, 1, epsilon))
        assert one.shape == other.shape, f"group gives shape {one.shape}, {same} {other.shape}"
        apart = np.abs(one - other).max()
        assert apart < 1e-3, f"with {count} of {x.shape[3]} groups, yours differs from your {same} by up to {apart:.3g}"


def other_axes(x: Array, kind: str, groups: int, epsilon: float, **instead: tuple[int, ...]) -> Array:
    """The right answer, but with other axes for the kinds that are named."""
    if kind == "group":
        return in_groups(x, groups, instead.get("group", (1, 2, 4)), epsilon)
    return standard(x, instead.get(kind, AXES[kind]), epsilon)


@normalize.misconception("Layer and instance are exchanged.", look_at="which of the two mixes the channels of a sample")
def layer_instance(x: Array, kind: str, groups: int = 1, epsilon: float = 1e-5) -> Array:
    return other_axes(x, kind, groups, epsilon, layer=AXES["instance"], instance=AXES["layer"])


@normalize.misconception(
    "Your groups take every g-th channel; neighbours belong together.",
    look_at="the order of the two axes that you split the channels into",
)
def interleaved(x: Array, kind: str, groups: int = 1, epsilon: float = 1e-5) -> Array:
    if kind != "group":
        return over_the_kinds_axes(x, kind, groups, epsilon)
    split = x.reshape(*x.shape[:3], x.shape[3] // groups, groups)
    return standard(split, (1, 2, 3), epsilon).reshape(x.shape)


@normalize.misconception("groups is how many, not how large.", look_at="the two axes that you split the channels into")
def group_size(x: Array, kind: str, groups: int = 1, epsilon: float = 1e-5) -> Array:
    return over_the_kinds_axes(x, kind, x.shape[3] // groups if kind == "group" else 1, epsilon)


@normalize.misconception("Samples were mixed.", look_at="the axes of a group's mean: is the first among them?")
def group_over_batch(x: Array, kind: str, groups: int = 1, epsilon: float = 1e-5) -> Array:
    return other_axes(x, kind, groups, epsilon, group=(0, 1, 2, 4))


@normalize.misconception(
    "A group's mean was taken at each place by itself: positions must be averaged as well.",
    look_at="the axes of a group's mean",
)
def channels_only(x: Array, kind: str, groups: int = 1, epsilon: float = 1e-5) -> Array:
    return other_axes(x, kind, groups, epsilon, group=(4,))


@normalize.misconception(
    "The groups have no effect: each channel was normalised by itself, or all together.",
    look_at="how many channels share a mean",
)
def groups_ignored(x: Array, kind: str, groups: int = 1, epsilon: float = 1e-5) -> Array:
    return standard(x, AXES["layer"], epsilon) if kind == "group" else other_axes(x, kind, groups, epsilon)


@normalize.misconception(
    "Each pixel was normalised by itself: that is what Keras' LayerNormalization does on images by default; here the "
    "whole sample is meant.",
    look_at="how many means one sample has",
)
def layer_per_pixel(x: Array, kind: str, groups: int = 1, epsilon: float = 1e-5) -> Array:
    return other_axes(x, kind, groups, epsilon, layer=(3,))


@normalize.misconception(
    "In batch norm each place has a mean of its own: average over positions, too.",
    look_at="how many means a channel has",
)
def batch_axis_only(x: Array, kind: str, groups: int = 1, epsilon: float = 1e-5) -> Array:
    return other_axes(x, kind, groups, epsilon, batch=(0,))


@normalize.misconception("In batch norm all channels share one mean.", look_at="how many means six channels have")
def batch_all(x: Array, kind: str, groups: int = 1, epsilon: float = 1e-5) -> Array:
    return other_axes(x, kind, groups, epsilon, batch=(0, 1, 2, 3))


@normalize.misconception("Only the width was averaged.", look_at="how many means one channel of one sample has")
def rows(x: Array, kind: str, groups: int = 1, epsilon: float = 1e-5) -> Array:
    return other_axes(x, kind, groups, epsilon, instance=(2,))


# --- 04.6 ------------------------------------------------------------------------------------------------------------

residual_block = Exercise(
    "04.6",
    "A block that can do nothing",
    function="residual_block",
    difficulty=3,
    minutes=15,
    look_at="keras.Model(x, residual_block(x, 6)).summary(): which layers there are, and what each is connected to",
)
Seen = dict[str, Any]
BLOCKS, NUDGE = 40, 0.01


@residual_block.experiment
def look_at_block(function: Callable[..., Any], width: int, units: int, norm: bool) -> Seen:
    """What a block from width to units does; blocks of the course's own are looked at once, since it takes a while."""
    is_ours = getattr(function, "__module__", "") == __name__
    return (seen_once if is_ours else seen)(function, width, units, norm)


def seen(function: Callable[..., Any], width: int, units: int, norm: bool) -> Seen:
    """The block with all its Dense weights at 0, with a constant branch, with random weights, and many in a row."""
    model = model_of(function, width, units, norm)
    inner = list(layers_in(model))
    x, step = inputs(width)
    silenced = outputs(model, inner, x, 0.0)
    here, _, _, there = np.split(outputs(model, inner, x, 0.0, bias=1.0), 4)
    alive = outputs(model, inner, x, 0.3)
    middle, left, right, _ = np.split(alive, 4)
    return {
        "gives": str(model.output_shape),
        "dense layers": sum(is_dense(layer) for layer in inner),
        "norm layers": sum("Norm" in type(layer).__name__ for layer in inner),
        "silenced": silenced,
        "moved": float(np.abs(alive - silenced).max()),
        "bends": float(np.abs(left + right - 2 * middle).max()),
        "follows": round(float(np.mean(there - here)) / step, 1),
        "nudge": stacked(model, inner, x) if model.output_shape == model.input_shape and not norm else 0.0,
    }


seen_once = cache(seen)


def inputs(width: int) -> tuple[Array, float]:
    """Positive rows, the same with opposite steps, and the same moved by a constant; all calls have this one shape."""
    random = np.random.default_rng(5)
    x, by = random.uniform(1.5, 2.5, size=(8, width)), random.uniform(-1.4, 1.4, size=(8, width))
    return np.concatenate([x, x - by, x + by, x + 0.5]).astype("float32"), 0.5


def model_of(function: Callable[..., Any], width: int, units: int, norm: bool) -> Any:
    """The block as a model of its own.

    Raises:
        NotAValue: when what came back is not made of layers.
    """
    import keras

    inputs = keras.Input((width,))
    result = function(inputs, units, norm)
    if not isinstance(result, keras.KerasTensor):
        raise NotAValue(f"an object of type {type(result).__name__}; what a layer gives for x is expected")
    return keras.Model(inputs, result)


def layers_in(model: Any) -> Iterator[Any]:
    """All layers, those of models inside too."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from layers_in(layer)
        else:
            yield layer


def is_dense(layer: Any) -> bool:
    return type(layer).__name__ == "Dense"


def outputs(model: Any, inner: list[Any], x: Array, size: float, *, bias: float = 0.0) -> Array:
    """What the block gives with Dense kernels of that size; scales are 1 and shifts 0, as after no training."""
    random = np.random.default_rng(0)
    for layer in inner:
        for weight in layer.weights:
            weight.assign(value_for(layer, weight, size, bias, random))
    return np.asarray(model(x, training=False))


def value_for(layer: Any, weight: Any, size: float, bias: float, random: Random) -> Array:
    """Kernels whose columns sum to 0, so that positive inputs, too, switch units on and off."""
    shape = tuple(weight.shape)
    if is_dense(layer):
        kernel = random.normal(size=shape) * size / np.sqrt(shape[0])
        return kernel - kernel.mean(axis=0) if len(shape) == 2 else np.full(shape, bias)
    starts_at_0 = any(name in weight.path for name in ("beta", "mean", "seed"))
    return np.zeros(shape) if starts_at_0 else np.ones(shape)


def stacked(model: Any, inner: list[Any], x: Array) -> float:
    """The share of a nudge at the input that is left after many blocks."""
    half = len(x) // 2
    nudge = NUDGE * np.random.default_rng(8).normal(size=(half, x.shape[1])).astype("float32")
    h = outputs(model, inner, np.concatenate([x[:half], x[:half] + nudge]), 0.1)
    for _ in range(BLOCKS - 1):
        h = model(h, training=False)
    left = np.asarray(h)[half:] - np.asarray(h)[:half]
    return float(np.linalg.norm(left) / np.linalg.norm(nudge))


@residual_block.reference
def pre_activation(x: Any, units: int, norm: bool = True) -> Any:
    from keras import layers

    return layers.Add()([shortcut(x, units), dense_twice(x, units, norm)])


def shortcut(x: Any, units: int) -> Any:
    from keras import layers

    return x if x.shape[-1] == units else layers.Dense(units, use_bias=False)(x)


def dense_twice(x: Any, units: int, norm: bool, bends: bool = True) -> Any:
    from keras import layers

    for _ in range(2):
        x = layers.BatchNormalization()(x) if norm else x
        x = layers.Dense(units)(layers.ReLU()(x) if bends else x)
    return x


@residual_block.probes
def blocks(random: Random) -> Iterator[tuple[int, int, bool]]:
    """The same width and another one, with and without norm; so few, since each builds a network."""
    yield from [(6, 6, True), (6, 4, False), (6, 6, False), (4, 6, True)]


@residual_block.fingerprint
def in_kinds(value: Any, width: int, units: int, norm: bool) -> Any:
    """What all right blocks share, coarsely: norms of any kind, order and scale are right."""
    x, silenced = inputs(width)[0], value["silenced"]
    same = silenced.shape == x.shape
    return [
        value["gives"],
        value["dense layers"],
        value["norm layers"] > 0,
        round(float(np.mean(silenced / x)), 1) if same else "another shape",
        value["moved"] > 1e-5,
        value["bends"] > 1e-5,
        value["follows"],
        value["nudge"] > 0.05 or norm,
    ]


@residual_block.check("The output has as many units as asked for, also when the input has not", points=1)
def has_the_width(answer: Seen, expected: Seen, width: int, units: int, norm: bool) -> None:
    assert answer["gives"] == expected["gives"], f"your block gives {answer['gives']}; it should be {expected['gives']}"


@residual_block.check("With all Dense weights at 0 and equal widths, positive inputs come out unchanged", points=2)
def can_do_nothing(answer: Seen, expected: Seen, width: int, units: int, norm: bool) -> None:
    if width != units:
        return
    assert_shape(answer["silenced"], expected["silenced"])
    ratio = float(np.mean(answer["silenced"] / expected["silenced"]))
    same = np.allclose(answer["silenced"], expected["silenced"], rtol=5e-3)
    assert same, f"inputs came out as {ratio:.2g} times themselves, on average"


@residual_block.check(
    "The branch is two Dense layers with a bend between; one more on the shortcut if widths differ", points=1
)
def has_a_branch(answer: Seen, expected: Seen, width: int, units: int, norm: bool) -> None:
    count, right = answer["dense layers"], expected["dense layers"]
    assert count == right, f"Dense layers in your block: {count}; expected: {right}"
    assert answer["moved"] > 1e-5, "the weights of your branch have no effect on the output"
    assert answer["bends"] > 1e-5, "with random weights your block is linear"


@residual_block.check("Normalisation is there exactly if norm is True", points=1)
def normalises_if_asked(answer: Seen, expected: Seen, width: int, units: int, norm: bool) -> None:
    count = answer["norm layers"]
    assert (count > 0) == norm, f"your block holds {count} normalisation layers"


@residual_block.check("Through 40 blocks in a row, at least a twentieth of a nudge at the input arrives", points=1)
def lets_nudges_through(answer: Seen, expected: Seen, width: int, units: int, norm: bool) -> None:
    if width == units and not norm:
        assert answer["nudge"] > 0.05, f"after 40 blocks {answer['nudge']:.1g} of the nudge is left"


@residual_block.misconception(
    "With all weights at 0 the input is lost: nothing carries it past the branch.",
    look_at="which way leads from x to the output without a Dense layer",
)
def no_skip(x: Any, units: int, norm: bool = True) -> Any:
    from keras import layers

    kept = shortcut(x, units)
    way = dense_twice(x, units, norm)
    return way if kept is x else layers.Add()([kept, way])


@residual_block.misconception(
    "With all weights at 0 the input is lost, at every width: nothing goes past the branch.",
    look_at="which way leads from x to the output without a Dense layer",
)
def branch_only(x: Any, units: int, norm: bool = True) -> Any:
    return dense_twice(x, units, norm)


@residual_block.misconception("The width doubled: add, do not join.", look_at="the output's shape")
def concat(x: Any, units: int, norm: bool = True) -> Any:
    from keras import layers

    return layers.Concatenate()([shortcut(x, units), dense_twice(x, units, norm)])


@residual_block.misconception(
    "The shortcut has weights although the widths agree; then it is no free way.",
    look_at="how many Dense layers there are when widths agree",
)
def always_projected(x: Any, units: int, norm: bool = True) -> Any:
    from keras import layers

    return layers.Add()([layers.Dense(units)(x), dense_twice(x, units, norm)])


@residual_block.misconception(
    "It fails when the widths differ.", look_at="the two shapes that you add when x has 6 features and units is 4"
)
def no_projection(x: Any, units: int, norm: bool = True) -> Any:
    from keras import layers

    return layers.Add()([x, dense_twice(x, units, norm)])


@residual_block.misconception(
    "You multiplied; a dead branch then kills the signal.", look_at="how shortcut and branch come together"
)
def gate(x: Any, units: int, norm: bool = True) -> Any:
    from keras import layers

    return layers.Multiply()([shortcut(x, units), dense_twice(x, units, norm)])


@residual_block.misconception("The input is counted twice.", look_at="how often x is added on its way to the output")
def twice(x: Any, units: int, norm: bool = True) -> Any:
    from keras import layers

    kept = shortcut(x, units)
    return layers.Add()([kept, kept, dense_twice(x, units, norm)])


@residual_block.misconception(
    "Two layers with a bend between them are asked; your branch has one.", look_at="the Dense layers in your branch"
)
def one_layer(x: Any, units: int, norm: bool = True) -> Any:
    from keras import layers

    way = layers.BatchNormalization()(x) if norm else x
    return layers.Add()([shortcut(x, units), layers.Dense(units)(way)])


@residual_block.misconception(
    "Nothing bends: two Dense layers in a row are one.", look_at="what stands between your two Dense layers"
)
def no_bend(x: Any, units: int, norm: bool = True) -> Any:
    from keras import layers

    return layers.Add()([shortcut(x, units), dense_twice(x, units, norm, bends=False)])


@residual_block.misconception(
    "The norm argument has no effect: there is always normalisation.", look_at="where norm enters your function"
)
def norm_ignored(x: Any, units: int, norm: bool = True) -> Any:
    return pre_activation(x, units, True)


@residual_block.misconception(
    "The norm argument has no effect: there is never normalisation.", look_at="where norm enters your function"
)
def norm_forgotten(x: Any, units: int, norm: bool = True) -> Any:
    return pre_activation(x, units, False)


@residual_block.misconception(
    "Normalisation stands when it is not asked for, and is missing when it is.",
    look_at="where norm enters your function",
)
def norm_reversed(x: Any, units: int, norm: bool = True) -> Any:
    return pre_activation(x, units, not norm)
