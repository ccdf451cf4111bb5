"""How the judge reaches an answer: one small interface, values only.

``LocalAnswer`` calls a function of this process. A sandboxed worker can take its place without the judge noticing.
"""

from __future__ import annotations

import contextlib
import copy
import io
import types
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from layerwise_grader.exercise import Arguments, Exercise, Function
from layerwise_grader.failures import Failure, explain, not_a_value, timed_out, wrong_arity
from layerwise_grader.limits import TimeIsUp, time_limit
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
    """

    def __init__(self, exercise: Exercise, function: Function, *, seconds: float | None = SECONDS_A_CALL) -> None:
        self.exercise, self.function, self.seconds = exercise, function, seconds

    def call(self, arguments: Arguments) -> Outcome:
        """Calls the function with a copy of the arguments; never raises."""
        arity = wrong_arity(self.exercise, self.function, arguments)
        if arity:
            return Outcome(failure=arity)
        given = copy.deepcopy(arguments)
        try:
            with _quiet(), time_limit(self.seconds) if self.seconds else contextlib.nullcontext():
                value = plain(self._run(given))
        except TimeIsUp:
            return Outcome(failure=timed_out(self.exercise, self.seconds or 0))
        except NotAValue as error:
            return Outcome(failure=not_a_value(self.exercise, str(error)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: nothing that a learner's code raises may pass
            return Outcome(failure=explain(self.exercise, error, self.function))
        return Outcome(value=value, changed=self._changed(arguments, given))

    def sibling(self, exercise: Exercise) -> LocalAnswer | None:
        """The function that this one finds under the other exercise's name."""
        function = getattr(self.function, "__globals__", {}).get(exercise.function)
        return LocalAnswer(exercise, function) if callable(function) else None

    def trusting(self, functions: Mapping[str, Function]) -> LocalAnswer:
        """A copy of the function that sees these functions instead of the learner's."""
        own = self.function
        if not isinstance(own, types.FunctionType):
            return self
        replaced = types.FunctionType(
            own.__code__, {**own.__globals__, **functions}, own.__name__, own.__defaults__, own.__closure__
        )
        replaced.__kwdefaults__ = own.__kwdefaults__
        return LocalAnswer(self.exercise, replaced, seconds=self.seconds)

    def _run(self, given: Arguments) -> object:
        if self.exercise.observe is not None:
            return self.exercise.observe(self.function, *given)
        return self.function(*given)

    def _changed(self, before: Arguments, after: Arguments) -> tuple[str, ...]:
        names = self.exercise.probe_names
        pairs = zip(names, before, after, strict=False)
        return tuple(name for name, old, new in pairs if not _unchanged(old, new))


def _unchanged(old: object, new: object) -> bool:
    try:
        return alike(plain(old), plain(new), rtol=0, atol=0)
    except NotAValue:
        return True  # what is no value (a model, say) is watched by the exercise's own experiment


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """A learner's prints and warnings, repeated on forty probes, would bury the verdict."""
    nowhere = _Nowhere()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            yield
