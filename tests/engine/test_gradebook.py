"""What a class can count on when grades are written: exact, all or nothing, and found again by the next run."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import psutil
import pytest
from local_pool import graded_notebook
from small_course import CHAPTER, LEARNERS, hand_in
from walls import needs_walls

from layerwise_grader import classroom, cli, submission
from layerwise_grader.course import autograded, open_course
from layerwise_grader.engine import gradebook as ledger
from layerwise_grader.errors import ClassroomError

POINTS = {"ada": 32, "ben": 20, "cleo": 7}
SOAK = bool(os.environ.get("LAYERWISE_SOAK"))
KILLS = 200 if SOAK else 8
GRADE = [sys.executable, "-m", "layerwise_grader.cli", "grade", "05", "--workers", "1"]
GRADED_CELLS = 7


@pytest.fixture(scope="module")
def entered(small_course, tmp_path_factory):
    """A course whose chapter is in the gradebook and whose learners have handed in; nothing is graded."""
    root = tmp_path_factory.mktemp("entered") / "course"
    shutil.copytree(small_course, root)
    submission.take_in(hand_in(root), root, CHAPTER)
    classroom.enter_chapter(open_course(root), root, CHAPTER)
    return root


@pytest.fixture(scope="module")
def verdicts(entered):
    """Learner → the judged notebook."""
    folder = entered / "handed-in"
    return {name: graded_notebook(entered, CHAPTER, folder / f"{name}.ipynb") for name in LEARNERS}


@pytest.fixture
def place(entered, tmp_path):
    """A copy of that course: its root, nbgrader's API on it."""
    root = tmp_path / "course"
    shutil.copytree(entered, root)
    return root, open_course(root)


def entry(root, verdicts, name):
    stamp = ledger.handed_in(root, CHAPTER, name).graded("process")
    return ledger.Entry(CHAPTER, name, verdicts[name], stamp)


def save_all(root, api, verdicts, names=LEARNERS):
    with ledger.open_gradebook(api) as gradebook:
        for name in names:
            ledger.save(api, gradebook, root, entry(root, verdicts, name))


def rows(root):
    """Learner → exercise → (automatic score, manual score, whether a person must look)."""
    asked = """
        select student_id, name, auto_score, manual_score, needs_manual_grade from grade
        join submitted_notebook on submitted_notebook.id = grade.notebook_id
        join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
        join base_cell on base_cell.id = cell_id"""
    found = {}
    with sqlite3.connect(database(root)) as connection:
        for learner, cell, *values in connection.execute(asked):
            found.setdefault(learner, {})[cell] = tuple(values)
    connection.close()
    return found


def database(root):
    return root / "grader" / "classroom" / "gradebook.db"


def totals(root):
    return {name: sum(auto or 0 for auto, *_ in cells.values()) for name, cells in rows(root).items()}


# --- exact -----------------------------------------------------------------------------------------------------------


def test_the_points_are_in_the_gradebook(place, verdicts):
    root, api = place
    save_all(root, api, verdicts)

    assert totals(root) == POINTS
    assert not any(is_open for cells in rows(root).values() for *_, is_open in cells.values())


@pytest.mark.filterwarnings("ignore:Object of type <Submitted")  # nbgrader's own way to add one
def test_it_enters_what_nbgraders_own_preprocessors_enter(place, verdicts):
    """The same notebook through SaveAutoGrades and AssignLatePenalties, under another learner's name."""
    from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades

    root, api = place
    submitted_late(api, "2020-01-01 10:00:00 UTC")
    save_all(root, api, verdicts, ["cleo"])
    with api.gradebook as gradebook:
        gradebook.add_student("twin")
        gradebook.add_submission(CHAPTER, "twin", timestamp=ledger.handed_in(root, CHAPTER, "cleo").timestamp)
    names = {"student": "twin", "assignment": CHAPTER, "notebook": CHAPTER, "db_url": api.coursedir.db_url}
    for kind in (SaveAutoGrades, AssignLatePenalties):
        kind(parent=api).preprocess(verdicts["cleo"], {"nbgrader": names})

    assert rows(root)["cleo"] == rows(root)["twin"]
    assert comments_and_penalty(api, "cleo") == comments_and_penalty(api, "twin")
    assert comments_and_penalty(api, "cleo")[1] == 7


