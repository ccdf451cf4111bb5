"""What an exercise is: reference, probes, checks and known wrong answers, declared together in one place.

A chapter's file reads like this (``exercises/ch05_convolutions.py`` is the model to copy from)::

    conv2d = Exercise("05.2", "Slide one kernel over one image", function="conv2d", difficulty=2, minutes=12)

    @conv2d.reference
    def cross_correlation(image, kernel): ...

    @conv2d.probes
    def oblong(random): yield image, kernel

    @conv2d.check("Each output is the sum of one patch times the kernel", points=4)
    def sums_the_patch(answer, expected, image, kernel): assert_close(answer, expected)

    @conv2d.misconception("Your kernel is flipped …", look_at="the order in which …")
    def flipped(image, kernel): ...
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

import numpy as np

from layerwise_grader.errors import BrokenExercise
from layerwise_grader.values import ATOL, RTOL

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)
Arguments = tuple[Any, ...]


class Kind(Enum):
    """What a check looks at."""

    VALUE = "what was returned, beside what is expected"
    PROPERTY = "how several calls hang together"
    INPUTS = "whether the arguments were left as they were"


@dataclass(frozen=True, slots=True)
class Probes:
    """A named group of inputs; ``draw(random)`` yields the arguments of one call at a time."""

    name: str
    draw: Callable[[np.random.Generator], Iterable[Arguments]]


@dataclass(frozen=True, slots=True)
class Check:
    """One claim about the answer, worth some points, tested on the probes it names."""

    title: str
    points: int
    on: tuple[str, ...]
    kind: Kind
    judge: Function


@dataclass(frozen=True, slots=True)
class Misconception:
    """A wrong answer that people give, as code, with the sentence that tells them."""

    name: str
    sentence: str
    look_at: str
    wrong: Function


class Exercise:
    """One graded exercise.

    Args:
        id: chapter and number, such as ``"05.2"``.
        title: as on the card.
        function: the name that the learner defines.
        difficulty: 1 to 5; the exercise is worth twice as many points.
        minutes: how long a learner needs.
        look_at: where to look when the answer is wrong and no misconception fits.
        builds_on: ids of earlier exercises of the chapter whose functions this one calls.
    """

    def __init__(
        self,
        id: str,
        title: str,
        *,
        function: str,
        difficulty: int,
        minutes: int,
        look_at: str,
        builds_on: tuple[str, ...] = (),
    ) -> None:
        self.id, self.title, self.function = id, title, function
        self.difficulty, self.minutes, self.look_at, self.builds_on = difficulty, minutes, look_at, builds_on
        self.groups: dict[str, Probes] = {}
        self.checks: list[Check] = []
        self.misconceptions: list[Misconception] = []
        self.trusted: Function = _undefined
        self.observe: Function | None = None
        self.signature_of: Function | None = None

    def __repr__(self) -> str:
        return f"<Exercise {self.id} {self.title}>"

    @property
    def chapter(self) -> str:
        """The chapter's number, two digits."""
        return self.id.partition(".")[0]

    @property
    def points(self) -> int:
        """Twice the difficulty."""
        return 2 * self.difficulty

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the learner's parameters, as the reference has them."""
        return tuple(inspect.signature(self.trusted).parameters)

    @property
    def probe_names(self) -> tuple[str, ...]:
        """Names of a probe's parts, for sentences."""
        return self.parameters if self.observe is None else tuple(inspect.signature(self.observe).parameters)[1:]

    # --- declaring -------------------------------------------------------------------------------------------------

    def reference(self, function: F) -> F:
        """The right answer; a well-kept library's function where there is one."""
        self.trusted = function
        return function

    def probes(self, draw: Callable[[np.random.Generator], Iterable[Arguments]]) -> Probes:
        """A group of inputs, named after its generator of argument tuples; the first group is the default."""
        if draw.__name__ in self.groups:
            raise BrokenExercise(f"{self.id} has two groups of probes named {draw.__name__}.")
        group = Probes(draw.__name__, draw)
        self.groups[group.name] = group
        return group

    def check(self, title: str, *, points: int, on: Probes | tuple[Probes, ...] | None = None) -> Callable[[F], F]:
        """A check of one value: ``function(answer, expected, *arguments)`` asserts; its message is what was seen."""
        return self._adds(Kind.VALUE, title, points, on)

    def property(self, title: str, *, points: int, on: Probes | tuple[Probes, ...] | None = None) -> Callable[[F], F]:
        """A check of several calls: ``function(call, *arguments)`` may ``call(...)`` the answer, and asserts."""
        return self._adds(Kind.PROPERTY, title, points, on)

    def leaves_inputs_alone(self, title: str, *, points: int, on: Probes | tuple[Probes, ...] | None = None) -> None:
        """A check that no argument was changed in place."""
        self._adds(Kind.INPUTS, title, points, on)(_undefined)

    def misconception(self, sentence: str, *, look_at: str) -> Callable[[F], F]:
        """A wrong answer as code, told by its sentence; it is recognised by what it returns on the probes."""

        def add(wrong: F) -> F:
            self.misconceptions.append(Misconception(wrong.__name__, sentence, look_at, wrong))
            return wrong

        return add

    def experiment(self, observe: F) -> F:
        """For answers that are no plain values: ``observe(function, *arguments)`` runs beside the learner's code.

        It builds what is needed (a small Keras model, say), calls the learner's function, and returns plain values:
        shapes, weights, outputs. It must know nothing of what is right: the checks judge what it returns. The reference
        and the misconceptions are observed in the same way.
        """
        self.observe = observe
        return observe

    def fingerprint(self, signature_of: F) -> F:
        """For exercises with many right answers: what of ``(value, *arguments)`` tells misconceptions apart."""
        self.signature_of = signature_of
        return signature_of

    def _adds(self, kind: Kind, title: str, points: int, on: Probes | tuple[Probes, ...] | None) -> Callable[[F], F]:
        def add(function: F) -> F:
            groups = (on,) if isinstance(on, Probes) else on or tuple(self.groups.values())[:1]
            self.checks.append(Check(title, points, tuple(group.name for group in groups), kind, function))
            return function

        return add

    # --- using -----------------------------------------------------------------------------------------------------

    def drawn(self, seed: int) -> Iterator[tuple[str, Arguments]]:
        """Every probe with its group's name, drawn from the seed; each group has its own stream."""
        for number, group in enumerate(self.groups.values()):
            random = np.random.default_rng([seed, number])
            for arguments in group.draw(random):
                yield group.name, arguments

    def verify(self) -> None:
        """Raises BrokenExercise when the definition contradicts itself."""
        declared = sum(check.points for check in self.checks)
        if declared != self.points:
            raise BrokenExercise(f"{self.id}: the checks hold {declared} points, but difficulty says {self.points}.")
        if self.trusted is _undefined or not self.groups:
            raise BrokenExercise(f"{self.id} lacks a reference or probes.")
        names = [wrong.name for wrong in self.misconceptions]
        if len(names) < 4 or len(set(names)) < len(names):
            raise BrokenExercise(f"{self.id} needs at least 4 misconceptions with names of their own; it has {names}.")


