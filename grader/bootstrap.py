"""Makes the environment in ``.venv`` from the lock, with nothing but the standard library.

Every target of the Makefile comes through here, so the usual answer has to be quick: a stamp in ``.venv`` holds what
the environment was made from, and while it still agrees nothing is done. The stamp is written last. An environment
without one was interrupted or made by something else, and is built again from nothing.

This file runs on any Python from 3.6 on, because its first duty is to say that a newer one is needed: no newer syntax.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional

try:
    import fcntl
except ImportError:
    sys.exit("layerwise: TensorFlow needs Linux or macOS. On Windows, work inside WSL and run the same command there.")

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "layerwise-stamp"
DOOMED = ROOT / ".venv.old"
LOCK = ROOT / "requirements.lock"
MADE_FROM = (LOCK, ROOT / "pyproject.toml")

OLDEST, NEWEST = (3, 11), (3, 13)
# TensorFlow and the rest take 3.9 GB; the installer needs room for what it unpacks.
NEEDED_GB = 5.0


class Refused(Exception):
    """The environment can't be made; the message says why and what to do next."""


class Interpreter(NamedTuple):
    """A Python that was asked about itself."""

    path: str
    version: str
    has_venv: bool

    @property
    def fits(self) -> bool:
        """Whether the lock was resolved for it."""
        return OLDEST <= tuple(int(part) for part in self.version.split(".")[:2]) <= NEWEST


# ---- what went wrong, in a sentence ----------------------------------------------------------------------------------

FULL = "The disk is full"
OFFLINE = "The package index could not be reached"
UNTRUSTED = "The package index showed a certificate that this machine does not trust"
REASONS = (
    (r"No space left on device|os error 28|Errno 28|Disk quota exceeded|Errno 122", FULL),
    (r"Read-only file system|Permission denied|Errno 13\b|Errno 30\b|os error 13\b", "A folder may not be written to"),
    (r"UnknownIssuer|CERTIFICATE_VERIFY_FAILED|invalid peer certificate", UNTRUSTED),
    (
        r"after connection broken|NewConnectionError|ConnectTimeout|NameResolutionError|dns error"
        r"|Temporary failure in name resolution"
        r"|Name or service not known|[Nn]etwork (is )?unreachable|Connection (refused|reset)|[Cc]onnection error"
        r"|Max retries exceeded|error sending request|Network connectivity is disabled|Could not connect|timed out",
        OFFLINE,
    ),
    (r"DO NOT MATCH THE HASHES|Hash mismatch", "A downloaded package is not the one that the lock names"),
)
REMEDIES = {
    FULL: f"Free {NEEDED_GB:.0f} GB in {ROOT} and run the same command again.",
    OFFLINE: "Installing needs a network: connect and run the same command again.",
    UNTRUSTED: "Name the right ones in SSL_CERT_FILE (uv) or PIP_CERT (pip) and run the same command again.",
}


def reason(output: str) -> str:
    """The known reason that stands in an installer's output, or an empty string."""
    return next((sentence for pattern, sentence in REASONS if re.search(pattern, output)), "")


def space_sentence(free_bytes: float, needed_gb: float = NEEDED_GB) -> str:
    """Why a first installation can't start with so little room, or an empty string."""
    free_gb = free_bytes / 1e9
    if free_gb >= needed_gb:
        return ""
    return (
        f"{FULL}: the environment needs about {needed_gb:.0f} GB, and {ROOT} has {free_gb:.1f} GB left. "
        "Free some and run the same command again."
    )


def python_sentence(seen: Iterable[Interpreter], has_uv: bool) -> str:
    """Why none of the Pythons that were found will do."""
    fitting = [python for python in seen if python.fits]
    if fitting:
        return (
            f"{fitting[0].path} ({fitting[0].version}) has no venv module, which Debian and Ubuntu keep in a package "
            'of its own: "sudo apt install python3-venv", then run the same command again.'
        )
    found = ", ".join(sorted({python.version for python in seen})) or "none that starts"
    remedy = "uv python install 3.12" if has_uv else "sudo apt install python3.11 python3.11-venv"
    return (
        f"Layerwise needs Python 3.11, 3.12 or 3.13, and found {found}. "
        f'Install one ("{remedy}", or from python.org), then run the same command again.'
    )


