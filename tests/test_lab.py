"""The learner's copy of the chapters, on real folders; and JupyterLab itself, started and asked."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise_grader import lab
from layerwise_grader.errors import LayerwiseError
from layerwise_grader.lab import Step

ROOT = Path(__file__).parents[1]
NAME = "05-convolutions/05-convolutions.ipynb"
EMPTY = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
OFFERED = "05-convolutions/05-convolutions.new-release.ipynb"


class Course:
    """A course folder and a learner's work folder."""

    def __init__(self, folder: Path) -> None:
        self.released, self.work = folder / "course", folder / "work"

    def release(self, content: str, name: str = NAME) -> None:
        path = self.released / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def edit(self, content: str, name: str = NAME) -> None:
        (self.work / name).write_text(content)

    def update(self) -> list[str]:
        return lab.update_work(self.released, self.work)

    def files(self) -> dict[str, str]:
        """What stands in the learner's folder, the record aside."""
        paths = [path for path in self.work.rglob("*") if path.is_file() and path.name != lab.RECORD]
        return {path.relative_to(self.work).as_posix(): path.read_text() for path in paths}


@pytest.fixture
def course(tmp_path: Path) -> Course:
    course = Course(tmp_path)
    course.release("first")
    return course


# --- what becomes of a file ------------------------------------------------------------------------------------------

#                          release, the learner's, copied before, offered before
CASES = {
    "new chapter": ("1", None, None, None, Step.COPY),
    "deleted to start over": ("1", None, "1", None, Step.COPY),
    "as copied": ("1", "1", "1", None, Step.KEEP),
    "worked on": ("1", "mine", "1", None, Step.KEEP),
    "new release, untouched": ("2", "1", "1", None, Step.REPLACE),
    "new release, worked on": ("2", "mine", "1", None, Step.OFFER),
    "offered before": ("2", "mine", "1", "2", Step.KEEP),
    "a third release": ("3", "mine", "1", "2", Step.OFFER),
    "new release taken over": ("2", "2", "1", "2", Step.KEEP),
    "record lost, worked on": ("1", "mine", None, None, Step.OFFER),
    "record lost, as released": ("1", "1", None, None, Step.KEEP),
}


@pytest.mark.parametrize(("released", "mine", "copied", "offered", "step"), CASES.values(), ids=CASES)
def test_a_released_file_is_copied_replaced_offered_or_left(released, mine, copied, offered, step):
    assert lab.decide(released, mine, copied=copied, offered=offered) is step


# --- the learner's folder --------------------------------------------------------------------------------------------


def test_the_first_start_copies_every_chapter_and_the_second_says_nothing(course):
    course.release("picture", "05-convolutions/images/kernel.svg")
    course.release("one", "01-neural-networks/01-neural-networks.ipynb")

    assert course.update() == ["01-neural-networks is in work/ now.", "05-convolutions is in work/ now."]
    assert course.update() == []
    assert course.files()[NAME] == "first"
    assert course.files()["05-convolutions/images/kernel.svg"] == "picture"


def test_checkpoints_and_files_outside_chapters_stay_where_they_are(course):
    course.release("old", "05-convolutions/.ipynb_checkpoints/05-convolutions-checkpoint.ipynb")
    course.release("about", "README.md")

    course.update()

    assert list(course.files()) == [NAME]


def test_an_untouched_chapter_becomes_the_new_release(course):
    course.update()
    course.release("second")

    assert course.update() == [f"{NAME} has a new release. You had not changed yours, so it is the new one now."]
    assert course.files() == {NAME: "second"}


def test_a_chapter_that_was_worked_on_stays_and_the_new_release_is_offered_once(course):
    course.update()
    course.edit("mine")
    course.release("second")

    assert "Yours is changed and stays" in course.update()[0]
    assert course.update() == []
    assert course.files() == {NAME: "mine", OFFERED: "second"}


def test_an_offered_release_that_was_worked_on_stays_too(course):
    course.update()
    course.edit("mine")
    course.release("second")
    course.update()
    course.edit("mine as well", OFFERED)
    course.release("third")

    course.update()

    third = OFFERED.replace("new-release", "new-release-2")
    assert course.files() == {NAME: "mine", OFFERED: "mine as well", third: "third"}


def test_a_deleted_chapter_is_copied_afresh(course):
    course.update()
    (course.work / NAME).unlink()

    assert course.update() == ["05-convolutions is in work/ now."]
    assert course.files() == {NAME: "first"}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"copied": 3, "offered": {}}', "\x00"])
def test_a_damaged_record_makes_every_file_the_learners(course, damage):
    course.update()
    course.edit("mine")
    (course.work / lab.RECORD).write_text(damage)

    course.update()

    assert course.files() == {NAME: "mine", OFFERED: "first"}


def test_without_a_release_the_sentence_says_how_to_get_one(tmp_path):
    with pytest.raises(LayerwiseError, match=r'no released chapters in .*"make build"'):
        lab.update_work(tmp_path / "course", tmp_path / "work")


