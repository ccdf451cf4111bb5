"""What learners hand in: damaged submissions are refused with a sentence, and harm nobody else."""

import json

import nbformat
import pytest
from small_course import CHAPTER, hand_in

from layerwise_grader import build, cli
from layerwise_grader.errors import ClassroomError
from layerwise_grader.submission import Refused, read, take_in

SOUND = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
REFUSED = {
    "empty": (b"", "is empty"),
    "not JSON": (b"hello", "is not a notebook: line 1, column 1 can't be read"),
    "cut short": (SOUND[:30], "is not a notebook: line 1"),
    "UTF-16": (SOUND.decode().encode("utf-16"), "is not UTF-8"),
    "NUL": (bytes(100), "is not a notebook"),
    "a list": (b"[]", "is not a notebook: it has no list of cells"),
    "a number": (b"1", "is not a notebook: it has no list of cells"),
    "cells are text": (b'{"cells": "many"}', "is not a notebook: it has no list of cells"),
    "a cell is text": (b'{"cells": ["one"]}', "is not a notebook: it has no list of cells"),
    "nested": (b'{"cells": [' + b"[" * 200_000, "is not a notebook: it has no list of cells"),
    "nested metadata": (b'{"cells": [], "metadata": ' + b"[" * 200_000, "is nested too deeply"),
    "ancient format": (b'{"cells": [], "nbformat": 1}', "has format 1; 4 is read here"),
    "format to come": (b'{"cells": [], "nbformat": 5}', "has format 5; 4 is read here"),
}


@pytest.mark.parametrize(("content", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_damaged_notebook_is_refused_with_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "ada.ipynb"
    path.write_bytes(content)

    with pytest.raises(Refused, match=f"^ada.ipynb {sentence}"):
        read(path)


def test_a_sound_notebook_is_not_refused(tmp_path):
    path = tmp_path / "ada.ipynb"
    path.write_bytes(SOUND)

    assert read(path).cells == []


def test_a_link_is_refused(tmp_path):
    (tmp_path / "secret.ipynb").write_bytes(SOUND)
    (tmp_path / "ada.ipynb").symlink_to(tmp_path / "secret.ipynb")

    with pytest.raises(Refused, match="no ordinary file"):
        read(tmp_path / "ada.ipynb")


def test_a_folder_is_taken_in_by_learner(tmp_path):
    inbox = tmp_path / "inbox"
    for name in ("ada.ipynb", f"ben/{CHAPTER}.ipynb", "cleo/my homework.ipynb", "dan/1.ipynb", "dan/2.ipynb"):
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_bytes(SOUND)

    taken = take_in(inbox, tmp_path, CHAPTER)

    submitted = tmp_path / "grader" / "classroom" / "submitted"
    assert {learner for learner, sentence in taken.items() if not sentence} == {"ada", "ben", "cleo"}
    assert "dan/ holds 2 notebooks" in taken["dan"]
    assert (submitted / "cleo" / CHAPTER / f"{CHAPTER}.ipynb").read_bytes() == SOUND


def test_a_name_that_could_leave_the_folder_is_refused(tmp_path):
    (tmp_path / "..ada.ipynb").write_bytes(SOUND)

    assert "does not name a learner" in take_in(tmp_path, tmp_path, CHAPTER)["..ada"]


def test_handing_in_the_same_notebook_twice_changes_nothing(tmp_path):
    (tmp_path / "ada.ipynb").write_bytes(SOUND)
    stamp = tmp_path / "grader" / "classroom" / "submitted" / "ada" / CHAPTER / "timestamp.txt"

    take_in(tmp_path, tmp_path, CHAPTER)
    first = stamp.read_text()
    take_in(tmp_path, tmp_path, CHAPTER)

    assert stamp.read_text() == first


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    with pytest.raises(ClassroomError, match="Name them by learner"):
        take_in(tmp_path, tmp_path, CHAPTER)


@pytest.mark.slow
def test_damaged_submissions_harm_nobody_else(course, capsys):
    """Each is damaged in another place: the file, a schema from the future, a missing answer, the notebook's name."""
    folder = hand_in(course, "ada")
    (folder / "empty.ipynb").touch()
    (folder / "newer.ipynb").write_text(
        (folder / "ada.ipynb").read_text().replace('schema_version": 3', 'schema_version": 99')
    )
    without = build.read(folder / "ada.ipynb")
    without.cells = [
        cell for cell in without.cells if not cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith("05-2")
    ]
    nbformat.write(without, folder / "missing.ipynb")
    wrong = course / "grader" / "classroom" / "submitted" / "named" / CHAPTER / "homework.ipynb"
    wrong.parent.mkdir(parents=True)
    wrong.write_bytes((folder / "ada.ipynb").read_bytes())

    first = cli.main(["grade", "05", "--folder", str(folder), "--json"])
    by_folder = marks(capsys)
    second = cli.main(["grade", "05", "--json"])
    by_class = marks(capsys)

    assert first == 1, by_folder
    assert by_folder["ada"]["points"] == 32
    assert by_folder["missing"]["points"] == 28
    assert by_folder["newer"]["points"] == 32
    assert by_folder["empty"]["problem"].startswith("empty.ipynb is empty")
    assert by_class["named"]["points"] == 32, second


def marks(capsys):
    return {mark["learner"]: mark for mark in json.loads(capsys.readouterr().out)["marks"]}
