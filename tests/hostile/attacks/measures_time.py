"""Waits so long at each call that the whole takes as long as possible, each call just below its limit."""

# %% 05.2
import time


def conv2d(image, kernel):
    time.sleep(1.5)
    return None
