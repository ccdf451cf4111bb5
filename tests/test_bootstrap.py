"""The real grader/bootstrap.py, run against a tiny project with a lock of one package, with uv and without."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "grader" / "bootstrap.py"
NO_NETWORK = {name: "http://127.0.0.1:9/simple" for name in ("UV_DEFAULT_INDEX", "PIP_INDEX_URL")}  # nobody answers

needs_uv = pytest.mark.skipif(not shutil.which("uv"), reason="uv is not installed")
needs_venv = pytest.mark.skipif(not importlib.util.find_spec("ensurepip"), reason="python3-venv is not installed")
INSTALLERS = [
    pytest.param("uv", marks=needs_uv),
    pytest.param("pip", marks=[needs_venv, pytest.mark.slow]),
]

# Where the installer makes no difference: uv takes a second, pip ten.
QUICKEST = INSTALLERS[0 if shutil.which("uv") else 1]

BACKEND = """
import base64, hashlib, zipfile

def wheel(folder, name, version, files):
    path = f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {**files, f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
             f"{info}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    rows = []
    for file, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{file},sha256={digest},{len(text)}")
    files[f"{info}/RECORD"] = "\\n".join([*rows, f"{info}/RECORD,,"]) + "\\n"
    with zipfile.ZipFile(f"{folder}/{path}", "w") as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(file), text)
    return path

def build_editable(folder, config_settings=None, metadata_directory=None):
    return wheel(folder, "tiny", "1.0", {"tiny.py": "HERE = True\\n"})
"""

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1.0"
"""


