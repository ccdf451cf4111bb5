"""Searches the memory of its parent, of process 1 and of every other process for a planted secret."""

# %% 05.2
import contextlib
import os
import re

SECRET = re.compile(rb"layerwise-canary-[0-9a-f]{8,}")


def conv2d(image, kernel):
    for process in {"1", str(os.getppid()), *filter(str.isdigit, os.listdir("/proc"))} - {str(os.getpid())}:
        with (
            contextlib.suppress(OSError),
            open(f"/proc/{process}/maps") as maps,
            open(f"/proc/{process}/mem", "rb", 0) as memory,
        ):
            for line in maps:
                start, end = (int(part, 16) for part in line.split()[0].split("-"))
                with contextlib.suppress(OSError, ValueError, OverflowError):
                    memory.seek(start)
                    content = memory.read(min(end - start, 2**24))
                    raise LookupError(f"read another process: {SECRET.findall(content)} layerwise-breach")
    return None
