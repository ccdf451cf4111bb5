"""Chapter 08, Detection and segmentation: boxes, non-maximum suppression, a grid's targets, average precision,
transposed convolution, Dice as a loss, a U-Net, and the triplet loss.

The references are NumPy; ``tests/answers`` holds them against Keras where it has the same. 08.7 is judged by the
sizes of a model's maps and by the ways that lead through them, in ``on_unets.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from layerwise_grader.exercise import Exercise, assert_close, assert_finite, assert_shape
from layerwise_grader.exercises.on_unets import unet

Array = np.ndarray[Any, Any]
Call = Callable[..., Any]
Random = np.random.Generator

__all__ = ["average_precision", "conv2d_transpose", "dice_loss", "iou", "nms", "triplet_loss", "unet", "yolo_target"]

# --- 08.1 ------------------------------------------------------------------------------------------------------------

iou = Exercise(
    "08.1",
    "Overlap",
    function="iou",
    difficulty=2,
    minutes=12,
    look_at="two boxes drawn on paper: the corners of the part they share, and what counts as their union",
)


@iou.reference
def every_pair(a: Array, b: Array) -> Array:
    return over(shared(a, b), union(a, b))


def over(part: Array, whole: Array) -> Array:
    """A part of a whole, 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def sides(a: Array, b: Array) -> Array:
    """Width and height of what two boxes share, below 0 where a gap lies between them: (N, M, 2)."""
    a, b = np.asarray(a, float)[:, None], np.asarray(b, float)[None]
    return np.asarray(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]))


def shared(a: Array, b: Array) -> Array:
    return np.asarray(np.maximum(sides(a, b), 0).prod(axis=-1))


def area(boxes: Array) -> Array:
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), float)


def union(a: Array, b: Array) -> Array:
    return np.asarray(area(a)[:, None] + area(b)[None] - shared(a, b))


def random_boxes(random: Random, count: int, *, side: float = 40, whole: bool = False) -> Array:
    """Boxes with corners in 0..side, at least 5 wide and 3 high: oblong, and never symmetric."""
    corner = random.uniform(0, side - 20, (count, 2))
    size = random.uniform((5, 3), (20, 14), (count, 2))
    boxes = np.concatenate([corner, corner + size], axis=1)
    return boxes.astype(int) if whole else boxes


@iou.probes
def overlapping(random: Random) -> Iterator[tuple[Array, Array]]:
    """More a than b, fewer, as many; nested and equal ones; whole numbers as a camera gives them; parts of 1."""
    for rows, columns, whole in [(3, 5, False), (6, 2, False), (4, 4, False), (1, 3, True), (5, 4, True)] * 2:
        a, b = (random_boxes(random, count, side=26, whole=whole) for count in (rows, columns))
        b[0] = a[0] + [1, 1, -1, -1]
        yield a, b
    boxes = random_boxes(random, 4)
    yield boxes, boxes
    yield boxes / 20, random_boxes(random, 3, side=26) / 20  # unions below 1


@iou.probes
def apart(random: Random) -> Iterator[tuple[Array, Array]]:
    """A gap across, a gap down, a gap in both directions; a shared edge and a shared corner."""
    for _ in range(3):
        a = random_boxes(random, 2)
        moves = np.array([[50, 0], [0, 60], [50, 70], [-80, 90]])
        yield a, np.concatenate([a[:1] + np.tile(move, 2) for move in moves])
    box = np.array([[2.0, 3, 9, 8]])
    yield box, np.array([[9.0, 3, 12, 8], [2, 8, 9, 10], [9, 8, 11, 13], [0, 0, 2, 3]])


@iou.probes
def empty(random: Random) -> Iterator[tuple[Array, Array]]:
    """Boxes without width or height meet each other and a real one."""
    a = np.array([[3.0, 4, 3, 4], [1, 1, 6, 1]])
    yield a, np.array([[3.0, 4, 3, 4], [2, 0, 2, 5], [0, 0, 7, 5]])
    yield a[:1], a[:1]
    yield np.zeros((2, 4), int), np.zeros((3, 4), int)


@iou.check("Each pair scores its shared area over the area of both together: N rows, M columns", points=2)
def scores_pairs(answer: Array, expected: Array, a: Array, b: Array) -> None:
    assert_close(answer, expected)


@iou.check("Boxes that lie apart, or only touch, score 0", points=1, on=apart)
def apart_is_zero(answer: Array, expected: Array, a: Array, b: Array) -> None:
    assert_shape(answer, expected)
    off = np.abs(answer) > 1e-6
    assert not off.any(), f"{int(off.sum())} of {off.size} pairs do not score 0, the farthest off {answer[off][0]:.3g}"


@iou.check("Two empty boxes score 0", points=1, on=empty)
def empty_is_zero(answer: Array, expected: Array, a: Array, b: Array) -> None:
    assert_finite(answer)
    assert_close(answer, expected)


@iou.misconception(
    "Boxes far apart overlap in your version: two negative lengths make a positive area.",
    look_at="width and height of what is shared, when one box lies below and to the right of the other",
)
def negative_overlap(a: Array, b: Array) -> Array:
    part = sides(a, b).prod(axis=-1)
    return over(part, area(a)[:, None] + area(b)[None] - part)


@iou.misconception(
    "The gap between boxes was taken for overlap.", look_at="the sign of the width when a gap lies between two boxes"
)
def absolute(a: Array, b: Array) -> Array:
    part = np.abs(sides(a, b)).prod(axis=-1)
    return over(part, area(a)[:, None] + area(b)[None] - part)


@iou.misconception(
    "Coordinates are edges, not pixel numbers: no one is added.", look_at="the area of a box from 0 to 2 by 0 to 2"
)
def plus_one(a: Array, b: Array) -> Array:
    part = np.maximum(sides(a, b) + 1, 0).prod(axis=-1)
    first, second = ((boxes[:, 2:] - boxes[:, :2] + 1).prod(axis=1) for boxes in (a, b))
    return over(part, first[:, None] + second[None] - part)


@iou.misconception("The last two numbers are a corner, not a size.", look_at="what a box's third number says")
def as_width_height(a: Array, b: Array) -> Array:
    first, second = (np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1) for boxes in (a, b))
    return every_pair(first, second)


