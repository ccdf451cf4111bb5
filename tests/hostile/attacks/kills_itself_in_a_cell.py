"""Ends its process at once in the first cell, with the exit code of success."""

# %% own
import os

os._exit(0)


# %% 05.2
def conv2d(image, kernel):
    return None
