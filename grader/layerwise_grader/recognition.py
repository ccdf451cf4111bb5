"""Finds the known wrong answers that behave as a wrong answer does."""

from __future__ import annotations

from layerwise_grader.answer import Outcome
from layerwise_grader.exercise import Exercise, Misconception
from layerwise_grader.report import Named
from layerwise_grader.trials import Trial, mistaken
from layerwise_grader.values import Value, alike

AT_MOST_NAMED = 2


def name_misconceptions(exercise: Exercise, trials: list[Trial]) -> tuple[Named, ...]:
    """The known wrong answers that together explain most of what went wrong, at most two.

    A misconception fits when the answer does the same wherever the misconception differs from the reference. Of those
    that fit, the one that explains most wrong probes comes first.
    """
    unexplained = {number for number, trial in enumerate(trials) if not is_right(exercise, trial, trial.outcome)}
    tried = [(wrong, telling_probes(exercise, wrong, trials)) for wrong in exercise.misconceptions]
    found: list[Misconception] = []
    while len(found) < AT_MOST_NAMED:
        wrong, telling = max(tried, key=lambda pair: len(pair[1] & unexplained))
        if not telling & unexplained:
            break
        found.append(wrong)
        unexplained -= telling
    return tuple(Named(wrong.name, wrong.sentence, wrong.look_at) for wrong in found)


def telling_probes(exercise: Exercise, wrong: Misconception, trials: list[Trial]) -> set[int]:
    """The probes where the misconception differs from the reference, if the answer does the same on all of them."""
    telling: set[int] = set()
    has_values = False
    # Wrong probes first: there most misconceptions are ruled out by their first call.
    for number in sorted(range(len(trials)), key=lambda one: is_right(exercise, trials[one], trials[one].outcome)):
        trial = trials[number]
        outcome = mistaken(exercise, wrong, trial.probe)
        if is_right(exercise, trial, outcome):
            continue
        if not _same(exercise, trial, outcome):
            return set()
        telling.add(number)
        has_values |= outcome.failure is None
    failed = {number for number, trial in enumerate(trials) if trial.outcome.failure is not None}
    # Stopping alike says little, unless it stops on just the same probes and gives values on others.
    return telling if has_values or (failed == telling and len(failed) < len(trials)) else set()


def is_right(exercise: Exercise, trial: Trial, outcome: Outcome) -> bool:
    """Whether an outcome can't be told from what the reference gave on this probe."""
    if outcome.failure is not None:
        return False
    return alike(_fingerprint(exercise, outcome.value, trial), _fingerprint(exercise, trial.probe.expected, trial))


def _same(exercise: Exercise, trial: Trial, outcome: Outcome) -> bool:
    one, other = trial.outcome.failure, outcome.failure
    if one is not None or other is not None:
        return one is not None and other is not None and one.kind == other.kind
    return alike(_fingerprint(exercise, trial.outcome.value, trial), _fingerprint(exercise, outcome.value, trial))


def _fingerprint(exercise: Exercise, value: Value, trial: Trial) -> Value:
    if exercise.signature_of is None:
        return value
    try:
        fingerprint: Value = exercise.signature_of(value, *trial.probe.arguments)
    except Exception:  # a wrong answer may have a form in which the fingerprint can't be taken
        return value
    return fingerprint
