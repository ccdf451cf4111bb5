"""The walls around a learner's code: bubblewrap, and for one's own work a plain process with limits.

Two levels, never a silently weaker one. ``bwrap``: own namespaces for processes, network, users and IPC; a read-only
root that holds Python, its packages and nothing of the class; an empty home in memory; no variables of ours, no rights.
``process``: a process of its own with limits of memory, time and file size, which keeps mistakes in but not attackers.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import layerwise_datasets
import layerwise_grader
from layerwise_grader.engine import cgroup, wire, zygote
from layerwise_grader.errors import ClassroomError

BWRAP, PROCESS = "bwrap", "process"
SECONDS_TO_START = 120.0
SECONDS_TO_CLEAN = 15.0
SECONDS_TO_STOP = 2.0
NOBODY = 65534
HOME = "/tmp/home"
TMP_MIB, SHM_MIB = 64, 16
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache", "/etc/alternatives", "/nix/store")
VARIABLES = {
    "PATH": "/usr/bin:/bin",
    "HOME": HOME,
    "USER": "learner",
    "LANG": "C.UTF-8",
    "COURSE_PROFILE": "smoke",
    "LAYERWISE_OFFLINE": "1",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": HOME,
    "IPYTHONDIR": HOME,
    "XDG_CACHE_HOME": HOME,
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # As many sandboxes run side by side as there are cores.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "CUDA_VISIBLE_DEVICES": "-1",
}


# --- which level -----------------------------------------------------------------------------------------------------


def level(wanted: str | None = None) -> str:
    """The level to run strangers' code at: ``bwrap``, unless ``process`` is wanted by name.

    Raises:
        ClassroomError: when it can't be had; the message says what is missing and how to get it.
    """
    if wanted == PROCESS:
        return PROCESS
    missing = lacks()
    if missing:
        raise ClassroomError(
            f"{missing} Without it, learners' code would run with your rights. For notebooks of your own only: "
            "--isolation process."
        )
    return BWRAP


@functools.cache
def lacks() -> str:
    """Why there is no ``bwrap`` level here and what to do; empty when there is."""
    if sys.platform != "linux":
        return "The sandbox needs Linux: grade on a Linux machine, in WSL or in a container."
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed: sudo apt install bubblewrap."
    tried = subprocess.run([*_walls(), "true"], capture_output=True, text=True, env=VARIABLES)
    if tried.returncode:
        said = (tried.stderr.strip().splitlines() or ["no reason"])[-1]
        return (
            f"bubblewrap is here but may not make a sandbox ({said}). Most often the system forbids unprivileged user "
            "namespaces: see sysctl kernel.apparmor_restrict_unprivileged_userns and user.max_user_namespaces, or a "
            "container without permission for them."
        )
    return ""


# --- the command -----------------------------------------------------------------------------------------------------


def _walls() -> list[str]:
    """Bubblewrap's command line up to the program; as root it also drops to a user that owns nothing."""
    namespaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    command = ["bwrap", *namespaces, "--hostname", "sandbox", "--die-with-parent", "--new-session", "--as-pid-1"]
    if os.geteuid() != 0:
        command += ["--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
    command += ["--clearenv", *_each("--setenv", VARIABLES | _backend()), *_files()]
    if os.geteuid() == 0:
        drop = ["--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--no-new-privs"]
        command += ["setpriv", *drop, "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all"]
    return command


def _backend() -> dict[str, str]:
    return {name: os.environ[name] for name in ("KERAS_BACKEND",) if name in os.environ}


def _each(option: str, pairs: dict[str, str]) -> list[str]:
    return [word for name, value in pairs.items() for word in (option, name, value)]


def _files() -> list[str]:
    """What can be seen: the system's programs, Python, our packages but not the exercises; all of it read-only."""
    words = ["--perms", "0755", "--dir", "/etc", "--proc", "/proc", "--dev", "/dev"]
    words += ["--perms", "1777", "--size", str(SHM_MIB * 2**20), "--tmpfs", "/dev/shm"]
    words += ["--perms", "1777", "--size", str(TMP_MIB * 2**20), "--tmpfs", "/tmp"]
    for path in SYSTEM:
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            words += ["--ro-bind", path, path]
    folders = _python_folders()
    # A checkout under /tmp gets a file system of its own there, so that what leads to it can't be written to.
    own = sorted(
        {str(Path(*folder.parts[:3])) for folder in folders if folder.parts[1] == "tmp"} - set(map(str, folders))
    )
    words += [word for path in own for word in ("--perms", "0755", "--tmpfs", path)]
    for folder in folders:
        words += ["--perms", "0755", "--dir", str(folder.parent), "--ro-bind", str(folder), str(folder)]
    # References, checks and misconceptions stay outside.
    secret = str(_package(layerwise_grader) / "exercises")
    words += ["--perms", "0755", "--tmpfs", secret]
    sealed = [secret, "/dev", *own, "/"]
    return [*words, *(word for path in sealed for word in ("--remount-ro", path)), "--chdir", "/tmp"]


def _python_folders() -> list[Path]:
    """Where Python and what it imports stand, outermost first, without those inside another or inside /usr."""
    found = {Path(sys.prefix), Path(sys.base_prefix), Path(sysconfig.get_paths()["stdlib"])}
    found |= {
        Path(os.path.realpath(sys.executable)).parents[1],
        _package(layerwise_grader),
        _package(layerwise_datasets),
    }
    kept: list[Path] = []
    for folder in sorted(found):
        if not any(folder.is_relative_to(other) for other in (*kept, Path("/usr"))):
            kept.append(folder)
    return kept


def _package(module: object) -> Path:
    return Path(str(getattr(module, "__file__", ""))).parent


# --- one sandbox -----------------------------------------------------------------------------------------------------


class Sandbox:
    """One zygote behind walls; it runs one submission at a time.

    Args:
        level: ``bwrap`` or ``process``.
    """

    def __init__(self, level: str) -> None:
        self.level = level
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def open(self) -> wire.Line:
        """A line to a fresh child; starts the zygote when there is none.

        Raises:
            wire.Broken: when the sandbox can't be started.
        """
        if self._control is None:
            self._start()
        assert self._control is not None
        ours, theirs = socket.socketpair()
        with theirs:
            self._control.settimeout(SECONDS_TO_CLEAN)
            try:
                socket.send_fds(self._control, [zygote.FORK], [theirs.fileno()])
                self._expect(zygote.FORKED)
            except (OSError, wire.Broken) as error:
                ours.close()
                self.stop()
                raise wire.Broken("the sandbox is gone") from error
        return wire.Line(ours)

    def clean(self) -> None:
        """Kills the child and all that it started, and empties what it could write to; else the sandbox itself goes."""
        if self._control is None:
            return
        try:
            self._control.settimeout(SECONDS_TO_CLEAN)
            self._control.send(zygote.CLEAN)
            self._expect(zygote.READY)
        except (OSError, wire.Broken):
            self.stop()

    def stop(self) -> None:
        """Takes the sandbox down with everything in it."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(SECONDS_TO_STOP)  # the zygote ends when nobody is on its line
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            cgroup.remove(self._process.pid)
        self._process = self._control = None

    def _start(self) -> None:
        self._control, theirs = socket.socketpair()
        program = [sys.executable, "-m", "layerwise_grader.engine.zygote", str(theirs.fileno())]
        command = [*_walls(), *program] if self.level == BWRAP else program
        with theirs, _nowhere() as nowhere:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=nowhere,
                stderr=nowhere,
                env=VARIABLES | _backend(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            cgroup.confine(self._process.pid)
        self._control.settimeout(SECONDS_TO_START)
        try:
            self._expect(zygote.READY)
        except (OSError, wire.Broken) as error:
            self.stop()
            raise wire.Broken("the sandbox did not start") from error

    def _expect(self, word: bytes) -> None:
        assert self._control is not None
        if self._control.recv(16) != word:
            raise wire.Broken("the sandbox is gone")


@contextlib.contextmanager
def _nowhere() -> Iterator[int]:
    handle = os.open(os.devnull, os.O_RDWR)
    try:
        yield handle
    finally:
        os.close(handle)
