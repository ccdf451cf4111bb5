"""Chapter 06, Image classification: normal pixels, costs, residual blocks, augmentation, mixtures, two kinds of report.

06.3 is watched on tiny Keras models; all others are judged by the arrays and numbers that they return.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from layerwise_grader.exercise import Exercise, assert_close, assert_shape
from layerwise_grader.values import NotAValue, describe, plain

Array = np.ndarray[Any, Any]
Call = Callable[..., Any]
Function = Any
Model = Any
Random = np.random.Generator
Seen = dict[str, Any]


# --- 06.1 ------------------------------------------------------------------------------------------------------------

normalize_images = Exercise(
    "06.1",
    "From bytes to numbers",
    function="normalize_images",
    difficulty=1,
    minutes=8,
    look_at="what a white pixel of the first channel should become, worked out by hand",
)


@normalize_images.reference
def scale_then_standardise(images: Array, mean: Array, std: Array) -> Array:
    return (images / 255 - mean) / std


def statistics(random: Random, channels: int) -> tuple[Array, Array]:
    """Means and spreads that differ from channel to channel, on the 0…1 scale."""
    return random.uniform(0.2, 0.7, channels), random.uniform(0.15, 0.4, channels)


@normalize_images.probes
def pictures(random: Random) -> Iterator[tuple[Array, Array, Array]]:
    """Colour and grey, oblong, a single one, and one batch whose axes are all equally long."""
    for shape in [(3, 3, 3, 3), (2, 4, 5, 3), (1, 6, 3, 3), (4, 2, 7, 1), (5, 3, 2, 2)] * 3:
        yield random.integers(0, 256, shape, dtype=np.uint8), *statistics(random, shape[-1])


@normalize_images.probes
def black_and_white(random: Random) -> Iterator[tuple[Array, Array, Array]]:
    """Nothing but 0 and 255."""
    for shape in [(2, 4, 5, 3), (3, 2, 4, 3), (2, 3, 4, 1), (1, 5, 2, 3), (4, 3, 2, 1)]:
        yield 255 * random.integers(0, 2, shape, dtype=np.uint8), *statistics(random, shape[-1])


@normalize_images.check("Each channel is scaled, shifted and divided by numbers of its own", points=1)
def standardises_channels(answer: Array, expected: Array, images: Array, mean: Array, std: Array) -> None:
    assert_close(answer, expected)


@normalize_images.check("Black is 0 and white is 1 before they are shifted", points=1, on=black_and_white)
def keeps_black_and_white(answer: Array, expected: Array, images: Array, mean: Array, std: Array) -> None:
    assert_close(answer, expected)


@normalize_images.misconception(
    "The mean and the spread are on the 0…1 scale; your pixels are not.",
    look_at="the largest value a pixel has when you shift it",
)
def no_255(images: Array, mean: Array, std: Array) -> Array:
    return (images - mean) / std


@normalize_images.misconception(
    "Nearly all pixels became 0: bytes were divided as whole numbers.", look_at="what your division makes of a grey 128"
)
def integer_division(images: Array, mean: Array, std: Array) -> Array:
    return (images // 255 - mean) / std


@normalize_images.misconception(
    "Dark pixels turned bright: subtraction in bytes wraps around.", look_at="the type of your pixels when you subtract"
)
def byte_wraps(images: Array, mean: Array, std: Array) -> Array:
    return (images - np.round(255 * mean).astype(np.uint8)) / (255 * std)


@normalize_images.misconception(
    "Each channel has its own mean and spread.", look_at="how many numbers you subtract from one pixel"
)
def one_mean(images: Array, mean: Array, std: Array) -> Array:
    return (images / 255 - mean.mean()) / std.mean()


@normalize_images.misconception(
    "Use the given numbers: a single picture must be treated as the training pictures were.",
    look_at="where your mean and your spread come from",
)
def own_statistics(images: Array, mean: Array, std: Array) -> Array:
    x = images / 255
    return (x - x.mean(axis=(0, 1, 2))) / np.maximum(x.std(axis=(0, 1, 2)), 1e-8)


@normalize_images.misconception(
    "You multiplied by the spread, so pixels came closer together.", look_at="the spread of the result, beside 1"
)
def multiplied(images: Array, mean: Array, std: Array) -> Array:
    return (images / 255 - mean) * std


@normalize_images.misconception(
    "The mean was taken off after the division; it belongs to pixels that are not yet divided by the spread.",
    look_at="the order of your last two steps",
)
def order(images: Array, mean: Array, std: Array) -> Array:
    return images / 255 / std - mean


@normalize_images.misconception("White should be exactly 1 before the shift.", look_at="the largest value of a byte")
def by_256(images: Array, mean: Array, std: Array) -> Array:
    return (images / 256 - mean) / std


@normalize_images.misconception(
    "The means were lined up with the width of the picture.", look_at="the axis on which the channels are"
)
def wrong_axis(images: Array, mean: Array, std: Array) -> Array:
    return (images / 255 - mean[:, None]) / std[:, None]


@normalize_images.misconception(
    "The result went back to bytes, which hold neither fractions nor numbers below 0.",
    look_at="the type of what you return",
)
def back_to_bytes(images: Array, mean: Array, std: Array) -> Array:
    return scale_then_standardise(images, mean, std).astype(np.int64).astype(np.uint8)


# --- 06.2 ------------------------------------------------------------------------------------------------------------

layer_cost = Exercise(
    "06.2",
    "What a convolution costs",
    function="layer_cost",
    difficulty=2,
    minutes=12,
    look_at="each part by itself: how large its window is, what comes in, what goes out",
)
Setting = tuple[str, int, int, int, int, int]


def standard_weights(c_in: int, c_out: int, kernel: int) -> int:
    """A k×k window for each pair of channels."""
    return kernel * kernel * c_in * c_out


def separable_weights(c_in: int, c_out: int, kernel: int) -> int:
    """A k×k window for each channel, then 1×1."""
    return kernel * kernel * c_in + c_in * c_out


def bottleneck_weights(c_in: int, c_out: int, kernel: int) -> int:
    """1×1 down to a quarter, k×k there, 1×1 up."""
    middle = c_out // 4
    return c_in * middle + kernel * kernel * middle * middle + middle * c_out


RIGHT = {"standard": standard_weights, "separable": separable_weights, "bottleneck": bottleneck_weights}


@layer_cost.reference
def count_each_part(kind: str, height: int, width: int, c_in: int, c_out: int, kernel: int) -> tuple[int, int]:
    weights = RIGHT[kind](c_in, c_out, kernel)
    return weights, weights * height * width


def counted(setting: Setting, **instead: Callable[[int, int, int], int]) -> tuple[int, int]:
    """The right answer, but for the kinds whose weights are counted by other rules."""
    kind, height, width, c_in, c_out, kernel = setting
    weights = (RIGHT | instead)[kind](c_in, c_out, kernel)
    return weights, weights * height * width


def settings(kind: str, random: Random) -> Iterator[Setting]:
    """Height and width differ, as do the channels; maps of one pixel, kernels of one."""
    yield from [(kind, 16, 12, 8, 12, 3), (kind, 1, 1, 20, 8, 5), (kind, 9, 5, 6, 16, 1), (kind, 7, 32, 24, 4, 3)]
    for _ in range(4):
        height, width = random.choice(np.arange(2, 40), 2, replace=False)
        c_in, kernel = random.integers(5, 40), random.choice([2, 3, 5, 7])
        yield kind, int(height), int(width), int(c_in), int(4 * random.integers(1, 12)), int(kernel)


@layer_cost.probes
def standards(random: Random) -> Iterator[Setting]:
    yield from settings("standard", random)


@layer_cost.probes
def separables(random: Random) -> Iterator[Setting]:
    yield from settings("separable", random)


@layer_cost.probes
def bottlenecks(random: Random) -> Iterator[Setting]:
    yield from settings("bottleneck", random)


def counts_weights(answer: list[float], expected: list[int], *setting: object) -> None:
    assert answer[0] == expected[0], f"you count {answer[0]:,g} weights"


layer_cost.check("A standard convolution has a window for each pair of channels", points=1)(counts_weights)
layer_cost.check("A separable one has a window for each channel, then 1×1", points=1, on=separables)(counts_weights)
layer_cost.check("A bottleneck has 1×1, then k×k on a quarter, then 1×1", points=1, on=bottlenecks)(counts_weights)


@layer_cost.check("Every weight is used once at every position", points=1, on=(standards, separables, bottlenecks))
def uses_each_weight_once(
    answer: list[float], expected: list[int], kind: str, height: int, width: int, *rest: int
) -> None:
    assert answer[0] > 0, "you count no weights"
    times = answer[1] / answer[0]
    assert np.isclose(times, height * width, rtol=1e-9), f"each weight of yours multiplies {times:g} times"


@layer_cost.misconception(
    "The depthwise part works on the channels that come in.", look_at="how many channels the k×k windows slide over"
)
def depthwise_out(*setting: Any) -> tuple[int, int]:
    return counted(setting, separable=lambda c_in, c_out, k: k * k * c_out + c_in * c_out)


@layer_cost.misconception(
    "Depthwise kernels do not mix channels: each has one window of its own.",
    look_at="how many windows the depthwise part has for 10 channels",
)
def depthwise_mixes(*setting: Any) -> tuple[int, int]:
    return counted(setting, separable=lambda c_in, c_out, k: k * k * c_in * c_in + c_in * c_out)


@layer_cost.misconception(
    "The k×k part was counted for every pair of channels, though the 1×1 part is there to join them.",
    look_at="which of the two parts of a separable convolution joins channels",
)
def separable_is_standard(*setting: Any) -> tuple[int, int]:
    return counted(setting, separable=lambda c_in, c_out, k: k * k * c_in * c_out + c_in * c_out)


@layer_cost.misconception(
    "The 1×1 part of the separable convolution is missing.", look_at="how it gets from c_in to c_out channels"
)
def depthwise_alone(*setting: Any) -> tuple[int, int]:
    return counted(setting, separable=lambda c_in, c_out, k: k * k * c_in)


@layer_cost.misconception(
    "Only the middle layer of a bottleneck has a k×k window.", look_at="the windows of its first and last layer"
)
def bottleneck_wide(*setting: Any) -> tuple[int, int]:
    def wide(c_in: int, c_out: int, k: int) -> int:
        return k * k * bottleneck_weights(c_in, c_out, 1)

    return counted(setting, bottleneck=wide)


@layer_cost.misconception(
    "The way back up to c_out channels is missing.", look_at="how many channels leave the bottleneck"
)
def bottleneck_no_exit(*setting: Any) -> tuple[int, int]:
    def no_exit(c_in: int, c_out: int, k: int) -> int:
        return c_in * (c_out // 4) + k * k * (c_out // 4) ** 2

    return counted(setting, bottleneck=no_exit)


@layer_cost.misconception(
    "The narrow middle has a quarter of the channels that go out, not of those that come in.",
    look_at="a quarter of what the middle layer has",
)
def quarter_of_input(*setting: Any) -> tuple[int, int]:
    def narrow(c_in: int, c_out: int, k: int) -> int:
        return c_in * (c_in // 4) + k * k * (c_in // 4) ** 2 + (c_in // 4) * c_out

    return counted(setting, bottleneck=narrow)


@layer_cost.misconception("A window has k rows and k columns.", look_at="how many numbers a window of side 3 holds")
def kernel_once(*setting: Any) -> tuple[int, int]:
    return counted(
        setting,
        standard=lambda c_in, c_out, k: k * c_in * c_out,
        separable=lambda c_in, c_out, k: k * c_in + c_in * c_out,
        bottleneck=lambda c_in, c_out, k: c_in * (c_out // 4) + k * (c_out // 4) ** 2 + (c_out // 4) * c_out,
    )


@layer_cost.misconception("Biases were counted; the card leaves them out.", look_at="a 1×1 kernel between two channels")
def bias(*setting: Any) -> tuple[int, int]:
    def more(right: Callable[[int, int, int], int], extra: Callable[[int, int], int]) -> Callable[..., int]:
        return lambda c_in, c_out, k: right(c_in, c_out, k) + extra(c_in, c_out)

    return counted(
        setting,
        standard=more(standard_weights, lambda c_in, c_out: c_out),
        separable=more(separable_weights, lambda c_in, c_out: c_in + c_out),
        bottleneck=more(bottleneck_weights, lambda c_in, c_out: c_out // 4 * 2 + c_out),
    )


@layer_cost.misconception(
    "Additions were counted too, which doubles the number; only multiplications are asked.",
    look_at="how often one weight works at one position",
)
def two_flops(*setting: Any) -> tuple[int, int]:
    weights, multiplications = counted(setting)
    return weights, 2 * multiplications


@layer_cost.misconception(
    "Each weight is used at every position of the map.", look_at="whether a larger picture costs you more"
)
def no_positions(*setting: Any) -> tuple[int, int]:
    weights, _ = counted(setting)
    return weights, weights


@layer_cost.misconception("The map was taken as square.", look_at="where height and width enter, each once")
def square_map(*setting: Any) -> tuple[int, int]:
    weights, _ = counted(setting)
    return weights, weights * setting[1] ** 2


# --- 06.3 ------------------------------------------------------------------------------------------------------------

residual_conv_block = Exercise(
    "06.3",
    "A residual block for images",
    function="residual_conv_block",
    difficulty=3,
    minutes=15,
    look_at="the shapes on both sides of your addition, for stride 1 and for stride 2",
)


@residual_conv_block.reference
def branch_plus_shortcut(x: Any, filters: int, stride: int = 1) -> Any:
    return block(x, filters, stride)


def block(x: Any, filters: int, stride: int, **instead: Any) -> Any:
    """The right block, but for the parts that are given by name."""
    from keras import layers

    edge = instead.get("padding", "same")
    norm = instead.get("norm", layers.BatchNormalization)
    branch = layers.Conv2D(filters, 3, strides=stride, padding=edge, use_bias=False)(x)
    branch = instead.get("bend", layers.ReLU)()(norm()(branch))
    branch = layers.Conv2D(filters, 3, strides=instead.get("second", 1), padding=edge, use_bias=False)(branch)
    branch = norm()(branch)
    shortcut = instead.get("shortcut", projected_if_needed)(x, filters, stride)
    joined = instead.get("join", layers.Add)()([branch, shortcut])
    return layers.ReLU()(joined) if instead.get("ends_bent", True) else joined


def projected_if_needed(x: Any, filters: int, stride: int) -> Any:
    """The shortcut: as it is, or by a 1×1 convolution where the shape changes."""
    return x if stride == 1 and x.shape[-1] == filters else projected(x, filters, stride)


def projected(x: Any, filters: int, stride: int) -> Any:
    """A 1×1 convolution with the stride."""
    from keras import layers

    return layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)


Place = tuple[int, int, int, int, int]


@residual_conv_block.probes
def blocks(random: Random) -> Iterator[Place]:
    """Odd and oblong maps; the same channels and other ones, with and without a stride."""
    for probe in [(6, 5, 3, 3, 1), (5, 7, 2, 4, 1), (7, 4, 3, 3, 2), (5, 6, 4, 2, 2)]:
        compile_ahead(probe)
        yield probe


@residual_conv_block.experiment
def watch_block(function: Function, height: int, width: int, channels: int, filters: int, stride: int) -> Seen:
    import keras

    inputs = keras.Input((height, width, channels))
    outputs = function(inputs, filters, stride)
    if not isinstance(outputs, keras.KerasTensor):
        raise NotAValue(f"{_what(outputs)}; what a Keras layer gives is expected")
    model = keras.Model(inputs, outputs)
    return {
        "gives": str(tuple(outputs.shape)),
        "kernels": " and ".join(sorted(str(tuple(one.shape)) for one in model.weights if len(one.shape) == 4)),
        "passes": passes(model),
        **modes(model),
    }


def _what(answer: object) -> str:
    try:
        return describe(plain(answer))
    except NotAValue:
        return f"an object of type {type(answer).__name__}"


def compile_ahead(probe: Place) -> None:
    """Under JAX the first call of each operation compiles it: seconds that must not count against an answer."""
    import keras

    if keras.backend.backend() == "jax":
        _watched_once(probe)


@cache
def _watched_once(probe: Place) -> None:
    watch_block(branch_plus_shortcut, *probe)


def passes(model: Model) -> list[float]:
    """By how much the output grows when the input does by 1: below 0, and above. The branch gives a constant here.

    All 3×3 kernels are 0 and the shortcut's kernel takes the mean of the channels. Shifts of 5 keep a ReLU at the end
    open, so that blocks with and without one are seen alike.
    """
    for weight in model.weights:
        shape = tuple(weight.shape)
        if len(shape) == 4:
            weight.assign(np.full(shape, 1 / shape[2] if shape[:2] == (1, 1) else 0.0))
        elif weight.path.endswith(("beta", "bias")):
            weight.assign(np.full(shape, 5.0))
    levels = np.reshape([-2, -1, 1, 2], (4, 1, 1, 1)) * np.ones((4, *model.input_shape[1:]))
    means = np.array(model(levels.astype("float32"), training=False)).mean(axis=(1, 2, 3))
    return [round(float(means[1] - means[0]), 1), round(float(means[3] - means[2]), 1)]


def modes(model: Model) -> Seen:
    """Whether batch norm is there, and whether anything bends inside, told from outputs.

    Inputs are positive and the 3×3 kernels small, so that a ReLU at the end is open: without a bend inside, the output
    for a sum of pictures is the sum of outputs.
    """
    random = np.random.default_rng(5)
    for weight in model.weights:
        shape = tuple(weight.shape)
        if len(shape) == 4:
            weight.assign(np.full(shape, 1 / shape[2]) if shape[:2] == (1, 1) else random.normal(size=shape) / 30)
        elif weight.path.endswith(("beta", "bias")):
            weight.assign(np.zeros(shape))
    a, b, c = random.uniform(0.5, 3.5, (3, *model.input_shape[1:]))
    batch = np.stack([a, b, a + b, c]).astype("float32")
    still, live = (np.array(model(batch, training=mode)) for mode in (False, True))
    return {
        "has norm": int(not np.allclose(still, live, rtol=1e-3, atol=1e-4)),
        "bends": int(not np.allclose(still[0] + still[1], still[2], rtol=1e-4, atol=1e-4)),
    }


@residual_conv_block.check("The map has ⌈H/stride⌉ rows, ⌈W/stride⌉ columns and the filters asked for", points=2)
def gives_the_shape(answer: Seen, expected: Seen, *place: int) -> None:
    assert answer["gives"] == expected["gives"], f"your block gives {answer['gives']}"


@residual_conv_block.check("Two 3×3 kernels; a 1×1 kernel on the shortcut only where the shape changes", points=1)
def has_the_kernels(answer: Seen, expected: Seen, *place: int) -> None:
    seen = answer["kernels"] or "none"
    assert answer["kernels"] == expected["kernels"], f"kernels found: {seen}"


@residual_conv_block.check("What the input gains the sum gains, also where the input is below 0", points=1)
def passes_the_input(answer: Seen, expected: Seen, *place: int) -> None:
    for gain, where in zip(answer["passes"], ("below", "above"), strict=True):
        assert abs(gain - 1) < 0.06, f"with a silent branch an input {where} 0 that grows by 1 adds {gain:g}"


@residual_conv_block.check("Batch norm: training and inference differ", points=1)
def has_norm(answer: Seen, expected: Seen, *place: int) -> None:
    assert answer["has norm"], "training and inference give the same"


@residual_conv_block.check("Something bends between the two convolutions", points=1)
def bends_inside(answer: Seen, expected: Seen, *place: int) -> None:
    assert answer["bends"], "the branch gives for a sum of two pictures just the sum of what it gives for each"


@residual_conv_block.misconception(
    "The input is not added: with a silent branch nothing of it comes through.", look_at="where x enters your last line"
)
def no_skip(x: Any, filters: int, stride: int = 1) -> Any:
    from keras import layers

    return block(x, filters, stride, join=lambda: lambda both: layers.Identity()(both[0]))


@residual_conv_block.misconception(
    "The map shrank by the square of the stride.", look_at="how many layers on one way have the stride"
)
def stride_twice(x: Any, filters: int, stride: int = 1) -> Any:
    def twice(x: Any, filters: int, stride: int) -> Any:
        return projected_if_needed(x, filters, stride * stride)

    return block(x, filters, stride, second=stride, shortcut=twice)


@residual_conv_block.misconception(
    "Branch and shortcut differ in size at stride 2.", look_at="height and width on both sides of the addition"
)
def stride_on_branch_only(x: Any, filters: int, stride: int = 1) -> Any:
    def unstrided(x: Any, filters: int, stride: int) -> Any:
        return x if x.shape[-1] == filters else projected(x, filters, 1)

    return block(x, filters, stride, shortcut=unstrided)


@residual_conv_block.misconception(
    "Branch and input are added as they are, which fails as soon as their shapes differ.",
    look_at="what the shortcut must do when filters is not the number of channels that come in",
)
def never_projected(x: Any, filters: int, stride: int = 1) -> Any:
    return block(x, filters, stride, shortcut=lambda x, filters, stride: x)


@residual_conv_block.misconception(
    "The shortcut was cut or filled with zeros to fit; it should be projected by weights that learn.",
    look_at="the weights on your shortcut where the shape changes",
)
def slice_shortcut(x: Any, filters: int, stride: int = 1) -> Any:
    from keras import ops

    def cut(x: Any, filters: int, stride: int) -> Any:
        x = x[:, ::stride, ::stride, :filters]
        return ops.pad(x, ((0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1]))) if x.shape[-1] < filters else x

    return block(x, filters, stride, shortcut=cut)


@residual_conv_block.misconception(
    "There is a 1×1 convolution on every shortcut; where shapes agree the way should be free.",
    look_at="what stands on the shortcut when nothing changes shape",
)
def always_projected(x: Any, filters: int, stride: int = 1) -> Any:
    return block(x, filters, stride, shortcut=projected)


@residual_conv_block.misconception(
    "Training and inference give the same: there is no batch norm in the block.",
    look_at="what stands between a convolution and its ReLU",
)
def no_norm(x: Any, filters: int, stride: int = 1) -> Any:
    from keras import layers

    return block(x, filters, stride, norm=layers.Identity)


@residual_conv_block.misconception(
    "Nothing bends between the two convolutions, so together they are one.",
    look_at="what stands after the first batch norm",
)
def no_relu(x: Any, filters: int, stride: int = 1) -> Any:
    from keras import layers

    return block(x, filters, stride, bend=layers.Identity)


@residual_conv_block.misconception(
    "The border was lost: convolutions without padding shrink the map.", look_at="the padding of your convolutions"
)
def valid(x: Any, filters: int, stride: int = 1) -> Any:
    from keras import layers

    def cropped(x: Any, filters: int, stride: int) -> Any:
        inner = layers.Cropping2D(((1, 1), (1, 1)))(projected_if_needed(x, filters, 1))
        inner = inner[:, ::stride, ::stride]
        return layers.Cropping2D(((1, 1), (1, 1)))(inner)

    return block(x, filters, stride, padding="valid", shortcut=cropped)


@residual_conv_block.misconception(
    "A ReLU stands on the shortcut, so that inputs below 0 never pass.", look_at="what x goes through before the sum"
)
def relu_kills_skip(x: Any, filters: int, stride: int = 1) -> Any:
    from keras import layers

    def bent(x: Any, filters: int, stride: int) -> Any:
        return projected_if_needed(layers.ReLU()(x), filters, stride)

    return block(x, filters, stride, shortcut=bent, ends_bent=False)


@residual_conv_block.misconception(
    "Branch and shortcut were laid side by side; they should be added.", look_at="the channels that leave your block"
)
def concatenated(x: Any, filters: int, stride: int = 1) -> Any:
    from keras import layers

    return block(x, filters, stride, join=layers.Concatenate)


# --- 06.4 ------------------------------------------------------------------------------------------------------------

augment = Exercise(
    "06.4",
    "New pictures from old",
    function="augment",
    difficulty=2,
    minutes=12,
    look_at="a picture with a single bright pixel, before and after",
)


@augment.reference
def mirror_then_move(images: Array, flips: Array, shifts: Array) -> Array:
    return moved(mirrored(images, flips), shifts)


def mirrored(images: Array, flips: Array) -> Array:
    """Left and right exchanged where flips is True."""
    return np.where(flips[:, None, None, None], images[:, :, ::-1], images)


def moved(images: Array, shifts: Array, mode: str = "constant") -> Array:
    """Each image moved down and right by its own shift; the mode says what comes in at the edge."""
    reach = max(images.shape[1:3])
    wide = np.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode=mode)  # type: ignore[call-overload]
    height, width = images.shape[1:3]
    starts = reach - np.asarray(shifts)
    cut = [
        image[down : down + height, right : right + width] for image, (down, right) in zip(wide, starts, strict=True)
    ]
    return np.stack(cut)


SHAPES = [(3, 5, 7, 3), (4, 6, 4, 1), (2, 8, 5, 3), (5, 4, 6, 2)]
Draws = tuple[Array, Array, Array]


def draws(random: Random, shape: tuple[int, ...]) -> Draws:
    """Images, some flips of both kinds, and shifts of both signs that differ from image to image."""
    flips = random.permutation(np.arange(shape[0]) % 2 == 0)
    shifts = np.stack([random.integers(1, side, shape[0]) for side in shape[1:3]], axis=1)
    return random.uniform(0.1, 1, shape), flips, shifts * random.choice([-1, 1], (shape[0], 2))


@augment.probes
def both(random: Random) -> Iterator[Draws]:
    """Images that are mirrored and moved."""
    for shape in SHAPES * 2:
        yield draws(random, shape)


@augment.probes
def flips_alone(random: Random) -> Iterator[Draws]:
    """No image moves."""
    for shape in SHAPES:
        images, flips, shifts = draws(random, shape)
        yield images, flips, 0 * shifts


@augment.probes
def shifts_alone(random: Random) -> Iterator[Draws]:
    """No image is mirrored; some move along one axis only."""
    for shape in SHAPES * 2:
        images, flips, shifts = draws(random, shape)
        shifts[0, random.integers(2)] = 0
        yield images, np.zeros_like(flips), shifts


@augment.check("Images whose flip is True are mirrored left to right, the others stay", points=1, on=flips_alone)
def mirrors_the_right_ones(answer: Array, expected: Array, *probe: Array) -> None:
    assert_close(answer, expected)


@augment.check("Each image moves down and right by its own shift, and zeros come in", points=1, on=shifts_alone)
def moves_each(answer: Array, expected: Array, *probe: Array) -> None:
    assert_close(answer, expected)


@augment.check("Mirrored images move as the others do", points=1)
def mirrors_then_moves(answer: Array, expected: Array, *probe: Array) -> None:
    assert_close(answer, expected)


augment.leaves_inputs_alone("The given images stay as they are", points=1, on=(both, flips_alone, shifts_alone))


@augment.misconception(
    "All images got the flip and the shift of the first one.", look_at="which entries of flips and shifts you use"
)
def first_for_all(images: Array, flips: Array, shifts: Array) -> Array:
    return mirror_then_move(images, np.full_like(flips, flips[0]), np.broadcast_to(shifts[0], shifts.shape))


@augment.misconception("Down and right are exchanged.", look_at="which number of a shift belongs to the rows")
def xy(images: Array, flips: Array, shifts: Array) -> Array:
    return mirror_then_move(images, flips, shifts[:, ::-1])


@augment.misconception(
    "Positive shifts should move down and right; yours move up and left.", look_at="where the zeros of yours come in"
)
def reversed_direction(images: Array, flips: Array, shifts: Array) -> Array:
    return mirror_then_move(images, flips, -shifts)


@augment.misconception("You mirrored top to bottom.", look_at="which axis is the width")
def upside_down(images: Array, flips: Array, shifts: Array) -> Array:
    return moved(np.where(flips[:, None, None, None], images[:, ::-1], images), shifts)


@augment.misconception("You reversed the channels, so that colours changed.", look_at="which axis is the width")
def colours_flipped(images: Array, flips: Array, shifts: Array) -> Array:
    return moved(np.where(flips[:, None, None, None], images[..., ::-1], images), shifts)


@augment.misconception("Images that should stay were mirrored as well.", look_at="what you do where flips is False")
def all_flipped(images: Array, flips: Array, shifts: Array) -> Array:
    return mirror_then_move(images, np.ones_like(flips), shifts)


@augment.misconception("No image was mirrored.", look_at="what you do where flips is True")
def none_flipped(images: Array, flips: Array, shifts: Array) -> Array:
    return moved(images, shifts)


@augment.misconception(
    "What left on one side came back on the other.", look_at="what your way of moving does with the pixels that leave"
)
def wrapped(images: Array, flips: Array, shifts: Array) -> Array:
    return moved(mirrored(images, flips), shifts, mode="wrap")


@augment.misconception("The edge was repeated; zeros are asked.", look_at="what your padding fills in")
def smeared(images: Array, flips: Array, shifts: Array) -> Array:
    return moved(mirrored(images, flips), shifts, mode="edge")


@augment.misconception(
    "You moved first and mirrored then, which turns right into left.", look_at="the order of your two steps"
)
def shift_first(images: Array, flips: Array, shifts: Array) -> Array:
    return mirrored(moved(images, shifts), flips)


# --- 06.5 ------------------------------------------------------------------------------------------------------------

mix_pairs = Exercise(
    "06.5",
    "Mix two pictures",
    function="mix_pairs",
    difficulty=3,
    minutes=18,
    look_at="one sample and its partner, with numbers small enough to mix by hand",
)
Mixture = tuple[Array, Array]
Box = tuple[int, int, int, int]


@mix_pairs.reference
def mixup_or_cutmix(
    images: Array, labels: Array, partner: Array, lam: Array | None = None, box: Box | None = None
) -> Mixture:
    if box is None:
        return mixed(images, labels, partner, np.asarray(lam))
    return pasted(images, labels, partner, clipped(box, images.shape))


def mixed(images: Array, labels: Array, partner: Array, lam: Array) -> Mixture:
    """Mixup with a share for each sample."""
    wide, rows = lam.reshape(-1, 1, 1, 1), lam.reshape(-1, 1)
    return wide * images + (1 - wide) * images[partner], rows * labels + (1 - rows) * labels[partner]


def clipped(box: Box, shape: tuple[int, ...]) -> Box:
    """The part of the box that lies inside, as (y0, x0, y1, x1)."""
    (top, bottom), (left, right) = np.clip(box[::2], 0, shape[1]), np.clip(box[1::2], 0, shape[2])
    return int(top), int(left), int(max(bottom, top)), int(max(right, left))


def pasted(images: Array, labels: Array, partner: Array, box: Box, area: float | None = None) -> Mixture:
    """CutMix with a box inside; the labels follow the area given, or else the box's."""
    top, left, bottom, right = box
    result = np.array(images)
    result[:, top:bottom, left:right] = images[partner][:, top:bottom, left:right]
    pixels = (bottom - top) * (right - left) if area is None else area
    share = pixels / (images.shape[1] * images.shape[2])
    return result, (1 - share) * labels + share * labels[partner]


