"""Street scenes of 48×48 pixels with four kinds of things on them, and the kind of every pixel.

Made for detection and segmentation: nothing hides anything else and two things never touch, so the boxes follow from
the masks. Colours are drawn by chance and say nothing about the kind; the shape does. It cannot teach clutter,
occlusion or perspective.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from layerwise_datasets.dataset import Array
from layerwise_datasets.found import Found

COUNTS = {"train": 1_500, "test": 300}
KINDS = ("person", "car", "sign", "cone")
SIDE = 48
_GAP = 2  # pixels of ground between two things, so that each is a component of its own
_TRIES = 40

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Random = np.random.Generator

# Lowest and highest width, then height, of each kind in pixels.
_SIZES = {"person": (7, 10, 14, 21), "car": (14, 23, 8, 13), "sign": (8, 12, 14, 21), "cone": (8, 12, 8, 13)}


def streets(split: str) -> Found:
    """Pictures (48, 48, 3) and, as targets, the kind of each pixel: 0 for ground, then 1 to 4 as in `classes`."""
    x, y = _drawn(split)
    source = "generated: street scenes of 48×48 with persons, cars, signs and cones; the kind of every pixel is known"
    return Found(y, lambda rows: x if rows is None else x[rows], source, "CC0", ("ground", *KINDS), is_real=False)


@cache
def _drawn(split: str) -> tuple[Array, npt.NDArray[np.int64]]:
    scenes = [_scene(np.random.default_rng([8, split == "test", row])) for row in range(COUNTS[split])]
    return np.stack([x for x, _ in scenes]), np.stack([y for _, y in scenes])


def _scene(random: Random) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    canvas, kinds = _ground(random), np.zeros((SIDE, SIDE), np.int64)
    for _ in range(random.integers(1, 4)):
        number = int(random.integers(len(KINDS)))
        place = _free_place(kinds, KINDS[number], random)
        if place is not None:
            top, left, height, width = place
            window = np.s_[top : top + height, left : left + width]
            _paint(canvas[window], kinds[window], number + 1, random)
    canvas += random.normal(0, 0.03, canvas.shape)
    return (255 * np.clip(canvas, 0, 1)).round().astype(np.uint8), kinds


def _free_place(kinds: npt.NDArray[np.int64], name: str, random: Random) -> tuple[int, int, int, int] | None:
    """Top, left, height and width of a place where nothing stands yet; None when none was found."""
    narrow, wide, low, high = _SIZES[name]
    for _ in range(_TRIES):
        width, height = int(random.integers(narrow, wide + 1)), int(random.integers(low, high + 1))
        top, left = int(random.integers(1, SIDE - height)), int(random.integers(1, SIDE - width))
        around = kinds[max(top - _GAP, 0) : top + height + _GAP, max(left - _GAP, 0) : left + width + _GAP]
        if not around.any():
            return top, left, height, width
    return None


def _ground(random: Random) -> Floats:
    """A sky, houses in front of it, and a road with slanted stripes."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    horizon = random.integers(14, 24)
    canvas = np.empty((SIDE, SIDE, 3))
    canvas[:] = random.uniform(0.45, 0.9, 3)
    for left in range(0, SIDE, 8):
        canvas[random.integers(2, horizon) : horizon, left : left + 8] = random.uniform(0.25, 0.75)
    road = rows >= horizon
    canvas[road] = random.uniform(0.3, 0.6)
    slope, width = random.uniform(-1.5, 1.5), random.integers(9, 16)
    stripes = (columns + slope * rows) % width < 3
    canvas[road & stripes] += random.uniform(0.08, 0.3)
    return canvas


def _paint(canvas: Floats, kinds: npt.NDArray[np.int64], number: int, random: Random) -> None:
    """Draw one thing so that it fills the window; both arrays are changed in place."""
    height, width = kinds.shape
    y, x = np.mgrid[:height, :width]
    inside, marked = _SHAPES[KINDS[number - 1]]((x + 0.5) / width, (y + 0.5) / height)
    coat, mark = random.uniform(0, 1, 3), random.uniform(0, 1)
    coat += np.where(abs(coat - canvas.mean(axis=(0, 1))).max() < 0.35, 0.5, 0) * np.sign(0.5 - coat)  # to be seen
    canvas[inside] = coat
    canvas[inside & marked] = mark
    kinds[inside] = number


def _person(x: Floats, y: Floats) -> tuple[Mask, Mask]:
    head = _ellipse(x, y, (0.5, 0.14), (0.24, 0.14))
    body = _ellipse(x, y, (0.5, 0.46), (0.5, 0.22))
    legs = (y > 0.5) & (abs(abs(x - 0.5) - 0.2) < 0.16)
    return head | body | legs, head


def _car(x: Floats, y: Floats) -> tuple[Mask, Mask]:
    body = (y > 0.4) & (y < 0.82)
    cabin = (y <= 0.45) & (abs(x - 0.5) < 0.2 + 0.35 * y)
    wheels = _ellipse(x, y, (0.22, 0.8), (0.13, 0.2)) | _ellipse(x, y, (0.78, 0.8), (0.13, 0.2))
    windows = (y > 0.12) & (y <= 0.4) & (abs(x - 0.5) < 0.15 + 0.3 * y)
    return body | cabin | wheels, wheels | windows


def _sign(x: Floats, y: Floats) -> tuple[Mask, Mask]:
    plate = _ellipse(x, y, (0.5, 0.28), (0.5, 0.28))
    pole = (y > 0.5) & (abs(x - 0.5) < 0.12)
    return plate | pole, _ellipse(x, y, (0.5, 0.28), (0.3, 0.17)) | pole


def _cone(x: Floats, y: Floats) -> tuple[Mask, Mask]:
    flank = abs(x - 0.5) < 0.06 + 0.4 * y
    foot = y > 0.88
    return flank | foot, (y > 0.4) & (y < 0.65)


def _ellipse(x: Floats, y: Floats, centre: tuple[float, float], half: tuple[float, float]) -> Mask:
    return np.asarray(((x - centre[0]) / half[0]) ** 2 + ((y - centre[1]) / half[1]) ** 2 <= 1)


_SHAPES: dict[str, Callable[[Floats, Floats], tuple[Mask, Mask]]] = {
    "person": _person,
    "car": _car,
    "sign": _sign,
    "cone": _cone,
}
