"""Right answers to chapter $number that differ from the reference in method: each must earn every point."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise_grader.answers import alternative


@alternative("$number.1", "column by column, as a list")
def by_columns(x: np.ndarray) -> list[Any]:
    return np.stack([column - sum(column) / len(column) for column in x.T], axis=1).tolist()


@alternative("$number.1", "a matrix that takes the mean off")
def by_matrix(x: np.ndarray) -> np.ndarray:
    return (np.eye(len(x)) - 1 / len(x)) @ x


# A mutant that changes nothing, and why: {"$number.1 name: old → new": "reason"}
EQUIVALENT: dict[str, str] = {}
