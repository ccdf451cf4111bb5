"""Sentences for answers that gave no value: what happened, where, and what to look at. Never a traceback."""

from __future__ import annotations

import inspect
import linecache
import traceback
from dataclasses import dataclass

from layerwise_grader.exercise import Arguments, Exercise, Function
from layerwise_grader.limits import TimeIsUp

NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call gave no value. Two failures of the same kind count as the same behaviour."""

    kind: str
    what: str
    why: str = ""

    def on(self, probe: str) -> str:
        """The sentence, with the probe named in the middle."""
        return f"{self.what}{probe}: {self.why}" if self.why else self.what + probe


def wrong_arity(exercise: Exercise, function: Function, arguments: Arguments) -> Failure | None:
    """A failure when the function can't take that many values; None when it can, or when that can't be known."""
    if exercise.observe is not None:
        return None  # the experiment decides what to call it with
    try:
        signature = inspect.signature(function)
    except Exception:  # some built-in functions and objects have none
        return None
    try:
        signature.bind(*arguments)
    except TypeError:
        what = f"your {exercise.function} can't be called with {_count(len(arguments))}"
        return Failure("arity", what, "look at the line that starts with def")
    return None


def timed_out(exercise: Exercise, seconds: float) -> Failure:
    """A failure for an answer that did not end."""
    what = f"your {exercise.function} was still running after {seconds:g} seconds and was stopped"
    return Failure("timeout", what, "is there a loop that never ends?")


def nothing_returned(exercise: Exercise) -> Failure:
    """A failure for an answer that returned None."""
    return Failure("none", f"your {exercise.function} returned None", "is there a return at its end?")


def not_a_value(exercise: Exercise, what: str) -> Failure:
    """A failure for an answer that has not the form that is expected."""
    return Failure("not a value", f"your {exercise.function} returned {what}")


def explain(exercise: Exercise, error: BaseException, function: Function) -> Failure:
    """A failure for an exception that the learner's code raised."""
    frames = list(traceback.walk_tb(error.__traceback__))
    code = _code(function)
    own = [(frame, number) for frame, number in frames if code is not None and frame.f_code is code]
    if isinstance(error, NotImplementedError) and own and frames[-1] == own[-1]:
        return Failure(NOT_STARTED, f"{exercise.function} is not started yet")
    what = f"your {exercise.function} stopped"
    if not own:
        return Failure(type(error).__name__, what, in_words(error))
    frame, number = own[-1]
    line = linecache.getline(frame.f_code.co_filename, number).strip()
    quoted = f', "{line[:60]}{"…" * (len(line) > 60)}"' if line else ""
    what += f" in its line {number - frame.f_code.co_firstlineno + 1}{quoted}"
    return Failure(type(error).__name__, what, in_words(error))


def _code(function: Function) -> object:
    try:
        return getattr(inspect.unwrap(function), "__code__", None)
    except Exception:  # objects that wrap themselves, or that answer to every name
        return None


def _text(error: BaseException) -> str:
    """What the exception says, on one line; nothing when its own ``__str__`` fails."""
    try:
        return " ".join(str(error).split())
    except TimeIsUp:
        raise
    except BaseException:
        return ""


def in_words(error: BaseException) -> str:
    """What an exception says, in words that do not need Python's."""
    text = _text(error)[:110].rstrip(".")
    if type(error) is NotImplementedError and not text:  # libraries say what they do not do; stubs say nothing
        return "it called a function that is not started yet"
    for kinds, pattern, words in _WORDS:
        if isinstance(error, kinds) and (not pattern or any(part in text for part in pattern)):
            return f"{words} ({text})" if text else words
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


_WORDS: list[tuple[type[BaseException] | tuple[type[BaseException], ...], tuple[str, ...], str]] = [
    (
        (ValueError, TypeError),
        ("broadcast", "shape", "mismatch", "aligned"),
        "two arrays have shapes that do not fit together",
    ),
    (TypeError, ("positional argument",), "it was called with more or fewer values than it takes"),
    (ZeroDivisionError, (), "something was divided by zero"),
    (IndexError, (), "an index ran past the end"),
    (KeyError, (), "a dictionary has no such key"),
    (NameError, (), "a name is used that does not exist there"),
    (RecursionError, (), "it called itself without end"),
    (MemoryError, (), "it asked for more memory than there is"),
    (SystemExit, (), "it tried to end the program"),
]


def _count(number: int) -> str:
    return {0: "no values", 1: "1 value"}.get(number, f"{number} values")
