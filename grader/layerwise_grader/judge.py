"""Judges one answer by its values: each check on its probes, then a search for the known wrong answer behind it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from layerwise_grader import catalogue
from layerwise_grader.answer import Answer
from layerwise_grader.exercise import Check, Exercise, Kind
from layerwise_grader.failures import NOT_STARTED as STUB
from layerwise_grader.failures import Failure
from layerwise_grader.recognition import name_misconceptions
from layerwise_grader.report import NOT_STARTED, Report, Verdict
from layerwise_grader.surroundings import kept
from layerwise_grader.trials import Trial, fitted, named, run_trials
from layerwise_grader.values import Value

log = logging.getLogger(__name__)


def judge(exercise: Exercise, answer: Answer, *, seed: int = 0) -> Report:
    """The report on an answer; when it builds on earlier wrong answers, it is judged on trusted ones, and says so."""
    with kept():
        return _on_own_or_trusted(exercise, answer, seed)


def _on_own_or_trusted(exercise: Exercise, answer: Answer, seed: int) -> Report:
    report = judge_alone(exercise, answer, seed=seed)
    if report.is_full or report.problem == NOT_STARTED or not exercise.builds_on:
        return report
    wrong = [earlier for earlier in map(catalogue.find, exercise.builds_on) if not _is_right(earlier, answer, seed)]
    if not wrong:
        return report
    again = judge_alone(exercise, answer.trusting({one.function: one.trusted for one in wrong}), seed=seed)
    if (again.earned, len(again.misconceptions)) <= (report.earned, len(report.misconceptions)):
        return report
    *names, last = [f"{one.function} ({one.id})" for one in wrong]
    listed = f"{', '.join(names)} and {last}" if names else last
    reason = "yours are not right yet" if names else "yours is not right yet"
    note = f"judged with the course's own {listed}, because {reason}; one slip costs once."
    return replace(again, notes=(*again.notes, note))


def _is_right(exercise: Exercise, answer: Answer, seed: int) -> bool:
    sibling = answer.sibling(exercise)
    return sibling is not None and judge_alone(exercise, sibling, seed=seed, explain=False).is_full


def judge_alone(exercise: Exercise, answer: Answer, *, seed: int = 0, explain: bool = True) -> Report:
    """The report on an answer as it stands; ``explain=False`` skips the search for misconceptions."""
    trials = run_trials(exercise, answer, seed)
    blank = Report(exercise.id, exercise.title, exercise.points)
    failure = _one_failure(trials)
    if failure is not None:
        problem = NOT_STARTED if failure.kind == STUB else failure.on(named(exercise, trials[0].probe.arguments))
        return replace(blank, problem=problem)
    verdicts = tuple(verdict(exercise, check, trials, answer) for check in exercise.checks)
    report = replace(blank, verdicts=verdicts, notes=_notes(exercise, trials))
    if report.is_full or not explain:
        return report
    return replace(report, misconceptions=name_misconceptions(exercise, trials), look_at=exercise.look_at)


def _one_failure(trials: list[Trial]) -> Failure | None:
    """The failure that every probe ended in; None when they differ or some gave a value."""
    failures = {trial.outcome.failure for trial in trials}
    return failures.pop() if len(failures) == 1 else None


def verdict(exercise: Exercise, check: Check, trials: list[Trial], answer: Answer) -> Verdict:
    """The verdict of one check: it passes when it holds on every probe it names."""
    for trial in trials:
        seen = _seen(exercise, check, trial, answer) if trial.probe.group in check.on else ""
        if seen:
            return Verdict(check.title, check.points, 0, seen)
    return Verdict(check.title, check.points, check.points)


def _seen(exercise: Exercise, check: Check, trial: Trial, answer: Answer) -> str:
    """What speaks against the check on this probe, in words; empty when nothing does."""
    probe = named(exercise, trial.probe.arguments)
    try:
        if trial.outcome.failure is not None:
            raise _Stopped(trial.outcome.failure)
        _apply(exercise, check, trial, answer)
    except _Stopped as stopped:
        return stopped.failure.on(probe)
    except AssertionError as error:
        return (str(error) or "this does not hold") + probe
    except Exception:  # a check that indexes or broadcasts a result of another shape
        log.debug("%s: %s can't be applied", exercise.id, check.title, exc_info=True)
        return "your result has another form than this check needs" + probe
    return ""


class _Stopped(Exception):
    """The answer gave no value."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.what)
        self.failure = failure


def _apply(exercise: Exercise, check: Check, trial: Trial, answer: Answer) -> None:
    if check.kind is Kind.INPUTS:
        changed = trial.outcome.changed
        assert not changed, f"your {exercise.function} changed {' and '.join(changed)} in place"
    elif check.kind is Kind.PROPERTY:
        check.judge(_caller(exercise, answer, trial.probe.expected), *trial.probe.arguments)
    else:
        check.judge(trial.outcome.value, trial.probe.expected, *trial.probe.arguments)


def _caller(exercise: Exercise, answer: Answer, model: Value) -> Callable[..., Value]:
    def call(*arguments: object) -> Value:
        outcome = fitted(exercise, answer.call(arguments), model)
        if outcome.failure is not None:
            raise _Stopped(outcome.failure)
        return outcome.value

    return call


def _notes(exercise: Exercise, trials: list[Trial]) -> tuple[str, ...]:
    if any(check.kind is Kind.INPUTS for check in exercise.checks):
        return ()
    changed = next((trial.outcome.changed for trial in trials if trial.outcome.changed), ())
    advice = (
        f"{exercise.function} changes {' and '.join(changed)} in place; work on a copy, so that callers keep theirs."
    )
    return (advice,) if changed else ()
