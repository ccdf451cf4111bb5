"""Opens JupyterLab on the learner's own copy of the chapters, and keeps that copy up to date without ever touching it.

Released chapters stand in ``course/``; learners work in ``work/``. A notebook changes when it is merely run and saved,
so a file that differs in any way from what was copied is the learner's, and a new release is put beside it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NoReturn

from layerwise_grader.errors import LayerwiseError

RECORD = ".released.json"
FIRST_PORT, LAST_PORT = 8888, 8987


class Step(Enum):
    """What becomes of one released file."""

    KEEP = "nothing is to be done"
    COPY = "the learner has none"
    REPLACE = "the learner's is an older release, unchanged"
    OFFER = "the learner's is changed, so the new release goes beside it"


@dataclass(slots=True)
class Record:
    """What was put into ``work/``, as the SHA-256 of each file: under its own name, and beside a changed one."""

    copied: dict[str, str] = field(default_factory=dict)
    offered: dict[str, str] = field(default_factory=dict)


def decide(released: str, mine: str | None, *, copied: str | None, offered: str | None) -> Step:
    """What to do with one file, from the digests of the release, of the learner's file, and of what went before.

    A deleted file is copied afresh: deleting it is how to start a chapter over. An offered release is offered once.
    """
    if mine is None:
        return Step.COPY
    if mine == released or released == copied:
        return Step.KEEP
    if mine == copied:
        return Step.REPLACE
    return Step.KEEP if released == offered else Step.OFFER


def update_work(course: Path, work: Path) -> list[str]:
    """Copies the released chapters into ``work``, never over a learner's changes.

    It may be killed at any point: files are written aside and renamed, and the record, written last, is only used to
    recognise what the learner has not changed.

    Args:
        course: the folder of released chapters, ``NN-slug/…``.
        work: the learner's folder; made when it is missing.

    Returns:
        One sentence for each thing that a learner would want to know.

    Raises:
        LayerwiseError: when nothing is released or a file can't be written.
    """
    files = list(_released(course))
    if not files:
        raise LayerwiseError(f'There are no released chapters in {course}. Get the whole course, or run "make build".')
    record = _read(work / RECORD)
    said = [sentence for name in files for sentence in _update(name, course, work, record)]
    _write(work / RECORD, _as_json(record), expected=digest(work / RECORD))
    return list(dict.fromkeys(said))


def digest(path: Path) -> str | None:
    """The SHA-256 of a file; None when there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LayerwiseError(f"{path} can't be read ({error.strerror}). Move it away and try again.") from error


def _released(course: Path) -> Iterator[str]:
    """The released files, as paths below `course`."""
    for path in sorted(course.glob("[0-9][0-9]-*/**/*")):
        name = path.relative_to(course)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()


def _update(name: str, course: Path, work: Path, record: Record) -> Iterator[str]:
    """Carries out one file's step and says what a learner would want to know of it."""
    content = (course / name).read_bytes()
    released, mine = hashlib.sha256(content).hexdigest(), digest(work / name)
    step = decide(released, mine, copied=record.copied.get(name), offered=record.offered.get(name))
    if step is Step.OFFER:
        beside = _beside(work, name, released, record.offered.get(name))
        _write(beside, content, expected=digest(beside))
        record.offered[name] = released
        yield f"{name} has a new release. Yours is changed and stays; the new one is beside it, {beside.name}."
        return
    if step is not Step.KEEP:
        _write(work / name, content, expected=mine)
    if digest(work / name) == released:
        record.copied[name] = released
    if step is Step.COPY:
        yield f"{name.split('/')[0]} is in {work.name}/ now."
    if step is Step.REPLACE:
        yield f"{name} has a new release. You had not changed yours, so it is the new one now."


def _beside(work: Path, name: str, released: str, offered: str | None) -> Path:
    """Where a new release goes: a name that is free, or that still holds exactly what was offered there before."""
    path = work / name
    number = 1
    while True:
        beside = path.with_name(f"{path.stem}.new-release{'' if number == 1 else f'-{number}'}{path.suffix}")
        if digest(beside) in (None, released, offered):
            return beside
        number += 1


