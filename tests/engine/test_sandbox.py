"""What a learner's code can reach from inside: nothing of the class, nobody else, and little of the machine."""

import contextlib
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from walls import require_walls

from layerwise_grader.engine import cgroup, sandbox, wire
from layerwise_grader.errors import ClassroomError

pytestmark = pytest.mark.slow
PROJECT = Path(__file__).parents[2]
SHELL = """
def shell(command):
    import subprocess
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    return done.stdout + done.stderr
"""


@pytest.fixture(scope="module")
def box():
    require_walls()
    box = sandbox.Sandbox(sandbox.BWRAP)
    yield box
    box.stop()


@pytest.fixture
def inside(box):
    """A function that runs a shell command as a learner's code would."""
    line = loaded(box, SHELL)
    yield lambda command: called(line, "shell", command)
    line.close()
    box.clean()


def loaded(box, source):
    line = box.open()
    line.send(wire.Load((wire.Cell("a cell", source),)), 5)
    assert line.receive(wire.Loaded, 60).problems == {}
    return line


def called(line, function, *arguments, seconds=30):
    names = tuple("abcdef"[: len(arguments)])
    line.send(wire.Call(function, names, wire.packed(arguments)), 5)
    returned = line.receive(wire.Returned, seconds)
    return returned.value if returned.failure is None else returned.failure


def test_nothing_of_the_class_can_be_seen(inside):
    package = Path(sandbox.__file__).parents[1]
    seen = inside(f"ls {PROJECT} {PROJECT}/grader {package}/exercises; ls /home /etc/passwd /etc/shadow; env")

    for name in ("solutions", "tests", "course", "classroom", "ch05_convolutions", ".git", "root:"):
        assert name not in seen
    assert not {"TFDS_DATA_DIR", "CI", "HYPOTHESIS_PROFILE"} & set(seen.replace("=", "\n").split("\n"))


def test_nothing_but_its_own_folders_can_be_written(inside):
    package = Path(sandbox.__file__).parents[1]
    for place in ("/", "/usr", "/dev", "/etc", str(PROJECT / "grader"), str(package), str(package / "exercises")):
        assert "Read-only" in (said := inside(f"touch {place}/x")) or "denied" in said, place
    assert inside("touch /tmp/x /dev/shm/x ~/x") == ""


def test_it_has_no_rights_and_no_namespaces_of_others(inside):
    status = inside("cat /proc/self/status; id -u")

    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert status.split()[-1] != "0"
    assert len(inside("ls /proc | grep -c '^[0-9]'").split()) == 1
    assert int(inside("ls /proc | grep -c '^[0-9]'")) < 8


def test_there_is_no_network_not_even_the_hosts_own(inside):
    said = inside("cat /proc/net/route /proc/net/tcp; cat /proc/net/dev | wc -l")

    assert int(said.split()[-1]) == 3  # two lines of heading and a loopback of its own
    assert "0100007F" not in said


@pytest.mark.parametrize("path", ["/proc/1/environ", "/proc/1/mem", "/proc/1/maps", "/proc/1/fd"])
def test_the_zygote_can_not_be_looked_into(inside, path):
    assert "denied" in inside(f"ls {path}/ 2>&1 || cat {path}" if path.endswith("fd") else f"cat {path}")


def test_the_zygote_can_not_be_killed_and_what_is_left_behind_goes(box):
    line = loaded(box, SHELL)
    called(
        line, "shell", "kill -9 1; kill -STOP 1; (sleep 1000 &) ; mkdir -p ~/a/b; chmod 000 ~/a; echo x > /dev/shm/y"
    )
    line.close()
    box.clean()
    line = loaded(box, SHELL)
    seen = called(line, "shell", "ls -A ~ /dev/shm; cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    line.close()
    box.clean()

    assert "sleep" not in seen
    assert "y" not in seen.split()
    assert "a" not in seen.split()


HOGS = {
    "memory": "def hog(_): import numpy as np; return float(np.ones(2**30).sum())",
    "a file": "def hog(_): open('/tmp/x', 'wb').write(bytes(2**26))",
    "many files": "def hog(_): [open(f'/tmp/{i}', 'wb').write(bytes(2**24)) for i in range(20)]",
    "processes": "def hog(_):\n import os, time\n for _ in range(1000):\n  if os.fork() == 0: time.sleep(60)",
    "open files": "def hog(_): return len([open('/dev/null') for _ in range(10_000)])",
    "depth": "def hog(n): return hog(n)",
}


@pytest.mark.parametrize("source", HOGS.values(), ids=HOGS)
def test_a_hog_is_stopped_and_the_next_one_works(box, source):
    line = loaded(box, source.replace("): import", "):\n import").replace("; ", "\n "))
    with contextlib.suppress(wire.Broken):  # killed: as good
        assert isinstance(called(line, "hog", 1), wire.Failed)
    line.close()
    box.clean()
    line = loaded(box, "def double(x):\n    return 2 * x")
    assert np.array_equal(called(line, "double", np.arange(3)), [0, 2, 4])
    line.close()
    box.clean()


def test_a_process_that_hangs_is_killed(box):
    line = loaded(
        box,
        "import signal\ndef hang(_):\n    signal.pthread_sigmask(0, range(1, 32))\n    while True: pass",
    )
    with pytest.raises(wire.Broken, match="in time"):
        called(line, "hang", 1, seconds=1)
    line.close()
    started = time.monotonic()
    box.clean()

    assert time.monotonic() - started < 5


def test_a_fresh_sandbox_is_made_when_one_is_gone(box):
    outer = box._process.pid
    inner = int(Path(f"/proc/{outer}/task/{outer}/children").read_text())
    os.kill(inner, signal.SIGKILL)
    with pytest.raises(wire.Broken):
        box.open()
    line = loaded(box, "def one(_):\n    return 1")
    assert called(line, "one", 0) == 1
    line.close()
    box.clean()


def test_no_weaker_level_is_taken_in_silence(monkeypatch):
    monkeypatch.setattr(sandbox, "lacks", lambda: "bubblewrap is not installed: sudo apt install bubblewrap.")

    with pytest.raises(ClassroomError, match="--isolation process"):
        sandbox.level()
    assert sandbox.level("process") == "process"


def test_groups_that_may_not_be_made_are_done_without(monkeypatch, tmp_path):
    monkeypatch.setattr(cgroup, "ROOT", tmp_path / "nowhere")

    cgroup.confine(os.getpid())
    cgroup.remove(os.getpid())
    assert not cgroup.is_available()
