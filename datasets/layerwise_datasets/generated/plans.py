"""What the stand-ins for CIFAR-10 and CIFAR-100 draw: ten things planned by hand, a hundred made up by chance."""

from typing import NamedTuple

import numpy as np

from layerwise_datasets.generated.drawing import MAX_PARTS, Part, Shape, mirrored

Colour = tuple[float, float, float]


class Thing(NamedTuple):
    """A class of pictures.

    Attributes:
        parts: Its plan, from back to front.
        ground: The colour, 0..1, that what lies behind it leans to.
        coat: The colour that the thing itself leans to.
    """

    parts: tuple[Part, ...]
    ground: Colour
    coat: Colour


_PLANS: dict[str, tuple[Part, ...]] = {
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

_COLOURS: dict[str, tuple[Colour, Colour]] = {
    "airplane": ((0.50, 0.70, 0.90), (0.90, 0.90, 0.90)),
    "automobile": ((0.60, 0.60, 0.60), (0.78, 0.20, 0.20)),
    "bird": ((0.56, 0.72, 0.47), (0.54, 0.35, 0.20)),
    "cat": ((0.78, 0.63, 0.47), (0.24, 0.24, 0.24)),
    "deer": ((0.27, 0.47, 0.24), (0.63, 0.43, 0.24)),
    "dog": ((0.78, 0.78, 0.71), (0.82, 0.71, 0.55)),
    "frog": ((0.43, 0.35, 0.20), (0.31, 0.63, 0.24)),
    "horse": ((0.63, 0.71, 0.35), (0.43, 0.24, 0.12)),
    "ship": ((0.20, 0.39, 0.55), (0.94, 0.94, 0.94)),
    "truck": ((0.71, 0.67, 0.63), (0.24, 0.35, 0.78)),
}

TARGETS = {name: Thing(parts, *_COLOURS[name]) for name, parts in _PLANS.items()}


def made_up_things(count: int = 100) -> list[Thing]:
    """The source classes: each a body and parts that grow out of it, from a generator of its own."""
    return [_made_up(np.random.default_rng([2009, number])) for number in range(count)]


def _made_up(random: np.random.Generator) -> Thing:
    ground, coat = (tuple(float(value) for value in random.uniform(0.15, 0.9, 3)) for _ in range(2))
    return Thing(_chance_plan(random), ground, coat)  # type: ignore[arg-type]


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
