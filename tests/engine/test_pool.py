"""Submissions judged side by side, each in a sandbox: right points, right words, and no harm when a process dies."""

import os
import signal
import subprocess
import threading
import time

import nbformat
import pytest
from small_course import CHAPTER, hand_in
from walls import needs_walls

from layerwise_grader.engine.pool import Job, Pool

pytestmark = pytest.mark.slow
LEVELS = [
    pytest.param("bwrap", marks=needs_walls),
    "process",
]


def jobs(folder):
    return [Job(path.stem, CHAPTER, path) for path in sorted(folder.glob("*.ipynb"))]


@pytest.mark.parametrize("isolation", LEVELS)
def test_the_sample_learners_get_what_they_earned(course, isolation):
    folder = hand_in(course)
    (folder / "dora.ipynb").write_bytes(b'{"cells": [')

    with Pool(course, seed=2**40 + 7, workers=2, isolation=isolation) as pool:
        graded = {one.job.learner: one for one in pool.grade(jobs(folder))}

    points = {name: sum(report.earned for report in one.reports) for name, one in graded.items()}
    assert points == {"ada": 32, "ben": 20, "cleo": 7, "dora": 0}
    assert {one.isolation for one in graded.values()} == {isolation}
    assert "dora.ipynb" in graded["dora"].problem
    named = {report.exercise: [one.name for one in report.misconceptions] for report in graded["ben"].reports}
    assert named["05.2"] == ["flipped"]
    assert "judged with the course's own conv2d (05.2)" in graded["ben"].reports[3].notes[0]


def desks():
    found = subprocess.run(["pgrep", "-f", "layerwise_grader.engine.desk"], capture_output=True, text=True)
    return [int(pid) for pid in found.stdout.split()]


def answer(course, source):
    """A notebook whose answer to 05.2 is this."""
    folder = hand_in(course, "ada")
    path = folder / "ada.ipynb"
    notebook = nbformat.read(path, as_version=4)
    next(
        cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "05-2-answer"
    ).source = source
    nbformat.write(notebook, path)
    return folder


def test_a_desk_that_dies_is_replaced_and_nothing_is_lost(course):
    folder = answer(course, "import time\ndef conv2d(image, kernel):\n    time.sleep(1)\n    return image")
    before = set(desks())

    def kill():
        deadline = time.monotonic() + 60
        while not (new := set(desks()) - before) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(4)
        for pid in new:
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    with Pool(course, seed=1, workers=1, isolation="process") as pool:
        killer.start()
        (graded,) = pool.grade(jobs(folder))
        killer.join()

    earned = {report.exercise: report.earned for report in graded.reports}
    assert earned["05.1"] == 2
    assert earned["05.2"] == 0
    assert earned["05.7"] == 4
    assert set(desks()) <= before


def test_an_exercise_that_ends_its_process_costs_only_itself(course):
    folder = answer(course, "import os\ndef conv2d(image, kernel):\n    os._exit(0)")

    with Pool(course, seed=1, workers=1, isolation="process") as pool:
        (graded,) = pool.grade(jobs(folder))

    reports = {report.exercise: report for report in graded.reports}
    assert reports["05.2"].earned == 0
    assert "made its process end" in reports["05.2"].problem
    assert sum(report.earned for report in graded.reports) == 28  # 05.4 is judged on the course's own conv2d
