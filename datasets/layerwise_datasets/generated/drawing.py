"""Pictures drawn from parts: ellipses, boxes and triangles, many pictures at once.

Every picture takes its randomness from one row of a table of uniform numbers, so any rows of a split can be drawn alone
and come out the same as when all are drawn.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Shape = Literal["ellipse", "box", "triangle"]

Size = Floats | float

SIDE = 32
MAX_PARTS = 9


class Part(NamedTuple):
    """One shape of a drawing, in a frame from -1 to 1 with y pointing down.

    Attributes:
        shape: A triangle points up.
        x: Centre.
        y: Centre.
        a: Half the width.
        b: Half the height.
        angle: In turns, clockwise.
        paint: Which of the picture's three colours.
    """

    shape: Shape
    x: float
    y: float
    a: float
    b: float
    angle: float = 0.0
    paint: int = 0


def mirrored(part: Part) -> tuple[Part, Part]:
    """A part and its mirror image, left and right."""
    return part, part._replace(x=-part.x, angle=-part.angle)


class Chance:
    """Columns of a table of uniform numbers, handed out in turn."""

    def __init__(self, table: Floats) -> None:
        self._table, self._next = table, 0

    def take(self, low: float, high: float, columns: int = 1) -> Floats:
        """The next columns, stretched to low..high: (pictures, columns, 1, 1)."""
        part = self._table[:, self._next : self._next + columns]
        self._next += columns
        return (low + (high - low) * part)[:, :, None, None].astype(np.float32)

    def one(self, low: float, high: float) -> Floats:
        """The next column: (pictures, 1, 1)."""
        return self.take(low, high)[:, 0]


def coverage(shape: Shape, x: Floats, y: Floats, a: Size, b: Size, pixel: Size) -> Floats:
    """How much of each pixel a shape around the origin covers, 0..1; edges are one pixel soft."""
    if shape == "ellipse":
        outside = (np.sqrt((x / a) ** 2 + (y / b) ** 2) - 1) * np.minimum(a, b)
    elif shape == "box":
        outside = np.maximum(np.abs(x) - a, np.abs(y) - b)
    else:
        slope = 2 * b / np.sqrt(4 * b**2 + a**2)
        outside = np.maximum((np.abs(x) - a * (y + b) / (2 * b)) * slope, y - b)
    return np.clip(0.5 - outside / pixel, 0, 1)


def placed(x: Floats, y: Floats, dx: Floats, dy: Floats, turns: Floats) -> tuple[Floats, Floats]:
    """Coordinates seen from a frame at (dx, dy), turned clockwise."""
    cos, sin = np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)
    x, y = x - dx, y - dy
    return cos * x + sin * y, cos * y - sin * x


def frame(count: int) -> tuple[Floats, Floats]:
    """Pixel centres of pictures whose frame reaches from -1 to 1: x and y, (count, SIDE, SIDE)."""
    line = ((np.arange(SIDE) + 0.5) / SIDE * 2 - 1).astype(np.float32)
    y, x = np.meshgrid(line, line, indexing="ij")
    return np.broadcast_to(x, (count, SIDE, SIDE)), np.broadcast_to(y, (count, SIDE, SIDE))


def draw_parts(canvas: Floats, parts: Sequence[Part], paints: Floats, chance: Chance, *, shake: float) -> None:
    """Draw a thing onto `canvas` in a random pose, each part a little out of place.

    Args:
        canvas: (pictures, SIDE, SIDE, channels), changed in place.
        parts: From back to front.
        paints: (pictures, 3, channels).
        chance: Where pose and shaking come from.
        shake: How far parts stray from the plan.
    """
    x, y = frame(len(canvas))
    x, y = placed(x, y, chance.one(-0.2, 0.2), chance.one(-0.2, 0.2), chance.one(-0.05, 0.05))
    scale = chance.one(0.7, 1.05)
    flip = np.where(chance.one(0, 1) < 0.5, -1, 1).astype(np.float32)
    x, y, pixel = flip * x / scale, y / scale, 2 / SIDE / scale
    for part in parts:
        dx, dy = part.x + chance.one(-shake, shake), part.y + chance.one(-shake, shake)
        turns = part.angle + chance.one(-shake, shake) * 0.4
        stretch = 1 + chance.take(-2.5 * shake, 2.5 * shake, 2)
        u, v = placed(x, y, dx, dy, turns)
        mask = coverage(part.shape, u, v, part.a * stretch[:, 0], part.b * stretch[:, 1], pixel)
        blend(canvas, mask, paints[:, part.paint])


def blend(canvas: Floats, mask: Floats, colour: Floats) -> None:
    """Lay a colour (pictures, channels) over `canvas` where `mask` is 1."""
    canvas += mask[..., None] * (colour[:, None, None, :] - canvas)
