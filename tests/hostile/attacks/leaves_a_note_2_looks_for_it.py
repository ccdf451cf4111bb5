"""Looks in all those places for what an accomplice, graded just before, has hidden."""

# %% 05.2
import contextlib
import ctypes
import os
import socket
import tempfile
from pathlib import Path

NOTE = "layerwise-note"


def notes():
    for place in (
        tempfile.gettempdir(),
        "/tmp",
        "/var/tmp",
        "/dev/shm",
        "/dev/mqueue",
        "/run",
        "/var/lock",
        "~",
        "/dev",
    ):
        for name in (NOTE, f".{NOTE}"):
            with contextlib.suppress(OSError):
                if os.path.lexists(Path(place).expanduser() / name):
                    yield f"{place}/{name}"
    libc = ctypes.CDLL(None)
    if libc.syscall(249, b"user", NOTE.encode(), None, 0) > 0:
        yield "a key"
    for call, arguments in ((libc.shmget, (0,)), (libc.semget, (0,)), (libc.msgget, ())):
        if call(0x1A7E, *arguments, 0) >= 0:
            yield call.__name__
    if socket.gethostname() == NOTE:
        yield "the host's name"
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.connect(f"\0{NOTE}")
        yield "a daemon"


def conv2d(image, kernel):
    found = list(notes())
    if found:
        raise LookupError(f"layerwise-breach in {found}")
    return None