class Project:
    """A checkout with nothing in it but what the bootstrap needs."""

    def __init__(self, folder: Path, index: str = "") -> None:
        self.folder = folder
        self.index = index
        self.wheels = folder.parent / "simple" / "pebble"
        self.wheels.mkdir(parents=True)
        (folder / "grader").mkdir(parents=True)
        shutil.copy(SCRIPT, folder / "grader")
        (folder / "pyproject.toml").write_text(PYPROJECT)
        (folder / "backend.py").write_text(BACKEND)
        self.lock("1.0")

    def lock(self, version: str) -> None:
        """Let the lock name this version of the package "pebble", which the index offers."""
        scope: dict[str, object] = {}
        exec(BACKEND, scope)
        name = scope["wheel"](self.wheels, "pebble", version, {"pebble.py": f"VERSION = {version!r}\n"})
        digest = hashlib.sha256((self.wheels / name).read_bytes()).hexdigest()
        (self.folder / "requirements.lock").write_text(f"pebble=={version} --hash=sha256:{digest}\n")

    def variables(self, installer: str) -> dict[str, str]:
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        return {
            "PATH": os.environ["PATH"] if installer == "uv" else str(empty),
            "HOME": os.environ.get("HOME", str(empty)),
            "UV_CACHE_DIR": str(self.folder / "uv-cache"),
            "UV_LINK_MODE": "copy",
            "UV_DEFAULT_INDEX": self.index,
            "UV_HTTP_RETRIES": "0",
            "PIP_INDEX_URL": self.index,
            "PIP_RETRIES": "1",
            "PIP_CONFIG_FILE": os.devnull,
        }

    def bootstrap(self, installer: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run the script to its end."""
        command = [sys.executable, "grader/bootstrap.py"]
        variables = {**self.variables(installer), **extra}
        return subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=120)

    def start(self, installer: str) -> subprocess.Popen[str]:
        """Start the script in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "grader/bootstrap.py"],
            cwd=self.folder,
            env=self.variables(installer),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def installed(self) -> str:
        """The version of pebble that the environment imports, if the project itself is there too."""
        command = [self.folder / ".venv/bin/python", "-c", "import pebble, tiny; print(pebble.VERSION)"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Leave pytest's output alone."""

    def end_headers(self) -> None:
        """Have nothing kept: a package that is added must be seen at once."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project, and a package index that offers what its lock names."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Project(tmp_path / "project", f"http://127.0.0.1:{server.server_port}/simple")
        server.shutdown()


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sentence(run: subprocess.CompletedProcess[str]) -> str:
    """The one that explains a failure."""
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    return run.stderr.splitlines()[-1]


# --- it makes the environment ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("installer", INSTALLERS)
def test_the_first_run_installs_and_the_second_has_nothing_to_do(project, installer):
    first = project.bootstrap(installer)
    second = project.bootstrap(installer, **NO_NETWORK)

    assert (first.returncode, project.installed()) == (0, "1.0"), first.stderr
    assert "Installing what requirements.lock names" in first.stdout
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def lose_the_stamp(venv: Path) -> None:
    (venv / "layerwise-stamp").unlink()
    next(venv.glob("lib/python*/site-packages/pebble.py")).unlink()


def lose_the_python(venv: Path) -> None:
    (venv / "bin/python").unlink()
    (venv / "bin/python").symlink_to("/nowhere/python3.11")


def become_a_file(venv: Path) -> None:
    shutil.rmtree(venv)
    venv.write_text("")


BROKEN = {
    "interrupted half way": lose_the_stamp,
    "its Python was removed by an upgrade": lose_the_python,
    "only the folder is there": lambda venv: [shutil.rmtree(venv), venv.mkdir()],
    "a file of that name": become_a_file,
    "a removal was interrupted": lambda venv: venv.rename(venv.with_name(".venv.old")),
}


@pytest.mark.parametrize("breaks", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("installer", [QUICKEST])
def test_a_broken_environment_is_made_again(project, installer, breaks):
    project.bootstrap(installer)
    breaks(project.folder / ".venv")

    run = project.bootstrap(installer)

    assert (run.returncode, project.installed()) == (0, "1.0"), run.stderr
    assert not (project.folder / ".venv.old").exists()


@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_changed_lock_updates_the_environment_in_place(project, installer):
    project.bootstrap(installer)
    (project.folder / ".venv" / "keep-me").touch()
    project.lock("2.0.1")

    project.bootstrap(installer)

    assert project.installed() == "2.0.1"
    assert (project.folder / ".venv" / "keep-me").exists()


@pytest.mark.parametrize("installer", INSTALLERS)
def test_without_a_network_a_changed_lock_leaves_the_old_environment_whole(project, installer):
    project.bootstrap(installer)
    project.lock("2.0.1")
    run = project.bootstrap(installer, **NO_NETWORK)
    project.lock("1.0")

    assert "Until then, .venv/bin/layerwise lab opens what is installed." in sentence(run)
    assert project.installed() == "1.0"
    assert project.bootstrap(installer, **NO_NETWORK).stdout == ""


@needs_uv
def test_a_moved_checkout_gets_an_environment_for_its_new_place(project):
    project.bootstrap("uv")
    project.folder = moved = project.folder.rename(project.folder.with_name("moved"))

    project.bootstrap("uv")

    assert str(moved) in (moved / ".venv/bin/activate").read_text()


@pytest.mark.slow
@needs_venv
def test_a_run_after_kill_9_mends_what_the_killed_one_left(project):
    """Only a real kill in the middle of a real installation shows that the stamp is written last."""
    killed = project.start("pip")
    deadline = time.monotonic() + 60
    while not (project.folder / ".venv/bin/python").exists():
        assert time.monotonic() < deadline
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()

    assert project.bootstrap("pip").returncode == 0
    assert project.installed() == "1.0"


@needs_uv
def test_a_terminal_that_knows_only_ascii_is_no_obstacle(project):
    assert project.bootstrap("uv", PYTHONIOENCODING="ascii").returncode == 0


@needs_uv
def test_two_at_once_make_one_environment(project):
    runs = [project.start("uv") for _ in range(2)]
    outputs = [run.communicate(timeout=120)[0] for run in runs]

    assert [run.returncode for run in runs] == [0, 0]
    assert sum("is ready" in output for output in outputs) == 1
    assert project.installed() == "1.0"


# --- it says what prevents it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3, 6, 15", "3, 10, 13", "3, 14, 0"])
def test_an_unfit_python_is_named_with_those_that_fit(project, tmp_path, version):
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.version_info = ({version}, 'final', 0)\n")

    run = project.bootstrap("pip", PYTHONPATH=str(tmp_path))

    assert f"needs Python 3.11, 3.12 or 3.13, and found {version.replace(', ', '.')}." in sentence(run)
    assert not (project.folder / ".venv").exists()


def hide_ensurepip(folder: Path) -> str:
    (folder / "ensurepip.py").write_text("raise ImportError\n")
    return str(folder)


def test_a_python_without_venv_is_answered_with_debians_package(project, tmp_path):
    run = project.bootstrap("pip", PYTHONPATH=hide_ensurepip(tmp_path))

    assert "sudo apt install python3-venv" in sentence(run)


@needs_uv
def test_uv_makes_up_for_a_python_without_venv(project, tmp_path):
    run = project.bootstrap("uv", PYTHONPATH=hide_ensurepip(tmp_path))

    assert (run.returncode, project.installed()) == (0, "1.0"), run.stderr


@pytest.mark.parametrize("installer", INSTALLERS)
def test_the_first_installation_without_a_network_is_one_sentence(project, installer):
    run = project.bootstrap(installer, **NO_NETWORK)

    assert "connect and run the same command again" in sentence(run)


def test_a_disk_that_fills_up_on_the_way_is_one_sentence(project, tmp_path):
    """A full disk can't be had in a test; an installer that reports one can."""
    (tmp_path / "uv").write_text(
        "#!/bin/sh\necho 'failed to write: No space left on device (os error 28)' >&2\nexit 2\n"
    )
    (tmp_path / "uv").chmod(0o755)

    assert "The disk is full. Free 5 GB" in sentence(project.bootstrap("pip", PATH=str(tmp_path)))


def test_a_disk_with_too_little_room_is_refused_before_anything_is_made(bootstrap):
    assert "has 4.2 GB left" in bootstrap.space_sentence(4.2e9)
    assert bootstrap.space_sentence(5.1e9) == ""


SAID = {
    "pip, full disk": (
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "full",
    ),
    "pip, quota": ("OSError: [Errno 122] Disk quota exceeded: '/home/ada/x'", "full"),
    "pip, no network": ("NewConnectionError('Failed to establish a new connection: [Errno -3]", "could not be reached"),
    "uv, no network": (
        "error: Failed to fetch: dns error: failed to lookup address information",
        "could not be reached",
    ),
    "uv, offline": ("Network connectivity is disabled, but the requested data wasn't found", "could not be reached"),
    "uv, proxy": ("invalid peer certificate: UnknownIssuer; error sending request", "certificate"),
    "pip, proxy": ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "certificate"),
    "pip, other content": ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "lock names"),
    "read-only": ("error: Read-only file system (os error 30)", "may not be written"),
}