Pair = tuple[Array, Array, Array, Array | None, Box | None]


def samples(random: Random, shape: tuple[int, ...], classes: int = 4) -> tuple[Array, Array, Array]:
    """Images, one-hot labels that differ within pairs, and partners whose way back is another one."""
    count = shape[0]
    partner = np.roll(np.arange(count), 1) if count > 2 else np.arange(count)[::-1].copy()
    labels = np.eye(classes)[np.arange(count) % classes]
    return random.normal(size=shape), labels, partner


@mix_pairs.probes
def mixups(random: Random) -> Iterator[Pair]:
    """Square in all axes, oblong, and a single sample; shares from 0 to 1, all different."""
    for shape in [(4, 4, 4, 3), (3, 5, 6, 1), (5, 4, 7, 3), (3, 3, 3, 3), (1, 4, 5, 2), (6, 2, 3, 1)] * 2:
        lam = random.permutation(np.r_[0.3, np.linspace(0, 1, shape[0] - 1)]) if shape[0] > 1 else np.array([0.3])
        yield *samples(random, shape), lam, None


@mix_pairs.probes
def boxes_inside(random: Random) -> Iterator[Pair]:
    """Boxes that lie inside, among them an empty one and the whole picture."""
    for shape, box in [
        ((4, 6, 9, 3), (1, 2, 4, 8)),
        ((3, 8, 5, 1), (2, 0, 7, 3)),
        ((5, 7, 6, 3), (0, 1, 3, 6)),
        ((3, 4, 7, 2), (2, 3, 2, 5)),
        ((4, 5, 3, 3), (0, 0, 5, 3)),
    ]:
        yield *samples(random, shape), None, box


