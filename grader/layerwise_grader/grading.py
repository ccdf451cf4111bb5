"""Grades what was handed in: many submissions side by side, each result written as it comes, so that none is lost."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerwise_grader import build, submission
from layerwise_grader.course import released
from layerwise_grader.engine import gradebook as ledger
from layerwise_grader.engine import sandbox
from layerwise_grader.engine.graded import graded, ungraded
from layerwise_grader.engine.pool import Graded, Job, Pool, workers
from layerwise_grader.errors import Refused

SECONDS_BETWEEN_LINES = 10.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to grade.

    Attributes:
        isolation: a level by name; the strongest when None, and nothing weaker.
        workers: how many submissions at once; as many as the machine has cores and memory for when None.
        again: also what is graded already.
    """

    isolation: str | None = None
    workers: int | None = None
    again: bool = False


@dataclass
class Plan:
    """What is to be done for a chapter."""

    jobs: list[Job] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # learner → why there is nothing to grade


@dataclass(frozen=True, slots=True)
class Class:
    """A checkout with nbgrader's view of it."""

    root: Path
    api: Any

    def pool(self, wishes: Wishes, jobs: int) -> Pool:
        """Desks for so many jobs, not yet started.

        Raises:
            ClassroomError: when the isolation can't be had; nothing was run.
        """
        level = sandbox.level(wishes.isolation)
        count = min(wishes.workers or workers(), max(jobs, 1))
        return Pool(self.root, seed=ledger.class_seed(self.root), workers=count, isolation=level)


def plan(root: Path, chapter: str, learners: Iterable[str], *, again: bool = False) -> Plan:
    """What of the learners' submissions is missing, newer than its grade, or could not be graded last time."""
    made = Plan()
    for learner in learners:
        try:
            path = submission.located(root, chapter, learner)
        except Refused as refused:
            made.refused[learner] = str(refused)
            continue
        before = ledger.stamped(root, chapter, learner)
        if again or not before or before.problem or not ledger.is_current(root, chapter, learner):
            made.jobs.append(Job(learner, chapter, path))
    return made


def grade(classroom: Class, chapter: str, learners: Sequence[str], wishes: Wishes) -> dict[str, str]:
    """Grades what is to be graded and writes each result at once.

    Returns:
        For each learner whose submission could not be read, why.

    Raises:
        ClassroomError: when the isolation can't be had, or results can't be written.
    """
    made = plan(classroom.root, chapter, learners, again=wishes.again)
    if made.jobs or made.refused:
        with ledger.open_gradebook(classroom.api) as gradebook:
            for learner, sentence in made.refused.items():
                refuse(classroom, gradebook, chapter, learner, sentence)
            if made.jobs:
                _grade_all(classroom, gradebook, chapter, made.jobs, wishes)
    return made.refused


def _grade_all(classroom: Class, gradebook: Any, chapter: str, jobs: Sequence[Job], wishes: Wishes) -> None:
    with classroom.pool(wishes, len(jobs)) as pool, _progress(len(jobs), f"{chapter}, {pool.isolation}") as advance:
        for learner in keep(classroom, gradebook, pool, jobs):
            advance(learner)


def keep(classroom: Class, gradebook: Any, pool: Pool, jobs: Sequence[Job]) -> Iterator[str]:
    """Grades jobs and writes each result when it is there; the learners, as they are done."""
    stamps = {job: ledger.handed_in(classroom.root, job.chapter, job.learner) for job in jobs}
    for one in pool.grade(jobs):
        stamp = stamps[one.job].graded(one.isolation, one.problem)
        entry = ledger.Entry(one.job.chapter, one.job.learner, _notebook(classroom.root, one), stamp)
        ledger.save(classroom.api, gradebook, classroom.root, entry)
        yield one.job.learner


def refuse(classroom: Class, gradebook: Any, chapter: str, learner: str, sentence: str) -> None:
    """Records a submission that can't be read: no points, and the reason as its feedback."""
    stamp = ledger.handed_in(classroom.root, chapter, learner).graded("", sentence)
    if submission.LEARNER.fullmatch(learner) and stamp != ledger.stamped(classroom.root, chapter, learner):
        notebook = ungraded(_released(classroom.root, chapter), sentence)
        ledger.save(classroom.api, gradebook, classroom.root, ledger.Entry(chapter, learner, notebook, stamp))


def _notebook(root: Path, one: Graded) -> Any:
    if one.problem or one.notebook is None:
        return ungraded(_released(root, one.job.chapter), one.problem)
    return graded(one.notebook, one.reports, one.notes)


def _released(root: Path, chapter: str) -> Any:
    return build.read(released(root, chapter))


# --- progress --------------------------------------------------------------------------------------------------------


@contextmanager
def _progress(total: int, chapter: str) -> Iterator[Callable[[str], None]]:
    """Shows on standard error how far it is: a bar in a terminal, else a line every ten seconds."""
    from rich.console import Console

    console = Console(stderr=True)
    shown = _bar(console, total, chapter) if console.is_terminal else _lines(total, chapter)
    with shown as advance:
        yield advance


@contextmanager
def _bar(console: Any, total: int, chapter: str) -> Iterator[Callable[[str], None]]:
    from rich import progress

    columns = (
        progress.TextColumn(f"grading {chapter}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.fields[learner]}", markup=False),
    )
    begun = time.monotonic()
    bar = progress.Progress(*columns, console=console, transient=True)
    task = bar.add_task("", total=total, rate="", learner="")

    def advance(learner: str) -> None:
        bar.update(task, advance=1, rate=_rate(bar.tasks[0].completed + 1, begun), learner=learner)

    try:
        with bar:
            yield advance
    finally:
        print(_summary(int(bar.tasks[0].completed), total, chapter, begun), file=sys.stderr)


@contextmanager
def _lines(total: int, chapter: str) -> Iterator[Callable[[str], None]]:
    begun = last = time.monotonic()
    done = 0

    def advance(_: str) -> None:
        nonlocal last, done
        done += 1
        if time.monotonic() - last >= SECONDS_BETWEEN_LINES and done < total:
            last = time.monotonic()
            left = (last - begun) / done * (total - done)
            print(f"graded {done} of {total} of {chapter}, {_rate(done, begun)}, {left:.0f} s left", file=sys.stderr)

    try:
        yield advance
    finally:
        print(_summary(done, total, chapter, begun), file=sys.stderr)


def _summary(done: int, total: int, chapter: str, begun: float) -> str:
    return f"graded {done} of {total} of {chapter} in {time.monotonic() - begun:.1f} s, {_rate(done, begun)}"


def _rate(done: float, begun: float) -> str:
    return f"{60 * done / max(time.monotonic() - begun, 1e-6):.0f} a minute"
