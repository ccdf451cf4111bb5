"""What an instructor does with a class: release, collect, grade, feedback, export. Each can be run twice.

Everything goes through nbgrader, its gradebook and its exchange, so JupyterLab's panels show the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from layerwise_grader import build, grading, house, marks, submission
from layerwise_grader.course import (
    CLASSROOM,
    demand,
    feedback_page,
    graded_learners,
    open_course,
    submissions,
    submitted,
    why,
)
from layerwise_grader.engine import gradebook as ledger
from layerwise_grader.engine import sandbox
from layerwise_grader.errors import ClassroomError
from layerwise_grader.grading import Class, Wishes

DONE, ATTENTION, INTERRUPTED = 0, 1, 130
DEFAULT = Wishes()


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
    """``layerwise grade``: grades what is new, and prints a table of all; with ``--watch``, whatever comes."""
    root = house.root()
    api = open_course(root)
    wishes = Wishes(options.isolation, options.workers, options.force)
    try:
        if options.watch:
            from layerwise_grader import watch

            return watch.watch(Class(root, api), _chapters(api, options), wishes)
        found = _graded(api, root, options, wishes)
    except KeyboardInterrupt:
        print("Stopped. What is graded is kept; the same command grades the rest.", file=sys.stderr)
        return INTERRUPTED
    if options.csv is not None:
        marks.write_csv(found, options.csv)
    return _finish(options, found)


def _graded(api: Any, root: Path, options: argparse.Namespace, wishes: Wishes) -> list[marks.Mark]:
    folder: Path | None = options.folder
    if folder is None:
        return [mark for name in _chapters(api, options) for mark in grade_chapter(api, root, name, wishes=wishes)]
    if not options.chapter:
        raise ClassroomError(f"Which chapter are these notebooks of? layerwise grade 05 --folder {folder}")
    chapter = house.slug(options.chapter)
    return grade_folder(api, root, chapter, folder, student_from=options.student_from, wishes=wishes)


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


def report(options: argparse.Namespace) -> int:
    """``layerwise report``: what a class failed and why, as tables, as JSON or as a picture."""
    from layerwise_grader import integrity

    root = house.root()
    found = [integrity.findings(root, chapter) for chapter in _chapters(open_course(root), options)]
    found = [one for one in found if one.learners]
    if options.plot is not None and len(found) != 1:
        raise ClassroomError("Which chapter is to be drawn? layerwise report 05 --plot report.png")
    if options.json:
        _print_json(chapters=[one.as_dict() for one in found])
    elif not found:
        print('Nothing is graded yet: "layerwise grade" comes first.')
    for one in found:
        if options.plot is not None:
            integrity.plot(one, options.plot)
        if not options.json:
            integrity.show(one)
    return DONE


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


def grade_folder(
    api: Any, root: Path, chapter: str, source: Path, *, student_from: str | None = None, wishes: Wishes = DEFAULT
) -> list[marks.Mark]:
    """Hands in the notebooks of a folder or zip and grades them."""
    sandbox.level(wishes.isolation)  # said before anything is taken in
    _enter_if_new(api, root, chapter)
    refused = submission.take_in(source, root, chapter, student_from)
    problems = {learner: sentence for learner, sentence in refused.items() if sentence}
    _record_refused(Class(root, api), chapter, problems)
    taken = [learner for learner, sentence in refused.items() if not sentence]
    problems |= grading.grade(Class(root, api), chapter, taken, wishes)
    return marks.read(api, root, chapter, refused, problems)


def _record_refused(classroom: Class, chapter: str, problems: Mapping[str, str]) -> None:
    """Who handed in nothing else has that for feedback; who handed in before keeps that grade."""
    with ledger.open_gradebook(classroom.api) as gradebook:
        for learner, sentence in problems.items():
            if not submitted(classroom.root, chapter, learner).exists():
                grading.refuse(classroom, gradebook, chapter, learner, sentence)


def grade_chapter(
    api: Any, root: Path, chapter: str, learners: Sequence[str] | None = None, *, wishes: Wishes = DEFAULT
) -> list[marks.Mark]:
    """Grades what is new among the collected submissions; the marks of all of them, graded now or before."""
    _enter_if_new(api, root, chapter)
    chosen = submissions(root, chapter) if learners is None else learners
    problems = grading.grade(Class(root, api), chapter, chosen, wishes)
    return marks.read(api, root, chapter, chosen, problems)


def _enter_if_new(api: Any, root: Path, chapter: str) -> None:
    with api.gradebook as gradebook:
        known = {assignment.name for assignment in gradebook.assignments}
    if chapter not in known:
        enter_chapter(api, root, chapter)


def feedback_on(api: Any, root: Path, chapter: str, learners: Sequence[str] | None = None) -> list[tuple[Path, str]]:
    """Writes and releases the pages of graded submissions, of all or of those named; each page, and what went wrong."""
    chosen = graded_learners(root, chapter) if learners is None else learners
    return [(feedback_page(root, chapter, one), _feedback_for(api, root, chapter, one)) for one in chosen]


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
