"""A time limit for code that runs in this process."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TimeIsUp(BaseException):
    """The code ran longer than it may. Not an Exception, so that a learner's ``except Exception`` lets it pass."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeIsUp inside the block when it runs longer; without effect on the caller's own alarms."""
    on_main_thread = threading.current_thread() is threading.main_thread()
    limit = _by_alarm if hasattr(signal, "setitimer") and on_main_thread else _by_thread
    with limit(seconds):
        yield


@contextmanager
def _by_alarm(seconds: float) -> Iterator[None]:
    def ring(signal_number: int, frame: FrameType | None) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    # It rings again and again, for code that swallows the first one in a bare except.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _by_thread(seconds: float) -> Iterator[None]:
    # Windows has no alarm; an asynchronous exception reaches pure Python loops, though not a blocking call.
    target = ctypes.c_ulong(threading.get_ident())
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    timer = threading.Timer(seconds, lambda: raise_in(target, ctypes.py_object(TimeIsUp)))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        raise_in(target, None)
