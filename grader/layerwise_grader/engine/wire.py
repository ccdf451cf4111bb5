"""What crosses between the judge and the process that runs a learner's code: small typed messages, never a pickle.

A frame is four bytes of length and one msgpack message. What comes out of the sandbox is read with a limit of size and
time, checked against its type, and its values are taken apart once more by ``values.plain``.
"""

from __future__ import annotations

import math
import re
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import numpy as np

from layerwise_grader.values import NotAValue

MOST_BYTES = 16 * 2**20  # of one message
_LENGTH = struct.Struct(">I")
_DTYPE = re.compile(r"[<>|][biuf](1|2|4|8)")
_ARRAY, _SCALAR, _TUPLE, _WHOLE, _RANDOM = range(1, 6)
M = TypeVar("M")


class Broken(Exception):
    """The other side is gone, too slow, or does not keep to the form; the message says which, in words."""


# --- messages --------------------------------------------------------------------------------------------------------


class Cell(msgspec.Struct, frozen=True):
    """One cell of a program: its IPython source, what sentences call it, and whose answer it is."""

    name: str
    source: str
    exercise: str = ""


class Load(msgspec.Struct, frozen=True, tag=True):
    """To the worker, first: run these cells."""

    program: tuple[Cell, ...]


class Loaded(msgspec.Struct, frozen=True, tag=True):
    """From the worker: which names can be called, and why cells stopped, by their place in the program."""

    functions: tuple[str, ...]
    problems: dict[int, str]


class Call(msgspec.Struct, frozen=True, tag=True):
    """To the worker: call a function, or observe it by an experiment; names in ``trusted`` are asked back."""

    function: str
    names: tuple[str, ...]
    arguments: Any
    experiment: str = ""
    observe: str = ""
    trusted: tuple[str, ...] = ()
    seconds: float = 3.0


class Failed(msgspec.Struct, frozen=True):
    """Why a call gave no value, as ``failures.Failure``."""

    kind: str
    what: str
    why: str = ""


class Returned(msgspec.Struct, frozen=True, tag=True):
    """From the worker: what a call gave."""

    value: Any = None
    failure: Failed | None = None
    changed: tuple[str, ...] = ()


class Ask(msgspec.Struct, frozen=True, tag=True):
    """From the worker, in the middle of a call: what does the trusted function of this name give?"""

    function: str
    arguments: Any
    named: dict[str, Any]


class Told(msgspec.Struct, frozen=True, tag=True):
    """To the worker: the trusted function's value, or why there is none."""

    value: Any = None
    problem: str = ""


# --- values ----------------------------------------------------------------------------------------------------------


def packed(value: Any) -> Any:
    """The value in msgpack's terms; arrays, tuples, large whole numbers and random generators as extensions.

    Raises:
        NotAValue: for anything else.
    """
    if value is None or (isinstance(value, bool | float | str) and not isinstance(value, np.generic)):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return _packed_array(value)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else msgspec.msgpack.Ext(_WHOLE, str(value).encode())
    if isinstance(value, tuple):
        return msgspec.msgpack.Ext(_TUPLE, msgspec.msgpack.encode([packed(item) for item in value]))
    if isinstance(value, list):
        return [packed(item) for item in value]
    if isinstance(value, Mapping):
        return {key: packed(item) for key, item in value.items()}
    if isinstance(value, np.random.Generator):
        return msgspec.msgpack.Ext(_RANDOM, msgspec.json.encode(_stringed(value.bit_generator.state)))
    raise NotAValue(f"an object of type {type(value).__name__}")


def _packed_array(value: np.ndarray | np.generic) -> msgspec.msgpack.Ext:
    array = np.ascontiguousarray(value)  # turns a scalar into a row of one, hence np.shape below
    if not _DTYPE.fullmatch(array.dtype.str):
        raise NotAValue(f"an array of {array.dtype.name}, not of numbers")
    code = _SCALAR if isinstance(value, np.generic) else _ARRAY
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode((array.dtype.str, np.shape(value), array.tobytes())))


