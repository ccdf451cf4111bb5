"""How a class is graded: what is taken, what is left alone, what is said. Judged in this process, for speed."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from local_pool import LocalPool
from small_course import CHAPTER, hand_in

from layerwise_grader import classroom, cli, demo, grading, watch
from layerwise_grader.course import autograded, open_course, submissions
from layerwise_grader.engine import gradebook as ledger
from layerwise_grader.engine import sandbox
from layerwise_grader.engine.pool import Graded
from layerwise_grader.errors import ClassroomError

# nbgrader leaves a file open when it releases feedback.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def layerwise(here, capsys):
    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def marks(output):
    return {mark["learner"]: mark for mark in json.loads(output)["marks"]}


def points(output):
    return {learner: mark["points"] for learner, mark in marks(output).items()}


# --- what is graded --------------------------------------------------------------------------------------------------


def test_a_folder_is_graded_and_the_level_is_told(here, layerwise):
    code, output, errors = layerwise("grade", "05", "--folder", hand_in(here), "--json")

    assert code == 0
    assert points(output) == {"ada": 32, "ben": 20, "cleo": 7}
    assert {mark["isolation"] for mark in marks(output).values()} == {"bwrap"}
    assert errors.startswith("graded 3 of 3 of 05-convolutions, bwrap in ")
    assert "a minute" in errors


def test_the_table_shows_the_level(here, layerwise):
    _, output, _ = layerwise("grade", "05", "--folder", hand_in(here, "ada"), "--isolation", "process")

    assert "process" in output


def test_a_second_run_grades_only_what_is_missing_or_newer(here, layerwise):
    folder = hand_in(here)
    layerwise("grade", "05", "--folder", folder)
    (autograded(here, CHAPTER, "ben").parent / ledger.STAMP).unlink()
    (folder / "cleo.ipynb").write_bytes((folder / "ada.ipynb").read_bytes())

    _, output, errors = layerwise("grade", "05", "--folder", folder, "--json")

    assert points(output) == {"ada": 32, "ben": 20, "cleo": 32}
    assert errors.startswith("graded 2 of 2")


def test_force_grades_all_again(here, layerwise):
    folder = hand_in(here)
    layerwise("grade", "05", "--folder", folder)

    assert layerwise("grade", "05")[2] == ""
    assert layerwise("grade", "05", "--force")[2].startswith("graded 3 of 3")


def test_grades_go_into_a_file_as_well(here, layerwise, tmp_path):
    layerwise("grade", "05", "--folder", hand_in(here, "ada"), "--csv", tmp_path / "grades.csv")

    header, row = (tmp_path / "grades.csv").read_text().splitlines()
    assert header.startswith("learner,chapter,submitted,points,of,percent,late_penalty,isolation,problem,05.1")
    assert row.startswith("ada,05-convolutions,")
    assert ",32.0,32.0,100,0.0,bwrap,,2,4," in row


# --- what is not -----------------------------------------------------------------------------------------------------


def test_a_refusal_is_that_learners_feedback_and_nobody_elses(here, layerwise):
    folder = hand_in(here, "ada")
    (folder / "dora.ipynb").touch()

    code, output, _ = layerwise("grade", "05", "--folder", folder, "--json")
    layerwise("feedback", "05")

    page = (here / "grader" / "classroom" / "feedback" / "dora" / CHAPTER / f"{CHAPTER}.html").read_text()
    assert code == 1
    assert marks(output)["ada"]["points"] == 32
    assert marks(output)["dora"]["points"] is None
    assert "dora.ipynb is empty" in marks(output)["dora"]["problem"]
    assert "dora.ipynb is empty" in page
    assert "Score: 0.0 / 32.0" in page


def test_a_damaged_file_does_not_take_away_an_earlier_grade(here, layerwise):
    folder = hand_in(here, "ada")
    layerwise("grade", "05", "--folder", folder)
    (folder / "ada.ipynb").write_text("{")

    code, output, _ = layerwise("grade", "05", "--folder", folder, "--json")

    assert code == 1
    assert marks(output)["ada"]["points"] == 32
    assert "ada.ipynb is not a notebook" in marks(output)["ada"]["problem"]


def test_a_name_that_is_no_learners_never_comes_into_the_gradebook(here, layerwise):
    layerwise("grade", "05", "--folder", hand_in(here, "ada"))
    submitted = here / "grader" / "classroom" / "submitted"
    (submitted / "ada").rename(submitted / "<img src=x onerror=alert(1)>")

    code, output, _ = layerwise("grade", "05", "--json")

    (mark,) = marks(output).values()
    assert code == 1
    assert "does not name a learner" in mark["problem"]
    with open_course(here).gradebook as gradebook:
        assert [student.id for student in gradebook.students] == ["ada"]


class Failing(LocalPool):
    """Cannot grade anything."""

    def grade(self, jobs):
        for job in jobs:
            yield Graded(job, problem="The sandbox could not be used: no memory.", isolation=self.isolation)


def test_what_could_not_be_graded_is_tried_again(here, layerwise, monkeypatch):
    monkeypatch.setattr(grading, "Pool", Failing)
    code, output, _ = layerwise("grade", "05", "--folder", hand_in(here, "ada"), "--json")
    assert code == 1
    assert marks(output)["ada"]["problem"] == "The sandbox could not be used: no memory."
    monkeypatch.setattr(grading, "Pool", LocalPool)

    assert points(layerwise("grade", "05", "--json")[1]) == {"ada": 32}


def test_strangers_are_not_graded_below_bwrap(course, monkeypatch, capsys):
    monkeypatch.setattr(sandbox, "lacks", lambda: "bubblewrap is not installed: sudo apt install bubblewrap.")

    assert cli.main(["grade", "05", "--folder", str(hand_in(course, "ada"))]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "bubblewrap is not installed" in said.err
    assert "--isolation process" in said.err
    assert submissions(course, CHAPTER) == []


# --- stopping --------------------------------------------------------------------------------------------------------


class Interrupted(LocalPool):
    """Ctrl-C comes while the second submission is graded."""

    closed = False

    def grade(self, jobs):
        yield next(super().grade(jobs))
        raise KeyboardInterrupt

    def close(self):
        Interrupted.closed = True


def test_an_interrupt_keeps_what_is_graded_and_says_how_to_go_on(here, layerwise, monkeypatch):
    monkeypatch.setattr(grading, "Pool", Interrupted)
    code, output, errors = layerwise("grade", "05", "--folder", hand_in(here))
    assert (code, output) == (130, "")
    assert errors.splitlines()[-1] == "Stopped. What is graded is kept; the same command grades the rest."
    assert "graded 1 of 3" in errors
    assert Interrupted.closed
    monkeypatch.setattr(grading, "Pool", LocalPool)

    _, output, errors = layerwise("grade", "05", "--json")

    assert points(output) == {"ada": 32, "ben": 20, "cleo": 7}
    assert "graded 2 of 2" in errors


# --- progress --------------------------------------------------------------------------------------------------------


def test_without_a_terminal_a_line_comes_every_ten_seconds(capsys, monkeypatch):
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    with grading._lines(8, CHAPTER) as advance:
        for number in range(8):
            advance(f"learner {number}")

    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("graded 8 of 8 of 05-convolutions in ")
    assert 1 < len(lines) < 6
    assert "s left" in lines[0]


def test_in_a_terminal_there_is_a_bar(monkeypatch, capsys):
    from io import StringIO

    from rich.console import Console

    screen = StringIO()
    with grading._bar(Console(file=screen, force_terminal=True, width=120), 2, CHAPTER) as advance:
        advance("ada")
        time.sleep(0.2)

    assert "1/2" in screen.getvalue()
    assert "graded 1 of 2" in capsys.readouterr().err


@pytest.mark.parametrize("wanted", ["0", "-1", "many"])
def test_a_number_of_workers_that_is_none_is_wrong_use(capsys, wanted):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["grade", "--workers", wanted])
    assert "give 1 or more" in capsys.readouterr().err


# --- as they come ----------------------------------------------------------------------------------------------------


def test_what_is_submitted_is_answered_while_watching(here, capsys, monkeypatch):
    """The learner finds the feedback in the exchange; nobody presses a button."""
    monkeypatch.setattr(watch, "SECONDS", 0.05)
    api = open_course(here)
    classroom.release_chapter(api, here, CHAPTER)
    (here / "learners").symlink_to(here / "tests" / "learners")
    done = []
    watcher = threading.Timer(0.2, lambda: done.append(submit_and_wait(here)))
    watcher.start()

    code = cli.main(["grade", "05", "--watch"])

    watcher.join()
    said = capsys.readouterr().err
    assert code == 0
    assert done == ["fetched"]
    assert "Watching for 05-convolutions, isolation: bwrap" in said
    assert "graded ben 05-convolutions" in said
    assert said.endswith("Stopped watching. What is graded is kept.\n")
    assert CHAPTER[:2] == demo.CHAPTER


def submit_and_wait(root):
    """What Ben does; at the end somebody presses Ctrl-C."""
    try:
        demo.submit(open_course(root), root, CHAPTER, "ben")
        feedback = root / "grader" / "classroom" / "exchange" / "layerwise" / "feedback"
        deadline = time.monotonic() + 30
        while not list(feedback.glob("*.html")) and time.monotonic() < deadline:
            time.sleep(0.05)
        (page,) = feedback.glob("*.html")
        assert "Score: 20.0 / 32.0" in page.read_text()
        return "fetched"
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def test_watching_waits_until_a_submission_is_there_to_its_end(here, capsys):
    api = open_course(here)
    classroom.release_chapter(api, here, CHAPTER)
    half = (
        here
        / "grader"
        / "classroom"
        / "exchange"
        / "layerwise"
        / "inbound"
        / f"ada+{CHAPTER}+2026-01-01 10:00:00 UTC+x"
    )
    half.mkdir(parents=True)
    (half / f"{CHAPTER}.ipynb").write_bytes((hand_in(here, "ada") / "ada.ipynb").read_bytes())
    course, pool = grading.Class(here, api), LocalPool(here, seed=1, workers=1, isolation="bwrap")

    assert watch.grade_arrived(course, pool, CHAPTER) == []
    (half / "timestamp.txt").write_text("2026-01-01 10:00:00 UTC")
    (half / "submission_secret.txt").write_text("secret")
    assert watch.grade_arrived(course, pool, CHAPTER) == ["ada"]
    assert watch.grade_arrived(course, pool, CHAPTER) == []
    assert "graded ada" in capsys.readouterr().err


def test_what_goes_wrong_while_watching_is_said_once_and_tried_again(here, monkeypatch, capsys):
    course, pool = grading.Class(here, open_course(here)), LocalPool(here, seed=1, workers=1, isolation="bwrap")
    tried = []

    def fails(*_):
        tried.append(1)
        raise ClassroomError("The gradebook is in use.")

    monkeypatch.setattr(watch, "grade_arrived", fails)
    said = watch._grade_all(course, pool, [CHAPTER], "")
    said = watch._grade_all(course, pool, [CHAPTER], said)

    assert (said, len(tried)) == ("The gradebook is in use.", 2)
    assert capsys.readouterr().err == "The gradebook is in use.\n"


def test_nothing_to_watch_is_said(course, capsys):
    assert cli.main(["grade", "--watch"]) == 1
    assert "Nothing is released yet" in capsys.readouterr().err


# --- out of the exchange ---------------------------------------------------------------------------------------------


@pytest.fixture
def exchange(here):
    """The folder in which submissions arrive; ada's is there."""
    classroom.release_chapter(open_course(here), here, CHAPTER)
    inbound = here / "grader" / "classroom" / "exchange" / "layerwise" / "inbound"
    arrive(inbound, "ada", (hand_in(here, "ada") / "ada.ipynb").read_bytes())
    return inbound