@iou.misconception("The shared part was counted twice in the union.", look_at="the union of a box with itself")
def overlap_twice(a: Array, b: Array) -> Array:
    return over(shared(a, b), area(a)[:, None] + area(b)[None])


@iou.misconception("You divided by the smaller box.", look_at="a small box within a large one")
def smaller_box(a: Array, b: Array) -> Array:
    return over(shared(a, b), np.minimum(area(a)[:, None], area(b)[None]))


@iou.misconception("You divided by the first box alone.", look_at="what the word union counts")
def first_box(a: Array, b: Array) -> Array:
    return over(shared(a, b), np.broadcast_to(area(a)[:, None], (len(a), len(b))))


@iou.misconception("That is Dice; IoU divides by the union.", look_at="the number two in your formula")
def dice(a: Array, b: Array) -> Array:
    return over(2 * shared(a, b), area(a)[:, None] + area(b)[None])


@iou.misconception(
    "Every a meets every b: the result has N rows and M columns.", look_at="the shape of your result for 3 and 5 boxes"
)
def pairs_only(a: Array, b: Array) -> Array:
    if len(a) != len(b):
        raise ValueError("operands could not be broadcast together")
    return np.diagonal(every_pair(a, b)).copy()


@iou.misconception("Rows are a, columns b.", look_at="the shape of your result for 3 and 5 boxes")
def transposed(a: Array, b: Array) -> Array:
    return every_pair(a, b).T


@iou.misconception("Two empty boxes gave 0/0.", look_at="the union of two boxes without area")
def nan(a: Array, b: Array) -> Array:
    with np.errstate(invalid="ignore"):
        return np.asarray(shared(a, b) / union(a, b))


# --- 08.2 ------------------------------------------------------------------------------------------------------------

nms = Exercise(
    "08.2",
    "Keep the best",
    function="nms",
    difficulty=3,
    minutes=15,
    look_at="three boxes in a row, each overlapping its neighbour: which of them does the best one drop",
    builds_on=("08.1",),
)


@nms.reference
def best_drops_its_neighbours(boxes: Array, scores: Array, threshold: float) -> Array:
    kept, left = [], np.argsort(-scores)
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[every_pair(boxes[[best]], boxes[left]).ravel() <= threshold]
    return np.array(kept, int)


def clear_of(threshold: float, boxes: Array) -> bool:
    """Whether no pair's IoU is so near the threshold that rounding could decide."""
    return bool((np.abs(every_pair(boxes, boxes) - threshold) > 2e-3).all())


