"""Chapter 07, Transfer learning: feed a trained backbone, put a head on it, thaw its top.

07.4 and 07.6 answer with Keras models, which experiments observe; they stand in ``on_backbones.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from layerwise_grader.exercise import Exercise, assert_close, assert_shape
from layerwise_grader.exercises.on_backbones import transfer_model, unfreeze_top

__all__ = ["layerwise_rates", "linear_probe", "preprocess", "resize_bilinear", "transfer_model", "unfreeze_top"]

Array = np.ndarray[Any, Any]
Random = np.random.Generator

# --- 07.1 ------------------------------------------------------------------------------------------------------------

preprocess = Exercise(
    "07.1",
    "Feed it what it ate",
    function="preprocess",
    difficulty=2,
    minutes=10,
    look_at="one red pixel (255, 0, 0): the three numbers that come out for it, and their order",
)

RGB_MEANS = (123.68, 116.779, 103.939)
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PICTURES = ((2, 4, 6, 3), (1, 3, 3, 3), (3, 5, 2, 3), (1, 1, 7, 3), (4, 3, 3, 3))


@preprocess.reference
def as_keras_does(images: Array, mode: str) -> Array:
    from keras.applications.imagenet_utils import preprocess_input

    prepared: Array = preprocess_input(images.astype("float64"), data_format="channels_last", mode=mode)
    return prepared


def bytes_of(random: Random, mode: str) -> Iterator[tuple[Array, str]]:
    """Pictures of bytes, one of them with nothing but 0 and 255."""
    for shape in PICTURES:
        yield random.integers(0, 256, size=shape, dtype=np.uint8), mode
    for shape in PICTURES[:2]:
        yield random.choice(np.array([0, 255], dtype=np.uint8), size=shape), mode


@preprocess.probes
def for_caffe(random: Random) -> Iterator[tuple[Array, str]]:
    """Weights of VGG16 and ResNet50."""
    yield from bytes_of(random, "caffe")


@preprocess.probes
def for_tf(random: Random) -> Iterator[tuple[Array, str]]:
    """Weights of MobileNet and ResNet50V2."""
    yield from bytes_of(random, "tf")


@preprocess.probes
def for_torch(random: Random) -> Iterator[tuple[Array, str]]:
    """Weights of DenseNet, and of the course's own backbone."""
    yield from bytes_of(random, "torch")


@preprocess.check("caffe: channels in the order blue, green, red, each minus its own mean", points=2, on=for_caffe)
def caffe_is_right(answer: Array, expected: Array, images: Array, mode: str) -> None:
    same_pixels(answer, expected, 1e-3)


@preprocess.check("tf: 0 becomes −1 and 255 becomes 1", points=1, on=for_tf)
def tf_is_right(answer: Array, expected: Array, images: Array, mode: str) -> None:
    same_pixels(answer, expected, 1e-5)


@preprocess.check("torch: 0…1 first, then minus the mean, divided by the spread", points=1, on=for_torch)
def torch_is_right(answer: Array, expected: Array, images: Array, mode: str) -> None:
    same_pixels(answer, expected, 1e-4)


def same_pixels(answer: Array, expected: Array, atol: float) -> None:
    assert_shape(answer, expected)
    off = np.abs(answer - expected) > atol
    if off.any():
        span = f"{answer.min():.4g} to {answer.max():.4g}"
        raise AssertionError(f"{off.mean():.0%} of the numbers differ; yours run from {span}")


def prepared(images: Array, mode: str, **instead: Any) -> Array:
    """What the reference gives, but for the one mode that is given by name."""
    wrong: Array = instead[mode](images.astype(float)) if mode in instead else as_keras_does(images, mode)
    return wrong


@preprocess.misconception(
    "Channels stayed red, green, blue, but the means are for blue, green, red: red meets blue's mean.",
    look_at="which channel the mean 103.939 meets",
)
def no_bgr(images: Array, mode: str) -> Array:
    return prepared(images, mode, caffe=lambda x: x - RGB_MEANS[::-1])


