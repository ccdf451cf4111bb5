"""Makes the interpreter crash in the middle of a call: it reads address 0."""

# %% 05.2
import ctypes


def conv2d(image, kernel):
    return ctypes.string_at(0)


# %% 05.3
def same_padding(n, kernel, stride):
    import os

    os.abort()
