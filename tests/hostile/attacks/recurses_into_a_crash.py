"""Raises the recursion limit and recurses until the stack of the process ends."""

# %% 05.2
import sys


def conv2d(image, kernel):
    sys.setrecursionlimit(10**9)
    return [conv2d(image, kernel)]


# %% 05.3
class Deep:
    def __getattr__(self, name):
        return getattr(self, name)


def same_padding(n, kernel, stride):
    return Deep().depth