@mix_pairs.probes
def boxes_outside(random: Random) -> Iterator[Pair]:
    """Boxes that reach past one edge or more, or lie outside altogether."""
    for shape, box in [
        ((4, 6, 9, 3), (-2, 3, 3, 7)),
        ((3, 8, 5, 1), (5, -3, 12, 2)),
        ((5, 7, 6, 3), (4, 2, 9, 11)),
        ((3, 4, 7, 2), (-6, 1, -2, 4)),
        ((4, 5, 8, 3), (1, 9, 3, 12)),
        ((3, 6, 4, 3), (-3, -2, 20, 30)),
    ]:
        yield *samples(random, shape), None, box


@mix_pairs.check("Mixup: each picture keeps its own share, the rest is its partner's", points=1)
def blends_pictures(answer: list[Array], expected: list[Array], *probe: Any) -> None:
    assert_close(answer[0], expected[0])


@mix_pairs.check("Mixup: labels are mixed as their pictures are", points=1)
def blends_labels(answer: list[Array], expected: list[Array], *probe: Any) -> None:
    assert_close(answer[1], expected[1])


@mix_pairs.check("CutMix: the box comes from the partner, all else stays", points=1, on=boxes_inside)
def pastes_the_box(answer: list[Array], expected: list[Array], *probe: Any) -> None:
    assert_close(answer[0], expected[0])


