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
    Part,
    Shape,
    blend,
    coverage,
    draw_parts,
    frame,
    mirrored,
    placed,
)

COUNTS = {"train": 50_000, "test": 10_000}
_COLUMNS = 64 + 5 * MAX_PARTS
_AT_ONCE = 250

TARGETS: dict[str, tuple[Part, ...]] = {
    "airplane": (
        Part("ellipse", 0.0, 0.0, 0.85, 0.15),
        Part("triangle", 0.05, 0.3, 0.2, 0.35, 0.55, 1),
        Part("triangle", 0.05, -0.25, 0.12, 0.25, 0.05, 1),
        Part("triangle", 0.7, -0.2, 0.15, 0.22, 0.05, 1),
        Part("ellipse", -0.62, -0.04, 0.12, 0.06, 0, 2),
    ),
    "automobile": (
        Part("ellipse", 0.0, -0.18, 0.5, 0.32, 0, 1),
        Part("box", 0.0, 0.12, 0.85, 0.2),
        *mirrored(Part("ellipse", 0.5, 0.34, 0.2, 0.2, 0, 2)),
        Part("box", 0.0, -0.2, 0.04, 0.22),
    ),
    "bird": (
        Part("ellipse", 0.0, 0.0, 0.5, 0.3, 0.05),
        Part("ellipse", -0.5, -0.32, 0.22, 0.2),
        Part("triangle", -0.82, -0.3, 0.09, 0.16, -0.25, 2),
        Part("triangle", 0.62, 0.15, 0.18, 0.3, -0.2, 1),
        Part("ellipse", 0.1, -0.05, 0.3, 0.15, 0.1, 1),
        Part("box", -0.08, 0.5, 0.03, 0.25, 0, 2),
        Part("box", 0.14, 0.5, 0.03, 0.25, 0, 2),
    ),
    "cat": (
        Part("ellipse", 0.0, 0.55, 0.42, 0.45),
        Part("ellipse", 0.0, -0.15, 0.5, 0.42),
        *mirrored(Part("triangle", 0.34, -0.6, 0.17, 0.25, 0.04)),
        *mirrored(Part("ellipse", 0.2, -0.2, 0.09, 0.09, 0, 2)),
        Part("triangle", 0.0, 0.02, 0.08, 0.07, 0.5, 1),
        Part("ellipse", 0.62, 0.5, 0.09, 0.42, 0.06, 1),
    ),
    "deer": (
        Part("ellipse", 0.1, 0.05, 0.45, 0.22),
        Part("box", -0.35, -0.2, 0.09, 0.28, -0.07),
        Part("ellipse", -0.5, -0.42, 0.2, 0.11, 0.05),
        Part("box", -0.4, -0.72, 0.03, 0.24, -0.04, 1),
        Part("box", -0.28, -0.68, 0.03, 0.24, 0.08, 1),
        Part("box", -0.15, 0.5, 0.05, 0.35, 0, 2),
        Part("box", 0.4, 0.5, 0.05, 0.35, 0, 2),
        Part("box", -0.17, -0.76, 0.14, 0.03, 0.05, 1),
    ),
    "dog": (
        Part("ellipse", 0.15, 0.15, 0.55, 0.28),
        Part("ellipse", -0.5, -0.25, 0.3, 0.27),
        Part("ellipse", -0.8, -0.15, 0.16, 0.11, 0, 1),
        Part("ellipse", -0.35, -0.2, 0.1, 0.27, 0.03, 2),
        Part("box", -0.2, 0.55, 0.09, 0.3),
        Part("box", 0.5, 0.55, 0.09, 0.3),
        Part("ellipse", 0.75, -0.12, 0.06, 0.25, 0.1, 1),
    ),
    "frog": (
        Part("ellipse", 0.0, 0.2, 0.6, 0.42),
        *mirrored(Part("ellipse", 0.35, -0.25, 0.2, 0.2)),
        *mirrored(Part("ellipse", 0.35, -0.27, 0.09, 0.09, 0, 2)),
        *mirrored(Part("ellipse", 0.68, 0.5, 0.32, 0.14, 0.08, 1)),
        Part("box", 0.0, 0.2, 0.35, 0.035, 0, 2),
    ),
    "horse": (
        Part("ellipse", 0.1, 0.0, 0.55, 0.27),
        Part("box", -0.48, -0.33, 0.15, 0.38, -0.09),
        Part("ellipse", -0.68, -0.62, 0.28, 0.13, -0.06),
        Part("box", -0.36, -0.42, 0.07, 0.36, -0.09, 1),
        Part("box", -0.25, 0.55, 0.08, 0.38),
        Part("box", 0.45, 0.55, 0.08, 0.38),
        Part("ellipse", 0.72, 0.15, 0.08, 0.35, -0.05, 1),
    ),
    "ship": (
        Part("triangle", 0.0, 0.45, 0.95, 0.32, 0.5),
        Part("box", 0.1, 0.02, 0.45, 0.16, 0, 1),
        Part("box", 0.2, -0.3, 0.12, 0.25, 0, 2),
        Part("box", -0.3, -0.35, 0.03, 0.4, 0, 2),
    ),
    "truck": (
        Part("box", 0.25, -0.15, 0.6, 0.42),
        Part("box", -0.62, 0.02, 0.22, 0.28, 0, 1),
        Part("box", -0.66, -0.08, 0.13, 0.1, 0, 2),
        *(Part("ellipse", x, 0.38, 0.16, 0.16, 0, 2) for x in (-0.6, 0.2, 0.6)),
    ),
}