@pytest.mark.parametrize(("said", "reason"), SAID.values(), ids=SAID)
def test_an_installers_words_become_a_reason(bootstrap, said, reason):
    assert reason in bootstrap.reason(said)


def test_words_that_are_not_known_name_the_command_that_failed(bootstrap):
    assert bootstrap.failure("uv pip sync", "error: boom").startswith(
        '"uv pip sync ..." failed; its own words are above.'
    )


def test_a_folder_that_may_not_be_written_to_is_named():
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if not python:
        pytest.skip("there is no Python that everybody may start")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        project = Project(Path(folder) / "project")
        project.folder.chmod(0o555)
        command, somebody = (
            [python, "grader/bootstrap.py"],
            None if os.getuid() else "nobody",
        )  # root may write anywhere
        run = subprocess.run(command, cwd=project.folder, user=somebody, env={}, capture_output=True, text=True)
        project.folder.chmod(0o755)

    assert "may not be written to, and .venv belongs there" in sentence(run)


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_says_that_there_is_no_python(project, tmp_path):
    shutil.copy(ROOT / "Makefile", project.folder)
    for name in ("sh", "bash"):
        (tmp_path / name).symlink_to(shutil.which(name) or "/bin/sh")
    command = [shutil.which("make"), "env"]
    run = subprocess.run(command, cwd=project.folder, env={"PATH": str(tmp_path)}, capture_output=True, text=True)

    assert run.returncode == 2
    assert "there is no Python here. Install 3.11, 3.12 or 3.13" in run.stderr


def test_the_script_is_written_for_python_3_6_and_its_standard_library():
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 6))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in imports if isinstance(node, ast.ImportFrom)}

    assert names <= set(sys.stdlib_module_names)
    assert "__future__" not in names  # annotations came with 3.7
