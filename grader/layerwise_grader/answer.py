"""How the judge reaches an answer: one small interface, values only.

``LocalAnswer`` calls a function of this process. A sandboxed worker can take its place without the judge noticing.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from layerwise_grader.exercise import Arguments, Exercise, Function
from layerwise_grader.failures import Failure, explain, not_a_value, timed_out, wrong_arity
from layerwise_grader.limits import TimeIsUp, within
from layerwise_grader.surroundings import quiet
from layerwise_grader.values import NotAValue, Value, alike, plain

SECONDS_A_CALL = 3.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call gave: a value or a failure, and which arguments it changed in place."""

    value: Value = None
    failure: Failure | None = None
    changed: tuple[str, ...] = ()


class Answer(Protocol):
    """A learner's answer to one exercise, wherever it runs."""

    def call(self, arguments: Arguments) -> Outcome:
        """Calls the answer with a copy of the arguments; never raises."""

    def sibling(self, exercise: Exercise) -> Answer | None:
        """The same learner's answer to another exercise; None when there is none."""

    def trusting(self, functions: Mapping[str, Function]) -> Answer:
        """This answer, with the learner's other functions replaced by trusted ones."""


class LocalAnswer:
    """An answer that is a function of this process.

    Args:
        exercise: what it answers.
        function: the answer.
        seconds: how long one call may take; None for code of the course itself, whose first call may import a backend.
        trusted: functions that the answer finds under these names instead of the learner's own.
    """

    def __init__(
        self,
        exercise: Exercise,
        function: Function,
        *,
        seconds: float | None = SECONDS_A_CALL,
        trusted: Mapping[str, Function] | None = None,
    ) -> None:
        self.exercise, self.function, self.seconds, self.trusted = exercise, function, seconds, trusted or {}

    def call(self, arguments: Arguments) -> Outcome:
        """Calls the function with a copy of the arguments; never raises."""
        arity = wrong_arity(self.exercise, self.function, arguments)
        if arity:
            return Outcome(failure=arity)
        try:
            with quiet(), _replaced(namespace(self.function), self.trusted):
                return within(self.seconds, lambda: self._outcome(arguments))
        except TimeIsUp:
            return Outcome(failure=timed_out(self.exercise, self.seconds or 0))

    def sibling(self, exercise: Exercise) -> LocalAnswer | None:
        """The function that this one finds under the other exercise's name."""
        function = namespace(self.function).get(exercise.function)
        return LocalAnswer(exercise, function) if callable(function) else None

    def trusting(self, functions: Mapping[str, Function]) -> LocalAnswer:
        """This answer, but while it runs it and its helpers find these functions instead of the learner's."""
        return LocalAnswer(self.exercise, self.function, seconds=self.seconds, trusted=functions)

    def _outcome(self, arguments: Arguments) -> Outcome:
        given = copy.deepcopy(arguments)
        try:
            value = plain(self._run(given))
            return Outcome(value=value, changed=self._changed(arguments, given))
        except (KeyboardInterrupt, TimeIsUp):
            raise
        except NotAValue as error:
            return Outcome(failure=not_a_value(self.exercise, str(error)))
        except BaseException as error:  # SystemExit too: nothing that a learner's code raises may pass
            return Outcome(failure=explain(self.exercise, error, self.function))

    def _run(self, given: Arguments) -> object:
        if self.exercise.observe is not None:
            return self.exercise.observe(self.function, *given)
        return self.function(*given)

    def _changed(self, before: Arguments, after: Arguments) -> tuple[str, ...]:
        names = self.exercise.probe_names
        pairs = zip(names, before, after, strict=False)
        return tuple(name for name, old, new in pairs if not _unchanged(old, new))


def namespace(function: object) -> dict[str, Any]:
    """Where the function looks its names up: its module's or notebook's globals; empty when that can't be known."""
    while isinstance(function, functools.partial):
        function = function.func
    with contextlib.suppress(Exception):  # objects may answer to these names with whatever they like
        # The function itself, or the one behind a decorator, a method, or an object with __call__.
        inner = (function, vars(function).get("__wrapped__"), getattr(function, "__func__", None))
        for one in (*inner, type(function).__call__):
            if isinstance(one, types.FunctionType):
                return one.__globals__
    return {}


@contextlib.contextmanager
def _replaced(names: dict[str, Any], functions: Mapping[str, Function]) -> Iterator[None]:
    before = {name: names[name] for name in functions if name in names}
    names.update(functions)
    try:
        yield
    finally:
        for name in functions:
            names.pop(name, None)
        names.update(before)


def _unchanged(old: object, new: object) -> bool:
    try:
        known = plain(old)
    except NotAValue:
        return True  # what is no value (a model, say) is watched by the exercise's own experiment
    try:
        return alike(known, plain(new), rtol=0, atol=0)
    except Exception:  # whatever the learner's code put there
        return False
