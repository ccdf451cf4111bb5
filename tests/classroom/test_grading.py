"""Release, grade, feedback and export by our commands, on the three sample learners."""

import csv
import json
import shutil

import pytest
from small_course import CHAPTER, LEARNERS, hand_in
from walls import needs_walls

from layerwise_grader import build, cli
from layerwise_grader.course import open_course
from layerwise_grader.engine import gradebook as ledger
from layerwise_grader.report import MEDIA_TYPE

POINTS = {
    "ada": {"05.1": 2, "05.2": 4, "05.3": 4, "05.4": 8, "05.5": 4, "05.6": 6, "05.7": 4},
    "ben": {"05.1": 0, "05.2": 2, "05.3": 1, "05.4": 8, "05.5": 2, "05.6": 3, "05.7": 4},
    "cleo": {"05.1": 2, "05.2": 4, "05.3": 1, "05.4": 0, "05.5": 0, "05.6": 0, "05.7": 0},
}
NAMED = {
    "ada": [],
    "ben": ["pad_once", "flipped", "half_kernel", "zero_floor", "strides_unused"],
    "cleo": ["keeps_n"],
}

# nbgrader leaves a file open when it releases feedback.
pytestmark = [
    pytest.mark.slow,
    needs_walls,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def graded(small_course, tmp_path_factory):
    """A copy of the small course in which the three learners are graded; its first run, as JSON."""
    root = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(small_course, root)
    hand_in(root)
    return root


@pytest.fixture
def layerwise(graded, monkeypatch, capsys):
    """Runs one of our commands in the graded course: exit code, standard output, standard error."""
    monkeypatch.chdir(graded)

    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    run("grade", "05", "--folder", "handed-in")
    return run


def test_each_learner_gets_exactly_their_points(layerwise):
    """The answers run in real sandboxes; only that shows what counts in the gradebook."""
    code, output, _ = layerwise("grade", "05", "--json")

    marks = json.loads(output)["marks"]
    earned = {mark["learner"]: {one["exercise"]: one["earned"] for one in mark["exercises"]} for mark in marks}
    assert code == 0
    assert earned == POINTS
    assert {mark["learner"]: mark["points"] for mark in marks} == {
        name: sum(points.values()) for name, points in POINTS.items()
    }


def test_each_learners_misconceptions_are_named(layerwise):
    _, output, _ = layerwise("grade", "05", "--json")

    marks = json.loads(output)["marks"]
    named = {
        mark["learner"]: [one["name"] for report in mark["exercises"] for one in report["misconceptions"]]
        for mark in marks
    }
    assert named == NAMED


def test_an_exercise_that_builds_on_wrong_ones_is_judged_on_trusted_ones(layerwise):
    """Ben's layer calls his flipped kernel; that slip costs once, in the sandbox too."""
    _, output, _ = layerwise("grade", "05", "--json")

    layer = json.loads(output)["marks"][1]["exercises"][3]
    assert layer["earned"] == 8
    assert "conv2d (05.2)" in layer["notes"][0]


def test_grading_again_grades_nothing(layerwise):
    _, output, errors = layerwise("grade", "05")

    assert errors == ""
    assert "32 of 32" in output
    assert "05.2 flipped" in output


def test_a_changed_notebook_is_graded_again(layerwise, graded):
    path = graded / "handed-in" / "cleo.ipynb"
    before = path.read_bytes()
    path.write_bytes((graded / "handed-in" / "ada.ipynb").read_bytes())
    try:
        _, output, errors = layerwise("grade", "05", "--folder", "handed-in", "--json")
    finally:
        path.write_bytes(before)

    assert [mark["points"] for mark in json.loads(output)["marks"]] == [32, 20, 32]
    assert errors.startswith("graded 1 of 1 of 05-convolutions, bwrap")


def test_feedback_pages_show_the_cards(layerwise, graded):
    code, output, _ = layerwise("feedback", "05")

    page = (graded / output.splitlines()[1]).read_text()
    assert code == 0
    assert len(output.splitlines()) == len(LEARNERS)
    assert "This is what a flipped kernel gives" in page
    assert 'style="border:1px solid' in page
    assert "isolation: bwrap" in page


def test_the_grades_go_into_a_spreadsheet(layerwise, tmp_path):
    layerwise("export", "--csv", tmp_path / "grades.csv")

    with (tmp_path / "grades.csv").open() as file:
        rows = {row["learner"]: row for row in csv.DictReader(file)}
    assert rows["ben"]["points"] == "20.0"
    assert {name: rows["ben"][name] for name in POINTS["ben"]} == {
        name: str(points) for name, points in POINTS["ben"].items()
    }


def test_a_graded_notebook_keeps_reports_and_no_html_of_a_learners(layerwise, graded):
    path = graded / "grader" / "classroom" / "autograded" / "ben" / CHAPTER / f"{CHAPTER}.ipynb"

    outputs = [output for cell in build.read(path).cells for output in cell.get("outputs", [])]
    with_html = [output for output in outputs if "text/html" in output.get("data", {})]
    assert len(with_html) == 7
    assert all(MEDIA_TYPE in output["data"] for output in with_html)


def test_nbgraders_own_command_gives_the_same(layerwise, graded):
    """It is what Formgrader's button and an instructor's scripts call; here after what stands was graded by ours."""
    _, before, _ = layerwise("grade", "05", "--json")
    scores = scores_of(graded)
    api = open_course(graded)
    for name in LEARNERS:
        done = api.autograde(CHAPTER, name)
        assert done["success"], done
        assert ledger.is_current(graded, CHAPTER, name)
    _, after, errors = layerwise("grade", "05", "--json")

    assert json.loads(after) == json.loads(before)
    assert scores_of(graded) == scores
    assert errors == ""


def scores_of(root):
    with open_course(root).gradebook as gradebook:
        return {
            (name, grade.name): (grade.auto_score, grade.needs_manual_grade)
            for name in LEARNERS
            for grade in gradebook.find_submission_notebook(CHAPTER, CHAPTER, name).grades
        }