@preprocess.misconception(
    "Each channel lost the right mean, but red still comes first; caffe mode wants blue first.",
    look_at="the order of the channels that you return",
)
def rgb_means(images: Array, mode: str) -> Array:
    return prepared(images, mode, caffe=lambda x: x - RGB_MEANS)


@preprocess.misconception(
    "Blue comes first now, but your means still begin with the one for red.",
    look_at="which of the three means belongs to which channel after the turn",
)
def means_reversed(images: Array, mode: str) -> Array:
    return prepared(images, mode, caffe=lambda x: x[..., ::-1] - RGB_MEANS)


@preprocess.misconception(
    "caffe mode keeps the scale 0…255; after your division the means swamp the picture.",
    look_at="the range of the pixels at the moment when the mean is taken away",
)
def scaled_first(images: Array, mode: str) -> Array:
    return prepared(images, mode, caffe=lambda x: x[..., ::-1] / 255 - RGB_MEANS[::-1])


@preprocess.misconception(
    "caffe mode ends after the means: it does not divide.", look_at="the range of what caffe mode gives"
)
def scaled_after(images: Array, mode: str) -> Array:
    return prepared(images, mode, caffe=lambda x: (x[..., ::-1] - RGB_MEANS[::-1]) / 255)


@preprocess.misconception(
    "The picture is mirrored: you turned its width around, not its channels.", look_at="which axis is the last one"
)
def mirrored(images: Array, mode: str) -> Array:
    return prepared(images, mode, caffe=lambda x: x[:, :, ::-1] - RGB_MEANS[::-1])


@preprocess.misconception(
    "Dark values turned bright: bytes cannot go below 0, so they wrapped around.",
    look_at="the dtype at the moment of the subtraction",
)
def byte_wraps(images: Array, mode: str) -> Array:
    means = np.array(RGB_MEANS[::-1]).astype(np.uint8)
    return prepared(images, mode, caffe=lambda _: images[..., ::-1] - means)


@preprocess.misconception(
    "tf mode runs from −1 to 1; yours runs from 0 to 1.", look_at="what a black pixel should become in tf mode"
)
def zero_to_one(images: Array, mode: str) -> Array:
    return prepared(images, mode, tf=lambda x: x / 255)


@preprocess.misconception(
    "tf mode is centred on 0; yours runs from 0 to 2.", look_at="what a black pixel should become in tf mode"
)
def not_centred(images: Array, mode: str) -> Array:
    return prepared(images, mode, tf=lambda x: x / 127.5)


