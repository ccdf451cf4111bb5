"""Which top-level statements some names need: read from the source, never by running it."""

from __future__ import annotations

import ast
import re
import symtable
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

UNKNOWN = "?"  # stands for an object that has no name, such as the one in ``globals()["x"] = 1``
STAR = "*"
MOST_STATEMENTS = 2_000  # a cell with more, such as "a;a;a;…", is not taken apart
# IPython's transformers read a cell once more for each magic in it, and a line with a question mark very slowly.
MOST_READ, LONGEST_LINE = 50_000, 1_000
_MAGIC = re.compile(r"^\s*[%!?/,;]|\?\s*$|=\s*[%!]", re.MULTILINE)
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*(?:\n|$)")
_RUNS_ITS_BODY = ("time", "capture", "prun")
# Functions that change what they are given, when nobody keeps what they return.
_IN_PLACE = ("shuffle", "copyto", "put", "place", "fill_diagonal", "setattr", "heappush", "insort")
_CANNOT_PARSE = (SyntaxError, ValueError, RecursionError, MemoryError)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Statement:
    """One top-level statement.

    Attributes:
        text: its source.
        binds: names that it gives an object to, imported ones too; ``*`` for a star import.
        sets: names whose object it changes by item or attribute; ``?`` for an object without a name.
        changes: those, and names whose methods it calls for their effect.
        reaches: global names whose object its functions change when they are called.
        uses: global names that it reads, at once or when its functions are called.
        node: its syntax tree.
    """

    text: str
    binds: frozenset[str]
    sets: frozenset[str]
    changes: frozenset[str]
    reaches: frozenset[str]
    uses: frozenset[str]
    node: ast.stmt

    @property
    def is_import(self) -> bool:
        """Whether it imports."""
        return isinstance(self.node, ast.Import | ast.ImportFrom)


# --- what is needed --------------------------------------------------------------------------------------------------


def needed(statements: Sequence[Statement], roots: Collection[str]) -> set[int]:
    """Places of the statements that define the names, or change their objects, or are needed by such ones in turn.

    Star imports are always among them, since nobody knows what they define.
    """
    always = [place for place, statement in enumerate(statements) if STAR in statement.binds]
    touched = [one.binds | one.changes for one in statements]
    return closure(touched, [one.uses for one in statements], roots, always)


def closure(
    touched: Sequence[Collection[str]], uses: Sequence[Collection[str]], roots: Collection[str], always: Iterable[int]
) -> set[int]:
    """Places that touch a root, or a name that a place among the result uses; and those that always count."""
    places: dict[str, list[int]] = {}
    for place, names in enumerate(touched):
        for name in names:
            places.setdefault(name, []).append(place)
    chosen, known = set(always), set(roots)
    waiting = list(known.union(*(uses[place] for place in chosen)))
    known.update(waiting)
    while waiting:
        fresh = [place for place in places.get(waiting.pop(), ()) if place not in chosen]
        chosen.update(fresh)
        names = {name for place in fresh for name in uses[place]} - known
        known |= names
        waiting += names
    return chosen


def source_of(module_source: str, roots: set[str]) -> str:
    """A module's source, cut down to what the names need: imports, constants and functions.

    Decorators that register a function with an ``Exercise`` are left out.

    Raises:
        ValueError: when the module can't be read, or does not define one of the names.
    """
    whole = statements(module_source)
    if whole is None:
        raise ValueError("The module can't be read.")
    exercises = {name for statement in whole if _is_exercise(statement.node) for name in statement.binds}
    bare = [_without_registering(statement, exercises) for statement in whole]
    missing = sorted(roots - {name for statement in bare for name in statement.binds})
    if missing:
        raise ValueError(f"The module does not define {', '.join(missing)}.")
    chosen = [bare[place] for place in sorted(needed(bare, roots))]
    used = roots.union(*(statement.uses for statement in chosen))
    future = [statement.text for statement in whole if _is_future(statement.node)]
    return "\n\n".join([*future, *(_trimmed(statement, used) for statement in chosen)]) + "\n"


def names_in(source: str) -> frozenset[str]:
    """The names that a source defines at its top level; those it imports are not among them."""
    found = statements(source) or []
    return frozenset[str]().union(*(statement.binds for statement in found if not statement.is_import))


def _is_exercise(node: ast.stmt) -> bool:
    value = getattr(node, "value", None)
    return isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Call) and root(value) == "Exercise"


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _without_registering(statement: Statement, exercises: Collection[str]) -> Statement:
    node = statement.node
    if not isinstance(node, Definition):
        # Annotations are not evaluated in our modules, so they need nothing.
        return _statement(statement.text, node, evaluates_annotations=False)
    kept = [ast.unparse(one) for one in node.decorator_list if root(one) not in exercises]
    skipped = node.lineno - min([node.lineno, *(one.lineno for one in node.decorator_list)])
    text = "\n".join([*(f"@{one}" for one in kept), *statement.text.split("\n")[skipped:]])
    return _statement(text, node, evaluates_annotations=False)


def _trimmed(statement: Statement, used: Collection[str]) -> str:
    """An import with only the names that are used; other statements as they are."""
    node = statement.node
    if not isinstance(node, ast.Import | ast.ImportFrom) or STAR in statement.binds:
        return statement.text
    node.names = [one for one in node.names if (one.asname or one.name.partition(".")[0]) in used]
    return ast.unparse(node)


# --- reading ---------------------------------------------------------------------------------------------------------


