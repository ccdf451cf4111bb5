"""Stock nbgrader and the engine on the same submissions in the same run, and each layer alone. Run by ``make bench``.

Seconds drift with the machine, so what counts are the ratios. ``LAYERWISE_SOAK=1`` grades classes of 1,000, and one of
10,000 tiny submissions, to see whether the cost of one stays what it is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import processes

from layerwise_grader import build, catalogue, course, grading, learners, source
from layerwise_grader.engine import desk, gradebook, rebuild, remote
from layerwise_grader.engine.pool import Job, Pool
from layerwise_grader.engine.sandbox import BWRAP, Sandbox, level

PROJECT = Path(__file__).parents[1]
CHAPTER = "05-convolutions"
SIZES = (10, 100, 1000) if "LAYERWISE_SOAK" in os.environ else (10, 100)
TINY = 10_000 if "LAYERWISE_SOAK" in os.environ else 0
STOCK = 3  # submissions that stock nbgrader grades: it takes seconds for each
TIMES_STOCK, A_MINUTE, GIB = 15, 150, 1.5  # the goals


@dataclass(frozen=True, slots=True)
class Cost:
    """What some work took."""

    count: int
    wall: float
    cpu: float

    def __str__(self) -> str:
        each = f"{self.wall / self.count:8.3f} s wall {self.cpu / self.count:8.3f} s CPU each"
        return f"{each} {60 * self.count / self.wall:7.0f} a minute"


def cost(count: int, work: Callable[[], object]) -> Cost:
    """What so many submissions took: processes that are gone by then count as those that waited for them say."""
    wall, cpu = time.monotonic(), processes.cpu_seconds()
    work()
    return Cost(count, time.monotonic() - wall, processes.cpu_seconds() - cpu)


# --- the class -------------------------------------------------------------------------------------------------------


def classroom(folder: Path) -> grading.Class:
    """A checkout of its own with the released chapters, an empty gradebook, and our settings."""
    for name in ("course", "solutions"):
        shutil.copytree(PROJECT / name, folder / name)
    shutil.copy(PROJECT / course.CONFIG, folder)
    (folder / "pyproject.toml").touch()
    return grading.Class(folder, course.open_course(folder))


def chapters() -> list[str]:
    """Every chapter that is released."""
    return sorted(path.name for path in (PROJECT / "course").iterdir() if (path / f"{path.name}.ipynb").is_file())


def notebooks(chapter: str) -> list[Any]:
    """What learners hand in: our three of chapter 05, and the solution's answers of any other."""
    released = build.read(PROJECT / "course" / chapter / f"{chapter}.ipynb")
    if chapter == CHAPTER:
        files = sorted((PROJECT / "tests" / "learners").glob("*.py"))
        return [learners.fill(released, learners.answers(path)) for path in files]
    return [learners.fill(released, source.answers(PROJECT / "solutions" / chapter / f"{chapter}.py"))]