def _undefined(*arguments: object) -> None:
    raise BrokenExercise("This exercise has no reference.")


# --- what checks assert with ---------------------------------------------------------------------------------------


def assert_shape(answer: np.ndarray, expected: np.ndarray) -> None:
    """Asserts equal shapes; the message names both."""
    assert answer.shape == expected.shape, f"your result has shape {answer.shape}; it should have {expected.shape}"


def assert_finite(answer: np.ndarray) -> None:
    """Asserts that there is no nan and no infinity."""
    bad = int(np.size(answer) - np.isfinite(answer).sum())
    assert not bad, f"{bad} of {np.size(answer)} numbers are nan or infinite"


def assert_close(
    answer: np.ndarray | float, expected: np.ndarray | float, *, rtol: float = RTOL, atol: float = ATOL
) -> None:
    """Asserts equal shapes, then equal numbers up to rounding; the message gives the largest difference."""
    answer, expected = np.asarray(answer, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    assert_shape(answer, expected)
    if np.allclose(answer, expected, rtol=rtol, atol=atol):
        return
    if np.isfinite(expected).all():
        assert_finite(answer)
    off = ~np.isclose(answer, expected, rtol=rtol, atol=atol)
    largest = np.max(np.abs(answer - expected)[off])
    raise AssertionError(f"{int(off.sum())} of {off.size} numbers differ, by up to {largest:.3g}")
