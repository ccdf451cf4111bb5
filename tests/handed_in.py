"""Notebooks that tests hand in, each written as one file of cells.

The file's docstring says what it is. Under ``# %% 05.2`` stands the answer to an exercise, under ``# %% own`` a cell of
the learner's own, under ``# %% notebook`` a function ``change(notebook)`` that the finished notebook is put through.
``# %% 05.2 (honestly worth 1)`` says how many points the answer deserves; magics are comments, as in Jupytext, and
so is what is no Python at all: ``# | like this``.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat.v4 import new_code_cell

from layerwise_grader import learners

_MARK = re.compile(r"^# %% (own|notebook|\d\d\.\d+)(?: \(honestly worth (\d+)\))?\n", re.MULTILINE)
_MAGIC = re.compile(r"^(\s*)# (?:\| |(?=%{1,2}[a-z]|![a-z]))", re.MULTILINE)
NOTEBOOK, OWN = "notebook", "own"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One such file.

    Attributes:
        sentence: what the file tries.
        cells: (exercise or "own", source) in order.
        worth: exercise → points that its answer deserves.
        change: what is done to the notebook in the end, as code.
    """

    name: str
    sentence: str
    cells: tuple[tuple[str, str], ...]
    worth: dict[str, int]
    change: str

    @property
    def chapter(self) -> str:
        """Number of the chapter."""
        return next((kind[:2] for kind, _ in self.cells if kind != OWN), "05")


def read(path: Path) -> HandedIn:
    """The file's parts."""
    text = path.read_text(encoding="utf-8")
    _, *parts = _MARK.split(text)
    cells = [(kind, _MAGIC.sub(r"\1", source.strip())) for kind, source in zip(parts[::3], parts[2::3], strict=True)]
    return HandedIn(
        path.stem,
        ast.get_docstring(ast.parse(text)) or "",
        tuple((kind, source) for kind, source in cells if kind != NOTEBOOK),
        {kind: int(worth or 0) for kind, worth in zip(parts[::3], parts[1::3], strict=True) if kind[0].isdigit()},
        next((source for kind, source in cells if kind == NOTEBOOK), ""),
    )


def notebook(released: Any, handed_in: HandedIn, honest: dict[str, str]) -> Any:
    """The released notebook, filled in; exercises that the file does not answer get the honest answer, if any."""
    filled = learners.fill(released, honest | {kind: source for kind, source in handed_in.cells if kind != OWN})
    before: list[Any] = []
    for kind, source in handed_in.cells:
        if kind == OWN:
            before.append(new_code_cell(source))
        elif before:
            place = next(
                n for n, cell in enumerate(filled.cells) if _grade_id(cell) == f"{kind.replace('.', '-')}-answer"
            )
            filled.cells[place:place] = before
            before = []
    filled.cells += before
    if handed_in.change:
        names: dict[str, Any] = {}
        exec(compile(handed_in.change, handed_in.name, "exec"), names)
        names["change"](filled)
    return filled


def _grade_id(cell: Any) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
