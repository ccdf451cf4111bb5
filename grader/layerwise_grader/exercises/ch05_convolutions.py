"""Chapter 05, Convolutions: sizes, one kernel, same padding, a whole layer, pooling, receptive fields, a forward pass.

Each exercise reads from top to bottom: the right answer, what it is tried on, what must hold, and the wrong answers
that people give. The references are NumPy, since SciPy's signal package and Keras take longer to load than a check may
last; ``tests/answers`` holds them against SciPy and Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from layerwise_grader.exercise import Exercise, assert_close, assert_shape

Array = np.ndarray
Call = Callable[..., Array]
Random = np.random.Generator


# --- 05.1 ------------------------------------------------------------------------------------------------------------

output_size = Exercise(
    "05.1",
    "How large is the map",
    function="output_size",
    difficulty=1,
    minutes=8,
    look_at="the places where a window of your kernel may start, on a strip of paper with seven squares",
)


@output_size.reference
def whole_windows(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    reach = dilation * (kernel - 1) + 1
    return (n + 2 * padding - reach) // stride + 1


@output_size.probes
def settings(random: Random) -> Iterator[tuple[int, ...]]:
    """Without gaps: 1×1, even kernels, a kernel as large as the input, strides that leave a rest."""
    yield from [
        (7, 3, 1, 0, 1),
        (5, 5, 1, 0, 1),
        (9, 1, 3, 0, 1),
        (10, 3, 2, 0, 1),
        (11, 4, 3, 1, 1),
        (224, 7, 2, 3, 1),
    ]
    for _ in range(8):
        yield int(random.integers(8, 60)), int(random.integers(1, 8)), *map(int, random.integers(1, 4, 2)), 1


@output_size.probes
def dilated(random: Random) -> Iterator[tuple[int, ...]]:
    """With gaps between the taps."""
    yield from [(7, 3, 1, 0, 2), (32, 3, 1, 2, 2), (30, 3, 2, 0, 4), (17, 1, 2, 0, 4), (9, 5, 1, 0, 2)]
    for _ in range(6):
        yield int(random.integers(30, 60)), int(random.integers(2, 6)), *map(int, random.integers(1, 4, 2)), 3


@output_size.check("Counts the whole windows for any kernel, stride and padding", points=1)
def counts_whole_windows(answer: float, expected: int, *setting: int) -> None:
    assert answer == expected, f"you count {answer:g}"


@output_size.check("Dilation spreads the taps of a kernel apart", points=1, on=dilated)
def counts_dilated_windows(answer: float, expected: int, *setting: int) -> None:
    assert answer == expected, f"you count {answer:g}"


@output_size.misconception(
    "One too small: the first position takes no step.",
    look_at="how many places a kernel as large as the input has",
)
def no_first(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return whole_windows(n, kernel, stride, padding, dilation) - 1


@output_size.misconception(
    "One too many: the first position was counted twice.", look_at="how many places a kernel as large as the input has"
)
def one_too_many(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return whole_windows(n, kernel, stride, padding, dilation) + 1


@output_size.misconception("Padding is on both sides.", look_at="how many zeros stand in a row of padded pixels")
def pad_once(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return whole_windows(n + padding, kernel, stride, 0, dilation)


@output_size.misconception(
    "The last, incomplete window was counted.", look_at="what happens to pixels that the last step does not reach"
)
def rounds_up(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return -((dilation * (kernel - 1) + 1 - n - 2 * padding) // stride) + 1


@output_size.misconception(
    "A dilated kernel of three taps has two gaps, not three.", look_at="the distance from the first tap to the last"
)
def dilation_times_kernel(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return whole_windows(n, dilation * kernel, stride, padding, 1)


@output_size.misconception("Dilation has no effect.", look_at="how far a kernel with gaps reaches")
def no_dilation(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return whole_windows(n, kernel, stride, padding, 1)


@output_size.misconception("Stride has no effect.", look_at="how far the kernel moves from one place to the next")
def no_stride(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return whole_windows(n, kernel, 1, padding, dilation)


@output_size.misconception("A size is a whole number.", look_at="what becomes of a step that does not fit any more")
def fraction(n: int, kernel: int, stride: int, padding: int, dilation: int) -> float:
    return (n + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1


@output_size.misconception(
    "Only the steps are divided by the stride; you divided the first position with them.",
    look_at="which of the places are reached by a step",
)
def all_divided(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return whole_windows(n, kernel, 1, padding, dilation) // stride


# --- 05.2 ------------------------------------------------------------------------------------------------------------

conv2d = Exercise(
    "05.2",
    "Slide one kernel over one image",
    function="conv2d",
    difficulty=2,
    minutes=12,
    look_at="the patch that belongs to the first entry of the map, and the one that belongs to the last",
)


@conv2d.reference
def cross_correlation(image: Array, kernel: Array) -> Array:
    return np.tensordot(sliding_window_view(image, kernel.shape), kernel, axes=2)


@conv2d.probes
def images_and_kernels(random: Random) -> Iterator[tuple[Array, Array]]:
    """Oblong and square, 1×1, even, as large as the image; no kernel is symmetric."""
    oblong = [((5, 7), (3, 2)), ((4, 6), (2, 3)), ((6, 4), (1, 3)), ((5, 8), (4, 1))]
    square = [((7, 5), (3, 3)), ((6, 6), (2, 2)), ((4, 5), (1, 1)), ((5, 5), (5, 5))]
    for image, kernel in [*oblong, *square] * 2:
        yield random.normal(size=image), random.normal(size=kernel)


@conv2d.probes
def whole_numbers(random: Random) -> Iterator[tuple[Array, Array]]:
    """Grey values 0 to 255, as a camera stores them, under a kernel of fractions."""
    for image, kernel in [((5, 7), (3, 3)), ((6, 4), (2, 2)), ((4, 4), (2, 3)), ((5, 6), (3, 1))]:
        yield random.integers(0, 256, image), random.normal(size=kernel)


@conv2d.check("The map has an entry for each place where the whole kernel fits", points=1)
def keeps_whole_windows(answer: Array, expected: Array, image: Array, kernel: Array) -> None:
    assert_shape(answer, expected)


@conv2d.check("Each entry is the sum of one patch times the kernel, entry by entry", points=2)
def sums_the_patch(answer: Array, expected: Array, image: Array, kernel: Array) -> None:
    assert_close(answer, expected)


@conv2d.property("An image of whole numbers keeps the kernel's fractions", points=1, on=whole_numbers)
def keeps_fractions(call: Call, image: Array, kernel: Array) -> None:
    answer, as_floats = call(image, kernel), call(image.astype(float), kernel)
    assert np.any(answer != np.round(answer)), "every number of your map is whole"
    assert np.allclose(answer, as_floats, rtol=1e-4), "the same grey values give another map when they are floats"


@conv2d.misconception(
    "This is what a flipped kernel gives: mathematics calls that convolution; networks do not flip.",
    look_at="which corner of the kernel meets which corner of the patch",
)
def flipped(image: Array, kernel: Array) -> Array:
    return cross_correlation(image, kernel[::-1, ::-1])


@conv2d.misconception(
    "Rows and columns of the kernel are exchanged.", look_at="which way along the image the kernel's first row lies"
)
def kernel_transposed(image: Array, kernel: Array) -> Array:
    return cross_correlation(image, kernel.T)


@conv2d.misconception(
    "Last row and column are missing: count the places again.", look_at="where the last window of a row starts"
)
def one_short(image: Array, kernel: Array) -> Array:
    return cross_correlation(image, kernel)[:-1, :-1]


@conv2d.misconception("You averaged the products.", look_at="what the card asks you to do with the products of a patch")
def mean_of_products(image: Array, kernel: Array) -> Array:
    return cross_correlation(image, kernel) / kernel.size


@conv2d.misconception(
    "You padded; only whole windows are asked.", look_at="whether a window of yours reaches past the image"
)
def same_size(image: Array, kernel: Array) -> Array:
    return cross_correlation(np.pad(image, [((k - 1) // 2, k // 2) for k in kernel.shape]), kernel)


@conv2d.misconception(
    "Your map is larger than the image: windows hang over the edge.", look_at="where the first window of a row starts"
)
def full_size(image: Array, kernel: Array) -> Array:
    return cross_correlation(np.pad(image, [(k - 1, k - 1) for k in kernel.shape]), kernel)


@conv2d.misconception(
    "Height and width of the map are exchanged.", look_at="which of your two indices runs down the image"
)
def result_transposed(image: Array, kernel: Array) -> Array:
    return cross_correlation(image, kernel).T


@conv2d.misconception(
    "The kernel was taken as square.", look_at="how wide the patch under a kernel of three rows and two columns is"
)
def square_only(image: Array, kernel: Array) -> Array:
    side = len(kernel)
    return np.sum(sliding_window_view(image, (side, side)) * kernel, axis=(2, 3))


@conv2d.misconception(
    "You multiplied patch and kernel as matrices; entry by entry is meant.",
    look_at="how many products a 3×3 kernel makes with its patch",
)
def matrix_product(image: Array, kernel: Array) -> Array:
    return np.sum(sliding_window_view(image, kernel.shape) @ kernel, axis=(2, 3))


@conv2d.misconception(
    "The kernel's numbers play no part: you summed the patch.", look_at="where the kernel's values enter your sum"
)
def box(image: Array, kernel: Array) -> Array:
    return np.sum(sliding_window_view(image, kernel.shape), axis=(2, 3))


@conv2d.misconception(
    "Your map was cut to whole numbers, because the image holds whole numbers.",
    look_at="the type of the array that you fill",
)
def truncated(image: Array, kernel: Array) -> Array:
    return cross_correlation(image, kernel).astype(image.dtype)


# --- 05.3 ------------------------------------------------------------------------------------------------------------

same_padding = Exercise(
    "05.3",
    "Same padding",
    function="same_padding",
    difficulty=2,
    minutes=10,
    look_at="the last window: where it starts, and how far it reaches past the input",
)


def halves(total: int) -> tuple[int, int]:
    """The total in two halves, the odd one after."""
    return total // 2, total - total // 2


@same_padding.reference
def fewest_zeros(n: int, kernel: int, stride: int) -> tuple[int, int]:
    wanted = -(-n // stride)
    total = max((wanted - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2


@same_padding.probes
def lacking(random: Random) -> Iterator[tuple[int, int, int]]:
    """Odd and even kernels, strides with and without a rest, kernels larger than the input."""
    yield from [(7, 3, 1), (8, 2, 1), (8, 3, 2), (7, 3, 2), (10, 5, 3), (9, 4, 3), (3, 6, 1), (2, 7, 2), (5, 8, 3)]
    yield from [(9, 4, 1), (12, 8, 1)]  # 3 and 7 zeros, whose halves Python rounds up
    for _ in range(10):
        stride = int(random.integers(1, 4))
        yield int(random.integers(5, 40)), int(random.integers(stride, 8)), stride


@same_padding.probes
def skipping(random: Random) -> Iterator[tuple[int, int, int]]:
    """Strides larger than the kernel, where nothing lacks."""
    yield from [(7, 1, 1), (9, 1, 3), (12, 1, 3), (8, 2, 4), (12, 2, 5), (6, 1, 2)]


@same_padding.check("With your zeros the map has ⌈n / stride⌉ entries", points=1)
def reaches_the_size(answer: list[float], expected: list[int], n: int, kernel: int, stride: int) -> None:
    places = whole_windows(n + int(sum(answer)), kernel, stride, 0, 1)
    assert places == -(-n // stride), f"with {answer[0]:g} before and {answer[1]:g} after it has {places}"


@same_padding.check("There are no more zeros than that needs", points=1)
def spares_zeros(answer: list[float], expected: list[int], n: int, kernel: int, stride: int) -> None:
    assert sum(answer) <= sum(expected), f"you add {sum(answer):g} zeros; fewer would do"


@same_padding.check("Both sides get half of them, and an odd one goes after", points=1)
def splits_evenly(answer: list[float], expected: list[int], n: int, kernel: int, stride: int) -> None:
    before, after = answer
    assert 0 <= after - before <= 1, f"you add {before:g} before and {after:g} after"
    assert before == int(before), f"you add {before:g} before and {after:g} after; a zero can't be cut in two"


@same_padding.check("Where the last window lacks nothing, nothing is added or cut off", points=1, on=skipping)
def leaves_the_rest(answer: list[float], expected: list[int], n: int, kernel: int, stride: int) -> None:
    before, after = answer
    assert before == after == 0, f"you add {before:g} before and {after:g} after"


@same_padding.misconception(
    "Half the kernel on both sides is right only for odd kernels and stride 1.",
    look_at="how many pixels the last window of a kernel of two lacks",
)
def half_kernel(n: int, kernel: int, stride: int) -> tuple[int, int]:
    return kernel // 2, kernel // 2


@same_padding.misconception("The odd zero stands on the wrong side.", look_at="the order of the two numbers")
def extra_before(n: int, kernel: int, stride: int) -> tuple[int, ...]:
    return fewest_zeros(n, kernel, stride)[::-1]


@same_padding.misconception("With a stride fewer zeros are needed.", look_at="where the last window starts")
def stride_ignored(n: int, kernel: int, stride: int) -> tuple[int, int]:
    return halves(kernel - 1)


@same_padding.misconception(
    "You would cut pixels off: padding can't be below 0.",
    look_at="what the last window lacks when the stride is larger than the kernel",
)
def negative(n: int, kernel: int, stride: int) -> tuple[int, int]:
    return halves((-(-n // stride) - 1) * stride + kernel - n)


@same_padding.misconception(
    "Both sides got the larger half: one zero too many.", look_at="how you share an odd number of zeros"
)
def symmetric(n: int, kernel: int, stride: int) -> tuple[int, int]:
    _, larger = fewest_zeros(n, kernel, stride)
    return larger, larger


@same_padding.misconception(
    "A zero can't be cut in two: an odd one goes after as a whole.", look_at="what half of three zeros is"
)
def cut_in_two(n: int, kernel: int, stride: int) -> tuple[float, float]:
    total = sum(fewest_zeros(n, kernel, stride))
    return total / 2, total / 2


@same_padding.misconception(
    "All zeros stand after the input; half of them belong before it.", look_at="the side where the image begins"
)
def all_after(n: int, kernel: int, stride: int) -> tuple[int, int]:
    return 0, sum(fewest_zeros(n, kernel, stride))


@same_padding.misconception(
    "The wanted size rounds up: the last, incomplete step counts here.",
    look_at="how many steps of two begin in seven pixels",
)
def rounds_down(n: int, kernel: int, stride: int) -> tuple[int, int]:
    return halves(max((n // stride - 1) * stride + kernel - n, 0))


@same_padding.misconception(
    "You padded as if the output had n entries in spite of the stride.", look_at="how many entries the card asks for"
)
def keeps_n(n: int, kernel: int, stride: int) -> tuple[int, int]:
    return halves((n - 1) * stride + kernel - n)


# --- 05.4 ------------------------------------------------------------------------------------------------------------

conv2d_layer = Exercise(
    "05.4",
    "A convolutional layer",
    function="conv2d_layer",
    difficulty=4,
    minutes=20,
    look_at="one entry of the map: which rows, columns and channels of x it sums",
    builds_on=("05.2", "05.3"),
)


@conv2d_layer.reference
def sum_over_windows(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    if padding == "same":
        x = framed(x, lacking_zeros(x, kernel, stride))
    windows = sliding_window_view(x, kernel.shape[:2], axis=(1, 2))  # (N, H', W', C, kh, kw)
    return np.tensordot(windows[:, ::stride, ::stride], kernel, axes=((4, 5, 3), (0, 1, 2))) + bias


def lacking_zeros(x: Array, kernel: Array, stride: int) -> list[tuple[int, int]]:
    """(before, after) for rows and for columns."""
    return [fewest_zeros(n, k, stride) for n, k in zip(x.shape[1:3], kernel.shape[:2], strict=True)]


def framed(x: Array, sides: Sequence[tuple[int, int]], mode: str = "constant") -> Array:
    """The images with a frame of zeros, or of repeated borders."""
    return np.pad(x, ((0, 0), *sides, (0, 0)), mode=mode)  # type: ignore[call-overload]


Layer = tuple[Array, Array, Array, int, str]
Shapes = tuple[tuple[int, ...], tuple[int, ...], int]


def drawn(random: Random, padding: str, *settings: Shapes) -> Iterator[Layer]:
    """A layer without bias for each (shape of x, shape of kernel, stride), so that a slip in the bias costs once."""
    for images, kernel, stride in settings:
        yield random.normal(size=images), random.normal(size=kernel), np.zeros(kernel[3]), stride, padding


@conv2d_layer.probes
def plain(random: Random) -> Iterator[Layer]:
    """Stride 1, no padding; one image, one channel, kernels of 1×1, as many filters as channels."""
    yield from drawn(random, "valid", ((2, 5, 6, 3), (3, 2, 3, 4), 1), ((1, 6, 4, 2), (2, 3, 2, 2), 1))
    yield from drawn(random, "valid", ((3, 4, 5, 4), (1, 1, 4, 2), 1), ((2, 4, 7, 3), (3, 3, 3, 3), 1))
    yield from drawn(random, "valid", ((2, 5, 5, 1), (3, 3, 1, 3), 1))


@conv2d_layer.probes
def by_default(random: Random) -> Iterator[tuple[object, ...]]:
    """Called without a padding, and without a stride."""
    (strided, valid) = drawn(random, "valid", ((2, 7, 6, 3), (3, 2, 3, 4), 2), ((1, 5, 6, 2), (2, 3, 2, 3), 1))
    yield strided[:4]
    yield valid[:3]


@conv2d_layer.probes
def biased(random: Random) -> Iterator[Layer]:
    """Another bias for each filter."""
    for x, kernel, bias, stride, padding in plain.draw(random):
        yield x, kernel, bias + random.normal(size=bias.shape), stride, padding


@conv2d_layer.probes
def strided(random: Random) -> Iterator[Layer]:
    """Strides 2 and 3 that do and do not leave a rest."""
    yield from drawn(random, "valid", ((2, 7, 6, 3), (3, 2, 3, 4), 2), ((1, 6, 8, 2), (2, 2, 2, 2), 2))
    yield from drawn(random, "valid", ((2, 9, 7, 2), (3, 3, 2, 3), 3), ((2, 5, 6, 3), (1, 1, 3, 2), 2))


@conv2d_layer.probes
def same(random: Random) -> Iterator[Layer]:
    """Same padding at stride 1, for odd and even kernels."""
    yield from drawn(random, "same", ((2, 5, 6, 3), (3, 3, 3, 4), 1), ((1, 6, 4, 2), (2, 2, 2, 2), 1))
    yield from drawn(random, "same", ((2, 4, 5, 3), (3, 5, 3, 2), 1), ((2, 4, 6, 2), (1, 4, 2, 3), 1))


@conv2d_layer.probes
def same_strided(random: Random) -> Iterator[Layer]:
    """Same padding at strides 2 and 3, on even and odd sizes."""
    yield from drawn(random, "same", ((2, 6, 8, 3), (3, 3, 3, 4), 2), ((1, 7, 5, 2), (3, 3, 2, 2), 2))
    yield from drawn(random, "same", ((2, 7, 6, 2), (2, 2, 2, 3), 2), ((2, 9, 10, 2), (5, 4, 2, 3), 3))
    yield from drawn(random, "same", ((2, 8, 7, 3), (3, 5, 3, 2), 3), ((1, 7, 7, 2), (1, 1, 2, 3), 3))


@conv2d_layer.check(
    "The map has the rows, columns and filters that are asked", points=1, on=(plain, strided, same, by_default)
)
def has_the_shape(answer: Array, expected: Array, *setting: object) -> None:
    assert_shape(answer, expected)


@conv2d_layer.check("Each entry sums one window over rows, columns and all channels", points=2)
def sums_the_window(answer: Array, expected: Array, *setting: object) -> None:
    assert_close(answer, expected)


@conv2d_layer.property("Each filter's bias is added once to every entry of its map", points=1, on=biased)
def adds_bias_once(call: Call, x: Array, kernel: Array, bias: Array, stride: int, padding: str) -> None:
    added = call(x, kernel, bias, stride, padding) - call(x, kernel, 0 * bias, stride, padding)
    wrong = np.abs(added - bias) > 1e-4
    assert not wrong.any(), f"the bias changes {int(wrong.sum())} of {wrong.size} numbers by something else than itself"


@conv2d_layer.check("The stride acts on rows and on columns, from the first place on", points=1, on=strided)
def steps_both_ways(answer: Array, expected: Array, *setting: object) -> None:
    assert_close(answer, expected)


@conv2d_layer.check("Same padding keeps height and width, with zeros outside", points=1, on=same)
def pads_with_zeros(answer: Array, expected: Array, *setting: object) -> None:
    assert_close(answer, expected)


@conv2d_layer.check("Same padding with a stride adds what the last window lacks", points=2, on=same_strided)
def pads_for_the_stride(answer: Array, expected: Array, *setting: object) -> None:
    assert_close(answer, expected)


@conv2d_layer.misconception(
    "This is what flipped kernels give: mathematics calls that convolution; networks do not flip.",
    look_at="which corner of the kernel meets which corner of the window",
)
def flipped_kernels(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    return sum_over_windows(x, kernel[::-1, ::-1], bias, stride, padding)


@conv2d_layer.misconception(
    "Same padding with a stride, or with an even kernel, is lopsided; see 05.3.",
    look_at="how many zeros each of the two sides gets",
)
def symmetric_pad(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    if padding == "same":
        x = framed(x, [(k // 2, k // 2) for k in kernel.shape[:2]])
    return sum_over_windows(x, kernel, bias, stride)


@conv2d_layer.misconception(
    "You padded as if the stride were 1.", look_at="how many zeros are lacking when the last window starts earlier"
)
def pad_for_stride_1(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    if padding == "same":
        x = framed(x, lacking_zeros(x, kernel, 1))
    return sum_over_windows(x, kernel, bias, stride)


@conv2d_layer.misconception("The padding argument has no effect.", look_at="what happens first when padding is same")
def no_pad(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    return sum_over_windows(x, kernel, bias, stride)


@conv2d_layer.misconception("You repeated the border; zeros are meant.", look_at="the values outside the image")
def edge_values(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    if padding == "same":
        x = framed(x, lacking_zeros(x, kernel, stride), mode="edge")
    return sum_over_windows(x, kernel, bias, stride)


@conv2d_layer.misconception("The stride argument has no effect.", look_at="how many windows are left out")
def stride_unused(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    return sum_over_windows(x, kernel, bias, 1, padding)


@conv2d_layer.misconception("The stride must act on both axes.", look_at="the columns of your map")
def stride_rows_only(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    if padding == "same":
        x = framed(x, lacking_zeros(x, kernel, stride))
    return sum_over_windows(x, kernel, bias)[:, ::stride]


@conv2d_layer.misconception("The first window must start at the first position.", look_at="where your steps begin")
def late_start(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    if padding == "same":
        x = framed(x, lacking_zeros(x, kernel, stride))
    return sum_over_windows(x, kernel, bias)[:, stride - 1 :: stride, stride - 1 :: stride]


@conv2d_layer.misconception("Only one channel was used.", look_at="how many numbers of x one entry of the map sums")
def first_channel(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    return sum_over_windows(x[..., :1], kernel[:, :, :1], bias, stride, padding)


@conv2d_layer.misconception("Channels are summed, not averaged.", look_at="what you do with the channels of a window")
def channel_mean(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    return sum_over_windows(x / x.shape[-1], kernel, bias, stride, padding)


@conv2d_layer.misconception("All maps are equal: each filter has its own kernel.", look_at="the kernel's last axis")
def one_filter(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    return sum_over_windows(x, kernel[..., :1], bias, stride, padding)


@conv2d_layer.misconception(
    "The kernel's third axis is the channels coming in.", look_at="which axis of the kernel meets the channels of x"
)
def in_out_swapped(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    return sum_over_windows(x, kernel.swapaxes(2, 3), bias, stride, padding)


@conv2d_layer.misconception("The bias never enters.", look_at="the last step of the card")
def no_bias(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    return sum_over_windows(x, kernel, 0 * bias, stride, padding)


@conv2d_layer.misconception(
    "Add the bias once for each output, after the sum.", look_at="whether the bias is inside the sum over channels"
)
def bias_per_channel(x: Array, kernel: Array, bias: Array, stride: int = 1, padding: str = "valid") -> Array:
    return sum_over_windows(x, kernel, x.shape[-1] * bias, stride, padding)


# --- 05.5 ------------------------------------------------------------------------------------------------------------

pool = Exercise(
    "05.5",
    "Pool",
    function="pool",
    difficulty=2,
    minutes=10,
    look_at="one window of one channel: which numbers it holds, and what becomes of them",
)


@pool.reference
def over_windows(x: Array, size: int, stride: int, kind: str) -> Array:
    windows = sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]  # (N, H', W', C, size, size)
    return windows.max(axis=(4, 5)) if kind == "max" else windows.mean(axis=(4, 5))


POOLED = [((2, 6, 8, 3), 2, 2), ((1, 7, 5, 2), 2, 2), ((2, 8, 7, 1), 3, 2), ((2, 9, 6, 3), 2, 3), ((2, 5, 6, 2), 3, 1)]


@pool.probes
def largest(random: Random) -> Iterator[tuple[Array, int, int, str]]:
    """Maximum; sizes that leave a rest, windows that overlap and windows with gaps between them."""
    for shape, size, stride in POOLED * 2:
        yield random.normal(size=shape), size, stride, "max"


@pool.probes
def averages(random: Random) -> Iterator[tuple[Array, int, int, str]]:
    """The same for the average."""
    for shape, size, stride in POOLED * 2:
        yield random.normal(size=shape), size, stride, "avg"


@pool.probes
def below_zero(random: Random) -> Iterator[tuple[Array, int, int, str]]:
    """Every value is negative."""
    for shape, size, stride in POOLED[:3]:
        yield -1 - random.random(shape), size, stride, "max"


@pool.check("Only whole windows count; a rest at the edge is left out", points=1, on=(largest, averages))
def leaves_a_rest_out(answer: Array, expected: Array, *setting: object) -> None:
    assert_shape(answer, expected)


@pool.check('"max" keeps the largest value of each window, channel by channel', points=1)
def keeps_the_largest(answer: Array, expected: Array, *setting: object) -> None:
    assert_close(answer, expected)


@pool.check('"avg" gives the average of each window, channel by channel', points=1, on=averages)
def averages_the_window(answer: Array, expected: Array, *setting: object) -> None:
    assert_close(answer, expected)


@pool.check("The maximum of negative values is negative", points=1, on=below_zero)
def stays_below_zero(answer: Array, expected: Array, *setting: object) -> None:
    assert np.all(answer < 0), f"every value of x is below 0, yet {int(np.sum(answer >= 0))} of yours are not"


@pool.misconception("A window hung over the edge and met zeros.", look_at="how far the last window of a row reaches")
def zero_padded(x: Array, size: int, stride: int, kind: str) -> Array:
    return over_windows(framed(x, [(0, (size - n) % stride) for n in x.shape[1:3]]), size, stride, kind)


@pool.misconception(
    "The rest at the edge became a smaller window of its own; only whole windows count.",
    look_at="how many pixels the last window of a row holds",
)
def incomplete(x: Array, size: int, stride: int, kind: str) -> Array:
    largest_or_mean = np.max if kind == "max" else np.mean
    rows, columns = (range(0, n, stride) for n in x.shape[1:3])
    pooled = [[largest_or_mean(x[:, i : i + size, j : j + size], axis=(1, 2)) for j in columns] for i in rows]
    return np.moveaxis(np.array(pooled), 2, 0)


@pool.misconception(
    "All values were negative, yet you return 0: start the maximum from the values.",
    look_at="what your maximum is before it has seen a value",
)
def zero_floor(x: Array, size: int, stride: int, kind: str) -> Array:
    pooled = over_windows(x, size, stride, kind)
    return np.maximum(pooled, 0) if kind == "max" else pooled


@pool.misconception("The largest value is meant, not the largest size.", look_at="a window with −3 and 2")
def absolute(x: Array, size: int, stride: int, kind: str) -> Array:
    return over_windows(np.abs(x) if kind == "max" else x, size, stride, kind)


@pool.misconception("Channels were mixed; each is pooled by itself.", look_at="how many axes of x you reduce")
def over_channels(x: Array, size: int, stride: int, kind: str) -> Array:
    pooled = over_windows(x, size, stride, kind)
    mixed = pooled.max(axis=3, keepdims=True) if kind == "max" else pooled.mean(axis=3, keepdims=True)
    return np.broadcast_to(mixed, pooled.shape)


@pool.misconception("The stride argument has no effect: you move by 1.", look_at="where the second window starts")
def stride_1(x: Array, size: int, stride: int, kind: str) -> Array:
    return over_windows(x, size, 1, kind)


@pool.misconception(
    "The stride argument has no effect: you move by the window's size.", look_at="where the second window starts"
)
def stride_is_size(x: Array, size: int, stride: int, kind: str) -> Array:
    return over_windows(x, size, size, kind)


@pool.misconception("Maximum and average are exchanged.", look_at="which branch runs when kind is max")
def kinds_swapped(x: Array, size: int, stride: int, kind: str) -> Array:
    return over_windows(x, size, stride, "avg" if kind == "max" else "max")


@pool.misconception("The average must be divided.", look_at="the average of a window that holds only ones")
def undivided(x: Array, size: int, stride: int, kind: str) -> Array:
    return over_windows(x, size, stride, kind) * (1 if kind == "max" else size**2)


@pool.misconception("Only one direction was reduced.", look_at="how many numbers of a window you compare")
def one_axis(x: Array, size: int, stride: int, kind: str) -> Array:
    first_column = sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride, :, :, 0]
    return first_column.max(axis=4) if kind == "max" else first_column.mean(axis=4)


@pool.misconception("You kept the corner of each window.", look_at="what happens to the other numbers of a window")
def subsample(x: Array, size: int, stride: int, kind: str) -> Array:
    return x[:, : x.shape[1] - size + 1 : stride, : x.shape[2] - size + 1 : stride]


# --- 05.6 ------------------------------------------------------------------------------------------------------------

receptive_field = Exercise(
    "05.6",
    "How far does it see",
    function="receptive_field",
    difficulty=3,
    minutes=10,
    look_at="how far apart two neighbours after the first layer lie in the input",
)
Layers = list[tuple[int, int]]


@receptive_field.reference
def grow_layer_by_layer(layers: Layers) -> int:
    field, distance = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * distance
        distance *= stride
    return field


@receptive_field.probes
def short(random: Random) -> Iterator[tuple[Layers]]:
    """No layer, or one."""
    for stack in ([], [(1, 1)], [(3, 1)], [(5, 2)], [(1, 3)], [(4, 3)]):
        yield (stack,)


@receptive_field.probes
def stride_one(random: Random) -> Iterator[tuple[Layers]]:
    """Several layers that move by one."""
    yield ([(3, 1)] * 5,)
    for depth in (2, 2, 3, 4, 6):
        yield ([(int(kernel), 1) for kernel in random.integers(2, 8, depth)],)


@receptive_field.probes
def with_strides(random: Random) -> Iterator[tuple[Layers]]:
    """Strides early, late and in a layer of kernel 1."""
    yield from [
        ([(3, 2), (3, 1), (3, 1)],),
        ([(3, 1), (3, 1), (3, 2)],),
        ([(1, 2), (3, 1)],),
        ([(5, 3), (2, 2), (3, 1)],),
    ]
    for depth in (2, 3, 4, 5, 6):
        steps = random.integers(2, 7, depth), random.integers(1, 4, depth)
        yield ([(int(kernel), int(stride)) for kernel, stride in zip(*steps, strict=True)],)


@receptive_field.check("No layer sees one pixel; a single layer sees its kernel", points=1)
def starts_right(answer: float, expected: int, layers: Layers) -> None:
    assert answer == expected, f"you count {answer:g}"


@receptive_field.check("Layers that move by one each add their reach", points=2, on=stride_one)
def adds_reach(answer: float, expected: int, layers: Layers) -> None:
    assert answer == expected, f"you count {answer:g}"


@receptive_field.check("A stride spreads what all later layers see", points=3, on=with_strides)
def spreads_by_strides(answer: float, expected: int, layers: Layers) -> None:
    assert answer == expected, f"you count {answer:g}"


@receptive_field.misconception("Overlap was counted again.", look_at="pixels that two neighbouring windows share")
def sum_of_kernels(layers: Layers) -> int:
    return sum(kernel for kernel, _ in layers)


@receptive_field.misconception(
    "After a stride neighbours lie further apart in the input.", look_at="where your sum uses the strides"
)
def strides_unused(layers: Layers) -> int:
    return 1 + sum(kernel - 1 for kernel, _ in layers)


@receptive_field.misconception(
    "You counted the pixels that are touched; the width runs from the first to the last of them, gaps included.",
    look_at="a layer of kernel 1 and stride 2 under a layer of kernel 3",
)
def gaps_left_out(layers: Layers) -> int:
    touched = {0}
    for kernel, stride in reversed(layers):
        touched = {place * stride + tap for place in touched for tap in range(kernel)}
    return len(touched)


@receptive_field.misconception(
    "A layer's stride widens what comes after it, not itself.", look_at="the order of your two updates"
)
def stride_too_early(layers: Layers) -> int:
    field, distance = 1, 1
    for kernel, stride in layers:
        distance *= stride
        field += (kernel - 1) * distance
    return field


@receptive_field.misconception("Fields do not multiply.", look_at="two layers of kernel 3, drawn on paper")
def product(layers: Layers) -> int:
    return int(np.prod([kernel for kernel, _ in layers], dtype=int))


@receptive_field.misconception(
    "A 3-wide kernel reaches two further, not three.", look_at="how many new pixels a second layer of kernel 3 adds"
)
def whole_kernel(layers: Layers) -> int:
    return grow_layer_by_layer([(kernel + 1, stride) for kernel, stride in layers])


@receptive_field.misconception(
    "Strides of all earlier layers multiply.", look_at="the distance between neighbours after two strides"
)
def last_stride_only(layers: Layers) -> int:
    strides = [1, *(stride for _, stride in layers)]
    return 1 + sum((kernel - 1) * strides[depth] for depth, (kernel, _) in enumerate(layers))


@receptive_field.misconception(
    "The first layer of the list is the one at the image.", look_at="the end of the list at which you begin"
)
def from_the_end(layers: Layers) -> int:
    return grow_layer_by_layer(layers[::-1])


@receptive_field.misconception("Depth adds up.", look_at="what a second layer of the same kernel sees")
def widest_kernel(layers: Layers) -> int:
    return max((kernel for kernel, _ in layers), default=1)


# --- 05.7 ------------------------------------------------------------------------------------------------------------

cnn_forward = Exercise(
    "05.7",
    "Run the trained network",
    function="cnn_forward",
    difficulty=2,
    minutes=10,
    look_at="the shape after each line, beside the shapes on the card",
    builds_on=("05.4", "05.5"),
)
Params = dict[str, Array]


@cnn_forward.reference
def layer_by_layer(x: Array, params: Params) -> Array:
    return shares(feature_maps(x, params).mean(axis=(1, 2)), params)


def feature_maps(
    x: Array, params: Params, *, padding: str = "same", bends: tuple[bool, bool] = (True, True), window: int = 2
) -> Array:
    """The maps before the global average: (N, H/2, W/2, F)."""
    maps = sum_over_windows(x, params["kernel1"], params["bias1"], 1, padding)
    maps = over_windows(np.maximum(maps, 0) if bends[0] else maps, window, window, "max")
    maps = sum_over_windows(maps, params["kernel2"], params["bias2"], 1, padding)
    return np.maximum(maps, 0) if bends[1] else maps


def shares(features: Array, params: Params, axis: int = 1) -> Array:
    """Dense layer and softmax: (N, F) to (N, K)."""
    scores = features @ params["w"] + params["b"]
    exp = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exp / exp.sum(axis=axis, keepdims=True)


@cnn_forward.probes
def networks(random: Random) -> Iterator[tuple[Array, Params]]:
    """Oblong, odd and square images, and one so small that a single position is left for the average."""
    for images, sides, widths in [
        ((3, 8, 8), (3, 3), (4, 5, 3)),
        ((2, 6, 9), (3, 3), (3, 3, 4)),
        ((4, 7, 4), (2, 3), (2, 4, 3)),
        ((3, 5, 6), (3, 2), (5, 2, 2)),
        ((2, 2, 3), (1, 1), (3, 4, 5)),
        ((2, 12, 13), (5, 3), (3, 2, 3)),
    ] * 4:
        yield random.normal(size=(*images, 1)), random_weights(random, sides, widths)


def random_weights(random: Random, sides: tuple[int, int], widths: tuple[int, int, int]) -> Params:
    """Weights for kernels of these sides, and for this many first maps, second maps and classes."""
    (side1, side2), (first, second, classes) = sides, widths
    return {
        "kernel1": random.normal(size=(side1, side1, 1, first)),
        "bias1": random.normal(size=first),
        "kernel2": random.normal(size=(side2, side2, first, second)) / (side2 * np.sqrt(first)),
        "bias2": random.normal(size=second),
        "w": random.normal(size=(second, classes)),
        "b": random.normal(size=classes),
    }


@cnn_forward.check("There is a row for each image and a column for each class", points=1)
def has_rows_and_columns(answer: Array, expected: Array, x: Array, params: Params) -> None:
    assert_shape(answer, expected)


@cnn_forward.check("Each row holds shares: none below 0, and they sum to 1", points=1)
def gives_shares(answer: Array, expected: Array, x: Array, params: Params) -> None:
    assert np.all(answer >= 0), f"{int(np.sum(answer < 0))} of your shares are below 0"
    total = answer.sum(axis=-1).flat[0]
    assert np.allclose(answer.sum(axis=-1), 1, atol=1e-4), f"your first row sums to {total:.3g}"


@cnn_forward.check("The shares are those of the Keras network with the same weights", points=2)
def agrees_with_keras(answer: Array, expected: Array, x: Array, params: Params) -> None:
    assert_close(answer, expected, atol=1e-4)


@cnn_forward.misconception(
    "Two convolutions without a bend are one.", look_at="what stands between the convolutions besides the pooling"
)
def no_relu(x: Array, params: Params) -> Array:
    return shares(feature_maps(x, params, bends=(False, False)).mean(axis=(1, 2)), params)


@cnn_forward.misconception("The second ReLU is missing.", look_at="what the global average averages")
def one_relu(x: Array, params: Params) -> Array:
    return shares(feature_maps(x, params, bends=(True, False)).mean(axis=(1, 2)), params)


@cnn_forward.misconception("The pooling is missing.", look_at="the number of positions before the second convolution")
def no_pooling(x: Array, params: Params) -> Array:
    return shares(feature_maps(x, params, window=1).mean(axis=(1, 2)), params)


@cnn_forward.misconception(
    "Positions must be averaged before the dense layer.", look_at="how many numbers an image has there, and w has rows"
)
def flatten(x: Array, params: Params) -> Array:
    return shares(feature_maps(x, params).reshape(len(x), -1), params)


@cnn_forward.misconception(
    "You averaged the wrong axes.", look_at="which axes of (batch, height, width, channels) are positions"
)
def average_over_channels(x: Array, params: Params) -> Array:
    return shares(feature_maps(x, params).mean(axis=(2, 3)), params)


@cnn_forward.misconception("The border was lost: padding is same.", look_at="height and width after a convolution")
def valid(x: Array, params: Params) -> Array:
    return shares(feature_maps(x, params, padding="valid").mean(axis=(1, 2)), params)


@cnn_forward.misconception("Rows don't sum to 1: the softmax is missing.", look_at="the last step of the card")
def scores(x: Array, params: Params) -> Array:
    return feature_maps(x, params).mean(axis=(1, 2)) @ params["w"] + params["b"]


@cnn_forward.misconception(
    "Your columns sum to 1. A row is an image, and its shares are what must sum to 1.",
    look_at="the axis of the softmax",
)
def softmax_over_images(x: Array, params: Params) -> Array:
    return shares(feature_maps(x, params).mean(axis=(1, 2)), params, axis=0)


@cnn_forward.misconception("The average of each map is meant.", look_at="how a map becomes one number")
def global_max(x: Array, params: Params) -> Array:
    return shares(feature_maps(x, params).max(axis=(1, 2)), params)
