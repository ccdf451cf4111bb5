"""``layerwise grade --watch``: grades what is submitted as it comes, and puts the feedback where learners fetch it."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from layerwise_grader import classroom, grading
from layerwise_grader.course import demand, submissions
from layerwise_grader.engine import gradebook as ledger
from layerwise_grader.engine.collecting import is_complete
from layerwise_grader.engine.pool import Pool, workers
from layerwise_grader.errors import ClassroomError
from layerwise_grader.grading import Class, Wishes

SECONDS = 2.0


def watch(course: Class, chapters: Sequence[str], wishes: Wishes) -> int:
    """Grades until it is interrupted; the exit code.

    Raises:
        ClassroomError: when nothing is released, or the isolation can't be had.
    """
    if not chapters:
        raise ClassroomError('Nothing is released yet, so nothing can come. "layerwise release 05" begins.')
    with _ended_by_interrupt(), course.pool(wishes, wishes.workers or workers()) as pool:
        print(f"Watching for {', '.join(chapters)}, isolation: {pool.isolation}. Ctrl-C ends it.", file=sys.stderr)
        inbound = _inbound(course.api)
        seen: dict[Path, bool] | None = None
        said = ""
        while True:
            there = _arrived(inbound)
            if there != seen:
                said = _grade_all(course, pool, chapters, said)
                seen = there if not said else None  # tried again, as when the gradebook was in use
            time.sleep(SECONDS)
    return classroom.DONE


def _grade_all(course: Class, pool: Pool, chapters: Sequence[str], said: str) -> str:
    """Grades what is new of all chapters. What went wrong, said once; empty when nothing did."""
    try:
        for chapter in chapters:
            grade_arrived(course, pool, chapter)
    except ClassroomError as error:
        if str(error) != said:
            print(error, file=sys.stderr)
        return str(error)
    return ""


def grade_arrived(course: Class, pool: Pool, chapter: str) -> list[str]:
    """Collects, grades and answers what is new of a chapter; the learners it was from."""
    if any(_arrived(_inbound(course.api), chapter)):
        demand(course.api.collect(chapter), f"Collecting {chapter}")
    new = [one for one in submissions(course.root, chapter) if not ledger.is_current(course.root, chapter, one)]
    made = grading.plan(course.root, chapter, new)
    if not new:
        return []
    with ledger.open_gradebook(course.api) as gradebook:
        for learner, sentence in made.refused.items():
            grading.refuse(course, gradebook, chapter, learner, sentence)
            _answer(course, chapter, learner, "refused")
        for learner in grading.keep(course, gradebook, pool, made.jobs):
            _answer(course, chapter, learner, "graded")
    return new


def _answer(course: Class, chapter: str, learner: str, done: str) -> None:
    """Releases the feedback and says so."""
    ((_, problem),) = classroom.feedback_on(course.api, course.root, chapter, [learner])
    print(f"{done} {learner} {chapter}" + (f": {problem}" if problem else ""), file=sys.stderr)


def _inbound(api: Any) -> Path:
    return Path(api.exchange_root, api.coursedir.course_id, "inbound")


def _arrived(inbound: Path, chapter: str = "*") -> dict[Path, bool]:
    """The submissions in the exchange, and whether each is there completely."""
    return {path: is_complete(path) for path in inbound.glob(f"*+{chapter}+*")}


@contextmanager
def _ended_by_interrupt() -> Iterator[None]:
    """Ctrl-C, or a service manager's request to end, is the end that is meant."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        print("Stopped watching. What is graded is kept.", file=sys.stderr)
    finally:
        signal.signal(signal.SIGTERM, before)
