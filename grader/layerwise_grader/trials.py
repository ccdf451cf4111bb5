"""Puts an answer and the reference to the same probes, and keeps what both gave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache

from layerwise_grader.answer import Answer, LocalAnswer, Outcome
from layerwise_grader.errors import BrokenExercise
from layerwise_grader.exercise import Arguments, Exercise, Misconception
from layerwise_grader.failures import NOT_STARTED, not_a_value, nothing_returned
from layerwise_grader.values import NotAValue, Value, describe_argument, shaped_like

# After these the other probes would tell the same, an endless loop at the price of seconds each.
_FINAL = ("timeout", "arity", "died", NOT_STARTED)
ELSEWHERE = "on other inputs than those in the notebook"  # grading draws its own, which feedback must not give away


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """One input: its group and arguments, and what the reference gives."""

    group: str
    arguments: Arguments
    expected: Value


@dataclass(frozen=True, slots=True)
class Trial:
    """A probe, and what the answer gave on it."""

    probe: Probe
    outcome: Outcome


@lru_cache(maxsize=64)  # in grading every submission has a seed of its own
def probes(exercise: Exercise, seed: int) -> tuple[Probe, ...]:
    """Every probe drawn from the seed; the same objects each time, so that what is known of them is found again.

    Raises:
        BrokenExercise: when the reference itself fails on a probe.
    """
    trusted = LocalAnswer(exercise, exercise.trusted, seconds=None)
    found = []
    for group, arguments in exercise.drawn(seed):
        expected = trusted.call(arguments)
        if expected.failure:
            failed = expected.failure.on(named(exercise, arguments))
            raise BrokenExercise(f"{exercise.id}: the reference fails: {failed}")
        found.append(Probe(group, arguments, expected.value))
    return tuple(found)


@lru_cache(maxsize=8192)
def mistaken(exercise: Exercise, wrong: Misconception, probe: Probe) -> Outcome:
    """What a known wrong answer gives on a probe."""
    known = LocalAnswer(exercise, wrong.wrong, seconds=None)
    return fitted(exercise, known.call(probe.arguments), probe.expected)


def run_trials(exercise: Exercise, answer: Answer, seed: int) -> list[Trial]:
    """The answer's outcome on every probe.

    Raises:
        BrokenExercise: when the reference itself fails on a probe.
    """
    trials: list[Trial] = []
    final: Outcome | None = None
    for probe in probes(exercise, seed):
        outcome = final or fitted(exercise, answer.call(probe.arguments), probe.expected)
        final = outcome if outcome.failure and outcome.failure.kind in _FINAL else None
        trials.append(Trial(probe, outcome))
    return trials


def fitted(exercise: Exercise, outcome: Outcome, expected: Value) -> Outcome:
    """The outcome with its value in the form that is expected; None and other forms become failures, in words."""
    if outcome.failure is not None:
        return outcome
    if outcome.value is None and expected is not None:
        return Outcome(failure=nothing_returned(exercise))
    try:
        return replace(outcome, value=shaped_like(outcome.value, expected))
    except NotAValue as error:
        return Outcome(failure=not_a_value(exercise, str(error)))


def named(exercise: Exercise, arguments: Arguments) -> str:
    """The probe in brackets, for the end of a sentence; one that the notebook's own checks do not use is not told."""
    described = _described(exercise, arguments)
    if not described:
        return ""
    return f" ({described if described in _public(exercise) else ELSEWHERE})"


@cache
def _public(exercise: Exercise) -> frozenset[str]:
    """The probes of the notebook's own checks, in words."""
    return frozenset(_described(exercise, arguments) for _, arguments in exercise.drawn(0))


def _described(exercise: Exercise, arguments: Arguments) -> str:
    return ", ".join(map(describe_argument, exercise.probe_names, arguments))
