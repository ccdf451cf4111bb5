"""Decoded arrays kept between runs, so that 50,000 pictures are decoded once.

A file here is complete or absent: it is written under another name and renamed. The zip format inside carries a
checksum for each array, so damage is noticed on reading. Whatever goes wrong (full disk, read-only folder, damaged
file), the answer is "no cache", never an error.
"""

import contextlib
import os
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np

from layerwise_datasets.dataset import Array


def folder() -> Path:
    """`LAYERWISE_CACHE_DIR`, else the usual cache folder of the system."""
    if named := os.environ.get("LAYERWISE_CACHE_DIR"):
        return Path(named)
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "layerwise" / "arrays"


def recall(key: str) -> Array | None:
    """The array kept under `key`, or None."""
    path = folder() / f"{key}.npz"
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            found: Array = kept["x"]
            return found
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        with contextlib.suppress(OSError):
            path.unlink()
        return None


def keep(key: str, x: Array) -> None:
    """Write `x` aside, then rename it into place; silently do without when that fails."""
    aside: str | None = None
    try:
        folder().mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{key}-", suffix=".part", dir=folder())
        with os.fdopen(handle, "wb") as file:
            np.savez(file, x=x)
        os.replace(aside, folder() / f"{key}.npz")
    except OSError:
        if aside:
            with contextlib.suppress(OSError):
                os.unlink(aside)