@mix_pairs.check("CutMix: the labels' shares are those of the area", points=1, on=boxes_inside)
def shares_by_area(answer: list[Array], expected: list[Array], *probe: Any) -> None:
    assert_close(answer[1], expected[1])


@mix_pairs.check("A box that reaches outside counts only where it was pasted", points=1, on=boxes_outside)
def clips_the_box(answer: list[Array], expected: list[Array], *probe: Any) -> None:
    for what, seen, right in zip(("pictures", "labels"), answer, expected, strict=True):
        try:
            assert_close(seen, right)
        except AssertionError as error:
            raise AssertionError(f"in the {what} {error}") from None


mix_pairs.leaves_inputs_alone(
    "The given pictures and labels stay as they are", points=1, on=(mixups, boxes_inside, boxes_outside)
)


def either(
    probe: tuple[Any, ...],
    mix: Callable[..., Mixture] = mixed,
    paste: Callable[..., Mixture] = mixup_or_cutmix,
) -> Mixture:
    """One rule for mixup, ``mix(images, labels, partner, lam)``, one for CutMix, which also gets the box."""
    images, labels, partner, lam, box = (*probe, None, None)[:5]
    return mix(images, labels, partner, lam) if box is None else paste(images, labels, partner, None, box)


@mix_pairs.misconception(
    "Pictures were mixed, their labels were not.", look_at="the label of a picture that is half another"
)
def labels_kept(images: Array, labels: Array, partner: Array, lam: Any = None, box: Any = None) -> Mixture:
    return mixup_or_cutmix(images, labels, partner, lam, box)[0], labels


