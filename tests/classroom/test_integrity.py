"""What a class failed, how well its exercises measure, and who wrote alike."""

import json

import numpy as np
import pytest
from small_course import CHAPTER, hand_in

from layerwise_grader import cli, integrity
from layerwise_grader.report import NOT_STARTED, Named, Report, Verdict

FLIPPED = Named("flipped", "Flipped.", "the corner")


def report(exercise, earned, *named, problem=""):
    return Report(exercise, "Slide", 4, () if problem else (Verdict("slides", 4, earned),), named, problem)


def a_class(*points):
    """One learner for each pair of points, in 05.1 and 05.2."""
    return [{"05.1": report("05.1", one), "05.2": report("05.2", two)} for one, two in points]


# --- the exercises ---------------------------------------------------------------------------------------------------


def test_what_was_failed_is_counted_with_its_misconceptions():
    reports = [
        {"05.2": report("05.2", 4)},
        {"05.2": report("05.2", 2, FLIPPED)},
        {"05.2": report("05.2", 0, FLIPPED, Named("mean", "Mean.", "x"))},
        {"05.2": report("05.2", 0, problem=NOT_STARTED)},
    ]
    (item,) = integrity.items(["05.2"], reports)

    assert (item.learners, item.full, item.failed, item.not_started) == (4, 1, 2, 1)
    assert item.difficulty == 0.375
    assert [(one.name, one.learners) for one in item.misconceptions] == [("flipped", 2), ("mean", 1)]


def test_an_exercise_that_the_best_solve_discriminates():
    good, bad = (4, 4), (0, 0)
    first, second = integrity.items(["05.1", "05.2"], a_class(good, good, good, bad, bad))

    assert first.discrimination == second.discrimination == 1


def test_an_exercise_that_the_best_fail_stands_out():
    first, _ = integrity.items(["05.1", "05.2"], a_class((4, 0), (4, 1), (0, 4), (0, 3), (1, 4)))

    assert first.discrimination < -0.9


WITHOUT = {
    "too few learners": [1, 0, 1, 0],
    "equal points": [2, 2, 2, 2, 2, 2],
}


@pytest.mark.parametrize("earned", WITHOUT.values(), ids=WITHOUT)
def test_where_there_is_no_correlation_none_is_given(earned):
    assert integrity.correlation(np.array(earned, float), np.arange(len(earned))) is None


# --- who wrote alike -------------------------------------------------------------------------------------------------

LOOP = """\
rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
result = np.zeros((rows, columns))
for row in range(rows):
    for column in range(columns):
        result[row, column] = (image[row : row + kernel.shape[0], column : column + kernel.shape[1]] * kernel).sum()
return result"""
WINDOWS = """\
windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
assert windows.ndim == 4, "the image must have two axes, and so must the kernel"
return np.einsum("ijkl,kl->ij", windows, kernel, optimize=True) if kernel.size > 1 else image * kernel[0, 0]"""


def test_a_copy_is_listed_even_when_its_names_were_changed():
    renamed = LOOP.replace("row", "i").replace("result", "out").replace("column", "j")
    written = {"ada": LOOP, "ben": WINDOWS, "eve": renamed}

    pairs = integrity.alike({name: integrity._tokens(text) for name, text in written.items()})

    assert [pair.learners for pair in pairs] == [("ada", "eve")]


def test_short_answers_are_not_compared():
    assert integrity.alike({"ada": ["return", "1"], "eve": ["return", "1"]}) == []


def test_what_is_no_python_is_compared_by_words():
    assert integrity._tokens("def (:\n  'x") == ["def", "(:", "'x"]


# --- as a command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def graded(here):
    folder = hand_in(here)
    (folder / "eve.ipynb").write_bytes((folder / "ben.ipynb").read_bytes())
    cli.main(["grade", "05", "--folder", str(folder)])
    return here


def test_the_report_names_what_to_teach_again(graded, capsys):
    capsys.readouterr()
    assert cli.main(["report", "05", "--json", "--plot", "report.png"]) == 0

    (chapter,) = json.loads(capsys.readouterr().out)["chapters"]
    items = {item["exercise"]: item for item in chapter["items"]}
    assert (chapter["chapter"], chapter["learners"]) == (CHAPTER, 4)
    assert items["05.2"]["misconceptions"][0]["name"] == "flipped"
    assert items["05.2"]["misconceptions"][0]["learners"] == 2
    assert (items["05.1"]["full"], items["05.4"]["not_started"]) == (2, 1)
    assert [pair["learners"] for pair in chapter["alike"]] == [["ben", "eve"]]
    assert (graded / "report.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_says_that_likeness_is_a_hint(graded, capsys):
    capsys.readouterr()
    cli.main(["report"])

    said = capsys.readouterr().out
    assert "flipped" in said
    assert "ben and eve" in said
    assert "a hint to look, no proof" in said


def test_nothing_graded_is_said(course, capsys):
    assert cli.main(["report", "05"]) == 0
    assert "Nothing is graded yet" in capsys.readouterr().out


def test_a_picture_is_of_one_chapter(course, capsys):
    assert cli.main(["report", "--plot", "report.png"]) == 1
    assert "Which chapter is to be drawn" in capsys.readouterr().err
