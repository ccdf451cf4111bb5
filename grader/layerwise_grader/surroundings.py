"""What a learner's code could change around it, kept as it was, so that a check has no effect but its verdict."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Iterator

import numpy as np


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Swallows prints and warnings: repeated on forty probes, they would bury the verdict."""
    with (
        # A file rather than an object that ignores text: progress bars ask for its encoding, number and buffer.
        open(os.devnull, "w", encoding="utf-8", errors="replace") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Puts back random states, folder, interrupt key and print options; shows nothing, neither text nor pictures."""
    own, numpys, folder = random.getstate(), np.random.get_state(), _folder()
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        with quiet(), np.printoptions(), _no_displays():
            yield
    finally:
        random.setstate(own)
        np.random.set_state(numpys)
        if folder is not None:
            os.chdir(folder)
        if threading.current_thread() is threading.main_thread() and interrupt is not None:
            signal.signal(signal.SIGINT, interrupt)


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was moved or deleted while the notebook ran
        return None


def _no_displays() -> contextlib.AbstractContextManager[object]:
    """In a notebook, a picture shown by the answer would be shown once for each probe."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return contextlib.nullcontext()
    from IPython.utils.capture import capture_output

    return capture_output(stdout=False, stderr=False)