def submitted_late(api, duedate):
    api.config.LateSubmissionPlugin.penalty_method = "zero"
    with api.gradebook as gradebook:
        gradebook.update_or_create_assignment(CHAPTER, duedate=duedate)


def comments_and_penalty(api, name):
    with api.gradebook as gradebook:
        notebook = gradebook.find_submission_notebook(CHAPTER, CHAPTER, name)
        return {one.name: one.auto_comment for one in notebook.comments}, notebook.late_submission_penalty


def test_an_answer_that_is_as_released_is_commented(place, verdicts):
    root, api = place
    save_all(root, api, verdicts, ["cleo"])

    comments, penalty = comments_and_penalty(api, "cleo")
    assert comments["05-4-answer"] == "No response."
    assert comments["05-2-answer"] is None
    assert penalty is None


def test_a_persons_grade_and_comment_stay_and_are_to_be_looked_at(place, verdicts):
    root, api = place
    save_all(root, api, verdicts, ["ben"])
    with api.gradebook as gradebook:
        gradebook.find_grade("05-2", CHAPTER, CHAPTER, "ben").manual_score = 3
        gradebook.find_comment("05-2-answer", CHAPTER, CHAPTER, "ben").manual_comment = "nearly"
        gradebook.db.commit()
    save_all(root, api, verdicts, ["ben"])

    assert rows(root)["ben"]["05-2"] == (2.0, 3.0, 1)
    with api.gradebook as gradebook:
        assert gradebook.find_comment("05-2-answer", CHAPTER, CHAPTER, "ben").comment == "nearly"
        assert gradebook.find_submission(CHAPTER, "ben").score == 21


def test_a_chapter_that_changed_since_is_said_so(place, verdicts):
    root, api = place
    with sqlite3.connect(database(root)) as connection:
        connection.execute("update base_cell set name = '05-99' where name = '05-2'")
    connection.close()

    with pytest.raises(ClassroomError, match='knows no cell "05-2"'):
        save_all(root, api, verdicts, ["ada"])
    assert rows(root) == {}


# --- found again -----------------------------------------------------------------------------------------------------


def test_the_stamp_says_what_was_graded_and_how(place, verdicts):
    root, api = place
    save_all(root, api, verdicts, ["ada"])

    stamp = ledger.stamped(root, CHAPTER, "ada")
    assert ledger.is_current(root, CHAPTER, "ada")
    assert (stamp.isolation, stamp.engine) == ("process", "layerwise 0.1.0")
    graded = json.loads(autograded(root, CHAPTER, "ada").read_text())
    assert graded["metadata"]["layerwise"] == {"isolation": "process", "engine": "layerwise 0.1.0"}


NEWER = {
    "another notebook": lambda folder: (folder / f"{CHAPTER}.ipynb").write_text("{}"),
    "another time": lambda folder: (folder / "timestamp.txt").write_text("2031-01-01 00:00:00 UTC"),
}


@pytest.mark.parametrize("change", NEWER.values(), ids=NEWER)
def test_what_is_handed_in_anew_is_not_current(place, verdicts, change):
    root, api = place
    save_all(root, api, verdicts, ["ada"])
    change(root / "grader" / "classroom" / "submitted" / "ada" / CHAPTER)

    assert not ledger.is_current(root, CHAPTER, "ada")


HALF = {
    "no stamp": lambda folder: (folder / ledger.STAMP).unlink(),
    "half a stamp": lambda folder: (folder / ledger.STAMP).write_text('{"timestamp": '),
    "no notebook": lambda folder: (folder / f"{CHAPTER}.ipynb").unlink(),
}


@pytest.mark.parametrize("damage", HALF.values(), ids=HALF)
def test_half_a_grade_is_none(place, verdicts, damage):
    root, api = place
    save_all(root, api, verdicts, ["ada"])
    damage(autograded(root, CHAPTER, "ada").parent)

    assert not ledger.is_current(root, CHAPTER, "ada")


