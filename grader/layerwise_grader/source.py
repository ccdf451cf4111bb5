"""Reads a chapter's source: its cells, tags and exercises."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_CHECK = re.compile(r'^check\("(\d\d\.\d+)", (\w+)\)$')


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a source."""

    kind: str  # "markdown" or "code"
    text: str
    tags: tuple[str, ...]

    @property
    def is_answer(self) -> bool:
        """Whether the learner fills this cell in."""
        return self.kind == "code" and BEGIN in self.text

    @property
    def checked(self) -> str | None:
        """The exercise that this cell checks; None when it checks none."""
        match = _CHECK.match(self.text.strip()) if self.kind == "code" else None
        return match[1] if match else None


def cells(path: Path) -> list[Cell]:
    """The cells of a source in percent format."""
    import jupytext

    notebook = jupytext.read(path, fmt="py:percent")
    return [Cell(cell.cell_type, cell.source, tuple(cell.metadata.get("tags", ()))) for cell in notebook.cells]


def answers(path: Path) -> dict[str, str]:
    """Exercise id → source of the cell that the learner fills in, with our solution in it."""
    found: dict[str, str] = {}
    pending = ""
    for cell in cells(path):
        if cell.is_answer:
            pending = cell.text
        elif cell.checked:
            found[cell.checked] = pending
    return found


def solutions(path: Path) -> dict[str, Callable[..., Any]]:
    """Exercise id → our solution as a function, with only those imports run that the solutions use."""
    texts = answers(path)
    used = {node.id for text in texts.values() for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    namespace: dict[str, Any] = {"__name__": "solutions"}
    for cell in cells(path):
        if cell.kind == "code":
            _run_imports(cell.text, used, namespace)
    for text in texts.values():
        exec(compile(text, str(path), "exec"), namespace)
    return {id: namespace[_defined(text)] for id, text in texts.items()}


def _run_imports(text: str, used: set[str], namespace: dict[str, Any]) -> None:
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a cell with a magic
        return
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound = {(name.asname or name.name).partition(".")[0] for name in node.names}
            if bound & used:
                exec(compile(ast.Module([node], []), "<imports>", "exec"), namespace)


def _defined(text: str) -> str:
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)][-1]