def crowd(random: Random, count: int, threshold: float) -> Array:
    """So many boxes, most of them in a few heaps, none at the threshold."""
    while True:
        heaps = random_boxes(random, 1 + count // 5, side=70)
        boxes = heaps[random.integers(len(heaps), size=count)] + random.uniform(-4, 4, (count, 4)) * [1, 0.6, 1, 0.6]
        if clear_of(threshold, boxes):
            return np.asarray(boxes)


@nms.probes
def crowds(random: Random) -> Iterator[tuple[Array, Array, float]]:
    """Heaps of boxes, unsorted, no two scores alike; negative scores too."""
    for count, threshold in [(8, 0.3), (12, 0.5), (30, 0.45), (9, 0.99), (15, 0.2)] * 2:
        yield crowd(random, count, threshold), random.permutation(count) / count - 0.3, threshold


@nms.probes
def chains(random: Random) -> Iterator[tuple[Array, Array, float]]:
    """A, B, C in a row: B overlaps both, A does not meet C; the best stands at an end, then in the middle."""
    for scores in [(0.9, 0.7, 0.6), (0.3, 0.8, 0.95), (0.5, 0.9, 0.4), (0.2, 0.1, 0.15)]:
        left = random.uniform(0, 5)
        row = np.array([[0, 0, 10, 7], [6, 0, 16, 7], [12, 0, 22, 7]]) + left
        far = np.array([[60, 40, 70, 46], [61, 40, 71, 46]]) + left
        yield np.concatenate([row, far]), np.array([*scores, 0.05, 0.65]), 0.2


@nms.probes
def few(random: Random) -> Iterator[tuple[Array, Array, float]]:
    """No box, one box, two boxes far apart."""
    yield np.zeros((0, 4)), np.zeros(0), 0.5
    yield np.array([[1.0, 2, 5, 9]]), np.array([0.4]), 0.5
    yield np.array([[1.0, 2, 5, 9], [40, 2, 45, 9]]), np.array([0.4, 0.7]), 0.3


@nms.check("You give places in the input, the best first", points=2, on=(crowds, chains))
def gives_places(answer: Array, expected: Array, boxes: Array, scores: Array, threshold: float) -> None:
    assert answer.ndim == 1, f"your result has shape {answer.shape}; one row of numbers is expected"
    assert answer.dtype != bool, "your result holds True and False"
    places = answer.astype(int)
    assert np.all((places == answer) & (places >= 0) & (places < len(boxes))), "some of your numbers are no places"
    assert len(set(places.tolist())) == len(places), "a place stands twice in your result"
    assert np.all(np.diff(scores[places]) < 0), "the scores of your boxes do not go down"


@nms.check("The best box drops those that overlap it too much, then the next best", points=3, on=(crowds, chains))
def keeps_the_best(answer: Array, expected: Array, boxes: Array, scores: Array, threshold: float) -> None:
    kept, right = set(np.ravel(answer).tolist()), set(expected.tolist())
    wrongly = f"you keep {len(kept)} of {len(boxes)} boxes"
    assert not right - kept, f"{wrongly}, and not {len(right - kept)} of those that should stay"
    assert not kept - right, f"{wrongly}, among them {len(kept - right)} that should have gone"


@nms.check("Without boxes there are no places; a lone box stays", points=1, on=few)
def few_boxes(answer: Array, expected: Array, boxes: Array, scores: Array, threshold: float) -> None:
    assert_close(answer, expected)


def in_order(boxes: Array, order: Array, threshold: float) -> list[int]:
    """What suppression keeps when boxes are taken in this order."""
    ranks = np.empty(len(order))
    ranks[order] = -np.arange(len(order))
    return [int(place) for place in best_drops_its_neighbours(boxes, ranks, threshold)]


@nms.misconception("The weakest box won.", look_at="which end of the sorted scores you begin at")
def lowest_first(boxes: Array, scores: Array, threshold: float) -> Array:
    return np.array(in_order(boxes, np.argsort(scores), threshold), int)


@nms.misconception("Boxes were taken in the order they came.", look_at="where the scores enter")
def file_order(boxes: Array, scores: Array, threshold: float) -> Array:
    return np.array(in_order(boxes, np.arange(len(boxes)), threshold), int)


@nms.misconception(
    "Compare with every kept box, not only with the last.", look_at="a box that overlaps the first kept, not the second"
)
def last_kept_only(boxes: Array, scores: Array, threshold: float) -> Array:
    overlap, kept = every_pair(boxes, boxes), list[int]()
    for place in np.argsort(-scores):
        if not kept or overlap[kept[-1], place] <= threshold:
            kept.append(int(place))
    return np.array(kept, int)


@nms.misconception(
    "A box that was dropped must not drop others: C should survive.",
    look_at="three boxes in a row, when the middle one is dropped by the first",
)
def dropped_boxes_drop(boxes: Array, scores: Array, threshold: float) -> Array:
    order = np.argsort(-scores)
    overlap = every_pair(boxes, boxes)[np.ix_(order, order)]
    return np.asarray(order[~(np.triu(overlap, 1) > threshold).any(axis=0)])


@nms.misconception("You dropped the boxes that do not overlap.", look_at="which side of the threshold stays")
def reversed_rule(boxes: Array, scores: Array, threshold: float) -> Array:
    kept, left = [], np.argsort(-scores)
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[every_pair(boxes[[best]], boxes[left])[0] > threshold]
    return np.array(kept, int)


@nms.misconception("Nothing was dropped.", look_at="what happens to a box that lies on a better one")
def keeps_all(boxes: Array, scores: Array, threshold: float) -> Array:
    return np.argsort(-scores)


@nms.misconception("Give the indices best first.", look_at="the order of your result beside their scores")
def index_order(boxes: Array, scores: Array, threshold: float) -> Array:
    return np.sort(best_drops_its_neighbours(boxes, scores, threshold))


@nms.misconception("You stopped after the first.", look_at="what happens once the best box has dropped its neighbours")
def only_one(boxes: Array, scores: Array, threshold: float) -> Array:
    return np.argsort(-scores)[:1]


@nms.misconception("Indices are asked.", look_at="what your result holds for each box")
def mask(boxes: Array, scores: Array, threshold: float) -> Array:
    return np.isin(np.arange(len(boxes)), best_drops_its_neighbours(boxes, scores, threshold))


@nms.misconception(
    "These are places in the sorted list; give places in the input.", look_at="what the numbers of your result count"
)
def ranks(boxes: Array, scores: Array, threshold: float) -> Array:
    order = np.argsort(-scores)
    return np.array(in_order(boxes[order], np.arange(len(order)), threshold), int)


@nms.misconception("You return the boxes; their places are asked.", look_at="what the card says is returned")
def the_boxes(boxes: Array, scores: Array, threshold: float) -> Array:
    return np.asarray(boxes[best_drops_its_neighbours(boxes, scores, threshold)])


# --- 08.3 ------------------------------------------------------------------------------------------------------------

yolo_target = Exercise(
    "08.3",
    "What should the grid say",
    function="yolo_target",
    difficulty=3,
    minutes=15,
    look_at="one object on a 2×2 grid, drawn on paper: its cell, and where in that cell its centre lies",
)


@yolo_target.reference
def cell_by_cell(objects: Array, grid: int, classes: int) -> Array:
    target = np.zeros((grid, grid, 5 + classes))
    for kind, x, y, w, h in objects:
        column, row = (min(int(place * grid), grid - 1) for place in (x, y))
        if not target[row, column, 0]:
            target[row, column] = entry(kind, x * grid - column, y * grid - row, w, h, classes)
    return target


def entry(kind: float, x: float, y: float, w: float, h: float, classes: int) -> Array:
    return np.concatenate([[1, x, y, w, h], np.arange(classes) == int(kind)])


def some_objects(random: Random, count: int, grid: int, classes: int, *, apart: bool = True) -> Array:
    """Objects whose centres are clear of the cells' borders, x far from y; each in a cell of its own, if asked."""
    while True:
        centres = random.uniform(0.05, 0.95, (count, 2))
        inner = np.abs(centres * grid - np.round(centres * grid)) > 0.02
        cells = {tuple(cell) for cell in (centres * grid).astype(int).tolist()}
        if inner.all() and (np.abs(np.diff(centres)) > 0.05).all() and (not apart or len(cells) == count):
            sizes = random.uniform(0.1, 0.5, (count, 2))
            kinds = random.integers(classes, size=(count, 1))
            return np.concatenate([kinds, centres, sizes], axis=1)


@yolo_target.probes
def one_a_cell(random: Random) -> Iterator[tuple[Array, int, int]]:
    """No object, one, three, five; grids from 1 to 7, one class and several."""
    yield np.zeros((0, 5)), 3, 2
    for count, grid, classes in [(1, 1, 3), (1, 2, 2), (3, 4, 5), (5, 7, 3), (3, 3, 4), (5, 6, 4), (2, 5, 1)] * 2:
        yield some_objects(random, count, grid, classes), grid, classes


@yolo_target.probes
def crowded(random: Random) -> Iterator[tuple[Array, int, int]]:
    """Two centres in one cell, also with the first where the cell begins."""
    for grid, classes in [(2, 3), (4, 2), (3, 5), (1, 4)]:
        objects = some_objects(random, 1, grid, classes)
        second = objects + np.array([0, -0.004, 0.003, 0.05, -0.04])
        second[0, 0] = (objects[0, 0] + 1) % classes
        yield np.concatenate([objects, second]), grid, classes
    yield np.array([[0, 0.5, 0.3, 0.2, 0.1], [1, 0.6, 0.4, 0.3, 0.3]]), 2, 2  # the first where the cell begins


@yolo_target.probes
def far_edge(random: Random) -> Iterator[tuple[Array, int, int]]:
    """Centres at exactly 1, across, down and in the corner."""
    for x, y, grid in [(1.0, 0.3, 3), (0.2, 1.0, 4), (1.0, 1.0, 2)]:
        yield np.array([[1, x, y, 0.2, 0.3]]), grid, 3


@yolo_target.check("The cell that holds an object's centre says 1, all others 0", points=2)
def finds_the_cell(answer: Array, expected: Array, objects: Array, grid: int, classes: int) -> None:
    assert_shape(answer, expected)
    wrong = int(np.sum(~np.isclose(answer[..., 0], expected[..., 0])))
    assert not wrong, f"{wrong} of {grid * grid} cells say something else than they should in their first entry"


@yolo_target.check("It tells where in the cell, how large in the image, and which class", points=2)
def describes_the_object(answer: Array, expected: Array, objects: Array, grid: int, classes: int) -> None:
    assert_close(answer, expected)


@yolo_target.check("The first object keeps a cell", points=1, on=crowded)
def first_keeps(answer: Array, expected: Array, objects: Array, grid: int, classes: int) -> None:
    assert_close(answer, expected)


@yolo_target.check("A centre on the far edge belongs to the last cell", points=1, on=far_edge)
def edge_belongs(answer: Array, expected: Array, objects: Array, grid: int, classes: int) -> None:
    assert_close(answer, expected)


def filled(objects: Array, grid: int, classes: int, **instead: Any) -> Array:
    """The right target, but for the parts that are given by name."""
    cell = instead.get("cell", lambda x, y, w, h: (min(int(y * grid), grid - 1), min(int(x * grid), grid - 1)))
    says = instead.get("says", lambda kind, x, y, w, h: entry(kind, x, y, w, h, classes))
    target = np.zeros((grid, grid, 5 + classes))
    for kind, x, y, w, h in objects:
        row, column = cell(x, y, w, h)
        if not target[row, column].any() or instead.get("again", False):
            target[row, column] = says(kind, x * grid - column, y * grid - row, w, h)
    return target


@yolo_target.misconception("x chooses the column, y the row.", look_at="a centre far to the right and near the top")
def row_column(objects: Array, grid: int, classes: int) -> Array:
    return cell_by_cell(objects, grid, classes).swapaxes(0, 1)


@yolo_target.misconception(
    "Cells start at whole numbers; rounding sends half of the objects next door.",
    look_at="the cell of a centre at 0.9 of the first cell's width",
)
def rounded(objects: Array, grid: int, classes: int) -> Array:
    return filled(
        objects, grid, classes, cell=lambda x, y, w, h: [min(round(place * grid), grid - 1) for place in (y, x)]
    )


@yolo_target.misconception(
    "A centre on the far edge fell off the grid.", look_at="the last cell, when a centre is at exactly 1"
)
def off_the_grid(objects: Array, grid: int, classes: int) -> Array:
    inside = [one for one in objects if one[1] < 1 and one[2] < 1]
    return cell_by_cell(np.array(inside).reshape(-1, 5), grid, classes)


@yolo_target.misconception(
    "Position within the cell is asked, not within the image.", look_at="what x is for a centre in the middle of a cell"
)
def image_offset(objects: Array, grid: int, classes: int) -> Array:
    target = cell_by_cell(objects, grid, classes)
    rows, columns = np.nonzero(target[..., 0])
    target[rows, columns, 1] = (target[rows, columns, 1] + columns) / grid
    target[rows, columns, 2] = (target[rows, columns, 2] + rows) / grid
    return target


@yolo_target.misconception(
    "The centre decides, not the upper left corner.", look_at="which point of the object chooses the cell"
)
def corner(objects: Array, grid: int, classes: int) -> Array:
    def cell(x: float, y: float, w: float, h: float) -> list[int]:
        return [min(max(int(place * grid), 0), grid - 1) for place in (y - h / 2, x - w / 2)]

    return filled(objects, grid, classes, cell=cell)


@yolo_target.misconception("The x offset comes first.", look_at="the order of the two offsets")
def xy_swapped(objects: Array, grid: int, classes: int) -> Array:
    return filled(objects, grid, classes, says=lambda kind, x, y, w, h: entry(kind, y, x, w, h, classes))


@yolo_target.misconception(
    "Width and height stay parts of the image.", look_at="what w says of an object as wide as the image"
)
def cell_size(objects: Array, grid: int, classes: int) -> Array:
    return filled(objects, grid, classes, says=lambda kind, x, y, w, h: entry(kind, x, y, w * grid, h * grid, classes))


@yolo_target.misconception("Square roots belong to the loss.", look_at="w of an object a quarter as wide as the image")
def roots(objects: Array, grid: int, classes: int) -> Array:
    return filled(objects, grid, classes, says=lambda kind, x, y, w, h: entry(kind, x, y, w**0.5, h**0.5, classes))


@yolo_target.misconception("There is one place for each class.", look_at="how many numbers a cell holds")
def class_number(objects: Array, grid: int, classes: int) -> Array:
    target = cell_by_cell(objects, grid, classes)
    return np.concatenate([target[..., :5], target[..., 5:].argmax(axis=-1)[..., None]], axis=-1)


@yolo_target.misconception(
    "The first entry must say that something is here.", look_at="the first number of a cell with an object"
)
def no_objectness(objects: Array, grid: int, classes: int) -> Array:
    target = cell_by_cell(objects, grid, classes)
    target[..., 0] = 0
    return target


@yolo_target.misconception(
    "The first object keeps the cell.", look_at="what a second centre in the same cell does to the first"
)
def last_wins(objects: Array, grid: int, classes: int) -> Array:
    return filled(objects, grid, classes, again=True)


# --- 08.4 ------------------------------------------------------------------------------------------------------------

average_precision = Exercise(
    "08.4",
    "One number for a detector",
    function="average_precision",
    difficulty=3,
    minutes=15,
    look_at="precision and recall after each detection, written below each other for five detections",
)


@average_precision.reference
def area_under_the_envelope(scores: Array, hits: Array, positives: int) -> float:
    precision, recall = running(scores, hits, positives)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(envelope * np.diff(recall, prepend=0)))


