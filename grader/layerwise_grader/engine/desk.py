"""A trusted process that judges: it has one sandbox, takes one submission at a time, and knows what is right.

The pool speaks to it in lines of JSON. Each report goes out as soon as it is there, so that what was judged before a
crash is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from layerwise_grader import build, catalogue, course, submission
from layerwise_grader.engine import wire
from layerwise_grader.engine.rebuild import Rebuilt, rebuild
from layerwise_grader.engine.remote import Learner, RemoteAnswer
from layerwise_grader.engine.sandbox import Sandbox
from layerwise_grader.errors import Refused
from layerwise_grader.exercise import Exercise
from layerwise_grader.judge import judge
from layerwise_grader.report import Report

MEMORY_GIB = (
    6  # of address space beyond what is there once everything is imported: a trusted function may be asked odd things
)
OURS = "the grader itself failed here, which is not the learner's fault. Please report it."


def reports(sandbox: Sandbox, chapter: str, rebuilt: Rebuilt, seed: int) -> Iterator[Report]:
    """The report on every exercise of a chapter, one after another."""
    with Learner(sandbox, rebuilt.program) as learner:
        for exercise in catalogue.exercises(chapter):
            yield _report(learner, exercise, seed)


def _report(learner: Learner, exercise: Exercise, seed: int) -> Report:
    try:
        return judge(exercise, RemoteAnswer(learner, exercise), seed=seed)
    except Exception as error:  # fail closed, and only for this exercise
        learner.hang_up()
        print(f"judging {exercise.id} failed: {error!r}", file=sys.stderr)
        return Report(exercise.id, exercise.title, exercise.points, problem=OURS)


@cache
def _released(path: Path) -> Any:
    return build.read(path)


def grade(sandbox: Sandbox, job: dict[str, Any], tell: Callable[..., None]) -> None:
    """Grades one submission and tells what becomes known: first its notebook, then report after report."""
    path = Path(job["notebook"])
    released = _released(course.released(Path(job["root"]), job["chapter"]))
    try:
        rebuilt = rebuild(released, submission.read(path))
    except Refused as refused:
        tell(problem=str(refused))
        return
    tell(notebook=rebuilt.notebook, notes=rebuilt.notes)
    for report in reports(sandbox, job["chapter"], rebuilt, own_seed(job["seed"], rebuilt)):
        tell(report=report.as_dict())


def own_seed(secret: int, rebuilt: Rebuilt) -> int:
    """The seed of one submission's probes: a regrade draws the same, but whatever was changed in it draws others.

    A learner's code can say in its feedback what it was asked, and what the trusted functions gave that it was lent.
    With other probes in each submission, that is worth nothing in the next one, or in a friend's.
    """
    text = json.dumps([secret, *(cell.source for cell in rebuilt.program)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def main(level: str) -> int:
    """Takes jobs from stdin, one line each, until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever libraries print, the pool's line stays clean

    def tell(**content: object) -> None:
        print(json.dumps(content, ensure_ascii=False), file=answers, flush=True)

    _limit()
    sandbox = Sandbox(level)
    try:
        for line in sys.stdin:
            with contextlib.suppress(KeyboardInterrupt):
                _grade_one(sandbox, json.loads(line), tell)
    finally:
        sandbox.stop()
    return 0


def _grade_one(sandbox: Sandbox, job: dict[str, Any], tell: Callable[..., None]) -> None:
    try:
        grade(sandbox, job, tell)
    except wire.Broken as broken:
        tell(problem=f"The sandbox could not be used: {broken}.")
    except Exception as error:
        print(f"grading {job['notebook']} failed: {error!r}", file=sys.stderr)
        tell(problem=OURS.capitalize())
    tell(done=True)


def _limit() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + (MEMORY_GIB + 4) * 2**30, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
