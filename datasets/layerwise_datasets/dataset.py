"""The typed object that `load` returns, and the balanced draw of a subset."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from layerwise_datasets.errors import WrongSize

Array = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dataset:
    """One split of a data set as NumPy arrays, with where it came from.

    Attributes:
        name: As given to `load`.
        split: As given to `load`.
        x: Inputs, one row an example (a picture on its own has no such axis).
        y: Targets: int64 labels, float32 numbers, or an empty array where there are none.
        classes: Names of the labels 0, 1, …; empty for regression and for data without labels.
        source: One sentence that begins with "real", "stand-in" (generated where a real set is wanted) or "generated".
        licence: The licence of the data, or what is known of it.
        is_real: False for everything generated.
        features: Names of the columns of `x`, for tables.
    """

    name: str
    split: str
    x: Array
    y: Array
    classes: tuple[str, ...]
    source: str
    licence: str
    is_real: bool
    features: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        parts = [f"{self.name} ({self.split}): {self.source}", f"x {self.x.shape} {self.x.dtype}"]
        if self.y.size:
            parts.append(f"y {self.y.shape} {self.y.dtype}")
        if self.classes:
            parts.append(f"{len(self.classes)} classes")
        return " · ".join(parts)


def drawn_rows(y: Array, size: int, seed: int, *, balanced: bool) -> npt.NDArray[np.int64]:
    """Rows of a seeded subset, in random order.

    Args:
        y: Labels of all rows (only their number counts when `balanced` is False).
        size: How many rows.
        seed: The same seed gives the same rows, on every machine.
        balanced: Take as many of each class, give or take one.

    Raises:
        WrongSize: if there are fewer rows, or too few of a class.
    """
    if not 0 < size <= len(y):
        raise WrongSize(f"size={size} does not fit: this split has {len(y):,} examples. Ask for 1 to {len(y):,}.")
    random = np.random.default_rng(seed)
    if not balanced:
        return random.permutation(len(y))[:size]
    shuffled = random.permutation(len(y))
    labels = y[shuffled]
    # Rank of each row within its class: taking rows by rank takes the classes in turn.
    order = np.argsort(labels, kind="stable")
    counts = np.unique(labels, return_counts=True)[1]
    rank = np.empty(len(y), dtype=np.int64)
    rank[order] = np.concatenate([np.arange(count) for count in counts])
    return random.permutation(shuffled[np.argsort(rank, kind="stable")[:size]])
