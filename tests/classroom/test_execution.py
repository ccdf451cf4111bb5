"""How a submission is run: what is skipped, what counts, and what a learner's code can't take from itself or others."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output
from small_course import CHAPTER, LEARNERS, PROJECT, hand_in

from layerwise_grader import build, catalogue, cli, grading, learners
from layerwise_grader.answer import LocalAnswer
from layerwise_grader.execution import harmless, is_demo, verdict
from layerwise_grader.judge import judge
from layerwise_grader.report import MEDIA_TYPE, Report, Verdict

FULL = Report("05.2", "Slide one kernel over one image", 4, (Verdict("it slides", 4, 4),))


def graded_cell(*outputs, points=4):
    settings = {"grade": True, "grade_id": "05-2", "points": points, "locked": True, "solution": False}
    return new_code_cell('check("05.2", conv2d)', metadata={"nbgrader": settings}, outputs=list(outputs))


def shown(report, **changes):
    return new_output("execute_result", {"text/plain": "4", MEDIA_TYPE: {**report.as_dict(), **changes}})


def stderr(text):
    return new_output("stream", name="stderr", text=text)


def failed(name, value):
    return new_output("error", ename=name, evalue=value, traceback=[])


def test_a_report_counts_whatever_stands_on_stderr():
    assert verdict(graded_cell(stderr("TensorFlow says hello"), shown(FULL))).earned == 4


WITHOUT = {
    "no output": ([], "gave no result"),
    "only text": ([stderr("oops")], "gave no result"),
    "an exception": ([failed("NameError", "name 'conv2d' is not defined")], "NameError: name 'conv2d' is not defined"),
    "a bare number": ([new_output("execute_result", {"text/plain": "4"})], "gave no result"),
    "two reports": ([shown(FULL), shown(FULL)], "gave no result"),
    "another exercise": ([shown(FULL, exercise="05.4")], "not what a check gives"),
    "more points": ([shown(FULL, points=400)], "not what a check gives"),
    "more earned": (
        [shown(FULL, verdicts=[{"check": "x", "points": 4, "earned": 9, "seen": ""}])],
        "not what a check gives",
    ),
    "no report at all": ([new_output("execute_result", {MEDIA_TYPE: {"earned": 4}})], "not what a check gives"),
}


@pytest.mark.parametrize(("outputs", "sentence"), WITHOUT.values(), ids=WITHOUT)
def test_without_a_sound_report_there_are_no_points(outputs, sentence):
    report = verdict(graded_cell(*outputs))

    assert report.earned == 0
    assert sentence in report.problem


def test_outputs_that_a_browser_would_run_are_left_out():
    output = new_output("display_data", {"text/html": "<script>", "image/svg+xml": "<svg>", "text/plain": "a table"})

    assert harmless(output).data == {"text/plain": "a table"}


def test_a_graded_cell_is_no_demo_whatever_its_tags_say():
    cell = graded_cell()
    cell.metadata["tags"] = ["demo"]

    assert is_demo(new_code_cell("fit()", metadata={"tags": ["demo"]}))
    assert not is_demo(cell)


@pytest.mark.parametrize("name", LEARNERS)
def test_the_sample_learners_answer_what_the_demo_says(name):
    written = learners.answers(PROJECT / "tests" / "learners" / f"{name}.py")
    namespace = {}
    exec("import numpy as np\n" + "\n\n".join(written.values()), namespace)

    earned = 0
    for exercise in catalogue.exercises("05"):
        if exercise.id in written:
            earned += judge(exercise, LocalAnswer(exercise, namespace[exercise.function])).earned
    assert earned == {"ada": 32, "ben": 20, "cleo": 7}[name]


# --- in real kernels -------------------------------------------------------------------------------------------------

HARM = {
    "kills its kernel": ("import os; os._exit(1)", 6),
    "writes to stderr": ("import sys; print('careful', file=sys.stderr)", 32),
    "raises": ("raise RuntimeError('stop')", 32),
    "takes all memory": ("x = np.ones(2**40)", 32),
    "forgets the check": ("check = print", 6),
    "shows numbers instead": ("check = lambda *_: 4", 6),
}


@pytest.mark.slow
def test_points_earned_before_harm_are_kept_and_none_are_won_by_it(course, capsys):
    """One notebook an attack; each attack stands in a cell of its own after 05.2."""
    folder = hand_in(course, "ada")
    for name, (code, _) in HARM.items():
        harmed(folder / "ada.ipynb", code, folder / f"{name.replace(' ', '_')}.ipynb")

    cli.main(["grade", "05", "--folder", str(folder), "--json"])

    marks = {mark["learner"]: mark["points"] for mark in json.loads(capsys.readouterr().out)["marks"]}
    assert marks == {"ada": 32, **{name.replace(" ", "_"): points for name, (_, points) in HARM.items()}}


def harmed(path: Path, code: str, target: Path) -> None:
    notebook = build.read(path)
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    notebook.cells.insert(ids.index("05-2") + 1, new_code_cell(code))
    nbformat.write(notebook, target)


@pytest.mark.slow
def test_a_tag_that_skips_a_graded_cell_wins_nothing(course, capsys):
    folder = hand_in(course, "cleo")
    notebook = build.read(folder / "cleo.ipynb")
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution"]
    nbformat.write(notebook, folder / "cleo.ipynb")

    cli.main(["grade", "05", "--folder", str(folder), "--json"])

    assert json.loads(capsys.readouterr().out)["marks"][0]["points"] <= 7


@pytest.mark.slow
def test_a_notebook_that_takes_too_long_is_stopped_and_said_so(course):
    """The limit is on the whole of it: many slow cells pass every limit of a cell."""
    from layerwise_grader import classroom
    from layerwise_grader.course import open_course
    from layerwise_grader.submission import take_in

    folder = hand_in(course, "ada")
    harmed(folder / "ada.ipynb", "import time; time.sleep(50)", folder / "slow.ipynb")
    classroom.enter_chapter(open_course(course), course, CHAPTER)
    take_in(folder, course, CHAPTER)

    sentence = grading.grade(course, CHAPTER, "slow", seconds=8)

    assert sentence == "slow's notebook was still running after 8 seconds and was stopped."
    assert not (course / "grader" / "classroom" / "autograded" / "slow").exists() or not list(
        (course / "grader" / "classroom" / "autograded" / "slow").rglob("*.ipynb")
    )