@mix_pairs.misconception(
    "The label follows the other picture's share.", look_at="a sample that keeps all of itself: whose label has it"
)
def labels_swapped(images: Array, labels: Array, partner: Array, lam: Any = None, box: Any = None) -> Mixture:
    pictures, right = mixup_or_cutmix(images, labels, partner, lam, box)
    return pictures, labels + labels[partner] - right


@mix_pairs.misconception(
    "lam was lined up with the width: it belongs to the axis of samples.", look_at="the shape lam needs, axis by axis"
)
def broadcast(*probe: Any) -> Mixture:
    def by_width(images: Array, labels: Array, partner: Array, lam: Array) -> Mixture:
        wide = lam[:, None]
        return wide * images + (1 - wide) * images[partner], wide * labels + (1 - wide) * labels[partner]

    return either(probe, mix=by_width)


@mix_pairs.misconception("Each sample has its own share.", look_at="which entries of lam you use")
def one_lam(*probe: Any) -> Mixture:
    return either(probe, mix=lambda images, labels, partner, lam: mixed(images, labels, partner, lam[:1]))


@mix_pairs.misconception(
    "Partners are not the ones given: you took the batch in reverse.", look_at="where the argument partner is used"
)
def partner_ignored(images: Array, labels: Array, partner: Array, lam: Any = None, box: Any = None) -> Mixture:
    return mixup_or_cutmix(images, labels, np.arange(len(images))[::-1], lam, box)


