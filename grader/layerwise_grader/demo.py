"""``layerwise demo``: three sample learners hand in a chapter, and get scores and feedback."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from layerwise_grader import build, classroom, course, house, learners, marks
from layerwise_grader.engine import sandbox
from layerwise_grader.errors import ClassroomError
from layerwise_grader.grading import Wishes
from layerwise_grader.report import text

CHAPTER = "05"
LEARNERS = {
    "ada": "gets everything right, in her own words",
    "ben": "makes the mistakes that many make",
    "cleo": "ran out of time",
}
SHOWN = ("ben", "05.2")  # the flipped kernel


def run(options: argparse.Namespace) -> int:
    """Plays the whole loop in a folder of its own; the real class is never touched."""
    chapter = house.slug(CHAPTER)
    root = _classroom_of_its_own(house.root(), chapter)
    api = course.open_course(root)
    print(f"Releasing {chapter} …")
    classroom.release_chapter(api, root, chapter)
    for name, way in LEARNERS.items():
        print(f"{name.capitalize()} {way}, and submits.")
        submit(api, root, chapter, name)
    course.demand(api.collect(chapter), "Collecting")
    # They are our own notebooks, so a machine without bubblewrap may show them too; the table tells the level.
    wishes = Wishes(isolation=sandbox.PROCESS if sandbox.lacks() else sandbox.BWRAP)
    print(f"Grading three notebooks, isolation: {wishes.isolation} …")
    found = classroom.grade_chapter(api, root, chapter, wishes=wishes)
    marks.show(found, f"\n{chapter}")
    _show_one(found)
    return _show_pages(classroom.feedback_on(api, root, chapter))


def _classroom_of_its_own(root: Path, chapter: str) -> Path:
    """A copy of what grading one chapter needs, in ``artefacts/demo``."""
    folder = root / "artefacts" / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(root / course.CONFIG, folder)
    for part in ("solutions", "course"):
        if not (root / part / chapter / f"{chapter}.ipynb").is_file():
            raise ClassroomError(f"{part}/{chapter} is not built yet. Run: layerwise build {chapter[:2]}")
        shutil.copytree(root / part / chapter, folder / part / chapter)
    shutil.copytree(root / "tests" / "learners", folder / "learners")
    return folder


def submit(api: Any, root: Path, chapter: str, name: str) -> None:
    """A sample learner fetches the chapter, answers, and submits it through nbgrader's exchange."""
    import nbformat

    desk = root / "work" / name
    desk.mkdir(parents=True)
    api.coursedir.assignment_id, api.coursedir.student_id = chapter, name
    try:
        _exchange(api, "FetchAssignment", desk)
        notebook = desk / chapter / f"{chapter}.ipynb"
        written = learners.answers(root / "learners" / f"{name}.py")
        nbformat.write(learners.fill(build.read(notebook), written), notebook)
        _exchange(api, "Submit", desk)
    finally:
        api.coursedir.assignment_id, api.coursedir.student_id = "", "*"


def _exchange(api: Any, step: str, desk: Path) -> None:
    """One step of nbgrader's exchange, seen from a learner's folder."""
    made = getattr(api.exchange, step)(coursedir=api.coursedir, authenticator=api.authenticator, parent=api)
    made.assignment_dir = str(desk)
    made.start()


def _show_one(found: list[marks.Mark]) -> None:
    """What one learner reads about one mistake."""
    learner, exercise = SHOWN
    reports = [report for mark in found if mark.learner == learner for report in mark.reports]
    for report in reports:
        if report.exercise == exercise:
            print(f"\nThis is what {learner.capitalize()} reads about {exercise}:\n\n{text(report)}")


def _show_pages(pages: list[tuple[Path, str]]) -> int:
    print("\nThe feedback pages; open them in a browser:")
    for page, problem in pages:
        print(f"  {problem or page.as_uri()}")
    return classroom.ATTENTION if any(problem for _, problem in pages) else classroom.DONE
