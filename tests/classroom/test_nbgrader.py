"""nbgrader's own commands find the course by ``nbgrader_config.py``, from its folder and from ``work/``."""

import csv
import functools
import os
import subprocess
import sys

import pytest
from small_course import CHAPTER, hand_in

from layerwise_grader import build, classroom, cli, learners
from layerwise_grader.course import autograded, open_course
from layerwise_grader.engine import gradebook as ledger
from layerwise_grader.errors import ClassroomError


@pytest.fixture
def nbgrader(course, nbgrader_in):
    return nbgrader_in(course)


@pytest.fixture
def nbgrader_in():
    """Runs a command of nbgrader's, in a course or in a folder of it; what it says."""
    return lambda root: functools.partial(run_nbgrader, root)


def run_nbgrader(root, *arguments, folder="."):
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=root / folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_loop_runs_by_nbgraders_commands(course, nbgrader):
    """What an instructor's own scripts would call; each command reads the configuration anew."""
    committed = (course / "course" / CHAPTER / f"{CHAPTER}.ipynb").read_bytes()
    nbgrader("generate_assignment", CHAPTER, "--force")
    nbgrader("release_assignment", CHAPTER)
    assert CHAPTER in nbgrader("list", folder="work")

    nbgrader("fetch_assignment", CHAPTER, folder="work")
    answer(course / "work" / CHAPTER / f"{CHAPTER}.ipynb", course / "tests" / "learners" / "ben.py")
    nbgrader("submit", CHAPTER, "--student=ben", folder="work")
    nbgrader("collect", CHAPTER)
    nbgrader("autograde", CHAPTER)
    nbgrader("generate_feedback", CHAPTER)
    nbgrader("release_feedback", CHAPTER)
    nbgrader("fetch_feedback", CHAPTER, "--student=ben", folder="work")

    (page,) = (course / "work" / CHAPTER / "feedback").rglob("*.html")
    assert "Score: 20.0 / 32.0" in page.read_text()
    assert (course / "course" / CHAPTER / f"{CHAPTER}.ipynb").read_bytes() == committed


def answer(notebook, path):
    import nbformat

    nbformat.write(learners.fill(build.read(notebook), learners.answers(path)), notebook)


@pytest.mark.slow
def test_a_release_holds_no_solution(course):
    classroom.release_chapter(open_course(course), course, CHAPTER)

    outbound = course / "grader" / "classroom" / "exchange" / "layerwise" / "outbound"
    handed_out = [path for path in outbound.rglob("*") if path.is_file()]
    assert [path.name for path in handed_out] == [f"{CHAPTER}.ipynb"]
    assert "SOLUTION" not in handed_out[0].read_text()
    assert "reversed(layers)" not in handed_out[0].read_text()


@pytest.mark.slow
def test_a_release_that_is_not_what_its_solution_gives_is_refused(course):
    path = course / "course" / CHAPTER / f"{CHAPTER}.ipynb"
    path.write_text(path.read_text().replace('check(\\"05.2\\", conv2d)', 'check(\\"05.2\\", print)'))

    with pytest.raises(ClassroomError, match="Run: layerwise build 05"):
        classroom.release_chapter(open_course(course), course, CHAPTER)


def test_a_folder_without_a_configuration_is_refused(tmp_path):
    with pytest.raises(ClassroomError, match=r"has no nbgrader_config\.py"):
        open_course(tmp_path)


def test_everything_of_a_class_is_under_the_ignored_folder(course):
    api = open_course(course)

    settings = api.coursedir
    kept = [settings.submitted_directory, settings.autograded_directory, settings.feedback_directory]
    assert all(folder.startswith("grader/classroom/") for folder in kept)
    assert settings.db_url == f"sqlite:///{course}/grader/classroom/gradebook.db"
    assert api.exchange_root == str(course / "grader" / "classroom" / "exchange")


@pytest.mark.slow
def test_exports_and_the_database_commands_go_on_working(here, nbgrader_in):
    """Our indexes stand in nbgrader's database, and our stamps beside its notebooks."""
    cli.main(["grade", "05", "--folder", str(hand_in(here))])
    nbgrader = nbgrader_in(here)

    assert "ben" in nbgrader("db", "student", "list")
    nbgrader("db", "upgrade")
    nbgrader("export", "--to=grades.csv")
    with (here / "grades.csv").open() as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {"ada": 32, "ben": 20, "cleo": 7}


@pytest.mark.slow
def test_a_damaged_notebook_is_answered_by_nbgraders_command_too(here, nbgrader_in):
    """It is rebuilt as a notebook without answers, with the reason on its cards; nothing has to be run for that."""
    folder = here / "grader" / "classroom" / "submitted" / "dora" / CHAPTER
    folder.mkdir(parents=True)
    (folder / f"{CHAPTER}.ipynb").write_bytes(b'{"cells": [')
    (folder / "notes.html").write_text("<script>alert(1)</script>")

    nbgrader_in(here)("autograde", CHAPTER)

    graded = autograded(here, CHAPTER, "dora")
    stamp = ledger.stamped(here, CHAPTER, "dora")
    assert "is not a notebook" in stamp.problem
    assert "is not a notebook" in graded.read_text()
    assert not (graded.parent / "notes.html").exists()
    with open_course(here).gradebook as gradebook:
        assert gradebook.find_submission(CHAPTER, "dora").score == 0
