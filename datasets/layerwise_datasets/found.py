"""What one rung of the ladder hands up: the labels at once, the inputs when asked for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from layerwise_datasets.dataset import Array

Rows = npt.NDArray[np.int64] | None


@dataclass(frozen=True)
class Found:
    """A split that a rung can give.

    Attributes:
        y: Targets of all rows.
        read: Inputs of the given rows, or of all for None; so 200 pictures cost 200 pictures.
        source: As in `Dataset`.
        licence: As in `Dataset`.
        classes: As in `Dataset`.
        features: As in `Dataset`.
        is_real: As in `Dataset`.
        has_rows: False for one picture or one series, of which no subset can be drawn.
    """

    y: Array
    read: Callable[[Rows], Array]
    source: str
    licence: str
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    is_real: bool = True
    has_rows: bool = True


def rows_of(x: Array) -> Callable[[Rows], Array]:
    """`Found.read` for an array that is in memory already."""
    return lambda rows: x if rows is None else x[rows]


def whole(x: Array, source: str, licence: str, y: Array | None = None) -> Found:
    """A picture or a series: one thing, without rows to draw from."""
    targets = np.empty(0, np.float32) if y is None else y
    return Found(targets, lambda rows: x, source, licence, is_real=source.startswith("real"), has_rows=False)
