"""What this machine has for the course, and what is missing, one sentence each."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from layerwise_grader import house
from layerwise_grader.errors import LayerwiseError

GIB = 2**30
ROOM_NEEDED = 1 * GIB


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    is_well: bool
    what: str
    sentence: str

    def __str__(self) -> str:
        return f"{'✔' if self.is_well else '✘'} {self.what}: {self.sentence}"


def examine() -> list[Finding]:
    """Everything that a learner, an instructor or an author may lack."""
    packages = map(package, ("keras", "jupyterlab", "nbgrader"))
    return [python(), backend(), *packages, chapters(), data(), walls(), room()]


def python() -> Finding:
    """The interpreter's version and place."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding((3, 11) <= sys.version_info[:2] <= (3, 13), "Python", f"{version} ({sys.prefix})")


def backend() -> Finding:
    """The backend that Keras will use."""
    wanted = os.environ.get("KERAS_BACKEND", "tensorflow")
    if importlib.util.find_spec(wanted) is None:
        advice = f"{wanted} is not installed. Run make env, or set KERAS_BACKEND to one that is."
        return Finding(False, "backend", advice)
    return Finding(True, "backend", f"{wanted} {importlib.metadata.version(wanted)}")


def package(name: str) -> Finding:
    """An installed package's version."""
    try:
        return Finding(True, name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(False, name, "not installed. Run make env.")


def chapters() -> Finding:
    """The chapters that can be opened here."""
    try:
        names = house.slugs()
    except LayerwiseError as error:
        return Finding(False, "chapters", str(error))
    return Finding(bool(names), "chapters", ", ".join(names) or "none is released. Run make build.")


def data() -> Finding:
    """Where prepared data sets are looked for; their absence is no fault, because every chapter has a stand-in."""
    folder = os.environ.get("TFDS_DATA_DIR")
    if not folder:
        return Finding(True, "data", "TFDS_DATA_DIR is not set: bundled sets and stand-ins are used.")
    if not Path(folder).is_dir():
        return Finding(False, "data", f"TFDS_DATA_DIR names {folder}, which is no folder. Unset it or put it right.")
    names = sorted(path.name for path in Path(folder).iterdir() if path.is_dir())
    return Finding(True, "data", f"{len(names)} prepared sets in {folder}: {', '.join(names)}")


def walls() -> Finding:
    """Whether notebooks of others can be graded here; learners need no sandbox."""
    if importlib.util.find_spec("msgspec") is None:
        return Finding(True, "sandbox", "grading is not installed: pip install layerwise[grade].")
    from layerwise_grader.engine import cgroup, sandbox

    if sandbox.lacks():
        return Finding(True, "sandbox", f"none; only grading others' notebooks needs one. {sandbox.lacks()}")
    memory = "each sandbox's memory is bounded" if cgroup.is_available() else "memory is bounded for each process only"
    return Finding(True, "sandbox", f"bubblewrap; {memory}")


def room() -> Finding:
    """Free space on the disk that holds the working directory."""
    free = shutil.disk_usage(".").free
    sentence = f"{free / GIB:.1f} GiB free"
    return Finding(
        free >= ROOM_NEEDED, "disk", sentence if free >= ROOM_NEEDED else f"{sentence}; free at least 1 GiB."
    )