def _write(path: Path, content: bytes, *, expected: str | None) -> None:
    """Writes aside, then renames if `path` still has the digest `expected`: JupyterLab may save at any time."""
    aside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        if digest(path) == expected:
            aside.replace(path)
    except OSError as error:
        raise LayerwiseError(
            f"{path} could not be written ({error.strerror}). Your own files are as they were; mend that and try again."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def _read(path: Path) -> Record:
    """The record; an empty one when it is lost or damaged, so that every file counts as the learner's."""
    try:
        content = json.loads(path.read_bytes())
        return Record(dict(content["copied"]), dict(content["offered"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Record()


def _as_json(record: Record) -> bytes:
    content = {"version": 1, "copied": record.copied, "offered": record.offered}
    return json.dumps(content, indent=1, sort_keys=True).encode()


# --- JupyterLab ------------------------------------------------------------------------------------------------------


def start(root: Path, *, port: int | None, browser: bool) -> int:
    """Updates ``work/`` and becomes JupyterLab.

    Args:
        root: the checkout of the course.
        port: the port to listen on; None for the first free one from 8888.
        browser: whether to open one.

    Raises:
        LayerwiseError: when nothing is released, a file can't be written, or the port is taken.
    """
    chosen = choose_port(port)
    for sentence in update_work(root / "course", root / "work"):
        print(sentence)
    if chosen != (port or FIRST_PORT):
        print(f"Port {FIRST_PORT} is in use, so JupyterLab listens on {chosen}.")
    _become(command(root, port=chosen, browser=browser), surroundings(root, os.environ), root)


def command(root: Path, *, port: int, browser: bool) -> list[str]:
    """JupyterLab's command line.

    Its root is the checkout, because Formgrader refuses a course that lies outside it; it opens in ``work/``.
    """
    settings = {
        "ServerApp.root_dir": root,
        "FileContentsManager.preferred_dir": root / "work",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        # In a container everybody is root, and JupyterLab would refuse to start.
        "ServerApp.allow_root": os.geteuid() == 0,
        # Nothing asks the network: no news, no search for updates, no list of extensions to install.
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
        # Without this, JupyterLab asks each newcomer whether it may fetch news.
        "LabApp.app_settings_dir": Path(__file__).with_name("jupyterlab"),
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    return [sys.executable, "-m", "jupyterlab", *options, *([] if browser else ["--no-browser"])]


def surroundings(root: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment variables for JupyterLab: the checkout's ``nbgrader_config.py``, this environment's programs."""
    config = [str(root), inherited.get("JUPYTER_CONFIG_PATH", "")]
    path = [str(Path(sys.executable).parent), inherited.get("PATH", "")]
    return {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **inherited,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, config)),
        # A kernel "python3" in the home folder would otherwise win over this environment's.
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PATH": os.pathsep.join(filter(None, path)),
    }


def choose_port(wanted: int | None) -> int:
    """The wanted port, or the first free one.

    Raises:
        LayerwiseError: when the wanted one, or every one, is in use.
    """
    if wanted is not None:
        if is_free(wanted):
            return wanted
        raise LayerwiseError(f"Port {wanted} can't be used: another program has it. Name another one with --port.")
    for port in range(FIRST_PORT, LAST_PORT + 1):
        if is_free(port):
            return port
    raise LayerwiseError(f"The ports {FIRST_PORT} to {LAST_PORT} are all in use. Name another one with --port.")


def is_free(port: int) -> bool:
    """Whether this machine's own addresses let a program listen on `port`."""
    if not 0 < port < 65536:
        return False
    addresses = socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)
    return all(_can_listen(family, address) for family, _, _, _, address in addresses)


def _can_listen(family: int, address: tuple[object, ...]) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            # As JupyterLab does: a port whose last connection has just closed is free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            return True
    except OSError as error:
        return error.errno not in (errno.EADDRINUSE, errno.EACCES)


def _become(arguments: list[str], environment: Mapping[str, str], folder: Path) -> NoReturn:
    """Replaces this process, so that Ctrl-C and signals reach JupyterLab itself."""
    sys.stdout.flush()
    os.chdir(folder)
    os.execve(arguments[0], arguments, environment)
