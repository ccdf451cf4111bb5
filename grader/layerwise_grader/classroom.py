"""What an instructor does with a class: release, collect, grade, feedback, export. Each can be run twice.

Everything goes through nbgrader, its gradebook and its exchange, so JupyterLab's panels show the same.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from layerwise_grader import build, grading, house, marks, submission
from layerwise_grader.course import (
    CLASSROOM,
    autograded,
    demand,
    feedback_page,
    open_course,
    submissions,
    submitted,
    why,
)
from layerwise_grader.errors import ClassroomError

DONE, ATTENTION = 0, 1


def release(options: argparse.Namespace) -> int:
    """``layerwise release``: gives chapters to the learners."""
    api = open_course(house.root())
    built = [name for name in house.slugs() if house.released(name).is_file()]
    chapters = [house.slug(options.chapter)] if options.chapter else built
    for chapter in chapters:
        release_chapter(api, house.root(), chapter)
    _say(options, [f"released {name}: learners fetch it in JupyterLab's Assignment List" for name in chapters])
    return DONE


def collect(options: argparse.Namespace) -> int:
    """``layerwise collect``: takes in what learners submitted."""
    root = house.root()
    api = open_course(root)
    chapters = _chapters(api, options)
    for chapter in chapters:
        demand(api.collect(chapter), f"Collecting {chapter}")
    _say(options, [f"{name}: {len(submissions(root, name))} submissions are collected" for name in chapters])
    return DONE


def grade(options: argparse.Namespace) -> int:
    """``layerwise grade``: grades what is new, and prints a table of all."""
    root = house.root()
    api = open_course(root)
    folder: Path | None = getattr(options, "folder", None)
    if folder is not None:
        if not options.chapter:
            raise ClassroomError(f"Which chapter are these notebooks of? layerwise grade 05 --folder {folder}")
        return _finish(options, grade_folder(api, root, house.slug(options.chapter), folder))
    return _finish(options, [mark for name in _chapters(api, options) for mark in grade_chapter(api, root, name)])


def feedback(options: argparse.Namespace) -> int:
    """``layerwise feedback``: writes each learner's page and releases it."""
    root = house.root()
    api = open_course(root)
    done = [one for chapter in _chapters(api, options) for one in feedback_on(api, root, chapter)]
    _say(options, [problem or page.relative_to(root).as_posix() for page, problem in done])
    return ATTENTION if any(problem for _, problem in done) else DONE


def export(options: argparse.Namespace) -> int:
    """``layerwise export``: all grades, as a table, as JSON or as a file for a spreadsheet."""
    root = house.root()
    api = open_course(root)
    found = marks.everything(api, root, _chapters(api, options))
    path: Path | None = getattr(options, "csv", None)
    if path is not None:
        marks.write_csv(found, path)
        _say(options, [f"wrote {len(found)} rows to {path}"])
        return DONE
    return _finish(options, found)


# --- on one chapter --------------------------------------------------------------------------------------------------


def release_chapter(api: Any, root: Path, chapter: str) -> None:
    """Enters a chapter in the gradebook and puts what learners open into the exchange.

    Raises:
        ClassroomError: when the chapter isn't built, or on Windows, which has no exchange.
    """
    if sys.platform == "win32":
        raise ClassroomError(
            "nbgrader has no exchange on Windows. Hand out the notebooks, then: layerwise grade --folder"
        )
    enter_chapter(api, root, chapter)
    demand(api.release_assignment(chapter), f"Releasing {chapter}")


def enter_chapter(api: Any, root: Path, chapter: str) -> None:
    """Enters a chapter in the gradebook, from its solution: grading needs its cells and points there.

    Raises:
        ClassroomError: when the chapter isn't built, or what learners open isn't what its solution gives.
    """
    solution, released = (root / folder / chapter / f"{chapter}.ipynb" for folder in ("solutions", "course"))
    for path in (solution, released):
        if not path.is_file():
            raise ClassroomError(f"{path} is missing. Run: layerwise build {chapter[:2]}")
    with _released_into(api, CLASSROOM / "release"):
        demand(api.generate_assignment(chapter), f"Entering {chapter} in the gradebook")
    if _graded_cells(root / CLASSROOM / "release" / chapter / released.name) != _graded_cells(released):
        raise ClassroomError(f"{released} isn't what {solution.name} gives. Run: layerwise build {chapter[:2]}")


@contextmanager
def _released_into(api: Any, folder: Path) -> Iterator[None]:
    """Keeps nbgrader from rewriting ``course/``, which is committed."""
    before = api.coursedir.release_directory
    api.coursedir.release_directory = folder.as_posix()
    try:
        yield
    finally:
        api.coursedir.release_directory = before


