"""The released notebook with a learner's answers in it, and the program that grading runs. Only reads, never executes.

An answer is the cell with its id, else the one that nbgrader's metadata names, else the last cell that defines its
function. So it is found after a round trip through another program, in another order, or pasted into another cell.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from layerwise_grader.engine import program, slicing
from layerwise_grader.engine.wire import Cell

_CHECK = re.compile(r"^check\(\s*[\"'][\w.]+[\"']\s*,\s*(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What grading needs of a submission.

    Attributes:
        notebook: the release's frame with the learner's answers and own cells, without outputs.
        program: what the sandbox runs, in order.
        notes: for exercises whose answer was not in its own cell, a sentence where it was.
    """

    notebook: Any
    program: tuple[Cell, ...]
    notes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Slot:
    """A released cell that waits for an answer."""

    place: int
    id: str
    exercise: str
    function: str
    stub: str


@dataclass
class Handed:
    """A cell that was handed in."""

    place: int
    kind: str
    id: str
    grade_id: str
    source: str
    home: Slot | None = None  # the answer's cell that it is

    @cached_property
    def statements(self) -> list[slicing.Statement] | None:
        """Its statements; None when they can't be read."""
        return slicing.of_cell(self.source) if self.kind == "code" else []

    def defines(self, function: str) -> bool:
        """Whether it defines the function, otherwise than as a stub."""
        return any(is_definition(statement, function) for statement in self.statements or ())

    def seems_to_define(self, function: str) -> bool:
        """Whether it can't be read, but looks as if it defined the function."""
        pattern = rf"^\s*(def|class)\s+{re.escape(function)}\b|^{re.escape(function)}\s*="
        return self.statements is None and re.search(pattern, self.source, re.MULTILINE) is not None


@dataclass
class Answer:
    """What was found for a slot: the text of its cell, and where it came from when that is elsewhere."""

    source: str
    note: str = ""


@dataclass
class Found:
    """What a submission holds."""

    answers: dict[str, Answer] = field(default_factory=dict)  # by the slot's id
    own: list[Handed] = field(default_factory=list)


def rebuild(released: Any, handed_in: Any) -> Rebuilt:
    """The learner's answers in the released notebook's frame, and the program that grading runs.

    Args:
        released: the notebook as learners got it; not changed.
        handed_in: what came back, in nbformat 4, whatever became of its ids, metadata and order; not changed.
    """
    slots = list(_slots(released))
    handed = [_handed(place, cell) for place, cell in enumerate(handed_in.get("cells", ()))]
    found = _find(released, slots, handed)
    notebook = _notebook(released, slots, handed, found)
    functions = {slot.function: slot.id for slot in slots if slot.function}
    notes = {slot.exercise: found.answers[slot.id].note for slot in slots if found.answers[slot.id].note}
    return Rebuilt(notebook, program.of(notebook, functions), notes)


def normal(source: object) -> str:
    """A cell's text in one form: line ends, no spaces at the ends of lines, no empty lines around."""
    text = "".join(part for part in source if isinstance(part, str)) if isinstance(source, list) else source
    if not isinstance(text, str):
        return ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


# --- reading both notebooks ------------------------------------------------------------------------------------------


def _slots(released: Any) -> Iterator[Slot]:
    names = {_settings(cell).get("grade_id"): found[1] for cell in released.cells if (found := _checked(cell))}
    for place, cell in enumerate(released.cells):
        settings = _settings(cell)
        if settings.get("solution"):
            grade_id = str(settings["grade_id"])
            exercise = grade_id.removesuffix("-answer")
            function = names.get(exercise) or _last_defined(cell)
            yield Slot(place, grade_id, exercise.replace("-", "."), function, normal(cell.source))


def _checked(cell: Any) -> re.Match[str] | None:
    return _CHECK.search(cell.source) if cell.cell_type == "code" and _settings(cell).get("grade") else None


def _last_defined(cell: Any) -> str:
    found = program.given_statements(cell.source) if cell.cell_type == "code" else []
    names = [one.node.name for one in found or () if isinstance(one.node, slicing.Definition)]
    return names[-1] if names else ""


def _settings(cell: Any) -> dict[str, Any]:
    metadata = cell.get("metadata")
    settings = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return settings if isinstance(settings, dict) else {}


def _handed(place: int, cell: Any) -> Handed:
    metadata = cell.get("metadata")
    # Colab keeps a cell's id in its metadata.
    ids = (cell.get("id"), metadata.get("id") if isinstance(metadata, dict) else None)
    id = next((one for one in ids if isinstance(one, str)), "")
    grade_id = _settings(cell).get("grade_id")
    kind = cell.get("cell_type")
    kind = kind if kind in ("code", "markdown", "raw") else "raw"
    source = _without_traps(normal(cell.get("source")))
    return Handed(place, kind, id, grade_id if isinstance(grade_id, str) else "", source)