def hand_in(root: Path, chapter: str, count: int, texts: list[str]) -> list[str]:
    """So many submissions, in nbgrader's tree; the learners' names."""
    names = [f"learner-{number:05}" for number in range(count)]
    for number, name in enumerate(names):
        folder = course.submitted(root, chapter, name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{chapter}.ipynb").write_text(texts[number % len(texts)], encoding="utf-8")
        (folder / "timestamp.txt").write_text("2026-01-01 12:00:00.0 UTC")
    return names


def without_demos(notebook: Any) -> Any:
    """The notebook without the cells that only show something, so that stock nbgrader need not train."""
    kept = [cell for cell in notebook.cells if "demo" not in cell.metadata.get("tags", ())]
    return nbformat.from_dict({**notebook, "cells": kept})


# --- whole classes ---------------------------------------------------------------------------------------------------


def stock(folder: Path, submissions: list[str]) -> Cost:
    """Stock nbgrader with its own preprocessors, one submission after another."""
    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config import Config

    place = Config()
    place.CourseDirectory.root = str(folder)
    place.CourseDirectory.source_directory = "solutions"
    place.CourseDirectory.submitted_directory = str(course.CLASSROOM / "submitted")
    place.CourseDirectory.db_url = f"sqlite:///{folder}/stock.db"
    place.ExecutePreprocessor.timeout = 600
    api = NbGraderAPI(config=place)
    course.demand(api.generate_assignment(CHAPTER), "Entering the chapter")
    names = hand_in(folder, CHAPTER, STOCK, submissions)

    def grade() -> None:
        for name in names:
            course.demand(api.autograde(CHAPTER, name, create=True, force=True), f"Grading {name}")

    with silent(), warnings.catch_warnings(action="ignore"):
        return cost(len(names), grade)


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keeps what kernels say on standard error out of the table."""
    before = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def pooled(folder: Path, chapter: str, texts: list[str], count: int, workers: int) -> tuple[Cost, int]:
    """The engine's pool, once it is warm: what a submission costs, and the most memory it took."""
    peak = 0

    def look(now: dict[int, str]) -> None:
        nonlocal peak
        peak = max(peak, processes.memory([*now, os.getpid()]))

    jobs = []
    for number, text in enumerate(texts):
        path = folder / f"{chapter}-{number}.ipynb"
        path.write_text(text, encoding="utf-8")
        jobs.append(Job(str(number), chapter, path))
    jobs = (jobs * count)[:count]
    with Pool(PROJECT, seed=1, workers=workers, isolation=BWRAP) as pool:
        list(pool.grade(jobs[:1] * 4 * workers))
        with processes.watched(look, 0.2):
            return cost(count, lambda: list(pool.grade(jobs))), peak


def whole_class(folder: Path, count: int, texts: list[str]) -> Cost:
    """What ``layerwise grade`` does for a class, from the files handed in to the gradebook, its start included."""
    room = classroom(folder)
    with room.api.gradebook:
        pass
    from layerwise_grader import classroom as commands

    commands.enter_chapter(room.api, room.root, CHAPTER)
    names = hand_in(room.root, CHAPTER, count, texts)
    return cost(count, lambda: grading.grade(room, CHAPTER, names, grading.Wishes(workers=2)))


# --- each layer alone ------------------------------------------------------------------------------------------------


def layers(folder: Path) -> Iterator[tuple[str, float]]:
    """(layer, seconds for one submission), for Ada's notebook of chapter 05."""
    released = build.read(PROJECT / "course" / CHAPTER / f"{CHAPTER}.ipynb")
    handed_in = learners.fill(released, learners.answers(PROJECT / "tests" / "learners" / "ada.py"))
    rebuilt = rebuild.rebuild(released, handed_in)
    yield "reading and rebuilding", median(lambda: rebuild.rebuild(released, handed_in))
    box = Sandbox(BWRAP)
    try:
        yield "starting a sandbox, once", median(lambda: started(box), times=1)
        yield "fork, and cleaning up after it", median(lambda: (box.open().close(), box.clean()))
        yield "the same, and loading the program", median(lambda: loaded(box, rebuilt.program))
        yield "the same, and judging seven answers", median(lambda: list(desk.reports(box, CHAPTER, rebuilt, 1)))
    finally:
        box.stop()
    yield "gradebook, notebook and stamp", database(folder)


def started(box: Sandbox) -> None:
    """The first child of a sandbox."""
    box.open().close()
    box.clean()


def loaded(box: Sandbox, program: Any) -> None:
    """One child that has run the program."""
    with remote.Learner(box, program) as learner:
        learner.line()


def median(work: Callable[[], object], times: int = 15) -> float:
    """Seconds that the work takes."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def database(folder: Path) -> float:
    """Seconds to write one submission's result."""
    room = classroom(folder)
    from layerwise_grader import classroom as commands

    commands.enter_chapter(room.api, room.root, CHAPTER)
    texts = [nbformat.writes(notebook) for notebook in notebooks(CHAPTER)]
    name, *_ = hand_in(room.root, CHAPTER, 1, texts)
    with Pool(room.root, seed=1, workers=1, isolation=BWRAP) as pool, gradebook.open_gradebook(room.api) as book:
        (one,) = pool.grade([Job(name, CHAPTER, course.submitted(room.root, CHAPTER, name) / f"{CHAPTER}.ipynb")])
        stamp = gradebook.handed_in(room.root, CHAPTER, name).graded(BWRAP)
        entry = gradebook.Entry(CHAPTER, name, grading.graded(one.notebook, one.reports, one.notes), stamp)
        return median(lambda: gradebook.save(room.api, book, room.root, entry))


# --- the report ------------------------------------------------------------------------------------------------------


def main() -> None:
    """Prints what grading costs, beside the goals."""
    level()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("each layer alone, seconds a submission")
        for layer, seconds in layers(folder / "layers"):
            print(f"  {layer:38}{seconds:8.3f}")
        plain = [nbformat.writes(notebook) for notebook in notebooks(CHAPTER)]
        bare = [nbformat.writes(without_demos(notebook)) for notebook in notebooks(CHAPTER)]
        room = classroom(folder / "stock")
        beside_stock("stock nbgrader, demos taken out for it", stock(room.root, bare), folder, bare)
        beside_stock("stock nbgrader, as handed in", stock(room.root, plain), folder, plain)
        every_chapter(folder)
        print("whole classes through layerwise grade, 2 workers, start included")
        for size in SIZES:
            print(f"  {size:6} {whole_class(folder / f'class-{size}', size, plain)}", flush=True)
        if TINY:
            stub = [nbformat.writes(build.read(PROJECT / "course" / CHAPTER / f"{CHAPTER}.ipynb"))]
            print(f"  {TINY:6} {whole_class(folder / 'tiny', TINY, stub)}, untouched notebooks")


def beside_stock(name: str, before: Cost, folder: Path, texts: list[str]) -> None:
    """Prints stock nbgrader's cost and the engine's on the same submissions, with one worker and with two."""
    print(f"{name:38}{before}", flush=True)
    for workers in (1, 2):
        now, peak = pooled(folder, CHAPTER, texts, 60, workers)
        faster = f"{before.wall / before.count / (now.wall / now.count):.0f}× in wall time"
        leaner = f"{before.cpu / before.count / (now.cpu / now.count):.0f}× in CPU"
        gibs = f"{peak / 2**30:.2f} GiB"
        print(f"  engine, workers: {workers:<19} {now}: {faster}, {leaner}, {gibs}", flush=True)
    print(f"  (goals with 2 workers: {TIMES_STOCK}×, {A_MINUTE} a minute, {GIB} GiB)", flush=True)


def every_chapter(folder: Path) -> None:
    """Prints the engine's cost for the right answers to each chapter."""
    print("the engine, 2 workers, on the solutions of each chapter")
    for chapter in chapters():
        texts = [nbformat.writes(notebook) for notebook in notebooks(chapter)]
        now, peak = pooled(folder, chapter, texts, 24, 2)
        exercises = len(catalogue.exercises(chapter))
        print(f"  {chapter:28}{exercises:3} exercises {now} {peak / 2**30:6.2f} GiB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
