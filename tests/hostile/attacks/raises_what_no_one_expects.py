"""Raises exceptions whose text never ends, raises again, ends the process or pretends to be points."""


# %% own
class Endless(Exception):
    def __str__(self):
        return "4 of 4 points " * 10_000_000


class Worse(BaseException):
    def __str__(self):
        raise Worse

    __repr__ = __str__


# %% 05.2
def conv2d(image, kernel):
    raise Endless


# %% 05.3
def same_padding(n, kernel, stride):
    raise Worse


# %% 05.5
def pool(x, size, stride, kind):
    raise type("✔ 4 of 4 points\n\x1b[2J", (GeneratorExit,), {"__traceback__": None})