def of_cell(source: str) -> list[Statement] | None:
    """A notebook cell's statements; None when they can't be read. Magics become IPython's calls."""
    magic = _CELL_MAGIC.match(source)
    if magic:
        return of_cell(source[magic.end() :]) if magic[1] in _RUNS_ITS_BODY else []
    found = statements(source)
    if found is None and (python := _as_python(source)) is not None:
        return statements(python)
    return found


def statements(source: str) -> list[Statement] | None:
    """The top-level statements of a Python source; None when it can't be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a learner's string is none of our business
            flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            tree = compile(source, "<cell>", "exec", flags, dont_inherit=True)
            if len(tree.body) > MOST_STATEMENTS:
                return None
            lines = source.split("\n")
            return [_statement(_text(lines, node), node) for node in tree.body]
    except _CANNOT_PARSE:
        return None


def magics(source: str) -> int:
    """How many lines of a cell look like magics, shell commands or questions."""
    return sum(1 for _ in _MAGIC.finditer(source))


@lru_cache(maxsize=64)
def _as_python(source: str) -> str | None:
    """What IPython would run; None for a cell that would take its transformers long."""
    if len(source) * (magics(source) + 1) > MOST_READ or max(map(len, source.split("\n"))) > LONGEST_LINE:
        return None
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return str(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]
    except Exception:  # its tokenizer meets whatever a learner typed
        return None


def _text(lines: list[str], node: ast.stmt) -> str:
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
    block = lines[first - 1 : node.end_lineno]
    block[-1] = block[-1].encode()[: node.end_col_offset].decode()
    if first == node.lineno:
        block[0] = block[0].encode()[node.col_offset :].decode()
    return "\n".join(block)


def _statement(text: str, node: ast.stmt, *, evaluates_annotations: bool = True) -> Statement:
    sets, changes = _changed(node)
    binds, uses = _names(text if evaluates_annotations else f"from __future__ import annotations\n{text}", node)
    inner = {name for part in ast.walk(node) if isinstance(part, _SCOPES) for name in _changed_within(part)}
    if isinstance(node, ast.ImportFrom) and node.names[0].name == STAR:
        binds |= {STAR}
    if not evaluates_annotations and not _is_future(node):
        binds.discard("annotations")
    return Statement(
        text,
        binds=frozenset(binds),
        sets=frozenset(sets),
        changes=frozenset(changes),
        reaches=frozenset(inner & uses),
        uses=frozenset(uses),
        node=node,
    )


def _names(text: str, node: ast.stmt) -> tuple[set[str], set[str]]:
    """The global names that a statement binds, and those it reads."""
    try:
        top = symtable.symtable(text, "<cell>", "exec")
    except SyntaxError:  # an await at the top level
        found = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
        written = {part.id for part in found if not isinstance(part.ctx, ast.Load)}
        return written, {part.id for part in found} - written
    binds = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    uses = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    tables = list(top.get_children())
    while tables:
        table = tables.pop()
        tables += table.get_children()
        outer = [one for one in table.get_symbols() if one.is_global() or table.get_type() == "class"]
        uses |= {symbol.get_name() for symbol in outer if symbol.is_referenced()}
        binds |= {one.get_name() for one in outer if one.is_declared_global() and one.is_assigned()}
    return binds, uses - _loop_names(node)


def _loop_names(node: ast.stmt) -> set[str]:
    """What a loop reads of these it has bound itself."""
    if not isinstance(node, ast.For | ast.AsyncFor):
        return set()
    return {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}


# --- what is changed in place ----------------------------------------------------------------------------------------


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is only a docstring, or dots."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def raises(node: ast.stmt) -> str:
    """The name of what a statement raises; empty when it is no raise."""
    return root(node.exc) if isinstance(node, ast.Raise) and node.exc is not None else ""


def root(node: ast.AST) -> str:
    """The name that an expression such as ``a.b[0].c()`` begins with; ``?`` when it begins with none."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Await):
            node = node.value
        else:
            return UNKNOWN
    return node.id


def _changed(node: ast.stmt) -> tuple[set[str], set[str]]:
    """Roots of what a statement sets at once, and of that together with what it calls for the effect."""
    sets, calls = set[str](), set[str]()
    for part in _outside_functions(node):
        if isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load):
            sets.add(_owner(part))
        elif isinstance(part, ast.Expr):
            calls |= _called(part.value)
    return sets, sets | calls


def _changed_within(scope: ast.AST) -> set[str]:
    found: set[str] = set()
    for part in ast.walk(scope):
        if isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load):
            found.add(_owner(part))
        elif isinstance(part, ast.Expr):
            found |= _called(part.value)
    return found


def _owner(node: ast.Attribute | ast.Subscript) -> str:
    """The name whose object is changed; what a call gives has none, whatever the function is called."""
    inner: ast.AST = node
    while not isinstance(inner, ast.Name):
        if not isinstance(inner, ast.Attribute | ast.Subscript):
            return UNKNOWN
        inner = inner.value
    return inner.id


def _called(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Await):
        node = node.value
    if not isinstance(node, ast.Call):
        return set()
    function = node.func
    last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    found = {root(function)} if isinstance(function, ast.Attribute) else set[str]()
    return found | {root(argument) for argument in node.args if last in _IN_PLACE}


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """The parts that run at once: not the bodies of functions and classes."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, _SCOPES):
            waiting += ast.iter_child_nodes(part)
