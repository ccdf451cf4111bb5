"""Two rings of points: no straight line parts them, the distance from the centre does."""

import numpy as np

from layerwise_datasets.found import Found, rows_of

_POINTS = {"train": 400, "test": 200}


def rings(split: str) -> Found:
    """Points around radius 1 (class 0) and radius 2 (class 1), angles uniform."""
    count = _POINTS[split]
    random = np.random.default_rng([1, split == "test"])
    y = random.permutation(np.arange(count) % 2).astype(np.int64)
    angle = random.uniform(0, 2 * np.pi, count)
    radius = 1.0 + y + np.clip(random.normal(0, 0.14, count), -0.4, 0.4)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)
    source = f"generated: {count} points in the plane, two rings around the origin"
    return Found(y, rows_of(x), source, "CC0", ("inner", "outer"), ("x1", "x2"), is_real=False)
