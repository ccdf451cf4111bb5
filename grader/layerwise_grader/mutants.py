"""Small slips made in right answers by a program: the checks must catch each one, or say why it changes nothing."""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from layerwise_grader import house, source
from layerwise_grader.answer import LocalAnswer
from layerwise_grader.answers import SEEDS, answers_file, chapter_solutions
from layerwise_grader.exercise import Exercise, Function
from layerwise_grader.judge import judge_alone

# A mutant that loops for ever is caught by the limit; nothing right needs a tenth of it.
SECONDS_A_CALL = 1.0

_SWAPPED: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.MatMult: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
_NAMES = {"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "ceil": "floor", "floor": "ceil"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A right answer with one slip."""

    name: str
    function: Function


@dataclass(frozen=True, slots=True)
class MutationRun:
    """What the checks made of an exercise's mutants."""

    exercise: str
    tried: int
    survived: tuple[str, ...]  # accepted, and not listed as equivalent
    stale: tuple[str, ...]  # listed as equivalent, but caught or not made any more

    @property
    def is_well(self) -> bool:
        """Whether every mutant was caught or explained."""
        return not self.survived and not self.stale


def run(exercise: Exercise) -> MutationRun:
    """Judges every mutant of the exercise's reference and of the chapter's own solution."""
    listed: dict[str, str] = getattr(answers_file(exercise.chapter), "EQUIVALENT", {})
    equivalent = {name for name in listed if name.startswith(f"{exercise.id} ")}
    every = list(mutants_of(exercise))
    accepted = {mutant.name for mutant in every if _is_accepted(exercise, mutant.function)}
    return MutationRun(
        exercise.id, len(every), tuple(sorted(accepted - equivalent)), tuple(sorted(equivalent - accepted))
    )


def _is_accepted(exercise: Exercise, function: Function) -> bool:
    answer = LocalAnswer(exercise, function, seconds=SECONDS_A_CALL)
    return all(judge_alone(exercise, answer, seed=seed, explain=False).is_full for seed in SEEDS)


def mutants_of(exercise: Exercise) -> Iterator[Mutant]:
    """The mutants of the reference's source, then of the solution's."""
    reference = exercise.trusted
    yield from mutants(exercise.id, textwrap.dedent(inspect.getsource(reference)), reference.__globals__)
    text = source.answers(house.source(house.slug(exercise.chapter)))[exercise.id]
    own = chapter_solutions(exercise.chapter)[exercise.id]
    yield from mutants(exercise.id, text, own.__globals__)


def mutants(id: str, text: str, namespace: dict[str, Any]) -> Iterator[Mutant]:
    """Every mutant of the last function in a source."""
    function = next(node for node in reversed(ast.parse(text).body) if isinstance(node, ast.FunctionDef))
    function.decorator_list = []
    names: Counter[str] = Counter()
    for number, changed, name in _changes(function):
        names[name] += 1
        label = name if names[name] == 1 else f"{name} (#{names[name]})"
        yield Mutant(f"{id} {function.name}: {label}", _compiled(_with(function, number, changed), namespace))


def _compiled(tree: ast.FunctionDef, namespace: dict[str, Any]) -> Function:
    scope = dict(namespace)
    exec(compile(ast.fix_missing_locations(ast.Module([tree], [])), "<mutant>", "exec"), scope)
    function: Function = scope[tree.name]
    return function


def _changes(function: ast.FunctionDef) -> Iterator[tuple[int, ast.AST, str]]:
    """(number of the node in walking order, what replaces it, "old → new" of the whole expression)."""
    body = {id(node) for statement in function.body for node in ast.walk(statement)}
    whole = _outermost_expressions(function)
    for number, node in enumerate(ast.walk(function)):
        if id(node) not in body:
            continue  # defaults and annotations
        for changed in replacements(node):
            around = whole.get(id(node), node)
            inside = list(ast.walk(around)).index(node)
            yield number, changed, f"{ast.unparse(around)} → {ast.unparse(_with(around, inside, changed))}"


def _outermost_expressions(function: ast.FunctionDef) -> dict[int, ast.AST]:
    found: dict[int, ast.AST] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.stmt):
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    found.update({id(inner): child for inner in ast.walk(child)})
    return found


def _with(tree: Any, number: int, changed: ast.AST) -> Any:
    """A copy of the tree with its node of that number replaced."""
    twin = copy.deepcopy(tree)
    target = list(ast.walk(twin))[number]
    if target is twin:
        return changed
    for node in ast.walk(twin):
        for field, value in ast.iter_fields(node):
            if value is target:
                setattr(node, field, changed)
                return twin
            if isinstance(value, list) and any(item is target for item in value):
                value[next(i for i, item in enumerate(value) if item is target)] = changed
                return twin
    raise AssertionError("every node but the root has a parent")


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """The standard slips at one node: swapped operators, off by one, dropped terms, dropped bounds, flipped flags."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _SWAPPED:
        yield _copy(node, op=_SWAPPED[type(node.op)]())
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield from (node.left, node.right)
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPPED:
        yield _copy(node, ops=[_SWAPPED[type(node.ops[0])](), *node.ops[1:]])
    if isinstance(node, ast.BoolOp):
        yield _copy(node, op=_SWAPPED[type(node.op)]())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield node.operand
    if isinstance(node, ast.Constant):
        yield from _other_constants(node)
    if isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield _copy(node, attr=_NAMES[node.attr])
    if isinstance(node, ast.Name) and node.id in _NAMES:
        yield _copy(node, id=_NAMES[node.id])
    if isinstance(node, ast.Slice):
        yield from (_copy(node, **{bound: None}) for bound in ("lower", "upper", "step") if getattr(node, bound))


def _other_constants(node: ast.Constant) -> Iterator[ast.Constant]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield from (ast.Constant(node.value + 1), ast.Constant(node.value - 1))
    elif isinstance(node.value, float):
        yield ast.Constant(node.value * 2 if node.value else 1.0)


def _copy(node: Any, **changes: Any) -> Any:
    fields = dict(ast.iter_fields(node)) | changes
    return type(node)(**fields)
