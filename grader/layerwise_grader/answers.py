"""The answers matrix: every right answer must be accepted, every known wrong one rejected and named."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

from layerwise_grader import catalogue, house, source
from layerwise_grader.answer import LocalAnswer
from layerwise_grader.errors import BrokenExercise
from layerwise_grader.exercise import Exercise, Function
from layerwise_grader.judge import judge_alone
from layerwise_grader.report import NOT_STARTED, Report

F = TypeVar("F", bound=Function)
SEEDS = (0, 1, 2)
REFERENCE_SEEDS = range(20)


def alternative(id: str, how: str) -> Callable[[F], F]:
    """Marks a right answer to an exercise, in ``tests/answers/``, that goes another way than the reference."""

    def mark(function: F) -> F:
        function.__dict__["alternative"] = (id, how)
        return function

    return mark


@dataclass(frozen=True, slots=True)
class Row:
    """One answer and what the checks made of it on all seeds."""

    exercise: str
    answer: str
    is_right: bool
    earned: int
    points: int
    named: str  # the misconception named first, "" when none
    is_well: bool

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@cache
def answers_file(chapter: str) -> ModuleType:
    """The module ``tests/answers/chNN_slug.py``.

    Raises:
        BrokenExercise: when it is missing.
    """
    name = catalogue.module(chapter).__name__.rpartition(".")[2]
    path = house.root() / "tests" / "answers" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"answers_{name}", path)
    if spec is None or spec.loader is None or not path.exists():
        raise BrokenExercise(f"{path} is missing: it holds the right alternatives of chapter {chapter}.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def alternatives(chapter: str) -> list[tuple[str, str, Function]]:
    """(exercise, how, function) of every right alternative of a chapter."""
    functions = [value for value in vars(answers_file(chapter)).values() if hasattr(value, "alternative")]
    return [(*function.alternative, function) for function in functions]


@cache
def chapter_solutions(chapter: str) -> dict[str, Function]:
    """Exercise id → the solution in the chapter's own source."""
    return source.solutions(house.source(house.slug(chapter)))


def matrix(exercise: Exercise) -> Iterator[Row]:
    """A row for each answer known to an exercise: reference, solution, alternatives, empty stub, misconceptions."""
    exercise.verify()
    yield right(exercise, "reference", exercise.trusted, REFERENCE_SEEDS)
    yield right(exercise, "the chapter's solution", chapter_solutions(exercise.chapter)[exercise.id], SEEDS)
    ways = [(how, function) for id, how, function in alternatives(exercise.chapter) if id == exercise.id]
    if len(ways) < 2:
        raise BrokenExercise(f"{exercise.id} needs at least 2 right alternatives in tests/answers; it has {len(ways)}.")
    for how, function in ways:
        yield right(exercise, how, function, SEEDS)
    yield stub(exercise)
    for misconception in exercise.misconceptions:
        yield wrong(exercise, misconception.name, misconception.wrong)


def right(exercise: Exercise, answer: str, function: Function, seeds: range | tuple[int, ...]) -> Row:
    """The row of an answer that must earn every point on every seed."""
    reports = [judge_alone(exercise, LocalAnswer(exercise, function), seed=seed) for seed in seeds]
    worst = min(reports, key=lambda report: report.earned)
    return _row(exercise, answer, worst, is_right=True, is_well=worst.is_full)


def wrong(exercise: Exercise, answer: str, function: Function) -> Row:
    """The row of an answer that must lose a point and be named on every seed."""
    reports = [judge_alone(exercise, LocalAnswer(exercise, function), seed=seed) for seed in SEEDS]
    well = [not report.is_full and _named(report) == answer for report in reports]
    shown = reports[well.index(False)] if False in well else reports[0]
    return _row(exercise, answer, shown, is_right=False, is_well=all(well))


def stub(exercise: Exercise) -> Row:
    """The row of the unfilled stub, which must read "not started yet"."""

    def unfilled(*arguments: Any) -> None:
        raise NotImplementedError

    report = judge_alone(exercise, LocalAnswer(exercise, unfilled))
    return _row(exercise, "the empty stub", report, is_right=False, is_well=report.problem == NOT_STARTED)


def _row(exercise: Exercise, answer: str, report: Report, *, is_right: bool, is_well: bool) -> Row:
    return Row(exercise.id, answer, is_right, report.earned, exercise.points, _named(report), is_well)


def _named(report: Report) -> str:
    return report.misconceptions[0].name if report.misconceptions else ""
