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
    """Exercise id → our solution as a function; of the other cells only the imports and functions that it uses run."""
    texts = answers(path)
    others = [_parsed(cell.text) for cell in cells(path) if cell.kind == "code" and not cell.is_answer]
    given = [node for tree in others for node in tree.body]
    namespace: dict[str, Any] = {"__name__": "solutions"}
    for node in _reached(given, {name for text in texts.values() for name in _names(ast.parse(text))}):
        exec(compile(ast.Module([node], []), str(path), "exec"), namespace)
    for text in texts.values():
        exec(compile(text, str(path), "exec"), namespace)
    return {id: namespace[_defined(text)] for id, text in texts.items()}


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:  # a cell with a magic
        return ast.Module([], [])


def _reached(given: list[ast.stmt], used: set[str]) -> list[ast.stmt]:
    """The imports and functions among the statements that these names need, directly or through one another."""
    reached: list[ast.stmt] = []
    while True:
        more = [node for node in given if node not in reached and _binds(node) & used]
        if not more:
            return [node for node in given if node in reached]
        reached += more
        used = used.union(*(_names(node) for node in more))


def _binds(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(name.asname or name.name).partition(".")[0] for name in node.names}
    return {node.name} if isinstance(node, ast.FunctionDef) else set()


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _defined(text: str) -> str:
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)][-1]
