"""Prints a gigabyte to both standard streams and straight into their descriptors."""

# %% own
import contextlib
import os
import sys

with contextlib.suppress(OSError):
    for _ in range(2000):
        print("4 of 4 points " * 20_000)
        sys.stderr.write("Traceback (most recent call last):\n" * 5_000)
        os.write(1, b"4.0\n" * 20_000)
        os.write(2, b"4.0\n" * 20_000)


# %% 05.2
def conv2d(image, kernel):
    print("x" * 50_000_000)
    return None