# ---- which Python ----------------------------------------------------------------------------------------------------

ABOUT = """
import sys
try:
    import venv, ensurepip
except ImportError:
    venv = None
print("%d.%d.%d" % sys.version_info[:3], bool(venv))
"""


def ask(path: str) -> Optional[Interpreter]:
    """What the Python at `path` says of itself; None when it doesn't start, as a shim for nothing."""
    try:
        answer = subprocess.check_output([path, "-c", ABOUT], stderr=subprocess.DEVNULL, universal_newlines=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    version, has_venv = answer.split()
    return Interpreter(path, version, has_venv == "True")


def candidates(uv: Optional[str]) -> Iterator[str]:
    """Pythons worth asking: the one that runs this, those on the PATH, and one that uv already has."""
    yield sys.executable
    for name in ("python3.13", "python3.12", "python3.11", "python3"):
        found = shutil.which(name)
        if found:
            yield found
    if uv:
        find = [uv, "python", "find", "--offline", "--no-python-downloads", "--no-project", ">=3.11,<3.14"]
        process = subprocess.Popen(find, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
        found = process.communicate()[0].strip()
        if found:
            yield found


def choose(uv: Optional[str]) -> Interpreter:
    """The first Python that the lock is for and that can make an environment."""
    seen = []
    for path in candidates(uv):
        python = ask(path)
        if python and python.fits and (uv or python.has_venv):
            return python
        if python:
            seen.append(python)
    raise Refused(python_sentence(seen, bool(uv)))


# ---- running the installers ------------------------------------------------------------------------------------------


def surroundings() -> Dict[str, str]:
    """The environment variables for an installer: nothing that would send packages anywhere but into `.venv`."""
    strangers = ("VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "UV_PROJECT_ENVIRONMENT")
    kept = {name: value for name, value in os.environ.items() if name not in strangers}
    kept.update(PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1")
    # Behind an inspecting proxy only the system knows whom to trust; pip asks it already.
    kept.setdefault("UV_SYSTEM_CERTS", "1")
    if VENV.is_dir():
        # Wheels are unpacked inside the environment: /tmp is often a small file system in memory.
        kept["TMPDIR"] = str(VENV)
    return kept


def run(command: List[str]) -> None:
    """Run an installer with its progress in view; what it says on stderr is read too, for the reason of a failure."""
    # The installer inherits the lock of alone(), so that one which outlives a killed parent still keeps others out.
    process = subprocess.Popen(command, cwd=str(ROOT), env=surroundings(), stderr=subprocess.PIPE, close_fds=False)
    said = []
    for line in process.stderr or ():
        sys.stderr.buffer.write(line)
        sys.stderr.flush()
        said.append(line.decode("utf-8", "replace"))
    if process.wait():
        raise Refused(failure(" ".join(command[:4]), "".join(said)))


def failure(command: str, said: str) -> str:
    """One sentence for a failed installer."""
    why = reason(said) or f'"{command} ..." failed; its own words are above'
    return f"{why}. " + REMEDIES.get(why, "Mend that and run the same command again.")


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Say what begins, and how long it took."""
    print(f"{doing} ...", flush=True)
    started = time.time()
    yield
    print(f"  done in {time.time() - started:.0f} s.", flush=True)


def create(python: Interpreter, uv: Optional[str]) -> None:
    """Make an empty environment."""
    with step(f"Making .venv with Python {python.version}"):
        if uv:
            run([uv, "venv", "--quiet", "--no-project", "--python", python.path, str(VENV)])
        else:
            run([python.path, "-m", "venv", str(VENV)])


def install(uv: Optional[str]) -> None:
    """Bring the environment to the lock, then add this project itself."""
    with step("Installing what requirements.lock names (1.1 GB to download the first time)"):
        (install_with_uv if uv else install_with_pip)(uv or str(PYTHON))
    with step("Installing Layerwise itself"):
        run([*installer(uv), "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])


def installer(uv: Optional[str]) -> List[str]:
    """The command that installs into the environment."""
    return [uv, "pip", "install", "--python", str(PYTHON)] if uv else [str(PYTHON), "-m", "pip", "install"]


def install_with_uv(uv: str) -> None:
    """Uv leaves exactly what the lock names."""
    options = ["--compile-bytecode", "--require-hashes", "--allow-empty-requirements", "--python", str(PYTHON)]
    run([uv, "pip", "sync", *options, str(LOCK)])


def install_with_pip(python: str) -> None:
    """Pip adds and changes what the lock names; a package that the lock has dropped stays, unused."""
    run([python, "-m", "pip", "install", "--no-compile", "--require-hashes", "--no-deps", "--requirement", str(LOCK)])
    # All cores, where pip would use one. It fails for templates that only look like Python, and that is no matter.
    subprocess.call([python, "-m", "compileall", "-qq", "-j", "0", str(VENV / "lib")])


# ---- the environment -------------------------------------------------------------------------------------------------


def stamp() -> str:
    """What an environment of this checkout is made from. A moved checkout differs: scripts hold absolute paths."""
    digest = hashlib.sha256(str(VENV).encode())
    for path in MADE_FROM:
        digest.update(path.read_bytes())
    with suppress(OSError):
        digest.update((VENV / "pyvenv.cfg").read_bytes())
    return digest.hexdigest()


def stamped() -> str:
    """What is written in the stamp; empty for an environment that was never finished or has lost its Python."""
    try:
        return STAMP.read_text() if PYTHON.exists() else ""
    except OSError:
        return ""


def is_current() -> bool:
    """Whether there is nothing to do."""
    return stamped() == stamp()


def clear() -> None:
    """Take away an environment that can't be trusted; renamed first, so that being killed here leaves no half."""
    shutil.rmtree(str(DOOMED), ignore_errors=True)
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    if VENV.exists():
        print("The environment in .venv was not finished or has lost its Python, so it is made again.", flush=True)
        VENV.rename(DOOMED)
        shutil.rmtree(str(DOOMED), ignore_errors=True)


def build(uv: Optional[str]) -> None:
    """Make the environment from nothing."""
    python = choose(uv)
    clear()
    sentence = space_sentence(shutil.disk_usage(str(ROOT)).free)
    if sentence:
        raise Refused(sentence)
    create(python, uv)
    install(uv)
    STAMP.write_text(stamp())


def update(uv: Optional[str]) -> None:
    """Bring a finished environment to a lock that has changed."""
    before = STAMP.read_text()
    STAMP.unlink()
    try:
        install(uv)
    except Refused as refused:
        # Both installers fetch everything before they change anything, so the old environment is still whole.
        if OFFLINE not in str(refused):
            raise
        STAMP.write_text(before)
        raise Refused(f"{refused} Until then, .venv/bin/layerwise lab opens what is installed.") from None
    STAMP.write_text(stamp())


def can_update(uv: Optional[str]) -> bool:
    """Whether the environment was finished once, for this place, by an installer that is still there."""
    python = ask(str(PYTHON)) if stamped() else None
    has_pip = any(VENV.glob("lib/python*/site-packages/pip"))
    return bool(python and python.fits and (uv or has_pip) and str(VENV) in activation())


def activation() -> str:
    """The script that holds the place which the environment was made for."""
    try:
        return (VENV / "bin" / "activate").read_text(encoding="utf-8")
    except OSError:
        return ""


@contextmanager
def alone() -> Iterator[None]:
    """Let one process at a time make the environment; the system lifts the lock when a process dies."""
    with LOCK.open("rb") as handle:
        os.set_inheritable(handle.fileno(), True)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another command is making .venv; waiting for it ...", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure() -> None:
    """Leave a finished environment, whatever was there before."""
    if is_current():
        return
    if not os.access(str(ROOT), os.W_OK):
        raise Refused(f"{ROOT} may not be written to, and .venv belongs there. Work in a copy that is yours.")
    with alone():
        if is_current():
            return
        uv = shutil.which("uv")
        (update if can_update(uv) else build)(uv)
        print("The environment is ready in .venv.", flush=True)


def main() -> int:
    """Make the environment and say in one sentence what prevents it."""
    try:
        ensure()
    except Refused as refused:
        return complain(str(refused), 1)
    except OSError as error:
        return complain(failure("bootstrap.py", str(error)), 1)
    except KeyboardInterrupt:
        return complain("Interrupted. Run the same command again: it starts the environment afresh.", 130)
    return 0


def complain(sentence: str, code: int) -> int:
    """Say `sentence` where errors go."""
    print(f"layerwise: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
