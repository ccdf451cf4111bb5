"""A file that a stranger handed in, read as a notebook: with limits, without following links, never executed.

Only what grading needs is taken out of it: each cell's kind, id, text, and the name that nbgrader gave it. Outputs are
skipped while they are read, so that 50 MiB of them cost no memory.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from layerwise_grader.engine import slicing
from layerwise_grader.errors import Refused

MOST_MIB = 50
MOST_CELLS = 2_000
MOST_IN_A_CELL = 1_000_000  # letters; a picture pasted into markdown can be long
# Of all code cells together; a chapter has 40,000 letters, 1,000 lines and one magic.
MOST_CODE, MOST_LINES, MOST_MAGICS = 250_000, 10_000, 300
LENIENT_MIB = 8  # up to here a notebook with NaN in its outputs, which is no JSON, is read as well
AGAIN = "Open it in JupyterLab, save it, and hand it in again."
_NO_CELLS = f"is not a notebook: it has no list of cells. {AGAIN}"
_KINDS = {"code": "code", "markdown": "markdown", "heading": "markdown", "html": "markdown"}
_BYTE = re.compile(r"\(byte (\d+)\)")
_EMPTY = msgspec.Raw(b"null")


class _Cell(msgspec.Struct):
    cell_type: msgspec.Raw
    id: msgspec.Raw = _EMPTY
    metadata: msgspec.Raw = _EMPTY
    source: msgspec.Raw = _EMPTY
    input: msgspec.Raw = _EMPTY  # what format 3 called a code cell's source


class _Sheet(msgspec.Struct):
    cells: list[_Cell] = []


class _Notebook(msgspec.Struct):
    nbformat: msgspec.Raw = _EMPTY
    cells: list[_Cell] | None = None
    worksheets: list[_Sheet] | None = None


def shown(name: str) -> str:
    """A file's name as a sentence may show it: short, and without what a terminal would act on."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name[:100])


def content(path: Path, name: str) -> bytes:
    """The bytes of an ordinary file of bearable size; links are not followed, and devices not waited for.

    Raises:
        Refused: for anything else.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise Refused(f"{name} is no ordinary file. {AGAIN}") from error
        raise Refused(f"{name} can't be opened: {error.strerror}. {AGAIN}") from error
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Refused(f"{name} is no ordinary file. {AGAIN}")
        refuse_size(status.st_size, name)
        found = file.read(MOST_MIB * 2**20 + 1)  # it may grow while it is read
    refuse_size(len(found), name)
    return found


def refuse_size(size: int, name: str) -> None:
    """Refuses what is too large, or empty.

    Raises:
        Refused: with the size.
    """
    if size == 0:
        raise Refused(f"{name} is empty. {AGAIN}")
    if size > MOST_MIB * 2**20:
        mib = size / 2**20
        raise Refused(f"{name} has {mib:.0f} MiB; {MOST_MIB} are allowed. Clear its outputs and hand it in again.")


def notebook(content: bytes, name: str) -> Any:
    """The notebook in a file's content: cells with kind, id, text and nbgrader's name, nothing else.

    Raises:
        Refused: when there is none, or it passes a limit.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{name} is not UTF-8. {AGAIN}") from None
    count = content.count(b'"cell_type"')
    if count > MOST_CELLS:
        raise Refused(f"{name} has {count:,} cells; {MOST_CELLS:,} are allowed. Delete what is not needed.")
    try:
        read = _read(content, name)
        _refuse_format(read.nbformat, name)
        cells = [_cell(cell, f"{name}: cell {number}") for number, cell in enumerate(_cells(read, name), 1)]
    except (RecursionError, MemoryError):
        raise Refused(f"{name} is nested too deeply to be a notebook. {AGAIN}") from None
    _refuse_long_code(cells, name)
    from nbformat import from_dict

    return from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


# --- JSON ------------------------------------------------------------------------------------------------------------


def _read(content: bytes, name: str) -> _Notebook:
    try:
        return msgspec.json.decode(content, type=_Notebook)
    except msgspec.ValidationError:
        raise Refused(f"{name} {_NO_CELLS}") from None
    except msgspec.DecodeError as error:
        if len(content) > LENIENT_MIB * 2**20:
            _refuse_place(content, str(error), name)
    return _read_leniently(content, name)


def _read_leniently(content: bytes, name: str) -> _Notebook:
    """As Python reads JSON: with NaN, and with halves of surrogate pairs."""
    try:
        loaded = json.loads(content.decode())  # from bytes it would guess the encoding
        # What is no JSON to others was in the outputs; they are left out here.
        return msgspec.json.decode(json.dumps(_without_outputs(loaded), allow_nan=False), type=_Notebook)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Refused(f"{name} is not a notebook: {place} can't be read. {AGAIN}") from None
    except (ValueError, msgspec.MsgspecError):  # a number of 5,000 digits, say, or cells of another form
        raise Refused(f"{name} {_NO_CELLS}") from None