@mix_pairs.misconception(
    "Labels were rounded to the larger share.", look_at="how much of the smaller share is left in the label"
)
def hard_label(images: Array, labels: Array, partner: Array, lam: Any = None, box: Any = None) -> Mixture:
    pictures, soft = mixup_or_cutmix(images, labels, partner, lam, box)
    return pictures, np.eye(labels.shape[1])[soft.argmax(axis=1)]


@mix_pairs.misconception(
    "Shares must add up to 1: yours is taken twice.", look_at="what the partner's share is when lam is 0.3"
)
def same_share(*probe: Any) -> Mixture:
    def twice(images: Array, labels: Array, partner: Array, lam: Array) -> Mixture:
        wide, rows = lam.reshape(-1, 1, 1, 1), lam[:, None]
        return wide * (images + images[partner]), rows * (labels + labels[partner])

    return either(probe, mix=twice)


@mix_pairs.misconception(
    "The partner's share is given to the sample itself: lam is what a sample keeps.",
    look_at="a sample whose lam is 1",
)
def lam_exchanged(*probe: Any) -> Mixture:
    return either(probe, mix=lambda images, labels, partner, lam: mixed(images, labels, partner, 1 - lam))


@mix_pairs.misconception(
    "You sent samples to their partners; fetch from them.", look_at="whether partner[i] is read or written for sample i"
)
def inverse(images: Array, labels: Array, partner: Array, lam: Any = None, box: Any = None) -> Mixture:
    return mixup_or_cutmix(images, labels, np.argsort(partner), lam, box)


@mix_pairs.misconception(
    "Part of the box lies outside: count the pixels that were really pasted.", look_at="the area your labels follow"
)
def area_unclipped(*probe: Any) -> Mixture:
    def unclipped(images: Array, labels: Array, partner: Array, lam: None, box: Box) -> Mixture:
        area = (box[2] - box[0]) * (box[3] - box[1])
        return pasted(images, labels, partner, clipped(box, images.shape), area)

    return either(probe, paste=unclipped)


@mix_pairs.misconception(
    "A negative start counted from the far end.", look_at="what your slice takes when the box starts above the picture"
)
def box_wraps(*probe: Any) -> Mixture:
    def wraps(images: Array, labels: Array, partner: Array, lam: None, box: Box) -> Mixture:
        rows, columns = range(*slice(box[0], box[2]).indices(images.shape[1])), slice(box[1], box[3])
        pasted_pixels = len(rows) * len(range(*columns.indices(images.shape[2])))
        return pasted(images, labels, partner, box, pasted_pixels)

    return either(probe, paste=wraps)


@mix_pairs.misconception("Rows come first in the box.", look_at="what the first and the third number of the box are")
def box_axes(images: Array, labels: Array, partner: Array, lam: Any = None, box: Any = None) -> Mixture:
    turned = None if box is None else (box[1], box[0], box[3], box[2])
    return mixup_or_cutmix(images, labels, partner, lam, turned)


@mix_pairs.misconception("You kept the box and replaced the rest.", look_at="whose pixels are inside the box")
def outside_pasted(*probe: Any) -> Mixture:
    def turned(images: Array, labels: Array, partner: Array, lam: None, box: Box) -> Mixture:
        pictures, _ = mixup_or_cutmix(images, labels, partner, None, box)
        _, soft = mixup_or_cutmix(images, labels, partner, None, box)
        return images + images[partner] - pictures, labels + labels[partner] - soft

    return either(probe, paste=turned)


@mix_pairs.misconception(
    "CutMix pastes; it does not blend the whole picture.", look_at="pixels outside of the box, before and after"
)
def blended(*probe: Any) -> Mixture:
    def everywhere(images: Array, labels: Array, partner: Array, lam: None, box: Box) -> Mixture:
        top, left, bottom, right = clipped(box, images.shape)
        share = (bottom - top) * (right - left) / (images.shape[1] * images.shape[2])
        return mixed(images, labels, partner, np.full(len(images), 1 - share))

    return either(probe, paste=everywhere)


@mix_pairs.misconception("The label's share is the area, not one half.", look_at="the label under a very small box")
def half(*probe: Any) -> Mixture:
    def halves(images: Array, labels: Array, partner: Array, lam: None, box: Box) -> Mixture:
        return mixup_or_cutmix(images, labels, partner, None, box)[0], (labels + labels[partner]) / 2

    return either(probe, paste=halves)


# --- 06.6 ------------------------------------------------------------------------------------------------------------

class_report = Exercise(
    "06.6",
    "Class by class",
    function="class_report",
    difficulty=3,
    minutes=15,
    look_at="a table of true classes down and predicted classes across, for ten samples on paper",
)


@class_report.reference
def from_counts(labels: Array, predictions: Array, classes: int) -> Array:
    return report(confusion(labels, predictions, classes))


def confusion(labels: Array, predictions: Array, classes: int) -> Array:
    """Counts of true classes down, predicted ones across."""
    return np.bincount(np.asarray(labels) * classes + predictions, minlength=classes**2).reshape(classes, classes)


