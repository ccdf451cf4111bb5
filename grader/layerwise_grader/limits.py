"""A time limit for code that runs in this process."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.2  # seconds from one interruption to the next, for code that swallows the first
PATIENCE = 3  # after so many, the code must be swallowing every one in a loop ...
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


def _is_inside(frame: FrameType | None) -> bool:
    """Whether the frame belongs to the limited call, not to what stands around it and must not be interrupted."""
    while frame is not None and frame.f_code is not _inside.__code__:
        frame = frame.f_back
    return frame is not None


def _by_alarm(seconds: float, call: Callable[[], T]) -> T:
    rings = 0

    def ring(signal_number: int, frame: FrameType | None) -> None:
        nonlocal rings
        rings += 1
        is_inside = _is_inside(frame)
        # How long code takes to swallow an interruption is its own affair: all of 1 to 32 microseconds are tried.
        pause = HURRY * (1 + rings % 32) if is_inside and rings > PATIENCE else PAUSE
        signal.setitimer(signal.ITIMER_REAL, pause)
        if is_inside:
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
    target = ctypes.c_ulong(threading.get_ident())
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    is_over = threading.Event()

    def ring() -> None:
        pause = seconds
        while not is_over.wait(pause):
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