def arrive(inbound, learner, content=b"", **others):
    folder = inbound / f"{learner}+{CHAPTER}+2026-01-01 10:00:00 UTC+x"
    folder.mkdir(parents=True)
    (folder / f"{CHAPTER}.ipynb").write_bytes(content)
    for name in ("timestamp.txt", "submission_secret.txt"):
        (folder / name).write_text("2026-01-01 10:00:00 UTC")
    return folder


def test_a_link_to_anothers_notebook_is_not_handed_in_as_ones_own(exchange, here, layerwise):
    """nbgrader copies what a link points to, with the instructor's rights."""
    layerwise("collect", "05")
    notebook = arrive(exchange, "eve") / f"{CHAPTER}.ipynb"
    notebook.unlink()
    notebook.symlink_to(here / "grader" / "classroom" / "submitted" / "ada" / CHAPTER / f"{CHAPTER}.ipynb")
    os.mkfifo(notebook.with_name("never-ends"))

    layerwise("collect", "05")
    _, output, _ = layerwise("grade", "05", "--json")

    assert marks(output)["ada"]["points"] == 32
    assert marks(output)["eve"]["points"] is None
    assert "eve handed in no notebook" in marks(output)["eve"]["problem"]


def test_what_is_too_large_to_collect_harms_nobody_else(exchange, here, layerwise):
    config = here / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.CourseDirectory.max_dir_size = 1000\n")
    with (arrive(exchange, "aaron") / "data.bin").open("wb") as file:
        file.truncate(2_000_000)

    assert layerwise("collect", "05")[0] == 0
    _, output, _ = layerwise("grade", "05", "--json")

    assert marks(output)["ada"]["points"] == 32
    assert "no notebook" in marks(output)["aaron"]["problem"]


def test_what_else_a_learner_hands_in_stays_out_of_formgrader(exchange, here, layerwise):
    """Formgrader serves every file beside a graded notebook from its own address."""
    layerwise("collect", "05")
    (Path(here, "grader/classroom/submitted/ada") / CHAPTER / "page.html").write_text("<script>alert(1)</script>")
    layerwise("grade", "05")

    kept = {path.name for path in autograded(here, CHAPTER, "ada").parent.iterdir()}
    assert kept == {f"{CHAPTER}.ipynb", "timestamp.txt", "submission_secret.txt", ledger.STAMP}
