"""The plain values that cross between a learner's code and the judge: numbers, text, arrays, lists and dicts."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

Value: TypeAlias = bool | int | float | str | np.ndarray | list["Value"] | dict[str, "Value"] | None

MAX_ENTRIES = 20_000_000
MAX_DEPTH = 20
MAX_BITS = 1000  # of a whole number; beyond 1024 it has no float to compare it with
COMPLEX = "complex numbers; real ones are expected"
# Learners may answer in float32; 1e-4 is two digits above its rounding in sums of a few thousand terms.
RTOL, ATOL = 1e-4, 1e-5


class NotAValue(Exception):
    """What was returned can't be judged by value; the message says what it is, in words."""


def plain(value: object, depth: int = 0) -> Value:
    """The value with every array library's type replaced by NumPy's, and every sequence by a list.

    Raises:
        NotAValue: for anything else than numbers, text, arrays, and lists and dicts of them.
    """
    if depth > MAX_DEPTH:
        raise NotAValue(f"something nested more than {MAX_DEPTH} levels deep")
    if value is None or isinstance(value, bool | int | float | str):
        return plain_atom(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    if hasattr(value, "__array__"):
        return plain_array(value, depth)
    if isinstance(value, numbers.Number):
        return plain_number(value)
    raise NotAValue(f"{a(type(value).__name__)}")


def plain_atom(value: bool | int | float | str | None) -> Value:
    """Just the built-in type: a subclass could say of itself that it equals everything."""
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        whole = int.__int__(value)
        if whole.bit_length() > MAX_BITS:
            raise NotAValue("a whole number of more than 300 digits")
        return whole
    return value


def plain_number(value: numbers.Number) -> float:
    """Fractions, decimals and their like as floats."""
    if isinstance(value, complex):
        raise NotAValue(COMPLEX)
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise NotAValue(f"{a(type(value).__name__)}") from error


def plain_array(value: object, depth: int = 0) -> Value:
    """A NumPy array of numbers, or a Python number where the array has no axes; an array of objects as a list."""
    try:
        array = np.asarray(value)
    except Exception as error:  # symbolic tensors raise whatever their library likes
        raise NotAValue(f"{a(type(value).__name__)} that holds no numbers yet") from error
    if array.dtype.kind == "O":
        return plain(array.tolist(), depth + 1)
    if array.dtype.kind not in "biuf":
        if array.dtype.kind == "c":
            raise NotAValue(COMPLEX)
        # bfloat16 and its relatives are numbers, but not to NumPy.
        if array.dtype.kind != "V" or array.dtype.fields or "float" not in array.dtype.name:
            raise NotAValue(f"an array of {array.dtype.name}, not of numbers")
        array = array.astype(np.float32)
    if array.size > MAX_ENTRIES:
        raise NotAValue(f"an array of {array.size:,} entries")
    return array.item() if array.ndim == 0 else np.array(array)


def shaped_like(value: Value, model: Value) -> Value:
    """The value in the form that the model has: nested lists become an array where an array is expected, and so on.

    Raises:
        NotAValue: if it can't be read that way; the message says what it is and what is expected.
    """
    if isinstance(model, np.ndarray):
        return as_array(value)
    if isinstance(model, bool | int | float):
        if not isinstance(value, bool | int | float):
            raise NotAValue(f"{describe(value)}; one number is expected")
        return value
    if isinstance(model, list):
        return as_list(value, model)
    if isinstance(model, dict):
        if not isinstance(value, dict) or set(value) != set(model):
            keys = ", ".join(map(repr, model))
            raise NotAValue(f"{describe(value)}; a dictionary with the keys {keys} is expected")
        return {key: shaped_like(value[key], model[key]) for key in model}
    if type(value) is not type(model):
        raise NotAValue(f"{describe(value)}; {describe(model)} is expected")
    return value


def as_array(value: Value) -> np.ndarray:
    """The value as one array of numbers; a number becomes an array without axes."""
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise NotAValue("a list whose rows differ in length; one array is expected") from error
    if array.dtype.kind in "biuf":
        return array
    odd = _odd_one(value)
    if odd is not None:
        raise NotAValue(f"{describe(value)}{odd}; an array of numbers is expected")
    return array.astype(np.float64)  # whole numbers beyond 64 bits


def _odd_one(value: Value) -> str | None:
    """What in a list is no number, in words; empty when the value itself is none, None when all are numbers."""
    if isinstance(value, list):
        inner = [(item, _odd_one(item)) for item in value]
        return next((odd or f" that holds {describe(item)}" for item, odd in inner if odd is not None), None)
    return None if isinstance(value, bool | int | float | np.ndarray) else ""


def as_list(value: Value, model: Sequence[Value]) -> list[Value]:
    """The value as a list of as many parts as the model has."""
    parts = list(value) if isinstance(value, list | np.ndarray) else None
    if parts is None or len(parts) != len(model):
        raise NotAValue(f"{describe(value)}; {len(model)} values are expected")
    return [shaped_like(plain(part), pattern) for part, pattern in zip(parts, model, strict=True)]


def alike(one: Value, other: Value, rtol: float = RTOL, atol: float = ATOL) -> bool:
    """Whether two values are the same up to rounding; nan equals nan here."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        try:
            left, right = as_array(one), as_array(other)
        except NotAValue:
            return False
        return left.shape == right.shape and np.allclose(left, right, rtol=rtol, atol=atol, equal_nan=True)
    if isinstance(one, bool | int | float) and isinstance(other, bool | int | float):
        return math.isclose(one, other, rel_tol=rtol, abs_tol=atol) or (one != one and other != other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(alike(a, b, rtol, atol) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key], rtol, atol) for key in one)
    return type(one) is type(other) and one == other


def a(noun: str) -> str:
    """The noun with its article."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def describe(value: Value) -> str:
    """The value in a few words: arrays by shape, short things as they are."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, str):
        return f"the text {value[:30]!r}"
    if isinstance(value, dict):
        return f"a dictionary with the keys {', '.join(map(repr, list(value)[:8]))}" if value else "an empty dictionary"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return f"the number {value:.4g}"


def describe_argument(name: str, value: object) -> str:
    """An argument of a probe, short enough for a sentence: ``image (7, 5)``, ``stride 2``, ``kind "max"``."""
    if isinstance(value, np.ndarray):
        return f"{name} {value.shape}"
    if isinstance(value, str):
        return f'{name} "{value}"'
    if isinstance(value, float):
        return f"{name} {value:.3g}"
    if isinstance(value, Mapping):
        return f"{name} with {', '.join(map(str, value))}"
    if isinstance(value, list | tuple) and any(isinstance(part, np.ndarray | list | tuple) for part in value):
        shapes = [part if not isinstance(part, np.ndarray) else part.shape for part in value]
        text = repr(shapes) if not _holds_arrays(shapes) else f"of {len(value)}"
        return f"{name} {text if len(text) <= 60 else f'of {len(value)}'}"
    return f"{name} {value!r:.60}"


def _holds_arrays(parts: Sequence[object]) -> bool:
    return any(isinstance(item, np.ndarray) for part in parts if isinstance(part, list | tuple) for item in part)
