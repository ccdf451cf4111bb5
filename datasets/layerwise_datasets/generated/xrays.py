"""Stand-in for the chest X-rays: a chest, two lungs, ribs and a heart; pneumonia is haze inside a lung.

Shapes and labels as in the real set, class shares too. It cannot teach anything about medicine.
"""

import numpy as np
import numpy.typing as npt

from layerwise_datasets.dataset import Array
from layerwise_datasets.found import Found, Rows
from layerwise_datasets.generated.drawing import SIDE, Chance, Floats, blend, coverage, frame, placed

COUNTS = {"train": 4_708, "test": 624}
CLASSES = ("normal", "pneumonia")
_SICK_SHARE = {"train": 0.742, "test": 0.625}
_EDGE = 2  # drawn at 32 pixels, cut to 28
_AT_ONCE = 500


def drawn_xrays(split: str) -> Found:
    """Grey 28×28 pictures of generated chests."""
    random = np.random.default_rng([4, split == "test"])
    y = (random.random(COUNTS[split]) < _SICK_SHARE[split]).astype(np.int64)
    table = random.random((len(y), 48), dtype=np.float32)

    def read(rows: Rows) -> Array:
        wanted = np.arange(len(y)) if rows is None else rows
        parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
        return np.concatenate([_pictures(y[part], Chance(table[part])) for part in parts])

    return Found(y, read, "stand-in: generated chests, no X-rays of anybody", "CC0", CLASSES, is_real=False)


def _pictures(y: npt.NDArray[np.int64], chance: Chance) -> npt.NDArray[np.uint8]:
    x, v = frame(len(y))
    x, v = placed(x, v, chance.one(-0.1, 0.1), chance.one(-0.1, 0.1), chance.one(-0.02, 0.02))
    canvas = np.full((len(y), SIDE, SIDE, 1), 0.12, np.float32) + 0.1 * chance.one(0, 1)[..., None]
    _ellipse(canvas, x, v, (0, 0.1), (0.9, 1.0), chance.one(0.55, 0.7))
    lungs = [_ellipse(canvas, x, v, (side * 0.42, -0.02), (0.3, 0.62), chance.one(0.2, 0.34)) for side in (-1, 1)]
    _ellipse(canvas, x, v, (0.14, 0.3), (0.3, 0.32), chance.one(0.6, 0.75))
    canvas += (0.05 * np.cos((v + 0.35 * np.abs(x)) * 20 + chance.one(0, 6)))[..., None]
    for lung, side in zip(lungs, (-1, 1), strict=True):
        _haze(canvas, x, v, side, lung, y, chance)
    grain = np.random.default_rng(4).normal(0, 0.02, canvas.shape[1:])
    inner = slice(_EDGE, SIDE - _EDGE)
    grey = (255 * np.clip(canvas + grain, 0, 1)).round()
    return np.asarray(grey[:, inner, inner], np.uint8)


def _ellipse(
    canvas: Floats, x: Floats, v: Floats, centre: tuple[float, float], half: tuple[float, float], grey: Floats
) -> Floats:
    mask = coverage("ellipse", x - centre[0], v - centre[1], *half, 4 / SIDE)
    blend(canvas, mask, grey[:, :, 0])
    return mask


def _haze(
    canvas: Floats, x: Floats, v: Floats, side: int, lung: Floats, y: npt.NDArray[np.int64], chance: Chance
) -> None:
    """A cloud in the lung: dense for pneumonia, thin otherwise, and the two overlap."""
    u, w = x - side * chance.one(0.3, 0.5), v - chance.one(-0.4, 0.45)
    cloud = np.exp(-(u**2 + w**2) / chance.one(0.03, 0.16))
    dense, thin = chance.one(0.1, 0.85), chance.one(0.0, 0.3)
    blend(canvas, lung * cloud * np.where(y[:, None, None] == 1, dense, thin), np.full((len(y), 1), 0.75, np.float32))