def running(scores: Array, hits: Array, positives: int) -> tuple[Array, Array]:
    """Precision and recall after each detection, the most confident first; none without positives."""
    if not positives or not len(scores):
        return np.zeros(0), np.zeros(0)
    found = np.cumsum(np.asarray(hits)[np.argsort(-np.asarray(scores))])
    return found / np.arange(1, len(found) + 1), found / positives


def confidences(random: Random, count: int) -> Array:
    """Distinct scores, in no order."""
    return np.asarray((random.permutation(count) + 0.5) / count)


@average_precision.probes
def rankings(random: Random) -> Iterator[tuple[Array, Array, int]]:
    """Unsorted; every object is found; a wrong detection comes first, or a hit; one perfect ranking."""
    for count, share in [(6, 0.5), (9, 0.4), (12, 0.7), (20, 0.3), (5, 0.5)] * 2:
        scores, hits = confidences(random, count), (random.random(count) < share).astype(int)
        hits[scores.argmax()], hits[scores.argmin()] = count % 2, 1
        hits[np.argsort(-scores)[1]] = 1 - count % 2
        yield scores, hits, int(hits.sum())
    yield np.array([0.7, 0.9, 0.8]), np.ones(3, int), 3
    yield np.array([0.4]), np.ones(1, int), 1


