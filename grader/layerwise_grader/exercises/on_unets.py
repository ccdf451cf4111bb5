"""Exercise 08.7: a U-Net, judged by the sizes of its maps and by the ways that lead through them.

A way from the images to the scores passes maps of several sizes; the smallest of them tells how much detail it carries.
A U-Net has a way for every level: one that never leaves the full size, one that goes down by a half, and so on. So
skips are seen wherever they are joined and however they are built, without training anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from layerwise_grader.exercise import Exercise
from layerwise_grader.values import NotAValue, describe, plain

Function = Callable[..., Any]
Model = Any
Tensor = Any
Random = np.random.Generator
Seen = dict[str, Any]
Setting = tuple[int, int, int, int, int, int]

NOT_FUNCTIONAL = "a model whose layers can't be followed; build it as keras.Model(inputs, outputs)"

unet = Exercise(
    "08.7",
    "Down and up again",
    function="unet",
    difficulty=3,
    minutes=12,
    look_at="model.summary(): the size of each map, and which layers have two inputs",
)


@unet.reference
def joined_at_each_level(height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2) -> Model:
    return built(height, width, channels, classes, base, depth)


def built(height: int, width: int, channels: int, classes: int, base: int, depth: int, **instead: Any) -> Model:
    """The right model, but for the parts that are given by name."""
    import keras
    from keras import layers

    x = inputs = keras.Input((height, width, channels))
    skips = []
    for level in range(depth):
        full = twice(x, base * 2**level)
        x = layers.MaxPool2D(2)(full)
        skips.append(x if instead.get("pooled") else full)
    x = twice(x, base * 2**depth)
    for level in reversed(range(depth)):
        if instead.get("pooled"):
            x = layers.Concatenate()([x, skips[level]])
        x = layers.UpSampling2D(2)(x)
        if instead.get("joins", True) and not instead.get("pooled"):
            x = layers.Concatenate()([x, skips[level]])
        x = twice(x, base * 2**level, instead.get("padding", "same") if level == 0 else "same")
    return keras.Model(inputs, layers.Conv2D(classes, 1, activation=instead.get("activation"))(x))


def twice(x: Tensor, filters: int, padding: str = "same") -> Tensor:
    """Two convolutions of 3×3."""
    from keras import layers

    for _ in range(2):
        x = layers.Conv2D(filters, 3, padding=padding, activation="relu")(x)
    return x


# --- what is looked at -----------------------------------------------------------------------------------------------


@unet.probes
def settings(random: Random) -> Iterator[Setting]:
    """One, two and three halvings; images higher than wide and wider than high."""
    yield 16, 8, 3, 5, 4, 1
    yield 16, 24, 1, 2, 3, 2
    yield 32, 16, 2, 3, 2, 3


@unet.experiment
def look_at_model(
    function: Function, height: int, width: int, channels: int, classes: int, base: int, depth: int
) -> Seen:
    setting = height, width, channels, classes, base, depth
    own = function.__module__ == __name__  # only our own answers stay what they were
    return _kept(function, setting) if own else _look(function, setting)


@cache
def _kept(function: Function, setting: Setting) -> Seen:
    return _look(function, setting)


def _look(function: Function, setting: Setting) -> Seen:
    model = functional(function(*setting))
    ways = smallest_maps(model.outputs[0], {})
    return {
        "takes": str(model.input_shape),
        "gives": str(model.output_shape),
        "ways": " ".join(f"{rows}×{columns}" for rows, columns in sorted(ways, reverse=True)),
        "flat": any(len(layer.output.shape) == 2 for layer in model.layers if hasattr(layer.output, "shape")),
        "shares": sums_to_one(model, setting) if setting[-1] == 1 else False,
        "weights": int(model.count_params()),
        "first": first_channels(model),
    }


def functional(answer: object) -> Model:
    """What the answer returned, if it is a model with layers that can be followed.

    Raises:
        NotAValue: if it is none.
    """
    import keras

    if isinstance(answer, keras.Sequential):
        answer = keras.Model(answer.inputs, answer.outputs)
    if isinstance(answer, keras.Model):
        if hasattr(answer, "outputs") and getattr(answer, "inputs", None):
            return answer
        raise NotAValue(NOT_FUNCTIONAL)
    raise NotAValue(f"{_what(answer)}; a keras.Model is expected")


def _what(answer: object) -> str:
    try:
        return describe(plain(answer))
    except NotAValue:
        return f"an object of type {type(answer).__name__}"


def smallest_maps(tensor: Tensor, known: dict[int, frozenset[tuple[int, int]]]) -> frozenset[tuple[int, int]]:
    """For every way from the images to this tensor, the smallest map on it."""
    if id(tensor) not in known:
        operation, node, _ = tensor._keras_history
        before = operation._inbound_nodes[node].input_tensors
        here = size_of(tensor)
        ways = {min(way, here) for one in before for way in smallest_maps(one, known)}
        known[id(tensor)] = frozenset(ways or {here})
    return known[id(tensor)]


def size_of(tensor: Tensor) -> tuple[int, int]:
    """Rows and columns of a map; a flat row of numbers counts as a single place."""
    return tuple(int(side or 0) for side in tensor.shape[1:3]) if len(tensor.shape) == 4 else (1, 1)  # type: ignore


def sums_to_one(model: Model, setting: Setting) -> bool:
    """Whether the scores of every pixel of a random image sum to 1."""
    image = np.random.default_rng(0).normal(size=(1, *setting[:3])).astype("float32")
    total = np.asarray(model(image)).sum(axis=-1)
    return bool(np.allclose(total, 1, atol=1e-3))


def first_channels(model: Model) -> int:
    """Channels of the first layer that has weights."""
    return next((int(layer.output.shape[-1]) for layer in model.layers if layer.weights), 0)


@unet.fingerprint
def shape_of_the_way(value: Seen, *setting: int) -> Seen:
    return {name: value[name] for name in ("takes", "gives", "ways", "flat", "shares", "first")}


# --- what must hold --------------------------------------------------------------------------------------------------


def levels(height: int, width: int, depth: int) -> list[str]:
    """Sizes of the maps, from the images' own down."""
    return [f"{height // 2**level}×{width // 2**level}" for level in range(depth + 1)]


