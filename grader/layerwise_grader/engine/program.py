"""What of a rebuilt notebook grading runs: the answers, and what they need of the given and of the learner's own cells.

Plots, progress bars, training for show and calls of ``check`` need nothing but time, and stop where a demo was left
out. So a statement counts only if an answer needs what it defines, or if its effect may last, as that of
``np.random.seed(0)``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from layerwise_grader.engine import slicing
from layerwise_grader.engine.slicing import STAR, UNKNOWN, Statement
from layerwise_grader.engine.wire import Cell

_WORD = re.compile(r"[^\W\d]\w*")
# What is called from these is for show.
_SHOWS = ("matplotlib", "seaborn", "plotly", "IPython", "tqdm", "time", "layerwise_datasets", "layerwise_grader")
_MAGICS = ("run_line_magic", "run_cell_magic", "system", "getoutput", "set_next_input")
_LASTING = ("exec", "setattr", "delattr", "__import__")
MARK = "layerwise"  # the metadata of a learner's own cell
GIVEN, DEMO, ANSWER, OWN = "a given cell", "a demo", "your answer to {}", "a cell of your own"
CHECKS = Cell("a given cell", "def check(*_, **__): ...\n\n\ndef progress(*_, **__): ...")


@dataclass(frozen=True, slots=True)
class Part:
    """A statement of a cell.

    Attributes:
        number: the cell's.
        role: the cell's.
        statement: None for the one part of a cell that can't be read.
        uses: names it may need.
        of: how many statements the cell has.
        exercise: whose answer the cell is.
    """

    number: int
    role: str
    statement: Statement | None
    uses: frozenset[str]
    of: int
    exercise: str = ""

    @property
    def is_learners(self) -> bool:
        """Whether the learner wrote it."""
        return self.role in (ANSWER, OWN)


def of(notebook: Any, functions: Mapping[str, str]) -> tuple[Cell, ...]:
    """The program of a rebuilt notebook.

    Args:
        notebook: as ``rebuild`` made it.
        functions: what the exercises ask for: a function's name → the id of its answer's cell.
    """
    parts = [part for number, cell in enumerate(notebook.cells) for part in _parts(number, cell)]
    places = {_grade_id(cell): number for number, cell in enumerate(notebook.cells) if _grade_id(cell)}
    owners = {name: places[id] for name, id in functions.items()}
    allowed = _without_rivals(parts, owners)
    chosen = _chosen(allowed, set(functions))
    made = [_cell(number, cell, allowed, chosen) for number, cell in enumerate(notebook.cells)]
    return (CHECKS, *(cell for cell in made if cell is not None))


# --- taking apart ----------------------------------------------------------------------------------------------------


def _parts(number: int, cell: Any) -> list[Part]:
    role = _role(cell)
    if cell.cell_type != "code" or not role:
        return []
    exercise = _grade_id(cell).removesuffix("-answer").replace("-", ".") if role == ANSWER else ""
    found = given_statements(cell.source) if role in (GIVEN, DEMO) else slicing.of_cell(cell.source)
    if found is None:
        return [Part(number, role, None, frozenset(_WORD.findall(cell.source)), 1, exercise)]
    total = len(found)
    if role == DEMO:
        # A demo never runs. Its imports and functions only wait to be called, and an answer may call them.
        found = [one for one in found if one.is_import or isinstance(one.node, slicing.Definition)]
    return [Part(number, role, one, one.uses, total, exercise) for one in found if not _imports_grader(one)]


@lru_cache(maxsize=2000)
def given_statements(source: str) -> list[Statement] | None:
    """A released cell's statements, kept for the next submission; never to be asked for a learner's cell."""
    return slicing.of_cell(source)


def _role(cell: Any) -> str:
    """What a cell is in grading; nothing for checks and progress, which never run."""
    settings = cell.metadata.get("nbgrader", {})
    if settings.get("solution"):
        return ANSWER
    if settings.get("grade"):
        return ""
    if "demo" in cell.metadata.get("tags", ()):
        return DEMO
    return OWN if MARK in cell.metadata else GIVEN


def _grade_id(cell: Any) -> str:
    settings = cell.metadata.get("nbgrader", {})
    return str(settings["grade_id"]) if settings.get("solution") else ""


def _imports_grader(statement: Statement) -> bool:
    """Checks are not there where answers run; ``CHECKS`` stands in for what is imported from them."""
    node = statement.node
    return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "layerwise_grader"


# --- choosing --------------------------------------------------------------------------------------------------------


def _without_rivals(parts: list[Part], owners: Mapping[str, int]) -> list[Part]:
    """The parts without other definitions of a function than the one in its answer's cell.

    A learner who tries something else further down, or pastes an older version above, has answered in the cell.
    """
    learners = [(part, name) for part in parts if part.is_learners and part.statement for name in part.statement.binds]
    answered = {name for part, name in learners if owners.get(name) == part.number}
    first = {name: part.number for part, name in reversed(learners)}

    def is_rival(part: Part) -> bool:
        binds = part.statement.binds if part.statement else frozenset()
        if part.is_learners:
            return bool(binds) and all(name in answered and owners[name] != part.number for name in binds)
        if binds & owners.keys():
            return True
        # A helper of the learner's is not replaced by a given function of the same name further down.
        is_function = part.statement is not None and isinstance(part.statement.node, slicing.Definition)
        return is_function and any(first.get(name, part.number) < part.number for name in binds)

    return [part for part in parts if not is_rival(part)]


def _chosen(parts: list[Part], roots: set[str]) -> set[int]:
    """Places of the parts that the answers need, or whose effect may last."""
    imports = [(name, _is_for_show(one)) for one in _statements(parts) if one.is_import for name in one.binds]
    shown = {name for name, is_for_show in imports if is_for_show}
    modules = {name for name, is_for_show in imports if not is_for_show} - shown
    effects: dict[str, set[str]] = {}  # of calling a learner's function
    for one in _statements(parts):
        if isinstance(one.node, slicing.Definition):
            effects.setdefault(one.node.name, set()).update(one.reaches, one.binds - {one.node.name})
    always = [place for place, part in enumerate(parts) if _always_counts(part, modules)]
    touched = [_touched(part, shown, effects) for part in parts]
    return slicing.closure(touched, [part.uses for part in parts], roots, always)


def _statements(parts: list[Part]) -> list[Statement]:
    return [part.statement for part in parts if part.statement is not None]


def _is_for_show(statement: Statement) -> bool:
    node = statement.node
    from_module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    names = [from_module] if from_module else [one.name for one in getattr(node, "names", ())]
    return any(name.partition(".")[0] in _SHOWS for name in names)


def _touched(part: Part, shown: Collection[str], effects: Mapping[str, set[str]]) -> set[str]:
    """The names for whose sake a part counts."""
    if part.statement is None:
        return set()
    if part.role == DEMO:
        return set(part.statement.binds)
    by_calls = (effects.get(name, set()) for name in _calls(part.statement.node))
    return set(part.statement.binds).union(part.statement.changes.difference(shown), *by_calls)


def _calls(node: ast.stmt) -> list[str]:
    """The functions that a statement calls at once for their effect: as a statement, or as a decorator."""
    if isinstance(node, ast.Expr):
        return [slicing.root(node.value)]
    return [slicing.root(one) for one in getattr(node, "decorator_list", ())]


def _always_counts(part: Part, modules: Collection[str]) -> bool:
    statement = part.statement
    if statement is None:
        return part.role == ANSWER
    if STAR in statement.binds or (part.role == GIVEN and statement.is_import):
        return True
    if getattr(statement.node, "module", "") == "__future__":  # it changes how the rest of its cell is read
        return True
    return part.is_learners and _lasts(statement, modules)


def _lasts(statement: Statement, modules: Collection[str]) -> bool:
    """Whether a learner's statement may have an effect beyond names: on a module, or on something without a name."""
    if not isinstance(statement.node, ast.Expr):
        return any(name == UNKNOWN or name in modules for name in statement.sets)
    call = statement.node.value
    if isinstance(call, ast.Await):
        call = call.value
    if not isinstance(call, ast.Call):
        return False
    name = slicing.root(call)
    if name == "get_ipython":
        return getattr(call.func, "attr", "") not in _MAGICS
    return name in (UNKNOWN, *_LASTING) or name in modules


# --- putting together ------------------------------------------------------------------------------------------------


def _cell(number: int, cell: Any, parts: list[Part], chosen: Collection[int]) -> Cell | None:
    mine = [(part, place in chosen) for place, part in enumerate(parts) if part.number == number]
    kept = [part for part, is_kept in mine if is_kept]
    if not kept:
        return None
    first = kept[0]
    name = first.role.format(first.exercise) if first.is_learners else GIVEN
    if len(kept) == first.of and not any(_may_stop(part) for part in kept):
        return Cell(name, cell.source, first.exercise)
    return Cell(name, "\n\n".join(_text(part) for part in kept), first.exercise)


def _may_stop(part: Part) -> bool:
    """Whether it is a call for its effect, which must not keep a function below it from being defined."""
    is_call = part.statement is not None and isinstance(part.statement.node, ast.Expr)
    return is_call and part.is_learners and not slicing.is_text(part.statement.node)  # type: ignore[union-attr]


def _text(part: Part) -> str:
    assert part.statement is not None
    if not _may_stop(part):
        return part.statement.text
    lines = ast.unparse(part.statement.node)
    return f"try:\n    {lines}\nexcept Exception:\n    pass"