def share(part: Array, whole: Array, empty: float = 0.0) -> Array:
    """The part over the whole, and ``empty`` where the whole is 0."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), empty)


def report(counts: Array, empty: float = 0.0) -> Array:
    """Precision, recall and F1 for each class."""
    hits = np.diag(counts)
    precision, recall = share(hits, counts.sum(axis=0), empty), share(hits, counts.sum(axis=1), empty)
    return np.stack([precision, recall, share(2 * precision * recall, precision + recall, empty)], axis=1)


Answers = tuple[Array, Array, int]


def confused(random: Random, size: int, among: Array, classes: int) -> Answers:
    """Samples of the classes named, recognised in part and else taken for a class further down the list."""
    labels = np.concatenate([among, random.choice(among, size - len(among), p=uneven(len(among)))])
    wrong = among[np.minimum(np.searchsorted(among, labels) + random.integers(1, 3, size), len(among) - 1)]
    predictions = np.where(random.random(size) < 0.55, labels, wrong)
    predictions[: len(among)] = among  # each class is right once: no empty sums
    shuffled = random.permutation(size)
    return labels[shuffled], predictions[shuffled], classes


def uneven(count: int) -> Array:
    """Shares that grow from class to class."""
    return np.arange(1, count + 1) / np.arange(1, count + 1).sum()


@class_report.probes
def all_seen(random: Random) -> Iterator[Answers]:
    """Every class has samples and predictions; classes differ in size, mistakes have a direction."""
    for size, classes in [(40, 3), (60, 4), (25, 2), (120, 10), (50, 5)] * 3:
        yield confused(random, size, np.arange(classes), classes)


@class_report.probes
def with_gaps(random: Random) -> Iterator[Answers]:
    """Classes that are never predicted, never present, or neither, also at the end of the list."""
    yield np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 0, 1, 1, 1]), 3
    yield np.array([0, 0, 1, 1, 1]), np.array([0, 2, 1, 1, 2]), 3
    yield np.array([1, 1, 2, 1, 2]), np.array([1, 2, 2, 1, 1]), 6
    for among, classes in [([0, 2, 3], 5), ([1, 4], 5), ([0, 1, 2, 3], 7)]:
        yield confused(random, 30, np.array(among), classes)


def column(number: int, name: str) -> Callable[..., None]:
    """A check of one column of the report."""

    def is_right(answer: Array, expected: Array, *probe: Any) -> None:
        assert_shape(answer, expected)
        off = np.flatnonzero(~np.isclose(answer[:, number], expected[:, number], rtol=1e-4, atol=1e-5))
        assert not len(off), f"the {name} of class {off[0]} is {answer[off[0], number]:.3g} in your report"

    return is_right


class_report.check("Precision: of those called so, how many are", points=2)(column(0, "precision"))
class_report.check("Recall: of those that are, how many are called so", points=2)(column(1, "recall"))
class_report.check("F1: the harmonic mean of both", points=1)(column(2, "F1"))


@class_report.check("Every class has a row, and 0 where there is nothing to divide by", points=1, on=with_gaps)
def fills_gaps(answer: Array, expected: Array, *probe: Any) -> None:
    assert_close(answer, expected)


@class_report.misconception(
    "Precision and recall are exchanged: precision asks how many of those called a cat are cats.",
    look_at="whether your first column divides by how often a class is called or how often it occurs",
)
def swapped(labels: Array, predictions: Array, classes: int) -> Array:
    return from_counts(predictions, labels, classes)


@class_report.misconception(
    "F1 is not the plain average of the two.", look_at="what F1 should be when precision is 1 and recall is nearly 0"
)
def plain_mean(labels: Array, predictions: Array, classes: int) -> Array:
    right = from_counts(labels, predictions, classes)
    return np.column_stack([right[:, :2], right[:, :2].mean(axis=1)])


@class_report.misconception(
    "F1 is the harmonic mean; yours is the geometric one.", look_at="which mean has the reciprocals in it"
)
def geometric(labels: Array, predictions: Array, classes: int) -> Array:
    right = from_counts(labels, predictions, classes)
    return np.column_stack([right[:, :2], np.sqrt(right[:, 0] * right[:, 1])])


@class_report.misconception(
    "A class without predictions or without samples gave 0/0.", look_at="the sums that you divide by"
)
def nan(labels: Array, predictions: Array, classes: int) -> Array:
    return report(confusion(labels, predictions, classes), np.nan)


@class_report.misconception(
    "Nothing found is no success: where there is nothing to divide by, give 0.", look_at="a class that is never called"
)
def one(labels: Array, predictions: Array, classes: int) -> Array:
    return report(confusion(labels, predictions, classes), 1.0)


@class_report.misconception(
    "For a rare class accuracy is high whatever you do: the samples that neither are nor are called so do not count.",
    look_at="whether your sums include samples that have nothing to do with the class",
)
def accuracy(labels: Array, predictions: Array, classes: int) -> Array:
    counts = confusion(labels, predictions, classes)
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
    return np.repeat(1 - wrong / counts.sum(), 3).reshape(-1, 3)


@class_report.misconception(
    "All classes got the same overall number.", look_at="which samples enter the row of one class"
)
def micro(labels: Array, predictions: Array, classes: int) -> Array:
    return np.full((classes, 3), np.mean(labels == predictions))


@class_report.misconception(
    "Every class needs a row, also one that never occurs.", look_at="how many rows you make, and from what"
)
def present_only(labels: Array, predictions: Array, classes: int) -> Array:
    return from_counts(labels, predictions, classes)[np.unique(labels)]


@class_report.misconception(
    "You divided by all samples.", look_at="how many samples are called so, and how many are so"
)
def over_all(labels: Array, predictions: Array, classes: int) -> Array:
    hits = np.diag(confusion(labels, predictions, classes)) / len(labels)
    return np.stack([hits, hits, hits], axis=1)


# --- 06.7 ------------------------------------------------------------------------------------------------------------

calibration_error = Exercise(
    "06.7",
    "Sure and right?",
    function="calibration_error",
    difficulty=3,
    minutes=14,
    look_at="one bin: how many samples, how often right, how sure on average",
)


@calibration_error.reference
def mean_gap(probs: Array, labels: Array, bins: int) -> float:
    confidence, right = sureness(probs, labels)
    return float(sum(part * abs(gap) for part, gap in gaps(confidence, right, binned(confidence, bins), bins)))


def sureness(probs: Array, labels: Array) -> tuple[Array, Array]:
    """The largest share of each row, and whether it is the right class's."""
    return probs.max(axis=1), probs.argmax(axis=1) == labels


def binned(confidence: Array, bins: int) -> Array:
    """The number of each confidence's bin, 1 in the last."""
    return np.minimum((confidence * bins).astype(int), bins - 1)


def gaps(confidence: Array, right: Array, places: Array, bins: int) -> list[tuple[float, float]]:
    """For each bin that holds samples its share of them, and accuracy minus mean confidence."""
    inside = [places == place for place in range(bins)]
    return [(float(one.mean()), float(right[one].mean() - confidence[one].mean())) for one in inside if one.any()]


Guesses = tuple[Array, Array, int]


