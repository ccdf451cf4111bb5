"""Grades many submissions side by side: one desk for each worker, each with a sandbox of its own.

A desk is a process and may die; its submission is then tried once more at a new one, and after that keeps the reports
that were already given.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerwise_grader import catalogue
from layerwise_grader.report import Report, from_dict

TRIES = 2
SECONDS_A_SUBMISSION = 900.0  # a desk that takes longer has lost its way; its own limits are far below
SECONDS_TO_END = 3.0
UNJUDGED = "it could not be judged: the grader ended twice while it was at it."
GIB_A_DESK = 1.5  # with TensorFlow, once in the desk and once in its sandbox


@dataclass(frozen=True, slots=True)
class Job:
    """One submission to grade: a notebook of a chapter, handed in by a learner."""

    learner: str
    chapter: str
    notebook: Path


@dataclass(frozen=True, slots=True)
class Graded:
    """What became of a job: a report for each exercise, or a problem; and the notebook that was judged."""

    job: Job
    reports: tuple[Report, ...] = ()
    notebook: Any = None
    notes: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    isolation: str = ""
    seconds: float = 0.0


def workers() -> int:
    """As many as this machine has cores and memory for."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(ValueError, OSError, AttributeError):
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        return max(1, min(cores, int(free / GIB_A_DESK)))
    return max(1, cores)


class Pool:
    """Desks that work side by side; a context manager.

    Args:
        root: the checkout whose ``course/`` holds the released chapters.
        seed: the class's secret: the probes are drawn from it.
        workers: how many desks.
        isolation: ``bwrap`` or ``process``, as ``sandbox.level`` gives it.
    """

    def __init__(self, root: Path, *, seed: int, workers: int, isolation: str) -> None:
        self.root, self.seed, self.isolation = root, seed, isolation
        self._desks = [_Desk(isolation) for _ in range(workers)]

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends all desks, at once."""
        for desk in self._desks:
            desk.stop()

    def grade(self, jobs: Iterable[Job]) -> Iterator[Graded]:
        """What became of each job, as they finish; a bad submission never raises."""
        waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        finished: queue.SimpleQueue[Graded] = queue.SimpleQueue()
        count = 0
        for count, job in enumerate(jobs, start=1):  # noqa: B007  (the count is used below)
            waiting.put(job)
        for desk in self._desks[:count]:
            threading.Thread(target=self._work, args=(desk, waiting, finished), daemon=True).start()
        try:
            for _ in range(count):
                yield finished.get()
        finally:
            with contextlib.suppress(queue.Empty):  # given up early: nothing more is begun
                while True:
                    waiting.get_nowait()

    def _work(self, desk: _Desk, waiting: queue.SimpleQueue[Job], finished: queue.SimpleQueue[Graded]) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                finished.put(self._grade(desk, waiting.get_nowait()))

    def _grade(self, desk: _Desk, job: Job) -> Graded:
        started = time.monotonic()
        request = {"notebook": str(job.notebook), "chapter": job.chapter, "root": str(self.root), "seed": self.seed}
        told: list[dict[str, Any]] = []
        for _ in range(TRIES):
            told = desk.ask(request)
            if told and "done" in told[-1]:
                break
        return self._graded(job, told, time.monotonic() - started)

    def _graded(self, job: Job, told: list[dict[str, Any]], seconds: float) -> Graded:
        from nbformat import from_dict as notebook_from

        reports = {one["report"]["exercise"]: from_dict(one["report"]) for one in told if "report" in one}
        rebuilt = next((one for one in told if "notebook" in one), None)
        problem = next((one["problem"] for one in told if "problem" in one), "")
        if rebuilt is None:
            problem = problem or f"{job.notebook.name}: {UNJUDGED}"
            return Graded(job, problem=problem, isolation=self.isolation, seconds=seconds)
        every = tuple(
            reports.get(one.id, Report(one.id, one.title, one.points, problem=problem or UNJUDGED))
            for one in catalogue.exercises(job.chapter)
        )
        return Graded(job, every, notebook_from(rebuilt["notebook"]), rebuilt["notes"], "", self.isolation, seconds)


class _Desk:
    """A desk's process, seen from the pool; started when it is first asked, and again after it died."""

    def __init__(self, isolation: str) -> None:
        self._isolation = isolation
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def ask(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """All that the desk tells about one submission; not ended by "done" when it died."""
        if self._stopped:
            return []
        process = self._process = self._process or self._start()
        told: list[dict[str, Any]] = []
        bell = threading.Timer(SECONDS_A_SUBMISSION, process.kill)
        bell.start()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                told.append(json.loads(line))
                if "done" in told[-1]:
                    return told
        except (OSError, ValueError):
            pass
        finally:
            bell.cancel()
        self._end()
        return told

    def stop(self) -> None:
        """Ends the process, whatever it is at; its sandbox dies with it."""
        self._stopped = True
        self._end()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "layerwise_grader.engine.desk", self._isolation],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C reaches the pool, which ends the desks
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            process.stdin.close()  # at rest it ends by itself
            process.wait(SECONDS_TO_END)
        process.kill()
        process.wait()
        process.stdout.close()
