"""A small course to grade: chapter 05's exercises without its story, in a folder of its own."""

import shutil
from pathlib import Path

import nbformat
import pytest

from layerwise_grader import build, catalogue, house, learners

PROJECT = Path(__file__).parents[1]
CHAPTER = "05-convolutions"
LEARNERS = ("ada", "ben", "cleo")
HEAD = """\
# %% [markdown]
# # 05 · Convolutions, without the story

# %%
import numpy as np

from layerwise_grader import check, progress

# %% tags=["demo"]
raise SystemExit("a demo must not run in grading")
"""


@pytest.fixture(scope="session")
def small_course(tmp_path_factory):
    """A project with one built chapter, to be copied, never changed."""
    root = tmp_path_factory.mktemp("course")
    (root / "pyproject.toml").touch()
    for folder in ("course", f"solutions/{CHAPTER}", "tests"):
        (root / folder).mkdir(parents=True)
    shutil.copy(PROJECT / "nbgrader_config.py", root)
    shutil.copytree(PROJECT / "tests" / "learners", root / "tests" / "learners")
    (root / "solutions" / CHAPTER / f"{CHAPTER}.py").write_text(source())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        notebook = build.assemble(CHAPTER)
        nbformat.write(notebook, house.solution(CHAPTER))
        house.released(CHAPTER).parent.mkdir()
        nbformat.write(build.release(CHAPTER, notebook), house.released(CHAPTER))
    return root


def source():
    """The chapter's source: Ada's answers are the solutions."""
    written = learners.answers(PROJECT / "tests" / "learners" / "ada.py")
    cells = [HEAD]
    for exercise in catalogue.exercises("05"):
        lines = written[exercise.id].splitlines()
        body = next(number for number, line in enumerate(lines) if line.endswith(":") and line[0] in "d)") + 1
        stub = [*lines[:body], "    ### BEGIN SOLUTION", *lines[body:], "    ### END SOLUTION"]
        cells += ["# %%", *stub, "", "# %%", f'check("{exercise.id}", {exercise.function})', ""]
    return "\n".join([*cells, "# %%", 'progress("05")', ""])


@pytest.fixture
def course(small_course, tmp_path, monkeypatch):
    """A copy of the small course; the working directory is in it."""
    root = tmp_path / "course"
    shutil.copytree(small_course, root)
    monkeypatch.chdir(root)
    return root


def hand_in(root, *names):
    """A folder with notebooks of the sample learners, all of them or those named."""
    folder = root / "handed-in"
    folder.mkdir()
    released = build.read(root / "course" / CHAPTER / f"{CHAPTER}.ipynb")
    for name in names or LEARNERS:
        written = learners.answers(root / "tests" / "learners" / f"{name}.py")
        nbformat.write(learners.fill(released, written), folder / f"{name}.ipynb")
    return folder
