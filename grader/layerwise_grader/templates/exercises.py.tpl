"""Chapter $number: $title."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from layerwise_grader.exercise import Exercise, assert_close, assert_shape

Probe = tuple[Any, ...]

centre = Exercise(
    "$number.1",
    "Centre the columns",
    function="centre",
    difficulty=1,
    minutes=5,
    look_at="which axis the mean runs over",
)


@centre.reference
def without_column_means(x: np.ndarray) -> np.ndarray:
    return x - x.mean(axis=0)


@centre.probes
def oblong_tables(random: np.random.Generator) -> Iterator[Probe]:
    """Tables (N, D) with N ≠ D, one row, one column, and a square one."""
    for shape in [(5, 3), (2, 7), (1, 4), (6, 1), (4, 4)]:
        yield (random.normal(size=shape) + np.arange(shape[1]) * 10,)


@centre.check("The table keeps its shape", points=1)
def keeps_shape(answer: np.ndarray, expected: np.ndarray, x: np.ndarray) -> None:
    assert_shape(answer, expected)


@centre.check("Every column has mean 0, and nothing else changed", points=1)
def columns_are_centred(answer: np.ndarray, expected: np.ndarray, x: np.ndarray) -> None:
    assert_close(answer, expected)


@centre.misconception(
    "You subtracted one number, the mean of the whole table, from every column.",
    look_at="how many means a table with three columns has",
)
def one_mean(x: np.ndarray) -> np.ndarray:
    return x - x.mean()


@centre.misconception("Your rows are centred instead of your columns.", look_at="which axis the mean runs over")
def rows(x: np.ndarray) -> np.ndarray:
    return x - x.mean(axis=1, keepdims=True)


@centre.misconception("You return the means themselves.", look_at="what is left of a number once its mean is taken off")
def only_means(x: np.ndarray) -> np.ndarray:
    return x.mean(axis=0)


@centre.misconception("The means were added.", look_at="the sign in front of the mean")
def added(x: np.ndarray) -> np.ndarray:
    return x + x.mean(axis=0)