@average_precision.probes
def missed(random: Random) -> Iterator[tuple[Array, Array, int]]:
    """Objects that no detection found."""
    yield np.array([0.9, 0.4, 0.7]), np.array([1, 1, 1]), 6
    for count in (4, 7, 10, 15):
        scores, hits = confidences(random, count), np.arange(count) % 3 != 1
        yield scores, hits.astype(int), int(hits.sum()) + count // 3


@average_precision.probes
def nothing(random: Random) -> Iterator[tuple[Array, Array, int]]:
    """No detection, no object, no hit."""
    yield np.zeros(0), np.zeros(0, int), 4
    yield np.array([0.3, 0.8]), np.zeros(2, int), 0
    yield np.array([0.3, 0.8, 0.5]), np.zeros(3, int), 2


@average_precision.check("It is the area under the best precision at each recall or beyond", points=3)
def is_the_area(answer: float, expected: float, scores: Array, hits: Array, positives: int) -> None:
    assert np.isfinite(answer), f"you return {answer}"
    assert np.isclose(answer, expected, atol=1e-4), f"you return {answer:.4f}"


@average_precision.check("Objects that were never found count", points=1, on=missed)
def misses_count(answer: float, expected: float, scores: Array, hits: Array, positives: int) -> None:
    assert np.isclose(answer, expected, atol=1e-4), f"you return {answer:.4f}, with {hits.sum()} of {positives} found"


@average_precision.check("Without objects, detections or hits it is 0", points=1, on=nothing)
def nothing_is_zero(answer: float, expected: float, scores: Array, hits: Array, positives: int) -> None:
    assert answer == 0, f"you return {answer:.4g}"


@average_precision.property("The order in which detections come changes nothing", points=1)
def order_is_free(call: Call, scores: Array, hits: Array, positives: int) -> None:
    one, other = call(scores, hits, positives), call(scores[::-1].copy(), hits[::-1].copy(), positives)
    assert np.isclose(one, other), f"{one:.4f} becomes {other:.4f} when the same detections come in another order"


@average_precision.misconception("Most confident first: you kept the order they came in.", look_at="the first hit")
def not_sorted(scores: Array, hits: Array, positives: int) -> float:
    return area_under_the_envelope(-np.arange(len(scores)), hits, positives)


@average_precision.misconception("Most confident first: you began at the other end.", look_at="the order of your sort")
def ascending(scores: Array, hits: Array, positives: int) -> float:
    return area_under_the_envelope(-scores, hits, positives)


@average_precision.misconception(
    "Missed objects vanished: divide by all objects, not by those found.", look_at="the recall after the last detection"
)
def recall_of_detected(scores: Array, hits: Array, positives: int) -> float:
    return area_under_the_envelope(scores, hits, int(np.sum(hits)))


@average_precision.misconception(
    "Precision at wrong detections does not count.", look_at="how far recall moves at a wrong detection"
)
def mean_precision(scores: Array, hits: Array, positives: int) -> float:
    precision, _ = running(scores, hits, positives)
    return float(precision.mean()) if len(precision) else 0.0


@average_precision.misconception("That is one point of the curve.", look_at="what happens as the threshold moves")
def final_precision(scores: Array, hits: Array, positives: int) -> float:
    precision, _ = running(scores, hits, positives)
    return float(precision[-1]) if len(precision) else 0.0


@average_precision.misconception(
    "The curve's teeth remain: take the best precision at this recall or beyond.",
    look_at="a recall at which a later detection has more precision",
)
def no_envelope(scores: Array, hits: Array, positives: int) -> float:
    precision, recall = running(scores, hits, positives)
    return float(np.sum(precision * np.diff(recall, prepend=0)))


@average_precision.misconception(
    "You joined the raw points by straight lines.", look_at="what is known between two points of the curve"
)
def raw_trapezoid(scores: Array, hits: Array, positives: int) -> float:
    precision, recall = running(scores, hits, positives)
    return float(np.trapezoid([1, *precision], [0, *recall])) if len(precision) else 0.0


@average_precision.misconception("That is the older eleven-point rule.", look_at="at which recalls you read the curve")
def eleven_points(scores: Array, hits: Array, positives: int) -> float:
    precision, recall = running(scores, hits, positives)
    return float(np.mean([max(precision[recall >= r - 1e-9], default=0) for r in np.linspace(0, 1, 11)]))


@average_precision.misconception("Look to higher recall, not to lower.", look_at="the end at which your maximum begins")
def envelope_reversed(scores: Array, hits: Array, positives: int) -> float:
    precision, recall = running(scores, hits, positives)
    return float(np.sum(np.maximum.accumulate(precision) * np.diff(recall, prepend=0)))


# --- 08.5 ------------------------------------------------------------------------------------------------------------

