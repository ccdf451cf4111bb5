"""Right answers in disguise, one file each in ``answers/``: every one of them gets full points.

A file answers some exercises in its own way and leaves the others to Ada, or changes her whole notebook.
"""

from __future__ import annotations

from pathlib import Path

import handed_in
import nbformat
import pytest
from walls import require_walls

from layerwise_grader import build, catalogue, learners
from layerwise_grader.engine.pool import Job, Pool

PROJECT = Path(__file__).parents[2]
SLUG = "05-convolutions"
DISGUISES = {path.stem: handed_in.read(path) for path in sorted((Path(__file__).parent / "answers").glob("*.py"))}


def test_each_disguise_says_what_it_is():
    assert len(DISGUISES) >= 30
    for disguise in DISGUISES.values():
        assert disguise.sentence.endswith("."), disguise.name
        assert disguise.cells or disguise.change, disguise.name


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """What became of each disguise, by its name; two sandboxes grade them all."""
    require_walls()
    folder = tmp_path_factory.mktemp("disguises")
    released = build.read(PROJECT / "course" / SLUG / f"{SLUG}.ipynb")
    ada = learners.answers(PROJECT / "tests" / "learners" / "ada.py")
    jobs = []
    for name, disguise in DISGUISES.items():
        path = folder / f"my homework ({name}).ipynb"
        nbformat.write(handed_in.notebook(released, disguise, ada), path, version=nbformat.NO_CONVERT)
        jobs.append(Job(name, SLUG, path))
    with Pool(PROJECT, seed=1, workers=2, isolation="bwrap") as pool:
        return {one.job.learner: one for one in pool.grade(jobs)}


@pytest.mark.slow
@pytest.mark.parametrize("name", DISGUISES)
def test_a_right_answer_gets_full_points_however_it_comes(graded, name):
    found = graded[name]

    lacking = {report.exercise: report for report in found.reports if not report.is_full}
    assert found.problem == ""
    assert lacking == {}
    assert [report.exercise for report in found.reports] == [one.id for one in catalogue.exercises("05")]