def _without_traps(text: str) -> str:
    """Half surrogates can't be written to a file, and NUL ends a text in databases."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


# --- finding the answers ---------------------------------------------------------------------------------------------


def _find(released: Any, slots: list[Slot], handed: list[Handed]) -> Found:
    given = {(cell.cell_type, normal(cell.source)) for cell in released.cells if not _settings(cell).get("solution")}
    learners = [cell for cell in handed if cell.source and (cell.kind, cell.source) not in given]
    found = Found()
    for slot in slots:
        _by_id(slot, learners, found)
    for slot in slots:
        if slot.id not in found.answers:
            found.answers[slot.id] = _by_name(slot, learners) or _as_it_is(slot, learners)
    stubs = {slot.stub for slot in slots}
    changed = _changed_given(released, learners)
    found.own = [cell for cell in learners if not cell.home and cell.source not in stubs and cell.place not in changed]
    return found


def _labelled(slot: Slot, cells: list[Handed]) -> list[list[Handed]]:
    """The cells that carry the answer's id, then those that carry it in nbgrader's metadata."""
    return [[cell for cell in cells if cell.id == slot.id], [cell for cell in cells if cell.grade_id == slot.id]]


def _by_id(slot: Slot, cells: list[Handed], found: Found) -> None:
    for labelled in _labelled(slot, cells):
        fitting = [cell for cell in labelled if not slot.function or cell.defines(slot.function)]
        fitting = [cell for cell in fitting if cell.source != slot.stub and not cell.home]
        if fitting:
            fitting[-1].home = slot
            found.answers[slot.id] = Answer(fitting[-1].source)
            return


def _by_name(slot: Slot, cells: list[Handed]) -> Answer | None:
    fitting = [cell for cell in cells if slot.function and cell.defines(slot.function)]
    if not fitting:
        return None
    cell = fitting[-1]
    if cell.home is None and not any(_labelled(slot, cells)):
        cell.home = slot  # its own cell is gone, so this one is it, without its id
        return Answer(cell.source, f"Your answer to {slot.exercise} was found by its name, {slot.function}.")
    where = f"the cell of {cell.home.exercise}" if cell.home else "a cell of your own"
    note = f"Your answer to {slot.exercise} was found in {where}."
    return Answer(_definition(cell, slot.function), note)


def _definition(cell: Handed, function: str) -> str:
    """What of a cell the function needs; an answer's stub above it is not among it."""
    useful = [one for one in cell.statements or () if function not in one.binds or is_definition(one, function)]
    return "\n\n".join(useful[place].text for place in sorted(slicing.needed(useful, {function})))


def _as_it_is(slot: Slot, cells: list[Handed]) -> Answer:
    """An answer that defines nothing of the right name: what stands in its cell, else the stub."""
    labelled = [cell for group in reversed(_labelled(slot, cells)) for cell in group]
    nameless = [cell for cell in cells if slot.function and cell.seems_to_define(slot.function)]
    fitting = [cell for cell in [*nameless, *labelled] if cell.source != slot.stub and not cell.home]
    if not fitting:
        return Answer(slot.stub)
    fitting[-1].home = slot
    return Answer(fitting[-1].source)


def is_definition(statement: slicing.Statement, function: str) -> bool:
    """Whether a statement defines a function, and not as a stub that only raises NotImplementedError."""
    node = statement.node
    if function not in statement.binds:
        return False
    body = getattr(node, "body", None) if isinstance(node, slicing.Definition) else None
    if body is None:
        return True
    told = [one for one in body if not slicing.is_text(one)]
    return [slicing.raises(one) for one in told] != ["NotImplementedError"]


def _changed_given(released: Any, learners: list[Handed]) -> set[int]:
    """Places of given cells that were changed without anything being added: not own cells."""
    ids = {name: cell for cell in released.cells for name in (cell.get("id"), _settings(cell).get("grade_id")) if name}
    places = set()
    for cell in learners:
        given = ids.get(cell.id) or ids.get(cell.grade_id)
        if given is not None and cell.home is None and not _adds(given, cell):
            places.add(cell.place)
    return places


def _adds(given: Any, cell: Handed) -> bool:
    """Whether a changed cell holds a statement that the given one does not."""
    if given.cell_type != "code" or cell.kind != "code":
        return False
    known = {one.text.strip() for one in program.given_statements(given.source) or ()}
    return cell.statements is None or any(one.text.strip() not in known for one in cell.statements)


# --- the notebook ----------------------------------------------------------------------------------------------------


def _notebook(released: Any, slots: list[Slot], handed: list[Handed], found: Found) -> Any:
    """The frame with the answers in their cells, and each own cell before the answer that follows it."""
    notebook = copy.deepcopy(released)
    places = {slot.id: slot.place for slot in slots}
    for slot in slots:
        notebook.cells[slot.place].source = found.answers[slot.id].source
    homes = [(cell.place, places[cell.home.id]) for cell in handed if cell.home]
    end = len(notebook.cells)
    own: dict[int, list[Any]] = {}
    taken = {cell.get("id") for cell in released.cells}
    for number, cell in enumerate(found.own, 1):
        before = next((place for at, place in homes if at > cell.place), end)
        own.setdefault(before, []).append(_own_cell(cell, number, taken))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    frame = enumerate([*notebook.cells, None])
    notebook.cells = [one for place, cell in frame for one in (*own.get(place, ()), cell) if one is not None]
    return notebook


def _own_cell(cell: Handed, number: int, taken: set[str]) -> Any:
    from nbformat import v4

    new: Any = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell, "raw": v4.new_raw_cell}[cell.kind]
    id = f"own-{number}"
    while id in taken:
        id += "-"
    taken.add(id)
    return new(cell.source, id=id, metadata={program.MARK: "own"})