@unet.check("It takes such images and gives a score for each class at every pixel", points=1)
def fits_at_both_ends(answer: Seen, expected: Seen, *setting: int) -> None:
    for verb in ("takes", "gives"):
        assert answer[verb] == expected[verb], f"your model {verb} {answer[verb]}; it should be {expected[verb]}"


@unet.check("It halves as often as depth says, with convolutions alone", points=1)
def goes_down(answer: Seen, expected: Seen, height: int, width: int, channels: int, *rest: int) -> None:
    assert not answer["flat"], "on its way the map becomes a flat row of numbers"
    smallest, right = answer["ways"].split()[-1], levels(height, width, rest[-1])[-1]
    assert smallest == right, f"your smallest map is {smallest}; {right} is asked"


@unet.check("After each way up it joins the map of that size from the way down", points=2)
def joins_each_level(answer: Seen, expected: Seen, height: int, width: int, channels: int, *rest: int) -> None:
    for size in levels(height, width, rest[-1]):
        assert size in answer["ways"].split(), f"every way from image to scores leaves the size {size}, or goes past it"


@unet.check("It returns scores, not shares", points=1)
def returns_scores(answer: Seen, expected: Seen, *setting: int) -> None:
    assert not answer["shares"], "the numbers of each pixel sum to 1"


@unet.property("A larger base means more weights", points=1)
def base_counts(call: Function, height: int, width: int, channels: int, classes: int, base: int, depth: int) -> None:
    if depth == 1:
        few, many = (call(height, width, channels, classes, wide, depth)["weights"] for wide in (base, 2 * base))
        assert few < many, f"{few:,} weights with base {base}, {many:,} with base {2 * base}"


# --- wrong answers ---------------------------------------------------------------------------------------------------


@unet.misconception(
    "Nothing crosses from the way down: fine edges cannot come back.", look_at="how many of your layers have two inputs"
)
def no_skips(height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2) -> Model:
    return built(height, width, channels, classes, base, depth, joins=False)


@unet.misconception(
    "The answer is smaller than the image: keep the border.", look_at="height and width after each convolution"
)
def shrinks(height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2) -> Model:
    return built(height, width, channels, classes, base, depth, padding="valid")


@unet.misconception(
    "The smallest map is too large for this depth: one halving is missing.", look_at="how often your map is halved"
)
def one_level_short(height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2) -> Model:
    return built(height, width, channels, classes, base, depth - 1)


@unet.misconception(
    "The smallest map is too small for this depth: one halving too many.", look_at="how often your map is halved"
)
def one_level_long(height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2) -> Model:
    return built(height, width, channels, classes, base, depth + 1)


@unet.misconception("Return scores; the loss does the softmax.", look_at="the activation of the last layer")
def shares(height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2) -> Model:
    return built(height, width, channels, classes, base, depth, activation="softmax")


@unet.misconception(
    "A dense layer fixes the image size and costs a weight for every pair of pixels.", look_at="the layers' weights"
)
def dense(height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2) -> Model:
    import keras
    from keras import layers

    inputs = keras.Input((height, width, channels))
    x = layers.Flatten()(layers.MaxPool2D(2)(layers.Conv2D(base, 3, padding="same", activation="relu")(inputs)))
    return keras.Model(inputs, layers.Reshape((height, width, classes))(layers.Dense(height * width * classes)(x)))


@unet.misconception("Height and width are exchanged.", look_at="the input shape of an image that is higher than wide")
def height_width(height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2) -> Model:
    return built(width, height, channels, classes, base, depth)


@unet.misconception("The classes argument has no effect.", look_at="how many scores a pixel gets")
def classes_fixed(height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2) -> Model:
    return built(height, width, channels, 4, base, depth)


@unet.misconception("The base argument has no effect.", look_at="the channels of your first convolution")
def base_fixed(height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2) -> Model:
    return built(height, width, channels, classes, 8, depth)


@unet.misconception(
    "You joined the pooled map: half of the detail is gone already.",
    look_at="whether you remember before or after pooling",
)
def skip_after_pool(height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2) -> Model:
    return built(height, width, channels, classes, base, depth, pooled=True)
