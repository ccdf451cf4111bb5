"""Forks in the middle of a call, so that two processes reply to the same question, the child first."""

# %% 05.2
import os


def conv2d(image, kernel):
    if os.fork():
        os.wait()
    return None
