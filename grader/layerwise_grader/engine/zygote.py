"""Inside the sandbox: imports what learners import, once, then forks one child for each submission.

A fork of a process that has imported TensorFlow takes milliseconds where a start takes seconds. It is sound only while
that process has run no TensorFlow operation, so this one imports and does nothing else. Under bubblewrap it is PID 1 of
its namespace: no signal from inside reaches it, and what it kills is everything that a submission has left.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Any

FORK, CLEAN = b"fork", b"clean"
READY, FORKED = b"ready", b"forked"
# What chapters import at their top; whatever is missing here costs each submission its import again.
IMPORTED = (
    *("keras", "matplotlib.pyplot", "layerwise_datasets", "layerwise_grader"),
    *("scipy.ndimage", "scipy.optimize", "scipy.signal", "scipy.special"),
    *("sklearn.linear_model", "sklearn.metrics", "sklearn.model_selection"),
)
WRITABLE = ("/tmp", "/dev/shm")  # under bubblewrap these are the sandbox's own, in memory
PR_SET_DUMPABLE = 4
MEMORY_GIB = (
    3  # of address space beyond what this process has; resident memory is bounded by a cgroup where there is one
)
LIMITS = {"RLIMIT_CPU": 120, "RLIMIT_FSIZE": 32 * 2**20, "RLIMIT_NOFILE": 256, "RLIMIT_NPROC": 200, "RLIMIT_CORE": 0}


def main(control: socket.socket, *, is_alone: bool) -> None:
    """Serves the judge until it hangs up. ``is_alone``: this is PID 1 of a namespace that nobody else uses."""
    _be_opaque()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one signal that a handler of Python's lets through to PID 1
    shell = _warm_up()
    control.send(READY)
    child = 0
    while True:
        request, ends, _, _ = socket.recv_fds(control, 16, 1)
        if request == FORK:
            child = os.fork()
            if child == 0:
                control.close()
                _become(ends[0], shell)
            os.close(ends[0])
            control.send(FORKED)
        elif request == CLEAN:
            _kill(child, is_alone=is_alone)
            if is_alone:
                _wipe()
            control.send(READY)
        else:
            _kill(child, is_alone=is_alone)
            return


def _be_opaque() -> None:
    """Lets no other process of this user read this one's memory or open files, nor trace it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _warm_up() -> Any:
    """Imports, and makes the shell that will run cells: IPython's, without a kernel and without a history."""
    for name in IMPORTED:
        importlib.import_module(name)
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    shell: Any = InteractiveShell.instance(config=config)
    shell.showtraceback = shell.showsyntaxerror = lambda *arguments, **named: None
    gc.collect()
    gc.freeze()  # what is here stays shared with every child
    return shell


def _become(end: int, shell: Any) -> None:
    """The child's whole life."""
    code = 1
    try:
        from layerwise_grader.engine import syscalls, wire, worker

        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _limit()
        syscalls.refuse()
        worker.serve(wire.Line(socket.socket(fileno=end)), shell)
        code = 0
    except BaseException:
        pass  # the judge sees that the line is dead, which says enough
    finally:
        os._exit(code)


def _limit() -> None:
    import resource

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for name, most in {**LIMITS, "RLIMIT_AS": used + MEMORY_GIB * 2**30}.items():
        limit = getattr(resource, name)
        _, hard = resource.getrlimit(limit)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))


def _kill(child: int, *, is_alone: bool) -> None:
    """Kills the child and whatever it has started, and waits until all of it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if is_alone:
            os.kill(-1, signal.SIGKILL)
        elif child:
            os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _wipe() -> None:
    """Empties what a submission could write to; fails rather than to leave anything."""
    for folder in map(Path, WRITABLE):
        for path in folder.iterdir():
            if path.is_mount():
                continue  # read-only: a checkout under /tmp
            if path.is_dir() and not path.is_symlink():
                _open_up(path)
                shutil.rmtree(path)
            else:
                path.unlink()
    Path.home().mkdir(exist_ok=True)


def _open_up(folder: Path) -> None:
    """Makes a folder and those in it removable, whatever modes they were given."""
    folder.chmod(0o700)
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            _open_up(Path(entry.path))


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), is_alone=os.getpid() == 1)
