"""What learners hand in: found, read without running anything, refused with a sentence when it can't be graded."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from layerwise_grader.course import submitted
from layerwise_grader.engine import inbox, reading
from layerwise_grader.engine.inbox import Entry
from layerwise_grader.errors import ClassroomError
from layerwise_grader.errors import Refused as Refused

LEARNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_CHAPTER = re.compile(r"\d\d-[a-z0-9-]+")


def read(path: Path, name: str = "") -> Any:
    """A notebook that was handed in, as far as grading needs it (see ``reading.notebook``).

    Args:
        path: the file.
        name: what sentences call it; else the file's name.

    Raises:
        Refused: saying why it can't be graded, and what to do.
    """
    name = name or reading.shown(path.name)
    return reading.notebook(reading.content(path, name), name)


def located(root: Path, chapter: str, learner: str) -> Path:
    """The notebook in a collected submission: the one of the chapter's name, else the only one.

    Raises:
        Refused: when that is unclear, the way to it leads through a link, or the folder does not name a learner.
    """
    if not LEARNER.fullmatch(learner):
        allowed = "letters, digits and . _ - @ are allowed"
        raise Refused(f"{learner!r} does not name a learner: {allowed}. Rename the folder.")
    folder = submitted(root, chapter, learner)
    if any(one.is_symlink() for one in (folder, folder.parent)):
        raise Refused(f"The submission of {learner} is a link. Hand in the notebook itself.")
    path = folder / f"{chapter}.ipynb"
    if path.is_symlink() or path.exists():
        return path
    others = sorted(folder.glob("*.ipynb"))
    if len(others) != 1:
        names = ", ".join(reading.shown(other.name) for other in others[:3]) or "no notebook"
        raise Refused(f"{learner} handed in {names}, where {path.name} was expected. Hand in that one alone.")
    return others[0]


# --- taking in -------------------------------------------------------------------------------------------------------


def take_in(source: Path, root: Path, chapter: str, student_from: str | None = None) -> dict[str, str]:
    """Hands in the notebooks of a folder or zip, whatever they are called.

    Without a pattern they are named by learner, ``ada.ipynb`` or ``ada/05-convolutions.ipynb``, or stand as nbgrader
    keeps them: ``ada/05-convolutions/05-convolutions.ipynb`` when collected, ``ada+05-convolutions+…/`` in an exchange.
    Handing in the same notebook twice changes nothing.

    Args:
        source: the folder or zip.
        root: the checkout whose class it is.
        chapter: the chapter's folder, such as ``05-convolutions``.
        student_from: a regular expression that finds the group ``learner`` in a notebook's path.

    Returns:
        For each learner, why the notebook was refused; empty when it was taken.

    Raises:
        ClassroomError: when the source can't be read or holds none, or the pattern is none.
    """
    pattern = _compiled(student_from)
    with inbox.entries(source) as entries:
        found = _by_learner(entries, chapter, pattern)
        if not found:
            wanted = f"Name them by learner: ada.ipynb, or ada/{chapter}.ipynb."
            raise ClassroomError(f"{source} holds no notebooks of {chapter}. {wanted}")
        return {learner: _take(learner, some, root, chapter) for learner, some in sorted(found.items())}


def _compiled(student_from: str | None) -> re.Pattern[str] | None:
    if student_from is None:
        return None
    example = r"Try --student-from 'homework_(?P<learner>\w+)'."
    try:
        pattern = re.compile(student_from)
    except re.error as error:
        raise ClassroomError(f"--student-from {student_from!r} is no regular expression: {error}. {example}") from error
    if "learner" not in pattern.groupindex:
        raise ClassroomError(f"--student-from {student_from!r} has no group called learner. {example}")
    return pattern


def _by_learner(entries: list[Entry], chapter: str, pattern: re.Pattern[str] | None) -> Mapping[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        of_chapter, learner = _named(entry.path, pattern)
        if of_chapter in ("", chapter):
            found.setdefault(reading.shown(learner), []).append(entry)
    return {learner: _latest(some) for learner, some in found.items()}


def _named(path: PurePosixPath, pattern: re.Pattern[str] | None) -> tuple[str, str]:
    """The chapter that a path names, if any, and the learner; the path itself when it names none."""
    if pattern is not None:
        match = pattern.search(path.as_posix())
        return "", (match and match["learner"]) or path.as_posix()
    folders = path.parent.parts
    if not folders:
        return "", path.stem
    learner, *exchange = folders[0].split("+")
    if exchange:
        return exchange[0], learner
    is_named = len(folders) > 1 and _CHAPTER.fullmatch(folders[1])
    return (folders[1] if is_named else ""), learner


def _latest(some: list[Entry]) -> list[Entry]:
    """Of what a learner handed in to an exchange several times, the last: times stand in the folders' names."""
    times = {entry.path.parts[0].split("+")[2] for entry in some if entry.path.parts[0].count("+") > 1}
    if not times:
        return some
    return [entry for entry in some if entry.path.parts[0].split("+")[2:3] == [max(times)]]


def _take(learner: str, some: list[Entry], root: Path, chapter: str) -> str:
    try:
        if not LEARNER.fullmatch(learner) or learner == str(some[0].path):
            some[0].content()  # what can't be read says so first
            allowed = "letters, digits and . _ - @ are allowed"
            raise Refused(f"{some[0].shown} does not name a learner: {allowed}. Rename it.")
        entry = _the_one(learner, some, chapter)
        content = entry.content()
        reading.notebook(content, entry.shown)
    except Refused as refused:
        return str(refused)
    _hand_in(content, submitted(root, chapter, learner), chapter)
    return ""


def _the_one(learner: str, some: list[Entry], chapter: str) -> Entry:
    if len(some) == 1:
        return some[0]
    folders = {entry.path.parent for entry in some}
    named = [entry for entry in some if entry.path.stem == chapter]
    if len(folders) == 1 and len(named) == 1:
        return named[0]
    if len(folders) == 1 and not named and some[0].path.parent.parts:
        where = f"{learner}/ holds {len(some)} notebooks and none is {chapter}.ipynb"
    else:
        names = " and ".join(entry.shown for entry in some[:3])
        where = f"{learner} handed in {len(some)} notebooks, {names}"
    raise Refused(f"{where}. Leave the one to grade.")


def _hand_in(content: bytes, target: Path, chapter: str) -> None:
    """Writes what nbgrader's exchange would write; its time is what makes nbgrader grade it again."""
    notebook = target / f"{chapter}.ipynb"
    if not notebook.is_symlink() and notebook.is_file() and notebook.read_bytes() == content:
        return
    try:
        target.mkdir(parents=True, exist_ok=True)
        _write(notebook, content)
        _write(target / "submission_secret.txt", secrets.token_hex(64).encode())
        _write(target / "timestamp.txt", datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC").encode())
    except OSError as error:
        raise ClassroomError(f"{notebook} can't be written: {error.strerror}. Mend that and run it again.") from error


def _write(path: Path, content: bytes) -> None:
    """Writes aside, then renames, so that a full disk never leaves half a file."""
    aside = path.with_name(f"{path.name}.part")
    aside.unlink(missing_ok=True)
    aside.write_bytes(content)
    os.replace(aside, path)
