"""Puts an answer and the reference to the same probes, and keeps what both gave."""

from __future__ import annotations

from dataclasses import dataclass, replace

from layerwise_grader.answer import Answer, LocalAnswer, Outcome
from layerwise_grader.errors import BrokenExercise
from layerwise_grader.exercise import Arguments, Exercise
from layerwise_grader.failures import NOT_STARTED, not_a_value, nothing_returned
from layerwise_grader.values import NotAValue, Value, describe_argument, shaped_like

# After these the other probes would tell the same, an endless loop at the price of seconds each.
_FINAL = ("timeout", "arity", NOT_STARTED)


@dataclass(frozen=True, slots=True)
class Trial:
    """One probe: its group and arguments, what the reference gave, and what the answer gave."""

    group: str
    arguments: Arguments
    expected: Value
    outcome: Outcome


def run_trials(exercise: Exercise, answer: Answer, seed: int) -> list[Trial]:
    """The answer's outcome on every probe.

    Raises:
        BrokenExercise: when the reference itself fails on a probe.
    """
    trusted = LocalAnswer(exercise, exercise.trusted, seconds=None)
    trials: list[Trial] = []
    final: Outcome | None = None
    for group, arguments in exercise.drawn(seed):
        expected = trusted.call(arguments)
        if expected.failure:
            raise BrokenExercise(
                f"{exercise.id}: the reference fails: {expected.failure.on(named(exercise, arguments))}"
            )
        outcome = final or fitted(exercise, answer.call(arguments), expected.value)
        final = outcome if outcome.failure and outcome.failure.kind in _FINAL else None
        trials.append(Trial(group, arguments, expected.value, outcome))
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
    """The probe in brackets, for the middle or the end of a sentence."""
    described = ", ".join(map(describe_argument, exercise.probe_names, arguments))
    return f" ({described})" if described else ""
