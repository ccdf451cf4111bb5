"""What lies in a folder or a zip of submissions. Nothing is unpacked, no name in an archive becomes a path."""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from layerwise_grader.engine import reading
from layerwise_grader.errors import ClassroomError, Refused

MOST_ENTRIES = 20_000
MOST_DEPTH = 8
# A notebook shrinks to a tenth; what shrinks to a hundredth was made to fill a disk.
MOST_SHRUNK, SHRUNK_MIB = 100, 10
ALLOWED_MIB = 1024  # for all together, beyond a hundred times the archive
_DIRECTORY_MIB = 16  # of an archive's list of files; 20,000 of them need about two
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_IGNORED = re.compile(r"(^|/)(\.(?!\.)|__MACOSX/)")
_END = b"PK\x05\x06"
UNPACK = "Unpack it, and hand in the notebook itself."


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that was handed in: its name, in the folder or archive, and how to get its content or its refusal."""

    path: PurePosixPath
    content: Callable[[], bytes]

    @property
    def shown(self) -> str:
        """Its name for sentences."""
        return reading.shown(str(self.path))


@contextmanager
def entries(source: Path) -> Iterator[list[Entry]]:
    """The notebooks in a folder or zip, and what pretends to be one; their content is there until the block ends.

    Raises:
        ClassroomError: when it is neither, or holds too much.
    """
    if source.is_dir():
        yield list(_in_folder(source))
    elif source.is_file() and source.suffix == ".zip":
        with _open(source) as archive:
            yield _without_top(list(_in_zip(archive, source)))
    else:
        raise ClassroomError(f"{source} is neither a folder nor a zip. Name one that holds the notebooks of a chapter.")


# --- folders ---------------------------------------------------------------------------------------------------------


def _in_folder(folder: Path) -> Iterator[Entry]:
    waiting, count = [(folder, 0)], 0
    while waiting:
        here, depth = waiting.pop()
        for found in _listed(here):
            count += 1
            if count > MOST_ENTRIES:
                raise _too_many(folder)
            path = PurePosixPath(Path(found.path).relative_to(folder).as_posix())
            if _IGNORED.search(path.as_posix()):
                continue
            if found.is_dir(follow_symlinks=False):
                waiting += [(Path(found.path), depth + 1)] * (depth < MOST_DEPTH)
            elif _is_notebook(path):
                yield Entry(path, partial(reading.content, Path(found.path), reading.shown(str(path))))
            elif found.is_symlink() or path.suffix.lower() in _ARCHIVES:
                yield Entry(path, partial(_refuse, _unfit(path, found)))


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda one: one.name)
    except OSError as error:
        raise ClassroomError(
            f"{folder} can't be read: {error.strerror}. Give yourself the right to read it."
        ) from error


def _unfit(path: PurePosixPath, found: os.DirEntry[str]) -> str:
    name = reading.shown(str(path))
    if found.is_symlink():
        return f"{name} is a link. Hand in the notebook itself."
    return f"{name} is an archive within the folder. {UNPACK}"


# --- archives --------------------------------------------------------------------------------------------------------


def _open(source: Path) -> zipfile.ZipFile:
    """The archive, once it is known that its list of files is short enough to be read."""
    try:
        with source.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 2**16 - 22))
            tail = file.read()
        end = tail.rfind(_END)
        listed = int.from_bytes(tail[end + 12 : end + 16], "little")
        if end >= 0 and listed > _DIRECTORY_MIB * 2**20:  # also all ones, which stands for "more than 4 GiB"
            raise _too_many(source)
        archive = zipfile.ZipFile(source)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise ClassroomError(f"{source} can't be read as a zip: {error}. Get it once more.") from error
    if len(archive.infolist()) > MOST_ENTRIES:
        raise _too_many(source)
    if sum(one.file_size for one in archive.infolist()) > MOST_SHRUNK * size + ALLOWED_MIB * 2**20:
        raise ClassroomError(
            f"{source} would unpack to far more than it is. It was made to fill a disk: don't open it."
        )
    return archive


def _in_zip(archive: zipfile.ZipFile, source: Path) -> Iterator[Entry]:
    seen: set[str] = set()
    for found in archive.infolist():
        name = re.sub(r"^(\./)+", "", found.filename.replace("\\", "/"))
        path = PurePosixPath(name)
        if found.is_dir() or _IGNORED.search(name) or not (_is_notebook(path) or _is_odd(found, path)):
            continue
        problem = _problem(found, path, seen)
        seen.add(name)
        yield Entry(
            path, partial(_refuse, problem) if problem else partial(_unpacked, archive, found, reading.shown(name))
        )


def _is_odd(found: zipfile.ZipInfo, path: PurePosixPath) -> bool:
    return path.suffix.lower() in _ARCHIVES or stat.S_ISLNK(found.external_attr >> 16)


def _problem(found: zipfile.ZipInfo, path: PurePosixPath, seen: set[str]) -> str:
    """Why an archive's entry is refused; empty when it is not."""
    mode = found.external_attr >> 16
    shown = reading.shown(str(path))
    is_windows_drive = len(path.parts[0]) > 1 and path.parts[0][1] == ":" if path.parts else False
    if path.is_absolute() or ".." in path.parts or is_windows_drive or not str(path).isprintable():
        return f"{shown} names a place outside of the archive. Name the file by its learner."
    if path.suffix.lower() in _ARCHIVES:
        return f"{shown} is an archive within the archive. {UNPACK}"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return f"{shown} is a link or a device. Hand in the notebook itself."
    if path.as_posix() in seen:
        return f"{shown} is in the archive twice. Leave the one to grade."
    if found.flag_bits & 1:
        return f"{shown} is protected by a password. Hand it in without."
    if found.file_size > SHRUNK_MIB * 2**20 and found.file_size > MOST_SHRUNK * found.compress_size:
        return f"{shown} would unpack to {found.file_size / 2**20:,.0f} MiB. Clear its outputs and hand it in again."
    return ""


def _unpacked(archive: zipfile.ZipFile, found: zipfile.ZipInfo, name: str) -> bytes:
    reading.refuse_size(found.file_size, name)
    try:
        with archive.open(found) as file:
            content = file.read(reading.MOST_MIB * 2**20 + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise Refused(f"{name} is damaged in the archive: {str(error)[:100]}. Hand it in again.") from error
    reading.refuse_size(len(content), name)
    return content


def _without_top(found: list[Entry]) -> list[Entry]:
    """Without the one folder that a packed folder leaves around everything."""
    tops = {entry.path.parts[0] for entry in found}
    inner = {entry.path.parts[1] for entry in found if len(entry.path.parts) > 1}
    if len(tops) > 1 or len(inner) < 2 or any(len(entry.path.parts) < 2 for entry in found):
        return found
    return [Entry(PurePosixPath(*entry.path.parts[1:]), entry.content) for entry in found]


# --- both ------------------------------------------------------------------------------------------------------------


def _is_notebook(path: PurePosixPath) -> bool:
    return path.suffix.lower() == ".ipynb"


def _refuse(sentence: str) -> bytes:
    raise Refused(sentence)


def _too_many(source: Path) -> ClassroomError:
    return ClassroomError(f"{source} holds more than {MOST_ENTRIES:,} files. Give the notebooks of one chapter alone.")