def _without_outputs(loaded: object) -> object:
    if not isinstance(loaded, dict) or not isinstance(loaded.get("cells"), list):
        return loaded
    fields = ("cell_type", "id", "source")
    cells = [
        {**{key: _whole(cell[key]) for key in fields if key in cell}, "metadata": _names(cell.get("metadata"))}
        if isinstance(cell, dict)
        else cell
        for cell in loaded["cells"]
    ]
    return {"nbformat": loaded.get("nbformat"), "cells": cells}


def _whole(value: object) -> object:
    """Text without halves of surrogate pairs, which nothing can write."""
    if isinstance(value, list):
        return [_whole(part) for part in value if isinstance(part, str)]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _refuse_place(content: bytes, error: str, name: str) -> NoReturn:
    found = _BYTE.search(error)
    if found is None:
        raise Refused(f"{name} is not a notebook: it ends in the middle. {AGAIN}")
    lines = content[: int(found[1])].split(b"\n")
    place = f"line {len(lines)}, column {len(lines[-1]) + 1}"
    raise Refused(f"{name} is not a notebook: {place} can't be read. {AGAIN}")


# --- from JSON to cells ----------------------------------------------------------------------------------------------


def _refuse_format(nbformat: msgspec.Raw, name: str) -> None:
    found = _value(nbformat)
    if bytes(nbformat) != b"null" and found not in (2, 3, 4):
        given = f"format {found}" if found in range(100) else "a format that nobody knows"
        raise Refused(f"{name} has {given}; 4 is read here. {AGAIN}")


def _cells(read: _Notebook, name: str) -> Iterator[_Cell]:
    if read.cells is None and read.worksheets is None:
        raise Refused(f"{name} {_NO_CELLS}")
    yield from read.cells or ()
    for sheet in read.worksheets or ():
        yield from sheet.cells


def _cell(cell: _Cell, name: str) -> dict[str, Any]:
    kind, id = _value(cell.cell_type), _value(cell.id)
    source = _text(cell.source, name) or _text(cell.input, name)
    made = {
        "cell_type": _KINDS.get(kind, "raw") if isinstance(kind, str) else "raw",
        "id": id if isinstance(id, str) else "",
        "metadata": _names(_value(cell.metadata)),
        "source": source,
    }
    return {**made, "outputs": [], "execution_count": None} if kind == "code" else made


def _value(raw: msgspec.Raw, most: int = 100_000) -> Any:
    """What stands there; None when it is longer than such a thing is."""
    if len(memoryview(raw)) > most:
        return None
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:  # half of a surrogate pair
        return None


def _text(raw: msgspec.Raw, name: str) -> str:
    if len(memoryview(raw)) > 6 * MOST_IN_A_CELL:  # a letter may be written as \\u00e9
        raise Refused(f"{name} is longer than {MOST_IN_A_CELL:,} letters. Shorten it and hand it in again.")
    found = _value(raw, 6 * MOST_IN_A_CELL)
    if isinstance(found, list):
        found = "".join(part for part in found if isinstance(part, str))
    if not isinstance(found, str):
        return ""
    if len(found) > MOST_IN_A_CELL:
        raise Refused(f"{name} is longer than {MOST_IN_A_CELL:,} letters. Shorten it and hand it in again.")
    return found


def _names(metadata: object) -> dict[str, Any]:
    """Of a cell's metadata the names by which it may be known: nbgrader's, and Colab's id."""
    if not isinstance(metadata, dict):
        return {}
    id, settings = metadata.get("id"), metadata.get("nbgrader")
    kept: dict[str, Any] = {"id": id} if isinstance(id, str) else {}
    grade_id = settings.get("grade_id") if isinstance(settings, dict) else None
    return {**kept, "nbgrader": {"grade_id": grade_id}} if isinstance(grade_id, str) else kept


def _refuse_long_code(cells: list[dict[str, Any]], name: str) -> None:
    code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    for count, most, what in (
        (sum(map(len, code)), MOST_CODE, "letters of code"),
        (sum(source.count("\n") + source.count(";") for source in code), MOST_LINES, "lines of code"),
        (sum(map(slicing.magics, code)), MOST_MAGICS, "magics"),
    ):
        if count > most:
            shorter = "Delete what no answer needs and hand it in again."
            raise Refused(f"{name} has {count:,} {what}; {most:,} are allowed. {shorter}")
