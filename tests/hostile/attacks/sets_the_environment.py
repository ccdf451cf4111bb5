"""Sets environment variables that Python, the linker, Keras and the shell of the next submission would read."""

# %% own
import os

os.environ.update(
    LD_PRELOAD="/tmp/evil.so",
    PYTHONPATH="/tmp",
    PYTHONSTARTUP="/tmp/evil.py",
    KERAS_BACKEND="torch",
    COURSE_PROFILE="gpu",
    LAYERWISE_STRICT="1",
    HOME="/",
    TMPDIR="/nowhere",
    PATH="",
)


# %% 05.2
def conv2d(image, kernel):
    return None
