"""Stand-ins for CIFAR-10 and CIFAR-100: things drawn from parts, in colour, before a disorderly background.

The ten target classes are plans drawn by hand and bear CIFAR-10's names, so that a chapter's words fit ("animal or
vehicle"). The hundred source classes are plans made by chance from the same kinds of parts; no target plan is among
them. So a network that has learned the hundred knows parts, edges and arrangements, and none of the ten: what transfer
learning needs to be worth showing. It cannot teach texture, true shape variety or photographs' clutter.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from layerwise_datasets.dataset import Array
from layerwise_datasets.found import Found, Rows
from layerwise_datasets.generated.drawing import (
    MAX_PARTS,
    SIDE,
    Chance,
    Floats,
    Shape,
    blend,
    coverage,
    draw_parts,
    frame,
    placed,
)
from layerwise_datasets.generated.plans import TARGETS, Colour, Thing, made_up_things

COUNTS = {"train": 50_000, "test": 10_000}
_COLUMNS = 64 + 5 * MAX_PARTS
_AT_ONCE = 250

# How far colours lean to those of the class: ridge on pixels is to score what it scores on real CIFAR-10, about 0.26 at
# 20 labels a class (at 0.4 it scored 0.44, and colour was all there was to learn).
_LEAN = 0.25


def objects(split: str) -> Found:
    """The stand-in for CIFAR-10."""
    source = "stand-in: generated drawings of the ten kinds of things, not photographs"
    return _found(list(TARGETS.values()), tuple(TARGETS), split, 10, source)


def source_objects(split: str) -> Found:
    """The stand-in for CIFAR-100: the classes that the course's own backbone has also learned from."""
    names = tuple(f"thing {number}" for number in range(100))
    return _found(made_up_things(), names, split, 100, "stand-in: generated drawings of a hundred made-up things")


def _found(things: Sequence[Thing], names: tuple[str, ...], split: str, seed: int, source: str) -> Found:
    random = np.random.default_rng([seed, split == "test"])
    y = random.permutation(np.arange(COUNTS[split]) % len(things)).astype(np.int64)
    table = random.random((len(y), _COLUMNS), dtype=np.float32)
    return Found(y, lambda rows: _draw(things, y, table, rows), source, "CC0", names, is_real=False)


def _draw(things: Sequence[Thing], y: npt.NDArray[np.int64], table: Floats, rows: Rows) -> Array:
    wanted = np.arange(len(y)) if rows is None else np.asarray(rows)
    x = np.empty((len(wanted), SIDE, SIDE, 3), np.uint8)
    for label, thing in enumerate(things):
        places = np.flatnonzero(y[wanted] == label)
        for start in range(0, len(places), _AT_ONCE):
            some = places[start : start + _AT_ONCE]
            x[some] = _pictures(thing, Chance(table[wanted[some]]), len(some))
    return x


def _pictures(thing: Thing, chance: Chance, count: int) -> npt.NDArray[np.uint8]:
    canvas = _background(chance, count, thing.ground)
    _clutter(canvas, chance)
    paints = chance.take(0.0, 1.0, 9).reshape(count, 3, 3)
    paints[:, 0] = _leaning(paints[:, 0], thing.coat)
    draw_parts(canvas, thing.parts, paints, chance, shake=0.05)
    light = chance.one(0.6, 1.15)[..., None]
    canvas = canvas * light + chance.one(0.01, 0.05)[..., None] * _grain(chance, count)
    return (np.clip(canvas, 0, 1) * 255).round().astype(np.uint8)


def _background(chance: Chance, count: int, ground: Colour) -> Floats:
    """Two colours that flow into each other along waves."""
    x, y = frame(count)
    u, v = placed(x, y, chance.one(-1, 1), chance.one(-1, 1), chance.one(0, 1))
    waves = np.sin(chance.one(1, 7) * u + chance.one(0.5, 2.5) * np.sin(chance.one(1, 5) * v))
    first, second = (_leaning(_pale(chance.take(0.1, 0.95, 3).reshape(count, 3)), ground) for _ in range(2))
    canvas = np.empty((count, SIDE, SIDE, 3), np.float32)
    canvas[:] = first[:, None, None]
    blend(canvas, 0.5 + 0.5 * waves, second)
    return canvas


def _pale(colours: Floats) -> Floats:
    """Colours half-way to grey, as most of the world is."""
    return np.asarray(0.5 * colours + 0.5 * colours.mean(axis=1, keepdims=True), np.float32)


def _leaning(colours: Floats, to: Colour) -> Floats:
    return (1 - _LEAN) * colours + _LEAN * np.array(to, np.float32)


def _clutter(canvas: Floats, chance: Chance) -> None:
    """Two shapes that belong to nothing."""
    x, y = frame(len(canvas))
    shapes: tuple[Shape, ...] = ("ellipse", "box")
    for shape in shapes:
        u, v = placed(x, y, chance.one(-1, 1), chance.one(-1, 1), chance.one(0, 1))
        mask = coverage(shape, u, v, chance.one(0.08, 0.4), chance.one(0.08, 0.4), 2 / SIDE)
        blend(canvas, mask, chance.take(0, 1, 3).reshape(-1, 3))


def _grain(chance: Chance, count: int, tile: int = 96) -> Floats:
    """Noise cut out of one fixed tile at a place of each picture's own."""
    noise = np.random.default_rng(32).normal(size=(tile, tile, 3)).astype(np.float32)
    top, left = (chance.one(0, tile - SIDE)[:, 0, 0].astype(int) for _ in range(2))
    windows = np.lib.stride_tricks.sliding_window_view(noise, (SIDE, SIDE), axis=(0, 1))
    return np.moveaxis(windows[top, left], 1, -1)