# Files can't grow past four bytes: the system's answer to a full disk, within reach of a test. In a process of its own,
# since the limit would stop pytest's own report as well.
UPDATE_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from layerwise_grader import lab
from layerwise_grader.errors import LayerwiseError
resource.setrlimit(resource.RLIMIT_FSIZE, (4, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    lab.update_work(Path(sys.argv[1]), Path(sys.argv[2]))
except LayerwiseError as error:
    sys.exit(str(error))
"""


def test_a_full_disk_loses_nothing(course):
    course.update()
    course.release("second, and longer")

    command = [sys.executable, "-c", UPDATE_ON_A_FULL_DISK, str(course.released), str(course.work)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)

    assert re.search(r"could not be written .* Your own files are as they were", done.stderr)
    assert course.files() == {NAME: "first"}


ACTIONS = st.one_of(
    st.tuples(st.just("release"), st.integers(1, 4)),
    st.tuples(st.just("edit"), st.sampled_from([NAME, OFFERED])),
    st.tuples(st.just("delete"), st.sampled_from([NAME, OFFERED])),
    st.tuples(st.just("update"), st.none()),
    st.tuples(st.just("be killed before the record is written"), st.none()),
    st.tuples(st.just("lose the record"), st.none()),
)


def act(course: Course, action: str, argument: object, learners: dict[str, str], number: int) -> None:
    """Let one thing happen; `learners` holds what the learner wrote last, by file."""
    record = course.work / lab.RECORD
    if action == "release":
        course.release(f"release {argument}")
    if action == "edit" and (course.work / str(argument)).exists():
        learners[str(argument)] = f"mine {number}"
        course.edit(learners[str(argument)], str(argument))
    if action == "delete":
        (course.work / str(argument)).unlink(missing_ok=True)
        learners.pop(str(argument), None)
    if action == "lose the record":
        record.unlink(missing_ok=True)
    if action == "update":
        course.update()
    if action.startswith("be killed"):
        before = record.read_bytes()
        course.update()
        record.write_bytes(before)


@given(actions=st.lists(ACTIONS, max_size=12))
def test_an_update_never_changes_a_file_that_the_learner_changed(actions):
    with tempfile.TemporaryDirectory() as folder:
        course, learners = Course(Path(folder)), {}
        course.release("release 0")
        course.update()
        for number, (action, argument) in enumerate([*actions, ("update", None)]):
            if action.startswith("be killed") and not (course.work / lab.RECORD).exists():
                continue
            act(course, action, argument, learners, number)

        assert course.files().items() >= learners.items()


# --- JupyterLab ------------------------------------------------------------------------------------------------------


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_wanted_port_that_is_taken_is_an_error(taken):
    with pytest.raises(LayerwiseError, match=f"Port {taken} can't be used: another program has it"):
        lab.choose_port(taken)


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_a_number_that_is_no_port_is_an_error(port):
    with pytest.raises(LayerwiseError, match="Name another one with --port"):
        lab.choose_port(port)


def test_the_default_port_gives_way_to_the_next_free_one():
    first = lab.choose_port(None)
    with socket.create_server(("127.0.0.1", first)):
        assert first < lab.choose_port(None) <= lab.LAST_PORT


def test_a_learners_own_configuration_is_kept_behind_the_courses(tmp_path):
    found = lab.surroundings(tmp_path, {"JUPYTER_CONFIG_PATH": "/etc/mine", "TF_CPP_MIN_LOG_LEVEL": "0"})

    assert found["JUPYTER_CONFIG_PATH"] == os.pathsep.join([str(tmp_path), "/etc/mine"])
    assert found["TF_CPP_MIN_LOG_LEVEL"] == "0"


class Server:
    """A JupyterLab that `layerwise lab` has become."""

    def __init__(self, root: Path) -> None:
        self.port = lab.choose_port(None)
        command = [sys.executable, "-m", "layerwise_grader.cli", "lab", "--no-browser", "--port", str(self.port)]
        variables = {**os.environ, "JUPYTER_TOKEN": "letmein", "HOME": str(root)}
        self.log = (root / "log").open("w+")
        self.process = subprocess.Popen(command, cwd=root, env=variables, stdout=self.log, stderr=subprocess.STDOUT)

    def get(self, path: str) -> str:
        """The page at `path`, waiting for the server while it starts."""
        deadline = time.monotonic() + 60
        request = urllib.request.Request(
            f"http://localhost:{self.port}/{path}", headers={"Authorization": "token letmein"}
        )
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return str(answer.read().decode())
            except urllib.error.HTTPError:
                raise
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"JupyterLab did not answer:\n{Path(self.log.name).read_text()}")

    def stop(self) -> None:
        """End it as Ctrl-C in a script would."""
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("checkout")
    course = Course(root)
    course.release(EMPTY)
    shutil.copytree(course.released, root / "solutions")
    for name in ("pyproject.toml", "nbgrader_config.py"):
        shutil.copy(ROOT / name, root)
    server = Server(root)
    yield server
    server.stop()


@pytest.mark.slow
def test_jupyterlab_opens_in_the_learners_folder(server):
    """Only a started JupyterLab knows which of its settings it has understood."""
    page = server.get("lab")
    settings = json.loads(page.split('id="jupyter-config-data" type="application/json">')[1].split("</script>")[0])

    assert settings["preferredPath"] == "work"
    assert settings["news"] == {"disabled": True}
    assert [item["name"] for item in json.loads(server.get("api/contents/work"))["content"]] == ["05-convolutions"]


@pytest.mark.slow
def test_jupyterlab_asks_nobody_for_news(server):
    """The question pops up over the first notebook of every newcomer unless a default setting answers it."""
    setting = json.loads(server.get("lab/api/settings/@jupyterlab/apputils-extension:notification"))

    assert setting["schema"]["properties"]["fetchNews"]["default"] == "false"


@pytest.mark.slow
def test_formgrader_finds_the_courses_configuration(server):
    """nbgrader says nothing when it finds no configuration: its panels are just empty."""
    assert [chapter["name"] for chapter in json.loads(server.get("formgrader/api/assignments"))] == ["05-convolutions"]
    assert "not a subdirectory" not in Path(server.log.name).read_text()
