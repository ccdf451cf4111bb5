"""Drawn faces of people who do not exist: the same person again and again, in other poses, moods and light.

Made for verification: who is who is known without error, and the people of the test split are none of the train split.
It cannot teach anything about recognising people, and holds nobody's picture.
"""

import numpy as np
import numpy.typing as npt

from layerwise_datasets.dataset import Array
from layerwise_datasets.found import Found, Rows
from layerwise_datasets.generated.drawing import SIDE, Chance, Floats, blend, coverage, frame, placed

PEOPLE = {"train": 80, "test": 30}
PICTURES = 12  # of each person
_TRAITS, _POSE = 14, 12
_PIXEL = 3 / SIDE


def drawn_faces(split: str) -> Found:
    """Grey pictures (32, 32, 1) in 0..255; the target is the person's number, from 80 on in the test split."""
    random = np.random.default_rng([9, split == "test"])
    count = PEOPLE[split]
    first = PEOPLE["train"] if split == "test" else 0
    y = first + random.permutation(np.arange(count * PICTURES) % count).astype(np.int64)
    traits = random.random((count, _TRAITS), dtype=np.float32)
    poses = random.random((len(y), _POSE), dtype=np.float32)

    def read(rows: Rows) -> Array:
        wanted = np.arange(len(y)) if rows is None else rows
        return _pictures(Chance(traits[y[wanted] - first]), Chance(poses[wanted]), len(wanted))

    source = f"generated: {PICTURES} drawings each of {count} people who do not exist"
    names = tuple(f"person {number}" for number in range(first + count))
    return Found(y, read, source, "CC0", names, is_real=False)


def _pictures(person: Chance, pose: Chance, count: int) -> npt.NDArray[np.uint8]:
    x, y = frame(count)
    x, y = placed(x, y, pose.one(-0.15, 0.15), pose.one(-0.15, 0.15), pose.one(-0.04, 0.04))
    scale = pose.one(0.85, 1.1)
    x, y = x / scale, y / scale
    canvas = np.zeros((count, SIDE, SIDE, 1), np.float32) + pose.one(0.1, 0.9)[..., None]
    skin, hair = person.one(0.45, 0.85)[:, :, 0], person.one(0.02, 0.4)[:, :, 0]
    width, height, hairline = person.one(0.5, 0.72), person.one(0.72, 0.9), person.one(-0.6, -0.25)
    blend(canvas, coverage("ellipse", x, y + 0.12, width + 0.1, height, _PIXEL), hair)
    blend(canvas, coverage("ellipse", x, y, width, height, _PIXEL) * (y > hairline), skin)
    _eyes(canvas, x, y, person, pose)
    _nose_and_mouth(canvas, x, y, person, pose, skin)
    light = 1 + pose.one(-0.45, 0.45) * x + pose.one(-0.3, 0.3) * y
    grain = np.random.default_rng(9).normal(0, 0.03, canvas.shape[1:])
    return np.asarray((255 * np.clip(canvas * light[..., None] + grain, 0, 1)).round(), np.uint8)


def _eyes(canvas: Floats, x: Floats, y: Floats, person: Chance, pose: Chance) -> None:
    apart, level, size = person.one(0.18, 0.34), person.one(-0.22, 0.0), person.one(0.05, 0.12)
    brow, slant = person.one(0.12, 0.24), person.one(-0.25, 0.25)
    looking = pose.one(-0.03, 0.03)
    height: Floats = size * pose.one(0.6, 1.2)
    dark, white = np.full((len(x), 1), 0.05, np.float32), np.full((len(x), 1), 0.95, np.float32)
    for side in (-1, 1):
        u, v = x - side * apart, y - level
        blend(canvas, coverage("ellipse", u, v, 1.5 * size, height, _PIXEL), white)
        blend(canvas, coverage("ellipse", u - looking, v, 0.7 * size, height, _PIXEL), dark)
        blend(canvas, coverage("box", u, v + brow + slant * side * u, 0.15, 0.035, _PIXEL), dark)


def _nose_and_mouth(canvas: Floats, x: Floats, y: Floats, person: Chance, pose: Chance, skin: Floats) -> None:
    nose, broad = person.one(0.1, 0.3), person.one(0.05, 0.13)
    mouth, level = person.one(0.14, 0.34), person.one(0.38, 0.55)
    smile, opened = pose.one(-0.4, 0.8), pose.one(0.03, 0.09)
    blend(canvas, coverage("triangle", x, y - np.float32(0.5) * nose, broad, nose, _PIXEL), 0.75 * skin)
    blend(canvas, coverage("ellipse", x, y - level + smile * x**2, mouth, opened, _PIXEL), 0.35 * skin)