def source_plans(count: int = 100) -> list[tuple[Part, ...]]:
    """Plans of the source classes: a body or two, and parts that grow out of it."""
    return [_chance_plan(np.random.default_rng([2009, number])) for number in range(count)]


def _chance_plan(random: np.random.Generator) -> tuple[Part, ...]:
    shapes: tuple[Shape, ...] = ("ellipse", "box", "triangle")
    body = Part(
        shapes[random.integers(3)],
        0,
        0,
        random.uniform(0.3, 0.7),
        random.uniform(0.2, 0.5),
        random.choice([0, 0, 0.5, 0.1]),
    )
    parts = [body]
    while len(parts) < random.integers(4, 8):
        at = random.uniform(0, 1)
        x, y = body.a * np.cos(2 * np.pi * at), body.b * np.sin(2 * np.pi * at)
        a, b = random.uniform(0.06, 0.3), random.uniform(0.1, 0.35)
        part = Part(
            shapes[random.integers(3)], 1.15 * x, 1.15 * y, a, b, random.uniform(-0.25, 0.25), int(random.integers(3))
        )
        parts += mirrored(part) if random.random() < 0.4 else [part]
    behind = random.integers(0, len(parts))
    return tuple(parts[behind:] + parts[:behind])[:MAX_PARTS]


def objects(split: str) -> Found:
    """The stand-in for CIFAR-10."""
    source = "stand-in: generated drawings of the ten kinds of things, not photographs"
    return _found(list(TARGETS.values()), tuple(TARGETS), split, 10, source)


def source_objects(split: str) -> Found:
    """The stand-in for CIFAR-100: the classes that the course's own backbone has also learned from."""
    names = tuple(f"thing {number}" for number in range(100))
    return _found(source_plans(), names, split, 100, "stand-in: generated drawings of a hundred made-up things")


def _found(plans: Sequence[Sequence[Part]], names: tuple[str, ...], split: str, seed: int, source: str) -> Found:
    random = np.random.default_rng([seed, split == "test"])
    y = random.permutation(np.arange(COUNTS[split]) % len(plans)).astype(np.int64)
    table = random.random((len(y), _COLUMNS), dtype=np.float32)
    return Found(y, lambda rows: _draw(plans, y, table, rows), source, "CC0", names, is_real=False)


def _draw(plans: Sequence[Sequence[Part]], y: npt.NDArray[np.int64], table: Floats, rows: Rows) -> Array:
    wanted = np.arange(len(y)) if rows is None else np.asarray(rows)
    x = np.empty((len(wanted), SIDE, SIDE, 3), np.uint8)
    for label, plan in enumerate(plans):
        places = np.flatnonzero(y[wanted] == label)
        for start in range(0, len(places), _AT_ONCE):
            some = places[start : start + _AT_ONCE]
            x[some] = _pictures(plan, Chance(table[wanted[some]]), len(some))
    return x


def _pictures(plan: Sequence[Part], chance: Chance, count: int) -> npt.NDArray[np.uint8]:
    canvas = _background(chance, count)
    _clutter(canvas, chance)
    paints = chance.take(0.0, 1.0, 9).reshape(count, 3, 3)
    draw_parts(canvas, plan, paints, chance, shake=0.05)
    light = chance.one(0.6, 1.15)[..., None]
    canvas = canvas * light + chance.one(0.01, 0.05)[..., None] * _grain(chance, count)
    return (np.clip(canvas, 0, 1) * 255).round().astype(np.uint8)


def _background(chance: Chance, count: int) -> Floats:
    """Two colours that flow into each other along waves."""
    x, y = frame(count)
    u, v = placed(x, y, chance.one(-1, 1), chance.one(-1, 1), chance.one(0, 1))
    waves = np.sin(chance.one(1, 7) * u + chance.one(0.5, 2.5) * np.sin(chance.one(1, 5) * v))
    first, second = (_pale(chance.take(0.1, 0.95, 3).reshape(count, 3)) for _ in range(2))
    canvas = np.empty((count, SIDE, SIDE, 3), np.float32)
    canvas[:] = first[:, None, None]
    blend(canvas, 0.5 + 0.5 * waves, second)
    return canvas


def _pale(colours: Floats) -> Floats:
    """Colours half-way to grey, as most of the world is."""
    return np.asarray(0.5 * colours + 0.5 * colours.mean(axis=1, keepdims=True), np.float32)


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