conv2d_transpose = Exercise(
    "08.5",
    "Paint instead of look",
    function="conv2d_transpose",
    difficulty=3,
    minutes=15,
    look_at="an input of one pixel, then of two neighbours: where their copies of the kernel lie",
)


@conv2d_transpose.reference
def painted(x: Array, kernel: Array, stride: int) -> Array:
    count, rows, columns, _ = x.shape
    height, width, filters, _ = kernel.shape
    canvas = np.zeros((count, (rows - 1) * stride + height, (columns - 1) * stride + width, filters))
    for i in range(height):
        for j in range(width):
            canvas[:, i : i + rows * stride : stride, j : j + columns * stride : stride] += x @ kernel[i, j].T
    return canvas


@conv2d_transpose.probes
def canvases(random: Random) -> Iterator[tuple[Array, Array, int]]:
    """Oblong kernels, more and fewer channels out than in, copies that overlap and copies that do not, one pixel."""
    for images, sides_of_kernel, filters, stride in [
        ((2, 3, 4, 2), (3, 2), 3, 1),
        ((1, 4, 3, 3), (2, 3), 2, 2),
        ((2, 2, 3, 2), (3, 4), 2, 2),
        ((1, 3, 2, 2), (4, 3), 2, 3),
        ((2, 3, 3, 1), (2, 2), 4, 2),
        ((1, 1, 4, 3), (3, 3), 3, 2),
        ((1, 2, 1, 2), (5, 4), 1, 3),
    ] * 3:
        yield random.normal(size=images), random.normal(size=(*sides_of_kernel, filters, images[-1])), stride


@conv2d_transpose.check("The canvas holds every copy whole: (H−1)·stride + kh rows, F channels", points=1)
def holds_all_copies(answer: Array, expected: Array, x: Array, kernel: Array, stride: int) -> None:
    assert_shape(answer, expected)


@conv2d_transpose.check("Each input value paints a copy of the kernel, and copies add up", points=3)
def adds_copies(answer: Array, expected: Array, x: Array, kernel: Array, stride: int) -> None:
    assert_close(answer, expected, atol=1e-4)


@conv2d_transpose.property("It is the convolution read backwards: ⟨conv(u), v⟩ = ⟨u, yours(v)⟩", points=2)
def is_adjoint(call: Call, x: Array, kernel: Array, stride: int) -> None:
    mine = call(x, kernel, stride)
    u = np.random.default_rng(0).normal(size=(*mine.shape[:3], kernel.shape[2]))
    looked = np.einsum("nhwcij,ijcf->nhwf", windows_of(u, kernel, stride), kernel)
    left, right = float(np.sum(looked * x)), float(np.sum(u * mine))
    assert np.isclose(left, right, rtol=1e-3, atol=1e-3), f"the two sides are {left:.4g} and {right:.4g}"


def windows_of(u: Array, kernel: Array, stride: int) -> Array:
    """Every window that a convolution without padding looks at: (N, H, W, C, kh, kw)."""
    return np.asarray(sliding_window_view(u, kernel.shape[:2], axis=(1, 2))[:, ::stride, ::stride])


@conv2d_transpose.misconception(
    "Where copies overlap they must add.", look_at="a place that two neighbouring copies reach"
)
def overwritten(x: Array, kernel: Array, stride: int) -> Array:
    canvas = np.zeros_like(painted(x, kernel, stride))
    height, width = kernel.shape[:2]
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            copy = np.einsum("nc,hwfc->nhwf", x[:, i, j], kernel)
            canvas[:, i * stride : i * stride + height, j * stride : j * stride + width] = copy
    return canvas


@conv2d_transpose.misconception("The kernel is painted as it is.", look_at="what an input of a single 1 paints")
def flipped(x: Array, kernel: Array, stride: int) -> Array:
    return painted(x, kernel[::-1, ::-1], stride)


@conv2d_transpose.misconception(
    "You repeated pixels and smoothed: another kind of upsampling.", look_at="what an input of a single 1 paints"
)
def enlarged_then_convolved(x: Array, kernel: Array, stride: int) -> Array:
    large = x.repeat(stride, axis=1).repeat(stride, axis=2)
    looked = painted(large, kernel, 1)
    right = painted(x, kernel, stride).shape
    return looked[:, : right[1], : right[2]]


@conv2d_transpose.misconception(
    "With no padding the last copy's full width counts; you cut the canvas to stride times the input.",
    look_at="how far the last copy reaches",
)
def cut_to_stride(x: Array, kernel: Array, stride: int) -> Array:
    return painted(x, kernel, stride)[:, : x.shape[1] * stride, : x.shape[2] * stride]


