"""A time limit for code that runs in this process."""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.2  # seconds from one interruption to the next, for code that swallows the first
GRACE = 6  # so many times as long, while a library is imported or compiles: under JAX, each new shape of a model
LIBRARIES = {"importlib", "jax", "keras", "tensorflow"}
PATIENCE = 3  # after so many interruptions, the code must be swallowing every one in a loop ...
HURRY = 1e-6  # ... and only one that comes while it handles the one before can end it


class TimeIsUp(BaseException):
    """The code ran longer than it may. Not an Exception, so that a learner's ``except Exception`` lets it pass."""


def within(seconds: float | None, call: Callable[[], T]) -> T:
    """What the call returns; the caller's own alarms go on afterwards.

    Args:
        seconds: how long it may take; None for as long as it likes.
        call: what to run, in this thread.

    Raises:
        TimeIsUp: when it takes longer.
    """
    if seconds is None:
        return call()
    on_main_thread = threading.current_thread() is threading.main_thread()
    limited = _by_alarm if hasattr(signal, "setitimer") and on_main_thread else _by_thread
    return limited(seconds, call)


def _inside(call: Callable[[], T]) -> T:
    return call()


def _modules(frame: FrameType | None) -> set[str] | None:
    """Packages whose code the limited call is running; None outside of it, where nothing must be interrupted."""
    names = set()
    while frame is not None and frame.f_code is not _inside.__code__:
        names.add(str(frame.f_globals.get("__name__")).partition(".")[0])
        frame = frame.f_back
    return None if frame is None else names


def _is_due(frame: FrameType | None, spent: float) -> bool:
    """Whether the call that runs in this frame should be interrupted, having spent so many times its limit."""
    modules = _modules(frame)
    return modules is not None and (spent > GRACE or not modules & LIBRARIES)


def _by_alarm(seconds: float, call: Callable[[], T]) -> T:
    rings, start = 0, time.monotonic()

    def ring(signal_number: int, frame: FrameType | None) -> None:
        nonlocal rings
        is_due = _is_due(frame, (time.monotonic() - start) / seconds)
        rings += is_due
        # How long code takes to swallow an interruption is its own affair: all of 1 to 32 microseconds are tried.
        pause = HURRY * (1 + rings % 32) if is_due and rings > PATIENCE else PAUSE
        signal.setitimer(signal.ITIMER_REAL, pause)
        if is_due:
            raise TimeIsUp

    handler = signal.signal(signal.SIGALRM, ring)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return _inside(call)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler or signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def _by_thread(seconds: float, call: Callable[[], T]) -> T:
    # Windows has no alarm; an asynchronous exception reaches pure Python loops, though not a blocking call.
    thread, start = threading.get_ident(), time.monotonic()
    target = ctypes.c_ulong(thread)
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    is_over = threading.Event()

    def ring() -> None:
        pause = seconds
        while not is_over.wait(pause):
            if _is_due(sys._current_frames().get(thread), (time.monotonic() - start) / seconds):
                raise_in(target, ctypes.py_object(TimeIsUp))
            pause = PAUSE

    bell = threading.Thread(target=ring, daemon=True)
    bell.start()
    try:
        return _inside(call)
    finally:
        while bell.is_alive():
            try:  # the last ring may arrive here
                is_over.set()
                bell.join()
            except TimeIsUp:
                continue
        raise_in(target, None)
