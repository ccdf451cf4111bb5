"""What the processes that come of this one are, take and cost: read from /proc, so on Linux only."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


def descendants() -> dict[int, str]:
    """Every process that comes of this one: its number → its command."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            parents[int(folder.name)] = int(_stat(int(folder.name))[1])
    found: set[int] = set()
    more = {os.getpid()}
    while more:
        found |= more
        more = {number for number, parent in parents.items() if parent in more} - found
    return {number: command(number) for number in found - {os.getpid()}}


def command(number: int) -> str:
    """A process' command line; empty when it has ended."""
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def memory(numbers: Iterable[int]) -> int:
    """Bytes that these processes take together; what several share counts once."""
    total = 0
    for number in numbers:
        with contextlib.suppress(OSError, StopIteration, ValueError):
            lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
            total += 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def cpu_seconds() -> float:
    """Processor time of this process and of all that come of it, those included that they have waited for."""
    ticks = 0
    for number in [*descendants(), os.getpid()]:
        with contextlib.suppress(OSError, IndexError):
            ticks += sum(map(int, _stat(number)[11:15]))
    return ticks * TICK


def _stat(number: int) -> list[str]:
    """The fields of /proc/N/stat after the command's name, which may hold anything."""
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()


@contextlib.contextmanager
def watched(look: Callable[[dict[int, str]], None], seconds: float = 0.5) -> Iterator[None]:
    """Looks at all descendants again and again while the block runs."""
    is_over = threading.Event()

    def keep_looking() -> None:
        while not is_over.wait(seconds):
            look(descendants())

    thread = threading.Thread(target=keep_looking, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