@conv2d_transpose.misconception(
    "You cut the canvas on both sides, as padding same does; every copy's full width counts.",
    look_at="how far the first copy reaches",
)
def centre_cut(x: Array, kernel: Array, stride: int) -> Array:
    canvas = painted(x, kernel, stride)
    top, left = ((side - stride) // 2 for side in kernel.shape[:2])
    return canvas[:, top : top + x.shape[1] * stride, left : left + x.shape[2] * stride]


@conv2d_transpose.misconception(
    "Here the kernel's third axis is what goes out.", look_at="which axis of the kernel is as long as x has channels"
)
def in_out_swapped(x: Array, kernel: Array, stride: int) -> Array:
    if kernel.shape[2] != x.shape[3]:
        raise ValueError("shapes do not match")
    return painted(x, kernel.swapaxes(2, 3), stride)


@conv2d_transpose.misconception("The stride has no effect: copies lie one pixel apart.", look_at="the second copy")
def stride_1(x: Array, kernel: Array, stride: int) -> Array:
    return painted(x, kernel, 1)


# --- 08.6 ------------------------------------------------------------------------------------------------------------

dice_loss = Exercise(
    "08.6",
    "Overlap as a loss",
    function="dice_loss",
    difficulty=2,
    minutes=8,
    look_at="one sample and one class on paper: what is summed, and what is averaged afterwards",
)


@dice_loss.reference
def mean_of_samples_and_classes(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return float(np.mean(1 - dice_scores(y_true, y_prob, smooth, smooth)))


def dice_scores(
    y_true: Array, y_prob: Array, above: float, below: float, axis: tuple[int, ...] = (1, 2), twice: float = 2.0
) -> Array:
    """Dice of each sample and class, or of what else the axes leave."""
    overlap = np.sum(y_true * y_prob, axis=axis)
    both = np.sum(y_true, axis=axis) + np.sum(y_prob, axis=axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((twice * overlap + above) / (both + below))


def random_masks(random: Random, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """True masks of very different sizes, and probabilities that lean to them."""
    shares = random.uniform(0.1, 0.8, (shape[0], 1, 1, shape[3]))
    y_true = (random.random(shape) < shares).astype(float)
    return y_true, np.clip(0.6 * y_true + 0.4 * random.random(shape), 0, 1)


@dice_loss.probes
def masks(random: Random) -> Iterator[tuple[Array, Array, float]]:
    """Height unlike width, one to three classes, probabilities and no decisions."""
    for shape in [(2, 5, 7, 3), (3, 6, 4, 1), (1, 8, 3, 2), (4, 4, 5, 2)] * 3:
        yield *random_masks(random, shape), 1.0


@dice_loss.probes
def smoothed(random: Random) -> Iterator[tuple[Array, Array, float]]:
    """Other values of smooth, the first of them small."""
    for smooth in (0.01, 0.5, 4.0, 20.0):
        yield *random_masks(random, (2, 4, 6, 3)), smooth


@dice_loss.probes
def absent(random: Random) -> Iterator[tuple[Array, Array, float]]:
    """A class that is nowhere, and that nobody claims; the others are perfect."""
    for shape in [(2, 4, 5, 2), (1, 3, 6, 3)]:
        y_true, _ = random_masks(random, shape)
        y_true[..., 0] = 0
        yield y_true, y_true.copy(), 1.0


@dice_loss.check("It averages 1 − Dice over samples and classes", points=2)
def averages_dice(answer: float, expected: float, y_true: Array, y_prob: Array, smooth: float) -> None:
    assert np.isfinite(answer), f"you return {answer}"
    assert np.isclose(answer, expected, rtol=1e-4, atol=1e-5), f"your loss is {answer:.5f}"


@dice_loss.check("smooth is added above and below", points=1, on=smoothed)
def uses_smooth(answer: float, expected: float, y_true: Array, y_prob: Array, smooth: float) -> None:
    assert np.isclose(answer, expected, rtol=1e-4, atol=1e-5), f"your loss is {answer:.5f}"


@dice_loss.check("A perfect mask costs 0, and so does a class that is nowhere", points=1, on=absent)
def perfect_is_free(answer: float, expected: float, y_true: Array, y_prob: Array, smooth: float) -> None:
    assert np.isfinite(answer), f"you return {answer}"
    assert abs(answer) < 1e-5, f"your loss is {answer:.5f}"


@dice_loss.misconception(
    "Samples were pooled: a large object hides a small one elsewhere.", look_at="the axes that you sum over"
)
def over_batch(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return float(np.mean(1 - dice_scores(y_true, y_prob, smooth, smooth, (0, 1, 2))))


@dice_loss.misconception("Classes were pooled.", look_at="the axes that you sum over")
def over_classes(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return float(np.mean(1 - dice_scores(y_true, y_prob, smooth, smooth, (1, 2, 3))))


@dice_loss.misconception("Samples and classes were pooled into one sum.", look_at="the axes that you sum over")
def over_everything(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return float(np.mean(1 - dice_scores(y_true, y_prob, smooth, smooth, (0, 1, 2, 3))))


@dice_loss.misconception(
    "Rounding kills the gradient: use the probabilities.", look_at="what a small change of a probability does"
)
def hard(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return mean_of_samples_and_classes(y_true, np.round(y_prob), smooth)


@dice_loss.misconception("Sizes are plain sums here.", look_at="the size of a mask of one half everywhere")
def squared(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    both = np.sum(y_true**2, axis=(1, 2)) + np.sum(y_prob**2, axis=(1, 2))
    return float(np.mean(1 - (2 * np.sum(y_true * y_prob, axis=(1, 2)) + smooth) / (both + smooth)))


@dice_loss.misconception("A perfect mask does not reach 0.", look_at="how often the overlap is counted in both sizes")
def no_2(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return float(np.mean(1 - dice_scores(y_true, y_prob, smooth, smooth, twice=1.0)))


@dice_loss.misconception("That is the IoU version.", look_at="what stands below the line")
def jaccard(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    overlap = np.sum(y_true * y_prob, axis=(1, 2))
    both = np.sum(y_true, axis=(1, 2)) + np.sum(y_prob, axis=(1, 2))
    return float(np.mean(1 - (overlap + smooth) / (both - overlap + smooth)))


@dice_loss.misconception("An empty class gave 0/0.", look_at="a class that is in neither mask")
def smooth_missing(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return float(np.mean(1 - dice_scores(y_true, y_prob, 0, 0)))


@dice_loss.misconception(
    "An empty class should be perfect: smooth stands above and below.", look_at="a class that is in neither mask"
)
def smooth_below_only(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return float(np.mean(1 - dice_scores(y_true, y_prob, 0, smooth)))


@dice_loss.misconception("smooth is always 1 in your version.", look_at="where the argument smooth is used")
def smooth_fixed(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return mean_of_samples_and_classes(y_true, y_prob)


@dice_loss.misconception("High is bad for a loss.", look_at="what a perfect mask costs")
def score(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return 1 - mean_of_samples_and_classes(y_true, y_prob, smooth)


@dice_loss.misconception("A perfect mask should cost 0.", look_at="what a perfect mask costs")
def negative(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return mean_of_samples_and_classes(y_true, y_prob, smooth) - 1


@dice_loss.misconception("Average over samples and classes.", look_at="what twice as many samples do to your loss")
def summed(y_true: Array, y_prob: Array, smooth: float = 1.0) -> float:
    return float(np.sum(1 - dice_scores(y_true, y_prob, smooth, smooth)))


# --- 08.8 ------------------------------------------------------------------------------------------------------------

triplet_loss = Exercise(
    "08.8",
    "Nearer than a stranger",
    function="triplet_loss",
    difficulty=2,
    minutes=8,
    look_at="one triplet in the plane: its two squared distances, and by how much one exceeds the other",
)


@triplet_loss.reference
def mean_of_hinges(anchor: Array, positive: Array, negative: Array, margin: float) -> float:
    return float(np.mean(np.maximum(excess(anchor, positive, negative) + margin, 0)))


def squared_distance(one: Array, other: Array) -> Array:
    return np.sum((one - other) ** 2, axis=1)


def excess(anchor: Array, positive: Array, negative: Array) -> Array:
    """By how much the positive is farther than the negative: (N,)."""
    return np.asarray(squared_distance(anchor, positive) - squared_distance(anchor, negative))


Triplets = tuple[Array, Array, Array, float]


@triplet_loss.probes
def triplets(random: Random) -> Iterator[Triplets]:
    """Some near enough, some not; one triplet and many; margins of all sizes."""
    for count, width, margin in [(5, 3, 0.2), (8, 2, 1.0), (1, 4, 0.5), (12, 6, 0.1), (4, 4, 2.0)] * 3:
        anchor = random.normal(size=(count, width))
        near, far = (anchor + spread * random.normal(size=(count, width)) for spread in (0.6, 0.8))
        near[0] = anchor[0] + 0.9 * np.sign(near[0] - anchor[0])
        far[0] = anchor[0] + 0.7 * np.sign(far[0] - anchor[0])
        yield anchor, near, far, margin


@triplet_loss.probes
def easy(random: Random) -> Iterator[Triplets]:
    """Every stranger is farther than the margin asks."""
    for count, width in [(4, 3), (1, 2), (7, 5)]:
        anchor = random.normal(size=(count, width))
        yield anchor, anchor + 0.05 * random.normal(size=(count, width)), anchor + 4, 0.3


@triplet_loss.probes
def tied(random: Random) -> Iterator[Triplets]:
    """Friend and stranger are equally far."""
    for count, width, margin in [(4, 3, 0.2), (3, 2, 1.5)]:
        anchor, other = random.normal(size=(2, count, width))
        yield anchor, other, other.copy(), margin


@triplet_loss.check("It averages how far each triplet falls short, in squared distances", points=2)
def averages_shortfall(answer: float, expected: float, *triplet: object) -> None:
    assert np.isfinite(answer), f"you return {answer}"
    assert np.isclose(answer, expected, rtol=1e-4, atol=1e-5), f"your loss is {answer:.5f}"


@triplet_loss.check("Triplets whose stranger is far enough cost nothing", points=1, on=easy)
def easy_is_free(answer: float, expected: float, *triplet: object) -> None:
    assert abs(answer) < 1e-6, f"your loss is {answer:.5f}"


@triplet_loss.check("Where friend and stranger are equally far, the cost is the margin", points=1, on=tied)
def tie_costs_the_margin(answer: float, expected: float, *triplet: object) -> None:
    assert np.isclose(answer, expected, atol=1e-5), f"your loss is {answer:.5f} for a margin of {triplet[3]}"


@triplet_loss.misconception(
    "Friend and stranger are exchanged: you pull the stranger near.", look_at="which distance should be the smaller one"
)
def exchanged(anchor: Array, positive: Array, negative: Array, margin: float) -> float:
    return mean_of_hinges(anchor, negative, positive, margin)


@triplet_loss.misconception(
    "A stranger who is far enough earns below 0 and pays for others.", look_at="a triplet that is right already"
)
def no_hinge(anchor: Array, positive: Array, negative: Array, margin: float) -> float:
    return float(np.mean(excess(anchor, positive, negative) + margin))


@triplet_loss.misconception(
    "You cut at 0 after averaging: easy triplets pay for hard ones.", look_at="the order of cutting and averaging"
)
def hinge_after_mean(anchor: Array, positive: Array, negative: Array, margin: float) -> float:
    return float(np.maximum(no_hinge(anchor, positive, negative, margin), 0))


@triplet_loss.misconception(
    "The margin makes it easier in your version.", look_at="the loss when friend and stranger are equally far"
)
def margin_subtracted(anchor: Array, positive: Array, negative: Array, margin: float) -> float:
    return mean_of_hinges(anchor, positive, negative, -margin)


@triplet_loss.misconception("The margin has no effect.", look_at="the loss when friend and stranger are equally far")
def no_margin(anchor: Array, positive: Array, negative: Array, margin: float) -> float:
    return mean_of_hinges(anchor, positive, negative, 0)


@triplet_loss.misconception("Distances are squared here.", look_at="the distance of two points 3 apart")
def roots_taken(anchor: Array, positive: Array, negative: Array, margin: float) -> float:
    near, far = (np.sqrt(squared_distance(anchor, other)) for other in (positive, negative))
    return float(np.mean(np.maximum(near - far + margin, 0)))


@triplet_loss.misconception("Average over the triplets.", look_at="what twice as many triplets do to your loss")
def summed_triplets(anchor: Array, positive: Array, negative: Array, margin: float) -> float:
    return mean_of_hinges(anchor, positive, negative, margin) * len(anchor)


@triplet_loss.misconception(
    "A distance sums over the coordinates; you averaged them.", look_at="the distance of (0, 0) and (1, 1), squared"
)
def mean_over_coordinates(anchor: Array, positive: Array, negative: Array, margin: float) -> float:
    return float(np.mean(np.maximum(excess(anchor, positive, negative) / anchor.shape[1] + margin, 0)))


@triplet_loss.misconception(
    "The stranger is measured from the anchor, not from the friend.", look_at="whose distance to the stranger you take"
)
def from_the_friend(anchor: Array, positive: Array, negative: Array, margin: float) -> float:
    return mean_of_hinges(positive, anchor, negative, margin)


@triplet_loss.misconception(
    "You cut each coordinate at 0; a triplet is one number before it is cut.", look_at="the shape of what you cut at 0"
)
def coordinate_by_coordinate(anchor: Array, positive: Array, negative: Array, margin: float) -> float:
    each = (anchor - positive) ** 2 - (anchor - negative) ** 2
    return float(np.mean(np.maximum(each + margin, 0)))
