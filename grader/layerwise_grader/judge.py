"""Judges one answer by its values: checks on probes, then a search for the known wrong answer that behaves alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from layerwise_grader import catalogue
from layerwise_grader.answer import Answer, LocalAnswer, Outcome
from layerwise_grader.exercise import Arguments, Check, Exercise, Kind, Misconception
from layerwise_grader.failures import NOT_STARTED as STUB
from layerwise_grader.failures import Failure, not_a_value
from layerwise_grader.report import NOT_STARTED, Named, Report, Verdict
from layerwise_grader.values import NotAValue, Value, alike, describe_argument, shaped_like

AT_MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """One probe: its arguments, what the reference gave, and what the answer gave."""

    group: str
    arguments: Arguments
    expected: Value
    outcome: Outcome

    @property
    def is_right(self) -> bool:
        """Whether the answer gave what the reference gave."""
        return self.outcome.failure is None and alike(self.outcome.value, self.expected)


def judge(exercise: Exercise, answer: Answer, *, seed: int = 0) -> Report:
    """The report on an answer; when it builds on earlier wrong answers, it is judged on trusted ones, and says so."""
    report = judge_alone(exercise, answer, seed=seed)
    if report.is_full or not exercise.builds_on:
        return report
    wrong = [earlier for earlier in map(catalogue.find, exercise.builds_on) if not _is_right(earlier, answer, seed)]
    if not wrong:
        return report
    again = judge_alone(exercise, answer.trusting({one.function: one.trusted for one in wrong}), seed=seed)
    if again.problem == NOT_STARTED or (again.earned <= report.earned and not report.problem):
        return report if again.problem != NOT_STARTED else again
    names = " and ".join(f"{one.function} ({one.id})" for one in wrong)
    return replace(again, notes=(*again.notes, f"judged with the course's own {names}: yours is not right yet."))


def _is_right(exercise: Exercise, answer: Answer, seed: int) -> bool:
    sibling = answer.sibling(exercise)
    return sibling is not None and judge_alone(exercise, sibling, seed=seed, explain=False).is_full


def judge_alone(exercise: Exercise, answer: Answer, *, seed: int = 0, explain: bool = True) -> Report:
    """The report on an answer as it stands; ``explain=False`` skips the search for misconceptions."""
    trials = run_trials(exercise, answer, seed)
    blank = Report(exercise.id, exercise.title, exercise.points)
    if any(trial.outcome.failure and trial.outcome.failure.kind == STUB for trial in trials[:1]):
        return replace(blank, problem=NOT_STARTED)
    if (
        len({trial.outcome.failure and trial.outcome.failure.sentence for trial in trials}) == 1
        and trials[0].outcome.failure
    ):
        return replace(blank, problem=trials[0].outcome.failure.sentence + _named(exercise, trials[0].arguments))
    verdicts = tuple(verdict(exercise, check, trials, answer) for check in exercise.checks)
    report = replace(blank, verdicts=verdicts, notes=_notes(exercise, trials))
    if report.is_full or not explain:
        return report
    named = name_misconceptions(exercise, trials)
    return replace(report, misconceptions=named, look_at=exercise.look_at)


def run_trials(exercise: Exercise, answer: Answer, seed: int) -> list[Trial]:
    """The answer's outcome on every probe. After an endless call the rest are not tried: each would cost seconds."""
    trusted = LocalAnswer(exercise, exercise.trusted)
    trials: list[Trial] = []
    for group, arguments in exercise.drawn(seed):
        stopped = trials and _is_final(trials[-1].outcome)
        outcome = trials[-1].outcome if stopped else answer.call(arguments)
        expected = trusted.call(arguments)
        if expected.failure:
            raise AssertionError(
                f"{exercise.id}: the reference fails on {_named(exercise, arguments)}: {expected.failure.sentence}"
            )
        trials.append(Trial(group, arguments, expected.value, fitted(exercise, outcome, expected.value)))
    return trials


def _is_final(outcome: Outcome) -> bool:
    return outcome.failure is not None and outcome.failure.kind in ("timeout", "arity", STUB)


def fitted(exercise: Exercise, outcome: Outcome, expected: Value) -> Outcome:
    """The outcome with its value in the form that is expected; None and other forms become failures, in words."""
    if outcome.failure is not None:
        return outcome
    if outcome.value is None and expected is not None:
        return Outcome(
            failure=Failure("none", f"your {exercise.function} returned None: is there a return at its end?")
        )
    try:
        return replace(outcome, value=shaped_like(outcome.value, expected))
    except NotAValue as error:
        return Outcome(failure=not_a_value(exercise, str(error)))


# --- verdicts --------------------------------------------------------------------------------------------------------


def verdict(exercise: Exercise, check: Check, trials: list[Trial], answer: Answer) -> Verdict:
    """The verdict of one check: it passes when it holds on every probe it names."""
    for trial in trials:
        if trial.group not in check.on:
            continue
        seen = _seen(exercise, check, trial, answer)
        if seen:
            return Verdict(check.title, check.points, 0, seen)
    return Verdict(check.title, check.points, check.points)


