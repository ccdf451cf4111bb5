"""White silhouettes on black, a target far from photographs; what counts is the number of lobes of the outline.

Turned by any angle and of any size, without colour, texture or inner parts; the lobes are shallow, and slow dents hide
them. What `mini_resnet` learned from pictures of things is worth less here: half of what it is worth on CIFAR-10 (see
its card). Made for the section on where transfer does not help; no real set stands behind it.
"""

import numpy as np
import numpy.typing as npt

from layerwise_datasets.dataset import Array
from layerwise_datasets.found import Found, Rows
from layerwise_datasets.generated.drawing import SIDE, Chance, Floats, frame

COUNTS = {"train": 5_000, "test": 2_000}
LOBES = tuple(range(2, 12))
_HARMONICS, _AT_ONCE = 4, 500


def silhouettes(split: str) -> Found:
    """Outlines of 2 to 11 lobes."""
    random = np.random.default_rng([3, split == "test"])
    y = random.permutation(np.arange(COUNTS[split]) % len(LOBES)).astype(np.int64)
    table = random.random((len(y), 5 + 2 * _HARMONICS), dtype=np.float32)

    def read(rows: Rows) -> Array:
        wanted = np.arange(len(y)) if rows is None else rows
        parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
        return np.concatenate([_pictures(y[part], Chance(table[part])) for part in parts])

    source = "generated: white silhouettes with 2 to 11 lobes, 32×32"
    return Found(y, read, source, "CC0", tuple(f"{lobes} lobes" for lobes in LOBES), is_real=False)


def _pictures(y: npt.NDArray[np.int64], chance: Chance) -> npt.NDArray[np.uint8]:
    x, v = frame(len(y))
    x, v = x - chance.one(-0.2, 0.2), v - chance.one(-0.2, 0.2)
    angle = 2 * np.pi * chance.one(0, 1) + np.arctan2(v, x)
    lobes = np.array(LOBES, np.float32)[y][:, None, None]
    outline = 1 + chance.one(0.08, 0.16) * np.cos(lobes * angle) + _dents(angle, chance)
    inside = chance.one(0.4, 0.65) * outline - np.hypot(x, v)
    grey = np.clip(0.5 + inside * SIDE / 2, 0, 1)
    return np.repeat((255 * grey).round().astype(np.uint8)[..., None], 3, axis=-1)


def _dents(angle: Floats, chance: Chance) -> Floats:
    """Slow swellings of the outline that say nothing about the class."""
    waves = [chance.one(0, 0.15) * np.cos(k * angle + chance.one(0, 2 * np.pi)) for k in range(1, _HARMONICS + 1)]
    return np.asarray(np.sum(waves, axis=0), np.float32)