def guesses(random: Random, confidence: Array, bins: int, classes: int = 10) -> Guesses:
    """Shares with these largest ones, kept off the edges of bins; most often right where the largest is near 0.55."""
    bin_width = 1 / bins
    nearness = confidence / bin_width - np.round(confidence / bin_width)
    confidence = np.where(np.abs(nearness) < 0.02, confidence + 0.04 * bin_width, confidence)
    confidence = np.where(confidence > 1, confidence - 0.08 * bin_width, confidence)
    chosen = random.integers(0, classes, len(confidence))
    rest = random.uniform(0.8, 1.2, (len(confidence), classes))
    rest[np.arange(len(rest)), chosen] = 0
    probs = rest / rest.sum(axis=1, keepdims=True) * (1 - confidence)[:, None]
    probs[np.arange(len(rest)), chosen] = confidence
    wrong = (chosen + random.integers(1, classes, len(chosen))) % classes
    chance = 0.9 - 0.7 * np.abs(confidence - 0.55)
    return probs, np.where(random.random(len(chosen)) < chance, chosen, wrong), bins


@calibration_error.probes
def full_bins(random: Random) -> Iterator[Guesses]:
    """200 samples over all bins: too shy in some, too sure in others; more of them in the upper bins."""
    for bins in (4, 5, 5, 4, 5, 4) * 2:
        confidence = np.r_[np.linspace(0.17, 0.96, 60), random.uniform(0.5, 0.98, 140)]
        yield guesses(random, confidence, bins)


@calibration_error.probes
def empty_bins(random: Random) -> Iterator[Guesses]:
    """Few samples and many bins, so that several hold none."""
    for count, bins in [(30, 10), (40, 15), (30, 15), (50, 10)] * 2:
        yield guesses(random, random.uniform(0.3, 0.95, count), bins)


@calibration_error.probes
def certain(random: Random) -> Iterator[Guesses]:
    """A part of the samples has confidence exactly 1, and is not always right."""
    for bins in (5, 10, 15, 8):
        probs, labels, _ = guesses(random, random.uniform(0.35, 0.95, 60), bins)
        probs[:25] = np.eye(10)[probs[:25].argmax(axis=1)]
        yield probs, labels, bins


@calibration_error.check("It is the mean gap between how sure and how right, weighted by samples", points=3)
def weighs_gaps(answer: float, expected: float, *probe: Any) -> None:
    assert np.isclose(answer, expected, rtol=1e-4, atol=1e-6), f"you find {answer:.4g}"


@calibration_error.check("Empty bins count nothing", points=1, on=empty_bins)
def skips_empty_bins(answer: float, expected: float, *probe: Any) -> None:
    assert np.isclose(answer, expected, rtol=1e-4, atol=1e-6), f"you find {answer:.4g}"


@calibration_error.check("Samples whose confidence is exactly 1 count in the last bin", points=2, on=certain)
def counts_the_certain(answer: float, expected: float, *probe: Any) -> None:
    assert np.isclose(answer, expected, rtol=1e-4, atol=1e-6), f"you find {answer:.4g}"


@calibration_error.misconception(
    "Confidence is the share of the class you chose, not of the true one.",
    look_at="what the model knows when it says how sure it is",
)
def true_class(probs: Array, labels: Array, bins: int) -> float:
    confidence, (_, right) = probs[np.arange(len(labels)), labels], sureness(probs, labels)
    return float(sum(part * abs(gap) for part, gap in gaps(confidence, right, binned(confidence, bins), bins)))


@calibration_error.misconception(
    "Over- and under-confidence cancelled out.", look_at="whether a gap can be below 0 when you add it"
)
def signed(probs: Array, labels: Array, bins: int) -> float:
    confidence, right = sureness(probs, labels)
    return float(sum(part * gap for part, gap in gaps(confidence, right, binned(confidence, bins), bins)))


@calibration_error.misconception(
    "Use the mean confidence of a bin's samples, not the bin's middle.", look_at="what accuracy is compared with"
)
def bin_middle(probs: Array, labels: Array, bins: int) -> float:
    confidence, right = sureness(probs, labels)
    places = binned(confidence, bins)
    return float(sum(part * abs(gap) for part, gap in gaps((places + 0.5) / bins, right, places, bins)))


@calibration_error.misconception("The gap itself is meant, not its square.", look_at="the unit of your result")
def squared(probs: Array, labels: Array, bins: int) -> float:
    confidence, right = sureness(probs, labels)
    return float(sum(part * gap**2 for part, gap in gaps(confidence, right, binned(confidence, bins), bins)))


@calibration_error.misconception(
    "A bin of 2 samples counted as much as one of 200.", look_at="by what each bin's gap is weighted"
)
def unweighted(probs: Array, labels: Array, bins: int) -> float:
    confidence, right = sureness(probs, labels)
    return float(np.mean([abs(gap) for _, gap in gaps(confidence, right, binned(confidence, bins), bins)]))


@calibration_error.misconception("That is the largest gap; the mean is asked.", look_at="how you join the bins")
def largest(probs: Array, labels: Array, bins: int) -> float:
    confidence, right = sureness(probs, labels)
    return max(abs(gap) for _, gap in gaps(confidence, right, binned(confidence, bins), bins))


@calibration_error.misconception(
    "Empty bins diluted the mean: bins were averaged, not samples.", look_at="the number that you divide by"
)
def over_bins(probs: Array, labels: Array, bins: int) -> float:
    confidence, right = sureness(probs, labels)
    return sum(abs(gap) for _, gap in gaps(confidence, right, binned(confidence, bins), bins)) / bins


@calibration_error.misconception(
    "Only the overall gap was measured; bins are missing.", look_at="where the argument bins is used"
)
def one_bin(probs: Array, labels: Array, bins: int) -> float:
    confidence, right = sureness(probs, labels)
    return float(abs(right.mean() - confidence.mean()))


@calibration_error.misconception(
    "That is the Brier score: squared distances, sample by sample.", look_at="what is compared with what, in a bin"
)
def brier(probs: Array, labels: Array, bins: int) -> float:
    return float(np.mean(np.sum((probs - np.eye(probs.shape[1])[labels]) ** 2, axis=1)))


@calibration_error.misconception(
    "Gaps were weighted by counts: divide by the number of samples.", look_at="whether your result can exceed 1"
)
def undivided(probs: Array, labels: Array, bins: int) -> float:
    return len(labels) * mean_gap(probs, labels, bins)


@calibration_error.misconception(
    "Your bins hold equal numbers of samples; bins of equal width are asked.", look_at="where the edges of yours lie"
)
def equal_count(probs: Array, labels: Array, bins: int) -> float:
    confidence, right = sureness(probs, labels)
    ranks = np.argsort(np.argsort(confidence))
    return float(sum(part * abs(gap) for part, gap in gaps(confidence, right, ranks * bins // len(ranks), bins)))


@calibration_error.misconception("An empty bin gave not-a-number.", look_at="the mean of no samples")
def nan_from_nothing(probs: Array, labels: Array, bins: int) -> float:
    confidence, _ = sureness(probs, labels)
    return mean_gap(probs, labels, bins) if len(set(binned(confidence, bins))) == bins else float("nan")


@calibration_error.misconception(
    "Samples whose confidence is exactly 1 are in none of your bins.", look_at="the upper edge of your last bin"
)
def certain_lost(probs: Array, labels: Array, bins: int) -> float:
    confidence, right = sureness(probs, labels)
    places = (confidence * bins).astype(int)
    return float(sum(part * abs(gap) for part, gap in gaps(confidence, right, places, bins)))