@preprocess.misconception(
    "Pixels were divided as whole numbers: only a few grey levels are left.",
    look_at="which division you use in tf mode",
)
def whole_numbers(images: Array, mode: str) -> Array:
    return prepared(images, mode, tf=lambda x: x // 127.5 - 1)


@preprocess.misconception(
    "torch mode stays red, green, blue; yours was turned around.", look_at="which of the modes turns the channels"
)
def torch_bgr(images: Array, mode: str) -> Array:
    return prepared(images, mode, torch=lambda x: (x[..., ::-1] / 255 - MEAN) / SPREAD)


@preprocess.misconception(
    "These means belong to the scale 0…1; your pixels were still 0…255.", look_at="the range before the mean is taken"
)
def torch_0_255(images: Array, mode: str) -> Array:
    return prepared(images, mode, torch=lambda x: (x - MEAN) / SPREAD)


@preprocess.misconception(
    "torch mode has a second half: after the mean, the spread.", look_at="how large a typical number is in torch mode"
)
def no_spread(images: Array, mode: str) -> Array:
    return prepared(images, mode, torch=lambda x: x / 255 - MEAN)


# --- 07.2 ------------------------------------------------------------------------------------------------------------

resize_bilinear = Exercise(
    "07.2",
    "Make it larger",
    function="resize_bilinear",
    difficulty=3,
    minutes=15,
    look_at="one row of two pixels made four: where the four new centres lie between the two old ones",
)

Resize = tuple[Array, int, int]


@resize_bilinear.reference
def by_map_coordinates(images: Array, height: int, width: int) -> Array:
    from scipy.ndimage import map_coordinates

    rows = (np.arange(height) + 0.5) * images.shape[1] / height - 0.5
    columns = (np.arange(width) + 0.5) * images.shape[2] / width - 0.5
    grid = np.meshgrid(np.arange(len(images)), rows, columns, np.arange(images.shape[3]), indexing="ij")
    larger: Array = map_coordinates(images, grid, order=1, mode="nearest", output="float64")
    return larger


@resize_bilinear.probes
def larger_pictures(random: Random) -> Iterator[Resize]:
    """Twice, thrice, odd factors, one axis alone; never square to square of the same factor only."""
    sizes = [((3, 4), (6, 8)), ((2, 3), (6, 9)), ((3, 5), (7, 8)), ((4, 2), (4, 7)), ((5, 3), (9, 3)), ((1, 4), (3, 6))]
    for number, ((height, width), (taller, wider)) in enumerate(sizes * 2):
        yield random.uniform(0, 255, size=(1 + number % 3, height, width, 1 + number % 3)), taller, wider


@resize_bilinear.probes
def flat_pictures(random: Random) -> Iterator[Resize]:
    """Every pixel the same."""
    for height, width in ((6, 4), (5, 7), (9, 3), (8, 8)):
        yield np.full((2, 3, 2, 3), random.uniform(10, 255)), height, width


@resize_bilinear.probes
def as_large_as_before(random: Random) -> Iterator[Resize]:
    """The same height and width as before."""
    for height, width in ((3, 4), (5, 2), (1, 3), (6, 6)):
        yield random.uniform(0, 255, size=(2, height, width, 3)), height, width


@resize_bilinear.check("The result has the height and width that were asked for", points=1)
def has_the_size(answer: Array, expected: Array, images: Array, height: int, width: int) -> None:
    assert_shape(answer, expected)


@resize_bilinear.check("New pixels are blends of their neighbours, by the distance between centres", points=3)
def blends_by_distance(answer: Array, expected: Array, images: Array, height: int, width: int) -> None:
    assert_close(answer, expected, atol=1e-2)


@resize_bilinear.check("A picture of one colour keeps it, up to the rim", points=1, on=flat_pictures)
def flat_stays_flat(answer: Array, expected: Array, images: Array, height: int, width: int) -> None:
    assert_close(answer, expected, atol=1e-2)


@resize_bilinear.check("The same size gives the same picture", points=1, on=as_large_as_before)
def same_size_same_picture(answer: Array, expected: Array, images: Array, height: int, width: int) -> None:
    assert_close(answer, expected, atol=1e-2)


def blended(images: Array, height: int, width: int, at: Any, *, exchanged: bool = False) -> Array:
    """Bilinear, with other positions: ``at(old length, new length)`` gives the places to read at."""
    result = images
    for axis, size in ((1, height), (2, width)):
        old = result.shape[axis]
        place = np.clip(at(old, size), 0, old - 1)
        left = np.floor(place).astype(int)
        right = np.minimum(left + 1, old - 1)
        share = (place - left if not exchanged else 1 - (place - left)).reshape(-1, *[1] * (3 - axis))
        result = np.take(result, left, axis) * (1 - share) + np.take(result, right, axis) * share
    return result


def centres(old: int, new: int) -> Array:
    return (np.arange(new) + 0.5) * old / new - 0.5


@resize_bilinear.misconception(
    "You matched the corner pixels of both pictures; the centres of pixels should correspond.",
    look_at="how far the first new pixel lies from the rim, counted in old pixels",
)
def corners(images: Array, height: int, width: int) -> Array:
    return blended(images, height, width, lambda old, new: np.linspace(0, old - 1, new))


@resize_bilinear.misconception(
    "Everything is shifted by a fraction of a pixel: a pixel's centre lies half a pixel inside it.",
    look_at="where the very first output sits",
)
def no_half(images: Array, height: int, width: int) -> Array:
    return blended(images, height, width, lambda old, new: np.arange(new) * old / new)


@resize_bilinear.misconception(
    "The picture has blocks instead of ramps: each new pixel copies its nearest neighbour.",
    look_at="a new pixel that lies between two old ones",
)
def nearest(images: Array, height: int, width: int) -> Array:
    return blended(images, height, width, lambda old, new: np.floor((np.arange(new) + 0.5) * old / new))


@resize_bilinear.misconception(
    "Pixels were repeated a whole number of times and the rest cut off.",
    look_at="what happens to the right rim when 3 pixels become 7",
)
def repeat(images: Array, height: int, width: int) -> Array:
    return blended(images, height, width, lambda old, new: np.arange(new) // -(-new // old))


@resize_bilinear.misconception(
    "Height and width are exchanged in the result.", look_at="the axis that your first step makes larger"
)
def height_width(images: Array, height: int, width: int) -> Array:
    return blended(images, width, height, centres)


@resize_bilinear.misconception(
    "The nearer neighbour got the smaller weight.", look_at="the weights for a place that is almost on the left pixel"
)
def weights_exchanged(images: Array, height: int, width: int) -> Array:
    return blended(images, height, width, centres, exchanged=True)


@resize_bilinear.misconception(
    "The numbers were re-arranged into the new shape, not interpolated.", look_at="whether new pixels keep their place"
)
def reshaped(images: Array, height: int, width: int) -> Array:
    return np.resize(images, (len(images), height, width, images.shape[3]))


# --- 07.3 ------------------------------------------------------------------------------------------------------------

linear_probe = Exercise(
    "07.3",
    "A head in one formula",
    function="linear_probe",
    difficulty=3,
    minutes=15,
    look_at="the objective on one feature and three samples, worked out on paper",
)

Fit = tuple[Array, Array, float]


@linear_probe.reference
def ridge(features: Array, targets: Array, penalty: float) -> list[Array]:
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=penalty, solver="svd").fit(features, targets)
    return [model.coef_.T, model.intercept_]


@linear_probe.probes
def features_and_targets(random: Random) -> Iterator[Fit]:
    """More samples than features, fewer, as many of everything; features lie around 2, targets around 1."""
    shapes = [(12, 4, 3), (5, 9, 2), (3, 3, 3), (40, 6, 2), (20, 2, 4), (8, 5, 2), (30, 12, 3)]
    for number, (samples, inputs, outputs) in enumerate(shapes * 3):
        features, targets = random.normal(2, 1, (samples, inputs)), random.normal(1, 1, (samples, outputs))
        yield features, targets, (0.3, 2.5, 7.0, 0.5)[number % 4]


@linear_probe.check("w leads from features (down) to classes (across), and b has one number a class", points=1)
def has_the_shapes(answer: list[Array], expected: list[Array], features: Array, targets: Array, penalty: float) -> None:
    for name, one, other in zip("wb", answer, expected, strict=True):
        assert one.shape == other.shape, f"your {name} has shape {one.shape}; it should have {other.shape}"


@linear_probe.check("w minimises squared errors plus the penalty on w", points=2)
def w_is_right(answer: list[Array], expected: list[Array], features: Array, targets: Array, penalty: float) -> None:
    assert_close(answer[0], expected[0], rtol=1e-3, atol=1e-3)


@linear_probe.check("b makes up for the means of features and targets, and is free of the penalty", points=2)
def b_is_right(answer: list[Array], expected: list[Array], features: Array, targets: Array, penalty: float) -> None:
    assert_close(answer[1], expected[1], rtol=1e-3, atol=1e-3)


@linear_probe.property("Nothing is left to gain: the objective's slope is 0 at w and b", points=1)
def slope_is_zero(call: Any, features: Array, targets: Array, penalty: float) -> None:
    w, b = call(features, targets, penalty)
    fits = w.shape == (features.shape[1], targets.shape[1]) and b.shape == (targets.shape[1],)
    assert fits, f"w {w.shape} and b {b.shape} cannot be used on features {features.shape}"
    error = features @ w + b - targets
    slopes = features.T @ error + penalty * w, error.sum(axis=0)
    for name, slope in zip("wb", slopes, strict=True):
        steepest = np.abs(slope).max() / np.abs(features.T @ targets).max()
        assert steepest < 1e-3, f"the slope for {name} is still {np.abs(slope).max():.3g}"


def solved(features: Array, targets: Array, penalty: float) -> Array:
    w: Array = np.linalg.pinv(features.T @ features + penalty * np.eye(features.shape[1])) @ features.T @ targets
    return w


def with_bias(features: Array, targets: Array, w: Array) -> list[Array]:
    return [w, targets.mean(0) - features.mean(0) @ w]


def centred(values: Array) -> Array:
    return values - values.mean(0)


@linear_probe.misconception(
    "b is 0, although neither features nor targets lie around 0.", look_at="what your model says for average features"
)
def no_intercept(features: Array, targets: Array, penalty: float) -> list[Array]:
    return [solved(features, targets, penalty), np.zeros(targets.shape[1])]


@linear_probe.misconception(
    "b was pulled towards 0 as well; the penalty is for w alone.", look_at="which entries the penalty is added for"
)
def intercept_penalised(features: Array, targets: Array, penalty: float) -> list[Array]:
    both = solved(np.hstack([features, np.ones((len(features), 1))]), targets, penalty)
    return [both[:-1], both[-1]]


@linear_probe.misconception(
    "The penalty grew with the number of samples; the objective is a sum, not a mean.",
    look_at="what the penalty is multiplied by",
)
def penalty_times_n(features: Array, targets: Array, penalty: float) -> list[Array]:
    return with_bias(features, targets, solved(centred(features), centred(targets), penalty * len(features)))


@linear_probe.misconception(
    "The penalty enters as its square.", look_at="the power of the penalty in the objective on the card"
)
def penalty_squared(features: Array, targets: Array, penalty: float) -> list[Array]:
    return with_bias(features, targets, solved(centred(features), centred(targets), penalty**2))


@linear_probe.misconception(
    "The penalty has no effect on your w.", look_at="what becomes of w when the penalty is very large"
)
def no_penalty(features: Array, targets: Array, penalty: float) -> list[Array]:
    return with_bias(features, targets, np.linalg.pinv(centred(features)) @ centred(targets))


@linear_probe.misconception(
    "The targets lost their mean, but the features kept theirs.", look_at="which of the two you centred"
)
def features_not_centred(features: Array, targets: Array, penalty: float) -> list[Array]:
    return with_bias(features, targets, solved(features, centred(targets), penalty))


@linear_probe.misconception(
    "b is the targets' mean alone; it must also undo what w makes of the features' mean.",
    look_at="what your model says for average features",
)
def b_is_mean(features: Array, targets: Array, penalty: float) -> list[Array]:
    return [solved(centred(features), centred(targets), penalty), targets.mean(0)]


@linear_probe.misconception(
    "b undoes the features' mean but forgets the targets' own.", look_at="what your model says for average features"
)
def b_forgets_targets(features: Array, targets: Array, penalty: float) -> list[Array]:
    w = solved(centred(features), centred(targets), penalty)
    return [w, -features.mean(0) @ w]


@linear_probe.misconception(
    "Your w is on its side: features run down, classes across.", look_at="the shape of w when there are 4 features"
)
def transposed(features: Array, targets: Array, penalty: float) -> list[Array]:
    w = solved(centred(features), centred(targets), penalty)
    return [w.T, targets.mean(0) - features.mean(0) @ w]


# --- 07.5 ------------------------------------------------------------------------------------------------------------

layerwise_rates = Exercise(
    "07.5",
    "Small steps for old layers",
    function="layerwise_rates",
    difficulty=1,
    minutes=8,
    look_at="the rates of three blocks with decay 0.5, written down from the head backwards",
)

Rates = dict[str, float]
BLOCKS = ["stem", "block1", "block2", "block3", "block4", "head"]


@layerwise_rates.reference
def by_powers(blocks: list[str], head_rate: float, decay: float) -> Rates:
    return {block: head_rate * decay ** (len(blocks) - 1 - number) for number, block in enumerate(blocks)}


@layerwise_rates.probes
def blocks_and_rates(random: Random) -> Iterator[tuple[list[str], float, float]]:
    """One to six blocks, the last of them the head."""
    for decay in (0.3, 0.5, 0.8, 1.0):
        for number in range(1, 7):
            yield BLOCKS[-number:], float(10 ** random.uniform(-4, -1)), decay


@layerwise_rates.fingerprint
def beside_the_head_rate(rates: Rates, blocks: list[str], head_rate: float, decay: float) -> Rates:
    """Rates are small numbers: compared as they are, all would look alike."""
    return {block: rate / head_rate for block, rate in rates.items()}


@layerwise_rates.check("The head keeps its full rate", points=1)
def head_keeps_its_rate(answer: Rates, expected: Rates, blocks: list[str], head_rate: float, decay: float) -> None:
    seen = answer[blocks[-1]]
    assert np.isclose(seen, head_rate, rtol=1e-5, atol=0), f"the head got {seen / head_rate:.3g} times its rate"


@layerwise_rates.check("Each block's rate is decay times that of the next block", points=1)
def falls_by_the_factor(answer: Rates, expected: Rates, blocks: list[str], head_rate: float, decay: float) -> None:
    for nearer, farther in pairwise(blocks):
        ratio = answer[nearer] / answer[farther] if answer[farther] else np.inf
        assert np.isclose(ratio, decay, rtol=1e-5, atol=0), (
            f"the rate of {nearer} is {ratio:.3g} times that of {farther}"
        )


@layerwise_rates.misconception(
    "The first layers, which hold the most general features, got the largest rate.", look_at="which end the head is at"
)
def reversed_order(blocks: list[str], head_rate: float, decay: float) -> Rates:
    return {block: head_rate * decay**number for number, block in enumerate(blocks)}


@layerwise_rates.misconception(
    "The head was slowed down as well; it should keep the full rate.", look_at="how often the last entry is decayed"
)
def head_decayed(blocks: list[str], head_rate: float, decay: float) -> Rates:
    return by_powers(blocks, head_rate * decay, decay)


@layerwise_rates.misconception(
    "Rates fall by the same difference; they should fall by the same factor.",
    look_at="the third rate from the head, beside the second",
)
def linear(blocks: list[str], head_rate: float, decay: float) -> Rates:
    last = len(blocks) - 1
    return {block: head_rate * (1 - (1 - decay) * (last - number)) for number, block in enumerate(blocks)}


@layerwise_rates.misconception(
    "Every block has the same rate: decay never enters.", look_at="what decay = 0.5 changes in your rates"
)
def same(blocks: list[str], head_rate: float, decay: float) -> Rates:
    return dict.fromkeys(blocks, head_rate)


@layerwise_rates.misconception(
    "Every block below the head has the same rate; decay works anew at each block.",
    look_at="the third rate from the head, beside the second",
)
def decayed_once(blocks: list[str], head_rate: float, decay: float) -> Rates:
    return {block: head_rate * (1.0 if block == blocks[-1] else decay) for block in blocks}


@layerwise_rates.misconception(
    "Rates grow towards the input; they should shrink.", look_at="whether you multiply or divide by decay"
)
def grows(blocks: list[str], head_rate: float, decay: float) -> Rates:
    return by_powers(blocks, head_rate, 1 / decay)
