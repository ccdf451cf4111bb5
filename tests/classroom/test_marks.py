"""Scores as an instructor reads them, and commands that have nothing to read yet."""

import csv
import json

import pytest
from small_course import CHAPTER, PROJECT

from layerwise_grader import build, cli, learners, marks
from layerwise_grader.marks import Mark
from layerwise_grader.report import NOT_STARTED, Named, Report, Verdict

FULL = Report("05.1", "Size", 2, (Verdict("counts", 2, 2),))
FLIPPED = Report("05.2", "Slide", 4, (Verdict("slides", 4, 0),), (Named("kernel_flipped", "Flipped.", "the corner"),))
PARTLY = Report("05.3", "Pad", 4, (Verdict("pads", 3, 3), Verdict("halves", 1, 0)))
BLANK = Report("05.4", "Layer", 8, problem=NOT_STARTED)
STOPPED = Report("05.5", "Pool", 4, problem="your pool stopped: " + "x" * 200)


def test_only_what_is_not_right_is_listed():
    lines = marks.lacks([FULL, FLIPPED, PARTLY, BLANK])

    assert lines == ["05.2 kernel flipped", "05.3 3 of 4 points", "05.4 not started yet"]


def test_a_long_problem_is_cut():
    (line,) = marks.lacks([STOPPED])

    assert len(line) < 100
    assert line.endswith("…")


def test_a_mark_without_a_grade_has_no_percent():
    mark = Mark("ada", CHAPTER, problem="ada.ipynb is empty.")

    assert mark.percent is None
    assert mark.as_dict()["problem"] == "ada.ipynb is empty."


def test_a_spreadsheet_has_a_column_for_each_exercise(tmp_path):
    marks.write_csv([Mark("ada, the first", CHAPTER, 5, 10, (FULL, PARTLY))], tmp_path / "grades.csv")

    with (tmp_path / "grades.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["learner"] == "ada, the first"
    assert (row["05.1"], row["05.3"], row["percent"]) == ("2", "3", "50")


def test_a_table_shows_names_that_look_like_markup(capsys):
    marks.show([Mark("[bold]ada", CHAPTER, 2, 2, (FULL,))], CHAPTER)

    assert "[bold]ada" in capsys.readouterr().out


def test_a_filled_notebook_has_a_learners_answers_and_nothing_else_changed(course):
    released = build.read(course / "course" / CHAPTER / f"{CHAPTER}.ipynb")
    filled = learners.fill(released, learners.answers(PROJECT / "tests" / "learners" / "cleo.py"))

    changed = [new.id for old, new in zip(released.cells, filled.cells, strict=True) if old != new]
    assert changed == ["05-1-answer", "05-2-answer", "05-3-answer", "05-5-answer"]


EMPTY = {
    "collect": "Nothing is released yet",
    "grade": "Nothing is handed in yet",
    "feedback": "Nothing is released yet",
}


@pytest.mark.parametrize(("command", "sentence"), EMPTY.items(), ids=EMPTY)
def test_a_command_that_has_nothing_to_do_says_so(course, capsys, command, sentence):
    assert cli.main([command]) == 0
    assert sentence in capsys.readouterr().out


def test_json_is_one_document(course, capsys):
    cli.main(["grade", "--json"])

    assert json.loads(capsys.readouterr().out) == {"version": 1, "marks": []}


REFUSED = {
    "which chapter": (["grade", "--folder", "."], "Which chapter"),
    "no folder": (["grade", "05", "--folder", "nowhere"], "nowhere is neither a folder nor a zip"),
    "no chapter": (["release", "77"], 'There is no chapter "77"'),
}


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED.values(), ids=REFUSED)
def test_wrong_use_is_said_in_a_sentence(course, capsys, arguments, sentence):
    assert cli.main(arguments) == 1
    assert sentence in capsys.readouterr().err


def test_a_chapter_that_is_not_built_is_not_released(course, capsys):
    (course / "solutions" / CHAPTER / f"{CHAPTER}.ipynb").unlink()

    assert cli.main(["release", "05"]) == 1
    assert "Run: layerwise build 05" in capsys.readouterr().err