def _seen(exercise: Exercise, check: Check, trial: Trial, answer: Answer) -> str:
    """What speaks against the check on this probe, in words; empty when nothing does."""
    for_probe = _named(exercise, trial.arguments)
    if trial.outcome.failure is not None:
        return trial.outcome.failure.sentence + for_probe
    try:
        _apply(exercise, check, trial, answer)
    except _Stopped as stopped:
        return str(stopped) + for_probe
    except AssertionError as error:
        return (str(error) or "this does not hold") + for_probe
    return ""


class _Stopped(Exception):
    """The answer failed while a property was being tested."""


def _apply(exercise: Exercise, check: Check, trial: Trial, answer: Answer) -> None:
    if check.kind is Kind.INPUTS:
        changed = trial.outcome.changed
        assert not changed, f"your {exercise.function} changed {' and '.join(changed)} in place"
    elif check.kind is Kind.PROPERTY:
        check.judge(_caller(exercise, answer, trial.expected), *trial.arguments)
    else:
        check.judge(trial.outcome.value, trial.expected, *trial.arguments)


def _caller(exercise: Exercise, answer: Answer, model: Value) -> Callable[..., Value]:
    def call(*arguments: object) -> Value:
        outcome = fitted(exercise, answer.call(arguments), model)
        if outcome.failure is not None:
            raise _Stopped(outcome.failure.sentence)
        return outcome.value

    return call


def _named(exercise: Exercise, arguments: Arguments) -> str:
    described = ", ".join(map(describe_argument, exercise.probe_names, arguments))
    return f" ({described})" if described else ""


def _notes(exercise: Exercise, trials: list[Trial]) -> tuple[str, ...]:
    if any(check.kind is Kind.INPUTS for check in exercise.checks):
        return ()
    changed = next((trial.outcome.changed for trial in trials if trial.outcome.changed), ())
    if not changed:
        return ()
    return (
        f"{exercise.function} changes {' and '.join(changed)} in place; work on a copy, so that callers keep theirs.",
    )


# --- misconceptions --------------------------------------------------------------------------------------------------


def name_misconceptions(exercise: Exercise, trials: list[Trial]) -> tuple[Named, ...]:
    """The known wrong answers that together explain most of what went wrong, at most two.

    A misconception fits when the answer does the same wherever the misconception differs from the reference. Of those
    that fit, the one that explains most wrong probes comes first.
    """
    unexplained = {number for number, trial in enumerate(trials) if not _is_plainly_right(exercise, trial)}
    fits = [
        (wrong, telling) for wrong in exercise.misconceptions if (telling := telling_probes(exercise, wrong, trials))
    ]
    named: list[Misconception] = []
    while unexplained and fits and len(named) < AT_MOST_NAMED:
        wrong, telling = max(fits, key=lambda fit: len(fit[1] & unexplained))
        if not telling & unexplained:
            break
        named.append(wrong)
        unexplained -= telling
    return tuple(Named(wrong.name, wrong.sentence, wrong.look_at) for wrong in named)


def _is_plainly_right(exercise: Exercise, trial: Trial) -> bool:
    if exercise.signature_of is None or trial.outcome.failure is not None:
        return trial.is_right
    return alike(_fingerprint(exercise, trial.outcome.value, trial), _fingerprint(exercise, trial.expected, trial))


def telling_probes(exercise: Exercise, wrong: Misconception, trials: list[Trial]) -> set[int]:
    """The probes where the misconception differs from the reference, if the answer does the same on all of them."""
    known = LocalAnswer(exercise, wrong.wrong)
    telling: set[int] = set()
    values = 0
    # Wrong probes first: there most misconceptions are ruled out by their first call.
    for number in sorted(range(len(trials)), key=lambda one: trials[one].is_right):
        trial = trials[number]
        outcome = fitted(exercise, known.call(trial.arguments), trial.expected)
        if _is_plainly_right(exercise, replace(trial, outcome=outcome)):
            continue
        if not _same(exercise, trial, outcome):
            return set()
        telling.add(number)
        values += outcome.failure is None
    failed = {number for number, trial in enumerate(trials) if trial.outcome.failure is not None}
    # Stopping alike says little, unless it stops on just the same probes and gives values on others.
    return telling if values or (failed == telling and len(failed) < len(trials)) else set()


def _same(exercise: Exercise, trial: Trial, outcome: Outcome) -> bool:
    if trial.outcome.failure is not None or outcome.failure is not None:
        one, other = trial.outcome.failure, outcome.failure
        return one is not None and other is not None and one.kind == other.kind
    return alike(_fingerprint(exercise, trial.outcome.value, trial), _fingerprint(exercise, outcome.value, trial))


def _fingerprint(exercise: Exercise, value: Value, trial: Trial) -> Value:
    if exercise.signature_of is None:
        return value
    fingerprint: Value = exercise.signature_of(value, *trial.arguments)
    return fingerprint
