"""Inside the sandbox: runs one learner's cells, then answers what the judge asks about the functions in them.

Nothing here knows what is right. The learner's code can change anything in this process, this module as well, and gains
nothing but the power to return wrong values.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from layerwise_grader.answer import LocalAnswer, Outcome
from layerwise_grader.engine import wire
from layerwise_grader.exercise import Exercise, Function
from layerwise_grader.failures import in_words
from layerwise_grader.limits import TimeIsUp, within
from layerwise_grader.surroundings import quiet
from layerwise_grader.values import plain

SECONDS_A_CELL = 10.0


def serve(line: wire.Line, shell: Any) -> None:
    """Answers until the judge hangs up."""
    problems, earlier = run(shell, line.receive(wire.Load).program)
    line.send(wire.Loaded(callables(shell.user_ns), problems))
    while True:
        call: wire.Call = line.receive(wire.Call)
        returned = answer(line, shell.user_ns, call, earlier.get(call.function, {}))
        try:
            line.send(returned)
        except wire.Broken as broken:  # it is too large, or holds what can't be sent
            line.send(wire.Returned(failure=wire.Failed("not a value", "your code returned", str(broken))))


# --- running cells ---------------------------------------------------------------------------------------------------


def run(shell: Any, program: tuple[wire.Cell, ...]) -> tuple[dict[int, str], dict[str, dict[str, Any]]]:
    """Runs every cell; those that stopped once more, since a learner may have moved cells.

    Returns:
        Why some stopped twice, by their number; and for each function of an answer what names stood for when its cell
        had run, where a cell below gave them to something else: two answers may each have a ``helper`` of their own.
    """
    stopped: dict[int, str] = {}
    seen: dict[str, dict[str, Any]] = {}
    for number, cell in enumerate(program):
        stopped[number] = run_one(shell, cell, seen)
    for number in [number for number, why in stopped.items() if "not defined" in why]:
        stopped[number] = run_one(shell, program[number], seen)
    names = shell.user_ns
    earlier = {
        function: {name: value for name, value in state.items() if names.get(name) is not value}
        for function, state in seen.items()
    }
    return {number: why for number, why in stopped.items() if why}, earlier


def run_one(shell: Any, cell: wire.Cell, seen: dict[str, dict[str, Any]]) -> str:
    """Runs one cell, and notes what names stand for once it has defined an answer's functions."""
    before = dict(shell.user_ns)
    why = run_cell(shell, cell)
    if cell.exercise:
        state = {name: value for name, value in shell.user_ns.items() if not name.startswith("_")}
        seen.update({name: state for name, value in state.items() if before.get(name) is not value})
    return why


def run_cell(shell: Any, cell: wire.Cell) -> str:
    """Runs one cell. Why it stopped, in words; empty when it did not."""
    try:
        with quiet():
            result = within(SECONDS_A_CELL, lambda: shell.run_cell(cell.source, store_history=False))
    except BaseException as error:  # whatever a learner's code raises
        return problem(cell, error)
    return problem(cell, result.error_before_exec or result.error_in_exec)


def problem(cell: wire.Cell, error: BaseException | None) -> str:
    """What an exception says about a cell; empty without one."""
    if isinstance(error, TimeIsUp):
        return f"{cell.name} was still running after {SECONDS_A_CELL:g} seconds and was stopped"
    if isinstance(error, SyntaxError):
        return f"{cell.name} could not be read: line {error.lineno}: {error.msg}"
    return f"{cell.name} stopped: {in_words(error)}" if error is not None else ""


def callables(namespace: dict[str, Any]) -> tuple[str, ...]:
    """The public names that can be called."""
    return tuple(name for name, value in list(namespace.items()) if not name.startswith("_") and callable(value))


# --- answering -------------------------------------------------------------------------------------------------------


def answer(
    line: wire.Line, namespace: dict[str, Any], call: wire.Call, earlier: dict[str, Any] | None = None
) -> wire.Returned:
    """What a call gives, as a message; meanwhile names stand for what they stood for earlier."""
    names = earlier or {}
    function = names.get(call.function, namespace.get(call.function))
    if not callable(function):
        what = f"{call.function} is no function but {type(function).__name__}"
        return wire.Returned(failure=wire.Failed("no function", what))
    trusted = names | {name: ask(line, name) for name in call.trusted}
    local = LocalAnswer(task(call), function, seconds=call.seconds, trusted=trusted)
    return message(local.call(tuple(call.arguments)))


def message(outcome: Outcome) -> wire.Returned:
    """An outcome as it crosses."""
    failure = outcome.failure
    failed = None if failure is None else wire.Failed(failure.kind, failure.what, failure.why)
    return wire.Returned(wire.packed(outcome.value), failed, outcome.changed)


def task(call: wire.Call) -> Exercise:
    """As much of an exercise as a call needs: its function's name, its parameters, its experiment."""
    exercise = Exercise("", "", function=call.function, difficulty=0, minutes=0, look_at="")
    if call.experiment:
        exercise.experiment(experiment(call.experiment, call.observe))
    else:
        exercise.reference(with_parameters(call.names))
    return exercise


@cache
def experiment(source: str, name: str) -> Function:
    """The function that watches the learner's one, from its source."""
    namespace: dict[str, Any] = {"__name__": "experiment"}
    exec(compile(source, "<experiment>", "exec"), namespace)
    observe: Function = namespace[name]
    return observe


@cache
def with_parameters(names: tuple[str, ...]) -> Function:
    """A function of which only the names of its parameters matter."""

    def unknown(*arguments: object) -> None: ...

    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    unknown.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return unknown


def ask(line: wire.Line, name: str) -> Callable[..., Any]:
    """A function of this name whose values come from outside."""

    def trusted(*arguments: object, **named: object) -> Any:
        given = tuple(wire.packed(plain(argument)) for argument in arguments)
        line.send(wire.Ask(name, given, {key: wire.packed(plain(value)) for key, value in named.items()}))
        told: wire.Told = line.receive(wire.Told)
        if told.problem:
            raise ValueError(told.problem)
        return told.value

    trusted.__name__ = name
    return trusted
