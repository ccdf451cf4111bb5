"""Bounds a sandbox's resident memory and number of processes by control groups, where this user may make them.

Version 1 and version 2 differ in places and names, and which of them may be written to differs by machine. What can't
be had is left to the limits of each process, and ``layerwise doctor`` says so.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

MEMORY = 3 * 2**30
PROCESSES = 300
ROOT = Path("/sys/fs/cgroup")
# Controller → the file that holds its limit and the limit, in version 1 and in version 2.
FIRST = {"memory": ("memory.limit_in_bytes", MEMORY), "pids": ("pids.max", PROCESSES)}
SECOND = {"memory.max": MEMORY, "memory.swap.max": 0, "pids.max": PROCESSES}


def confine(pid: int) -> None:
    """Moves a process, and so what it will start, into a group with limits; does what is permitted."""
    for group, limits in _groups(pid).items():
        with contextlib.suppress(OSError):
            _sweep(group.parent)
            group.mkdir(exist_ok=True)
            for name, limit in limits.items():
                with contextlib.suppress(OSError):
                    (group / name).write_text(str(limit))
            (group / "cgroup.procs").write_text(str(pid))


def remove(pid: int) -> None:
    """Removes the groups of a process that has ended."""
    for group in _groups(pid):
        with contextlib.suppress(OSError):
            group.rmdir()


def _sweep(parent: Path) -> None:
    """Removes groups whose sandbox ended without removing its own."""
    for group in parent.glob("layerwise-*"):
        if not Path("/proc", group.name.removeprefix("layerwise-")).exists():
            with contextlib.suppress(OSError):
                group.rmdir()


def is_available() -> bool:
    """Whether resident memory can be bounded here."""
    return any(os.access(group.parent, os.W_OK) for group in _groups(0))


def _groups(pid: int) -> dict[Path, dict[str, int]]:
    """The groups to make: where, and which file holds which limit."""
    name = f"layerwise-{pid}"
    if (ROOT / "cgroup.controllers").exists():
        with contextlib.suppress(OSError):
            own = ROOT / Path("/proc/self/cgroup").read_text().strip().rpartition(":")[2].lstrip("/")
            return {own / name: SECOND}
        return {}
    return {
        ROOT / controller / name: {file: limit}
        for controller, (file, limit) in FIRST.items()
        if (ROOT / controller).is_dir()
    }