def _graded_cells(path: Path) -> list[tuple[str, str, str]]:
    cells = [(cell.metadata["nbgrader"], cell.source) for cell in build.read(path).cells if "nbgrader" in cell.metadata]
    return [(settings["grade_id"], settings.get("checksum", ""), text) for settings, text in cells]


def grade_folder(api: Any, root: Path, chapter: str, folder: Path) -> list[marks.Mark]:
    """Hands in the notebooks of a folder and grades them."""
    if not folder.is_dir():
        raise ClassroomError(f"There is no folder {folder}.")
    _enter_if_new(api, root, chapter)
    refused = submission.take_in(folder, root, chapter)
    taken = [learner for learner, sentence in refused.items() if not sentence]
    graded = {mark.learner: mark for mark in grade_chapter(api, root, chapter, taken)}
    blanks = {learner: marks.Mark(learner, chapter, problem=sentence) for learner, sentence in refused.items()}
    return [graded.get(learner, blank) for learner, blank in blanks.items()]


def grade_chapter(api: Any, root: Path, chapter: str, learners: Sequence[str] | None = None) -> list[marks.Mark]:
    """Grades what is new among the collected submissions; the marks of all of them, graded now or before."""
    _enter_if_new(api, root, chapter)
    chosen = submissions(root, chapter) if learners is None else learners
    problems = {learner: _grade_one(root, chapter, learner) for learner in chosen}
    with api.gradebook as gradebook:
        for learner in problems:
            gradebook.update_or_create_student(learner)  # who handed in a damaged file stands in the grades as well
    return marks.read(api, root, chapter, problems)


def _enter_if_new(api: Any, root: Path, chapter: str) -> None:
    with api.gradebook as gradebook:
        known = {assignment.name for assignment in gradebook.assignments}
    if chapter not in known:
        enter_chapter(api, root, chapter)


def _grade_one(root: Path, chapter: str, learner: str) -> str:
    refused = submission.collected(root, chapter, learner)
    if refused or grading.is_current(root, chapter, learner):
        return refused
    started = time.monotonic()
    problem = grading.grade(root, chapter, learner)
    done = "could not grade" if problem else "graded"
    seconds = time.monotonic() - started
    print(f"{done} {learner} {chapter} in {seconds:.0f} s, isolation: process", file=sys.stderr)
    return problem


def feedback_on(api: Any, root: Path, chapter: str) -> list[tuple[Path, str]]:
    """Writes and releases the pages of all graded submissions; each page's path, and what went wrong."""
    done = []
    for learner in submissions(root, chapter):
        if autograded(root, chapter, learner).is_file():
            page = feedback_page(root, chapter, learner)
            done.append((page, _feedback_for(api, root, chapter, learner)))
    return done


def _feedback_for(api: Any, root: Path, chapter: str, learner: str) -> str:
    written = api.generate_feedback(chapter, learner)
    if not written["success"]:
        return f"There is no feedback for {learner} on {chapter}. {why(written)}"
    if not (submitted(root, chapter, learner) / "submission_secret.txt").is_file():
        return ""  # came by another way than the exchange, so there is nobody to release it to
    released = api.release_feedback(chapter, learner)
    return "" if released["success"] else f"The feedback for {learner} is written, not released. {why(released)}"


# --- what the commands share -----------------------------------------------------------------------------------------


def _chapters(api: Any, options: argparse.Namespace) -> list[str]:
    if options.chapter:
        return [house.slug(options.chapter)]
    with api.gradebook as gradebook:
        return sorted(assignment.name for assignment in gradebook.assignments)


def _say(options: argparse.Namespace, lines: Sequence[str]) -> None:
    if options.json:
        _print_json(done=list(lines))
    else:
        print("\n".join(lines) or 'Nothing is released yet: "layerwise release 05" begins.')


def _finish(options: argparse.Namespace, found: Sequence[marks.Mark]) -> int:
    if options.json:
        _print_json(marks=[mark.as_dict() for mark in found])
    elif not found:
        print('Nothing is handed in yet. "layerwise collect" takes in what learners submitted.')
    else:
        for chapter in dict.fromkeys(mark.chapter for mark in found):
            marks.show([mark for mark in found if mark.chapter == chapter], chapter)
    return ATTENTION if any(mark.problem for mark in found) else DONE


def _print_json(**content: object) -> None:
    print(json.dumps({"version": 1, **content}, ensure_ascii=False, indent=1))