def test_nbgrader_takes_it_for_graded_too(place, verdicts):
    root, api = place
    save_all(root, api, verdicts)

    before = autograded(root, CHAPTER, "ada").stat().st_mtime_ns
    assert api.autograde(CHAPTER, "ada", force=False)["success"]
    assert autograded(root, CHAPTER, "ada").stat().st_mtime_ns == before


# --- all or nothing --------------------------------------------------------------------------------------------------


def test_a_failure_in_the_middle_leaves_the_gradebook_as_it_was(place, verdicts, monkeypatch):
    root, api = place
    save_all(root, api, verdicts, ["ada"])
    before = rows(root)
    monkeypatch.setattr(ledger, "_enter_comments", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        save_all(root, api, verdicts, ["ben"])
    assert rows(root) == before


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_nothing(place, verdicts):
    """``LAYERWISE_SOAK=1`` tries 200 moments. After each, what counts as graded is whole, and a second run ends it."""
    root, api = place
    seconds = timed(lambda: save_all(root, api, verdicts))
    moments = random.Random(5)
    for _ in range(KILLS):
        forget(root)
        killed(lambda: save_all(root, open_course(root), verdicts), after=moments.uniform(0, 1.5 * seconds))
        assert_whole(root)
        missing = [name for name in LEARNERS if not ledger.is_current(root, CHAPTER, name)]
        save_all(root, api, verdicts, missing)
        assert totals(root) == POINTS
        assert all(ledger.is_current(root, CHAPTER, name) for name in LEARNERS)
        assert not list((root / "grader" / "classroom" / "autograded").rglob("*.part"))


@pytest.mark.slow
@needs_walls
def test_a_kill_of_the_whole_run_leaves_nothing_behind_and_the_next_ends_it(place):
    """Only the real pool has desks and sandboxes to leave behind. ``LAYERWISE_SOAK=1`` tries 20 moments."""
    root, _ = place
    moments = random.Random(6)
    for _ in range(20 if SOAK else 1):
        run = subprocess.Popen(GRADE, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_a_grade(root, run)
        time.sleep(moments.uniform(0, 0.5))
        others = psutil.Process(run.pid).children(recursive=True) if run.poll() is None else []
        run.kill()
        run.wait()
        _, alive = psutil.wait_procs(others, timeout=30)
        assert alive == []
        assert_whole(root)
        assert subprocess.run(GRADE, cwd=root, capture_output=True).returncode == 0
        assert totals(root) == POINTS
        forget(root)


def wait_for_a_grade(root, run, seconds=120):
    deadline = time.monotonic() + seconds
    while run.poll() is None and time.monotonic() < deadline:
        if any(ledger.stamped(root, CHAPTER, name) for name in LEARNERS):
            return
        time.sleep(0.01)  # nothing tells that a stamp was written


def timed(action):
    begun = time.monotonic()
    action()
    return time.monotonic() - begun


def forget(root):
    """Back to nothing graded, the gradebook's rows included."""
    shutil.rmtree(root / "grader" / "classroom" / "autograded")
    with sqlite3.connect(database(root)) as connection:
        for table in ("grade", "comment", "submitted_notebook", "submitted_assignment", "student"):
            connection.execute(f'delete from "{table}"')
    connection.close()


def killed(action, *, after):
    child = os.fork()
    if not child:
        try:
            action()
        finally:
            os._exit(0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def assert_whole(root):
    with sqlite3.connect(database(root)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()
    for name, cells in rows(root).items():
        assert len(cells) == GRADED_CELLS
        assert sum(auto for auto, *_ in cells.values()) == POINTS[name]  # None would raise: it was never half entered
    for name in LEARNERS:
        if ledger.is_current(root, CHAPTER, name):
            assert name in rows(root)
            assert json.loads(autograded(root, CHAPTER, name).read_text())["cells"]


# --- a disk that is full or can't be written to -----------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one MiB; only root can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.system(f"mount -t tmpfs -o size=1m tmpfs {folder} 2>/dev/null"):
        pytest.skip("making a small disk (mount -t tmpfs) is not allowed here")
    yield folder
    os.system(f"umount {folder}")


def fill(folder):
    with (folder / "ballast").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass


def on_small_disk(root, disk):
    shutil.move(root / "grader" / "classroom", disk / "classroom")
    (root / "grader" / "classroom").symlink_to(disk / "classroom")


@pytest.mark.parametrize("spare", [0, 8192, 40960], ids="{} bytes left".format)
def test_a_full_disk_ends_in_a_sentence_and_keeps_what_was_graded(place, verdicts, small_disk, spare):
    root, api = place
    on_small_disk(root, small_disk)
    save_all(root, api, verdicts, ["ada"])
    fill(small_disk)
    with (small_disk / "ballast").open("r+b") as file:
        file.truncate(os.path.getsize(small_disk / "ballast") - spare)

    with pytest.raises(ClassroomError, match=r"Free some space, then run .* what was graded before is kept"):
        save_all(root, api, verdicts, ["ben"])
    (small_disk / "ballast").unlink()

    assert_whole(root)
    assert ledger.is_current(root, CHAPTER, "ada")
    assert not ledger.is_current(root, CHAPTER, "ben")
    save_all(root, api, verdicts, ["ben"])
    assert totals(root) == {"ada": 32, "ben": 20}


def test_a_disk_that_can_only_be_read_ends_in_a_sentence(place, verdicts, small_disk):
    root, api = place
    on_small_disk(root, small_disk)
    save_all(root, api, verdicts, ["ada"])
    os.system(f"mount -o remount,ro {small_disk}")

    with pytest.raises(ClassroomError, match="See that grader/classroom can be written to"):
        save_all(root, api, verdicts, ["ben"])
    assert totals(root) == {"ada": 32}


def test_a_notebook_that_can_not_be_written_leaves_no_part_and_no_stamp(place, verdicts, monkeypatch):
    root, api = place
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    with pytest.raises(ClassroomError, match=r"No space left on device\. Free some space"):
        save_all(root, api, verdicts, ["ada"])
    assert list(autograded(root, CHAPTER, "ada").parent.iterdir()) == []


def test_a_gradebook_in_use_is_said_to_be(place, verdicts, monkeypatch):
    root, api = place
    with ledger.open_gradebook(api) as gradebook:
        with sqlite3.connect(database(root), isolation_level=None) as other:
            other.execute("begin exclusive")
            monkeypatch.setattr(ledger, "record", lambda *_: fail_as_locked(gradebook))
            with pytest.raises(ClassroomError, match="Another program is writing to it"):
                ledger.save(api, gradebook, root, entry(root, verdicts, "ada"))
        other.close()


def fail_as_locked(gradebook):
    from sqlalchemy import text

    gradebook.db.execute(text("pragma busy_timeout = 10"))
    gradebook.db.execute(text("delete from grade"))


# --- the secret ------------------------------------------------------------------------------------------------------


def test_the_secret_seed_is_made_once_and_for_its_owner_alone(tmp_path):
    first = ledger.class_seed(tmp_path)

    assert first == ledger.class_seed(tmp_path)
    assert (tmp_path / ledger.SEED).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / ledger.SEED).parent.iterdir()] == ["secret-seed"]


def test_two_classes_have_two_seeds(tmp_path):
    assert ledger.class_seed(tmp_path / "one") != ledger.class_seed(tmp_path / "two")


def test_a_damaged_seed_is_not_made_anew_silently(tmp_path):
    ledger.class_seed(tmp_path)
    (tmp_path / ledger.SEED).write_text("")

    with pytest.raises(ClassroomError, match="Bring it back from a backup"):
        ledger.class_seed(tmp_path)


@pytest.mark.parametrize("command", ["grade", "export"])
def test_a_folder_that_is_no_class_is_left_alone(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "course").mkdir()
    (tmp_path / "pyproject.toml").touch()

    assert cli.main([command, "05"]) == 1
    assert not (tmp_path / "grader").exists()
    assert "nbgrader_config.py" in capsys.readouterr().err