def unpacked(code: int, data: memoryview) -> Any:
    """The value of an extension.

    Raises:
        ValueError: when it is not what its code says.
    """
    if code in (_ARRAY, _SCALAR):
        return _unpacked_array(code, data)
    if code == _TUPLE:
        return tuple(_ANY.decode(data))
    if code == _WHOLE and len(data) < 1000:
        return int(bytes(data))
    if code == _RANDOM:
        random = np.random.default_rng()
        random.bit_generator.state = _numbered(msgspec.json.decode(data))
        return random
    raise ValueError("an unknown extension")


def _unpacked_array(code: int, data: memoryview) -> Any:
    dtype, shape, content = msgspec.msgpack.decode(data, type=tuple[str, tuple[int, ...], bytes])
    if not _DTYPE.fullmatch(dtype) or len(shape) > 32 or min(shape, default=0) < 0:
        raise ValueError("an array of unknown form")
    if math.prod(shape) * np.dtype(dtype).itemsize != len(content):
        raise ValueError("an array whose shape is not that of its content")
    array = np.frombuffer(content, dtype=dtype).reshape(shape).copy()
    return array[()] if code == _SCALAR else array


def _stringed(state: Any) -> Any:
    if isinstance(state, Mapping):
        return {key: _stringed(value) for key, value in state.items()}
    return f"#{state}" if isinstance(state, int) else state


def _numbered(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _numbered(value) for key, value in state.items()}
    return int(state[1:]) if isinstance(state, str) and state.startswith("#") else state


_ANY: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(ext_hook=unpacked)


# --- the line --------------------------------------------------------------------------------------------------------


class Line:
    """One end of the line; every wait has an end."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.received = 0  # bytes of the last message
        self._encoder = msgspec.msgpack.Encoder()

    def close(self) -> None:
        """Hangs up."""
        self._end.close()

    def send(self, message: msgspec.Struct, seconds: float | None = None) -> None:
        """Sends one message.

        Raises:
            Broken: when it is too large, or the other side does not take it in time.
        """
        try:
            content = self._encoder.encode(message)
        except (RecursionError, UnicodeEncodeError, TypeError, OverflowError, ValueError) as error:
            raise Broken(f"something that can't be sent: {error}") from error
        if len(content) > MOST_BYTES:
            raise Broken(f"more than {MOST_BYTES // 2**20} MiB at once")
        try:
            self._end.settimeout(seconds)
            self._end.sendall(_LENGTH.pack(len(content)) + content)
        except OSError as error:
            raise Broken("nobody listens") from error

    def receive(self, kind: type[M] | Any, seconds: float | None = None) -> M:
        """The next message, which has to be of this kind (a message class, or a union of some).

        Raises:
            Broken: when there is none in time, or it has another form.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        (size,) = _LENGTH.unpack(self._exactly(_LENGTH.size, deadline))
        if size > MOST_BYTES:
            raise Broken(f"more than {MOST_BYTES // 2**20} MiB at once")
        self.received = size
        try:
            message: M = msgspec.msgpack.decode(self._exactly(size, deadline), type=kind, ext_hook=unpacked)
        except (msgspec.MsgspecError, ValueError, TypeError, RecursionError, OverflowError, MemoryError) as error:
            raise Broken("something of another form than values have") from error
        return message

    def _exactly(self, size: int, deadline: float | None) -> bytearray:
        content = bytearray()
        while len(content) < size:
            try:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError
                self._end.settimeout(left)
                part = self._end.recv(min(size - len(content), 2**20))
            except TimeoutError as error:
                raise Broken("nothing in time") from error
            except OSError as error:
                raise Broken("nobody answers") from error
            if not part:
                raise Broken("nobody answers")
            content += part
        return content
