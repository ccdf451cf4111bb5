"""Stand-in for MNIST: scikit-learn's real 8×8 digits made 28×28, each copy a little turned, slanted and moved.

Right for trying out code at MNIST's size. It has 1,437 originals for 60,000 pictures, so a network meets each writer's
stroke forty times: accuracies are not MNIST's.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from layerwise_datasets.bundled import digits
from layerwise_datasets.dataset import Array
from layerwise_datasets.found import Found, Rows
from layerwise_datasets.generated.drawing import Chance, Floats

COUNTS = {"train": 60_000, "test": 10_000}
_SIDE, _AT_ONCE = 28, 1_000


def large_digits(split: str) -> Found:
    """Digits of the same split of "digits", upscaled; test digits never come from training writers' scans."""
    random = np.random.default_rng([28, split == "test"])
    originals = digits(split)
    base = random.integers(0, len(originals.y), COUNTS[split])
    table = random.random((len(base), 7), dtype=np.float32)
    source = "stand-in: scikit-learn's 8×8 digits, enlarged to 28×28 and distorted"
    y = originals.y[base]

    def read(rows: Rows) -> Array:
        wanted = np.arange(len(y)) if rows is None else rows
        parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
        return np.concatenate([_warped(_enlarged(split)[base[part]], Chance(table[part])) for part in parts])

    return Found(y, read, source, originals.licence, originals.classes, is_real=False)


@cache
def _enlarged(split: str) -> Floats:
    """The split's 8×8 scans as 20×20 pictures with firm strokes, in a frame of 28."""
    from scipy.ndimage import zoom

    large = zoom(digits(split).read(None), (1, 2.5, 2.5), order=3, mode="nearest", grid_mode=True)
    firm = np.clip(1.7 * large - 0.35, 0, 1).astype(np.float32)
    return np.pad(firm, ((0, 0), (4, 4), (4, 4)))


def _warped(images: Floats, chance: Chance) -> npt.NDArray[np.uint8]:
    """Each picture seen through its own small linear map, read between pixels."""
    line = np.arange(_SIDE, dtype=np.float32) - (_SIDE - 1) / 2
    v, u = np.meshgrid(line, line, indexing="ij")
    turn, slant, wide, high = chance.one(-0.2, 0.2), chance.one(-0.2, 0.2), chance.one(0.9, 1.15), chance.one(0.9, 1.15)
    x = wide * (np.cos(turn) * u - np.sin(turn) * v) + slant * v + chance.one(-1.5, 1.5)
    y = high * (np.sin(turn) * u + np.cos(turn) * v) + chance.one(-1.5, 1.5)
    return (255 * chance.one(0.85, 1.0) * _between(images, x, y)).round().astype(np.uint8)[..., None]


def _between(images: Floats, x: Floats, y: Floats) -> Floats:
    """Bilinear values at (x, y), counted from the centre; beyond the border the last pixel, which is black."""
    x, y = (np.clip(place + (_SIDE - 1) / 2, 0, _SIDE - 1.001) for place in (x, y))
    left, top = x.astype(int), y.astype(int)
    right_share, low_share = x - left, y - top
    which = np.arange(len(images))[:, None, None]
    upper = images[which, top, left] * (1 - right_share) + images[which, top, left + 1] * right_share
    lower = images[which, top + 1, left] * (1 - right_share) + images[which, top + 1, left + 1] * right_share
    return np.asarray(upper * (1 - low_share) + lower * low_share, np.float32)
