"""Where the attacks are run: a class with planted secrets, an honest learner after each attacker, and a watch."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import handed_in
import nbformat
import processes
from handed_in import OWN, HandedIn

from layerwise_grader import build, catalogue, house, learners
from layerwise_grader.engine import pool
from layerwise_grader.engine.pool import Graded, Job, Pool

PROJECT = Path(__file__).parents[2]
HERE = Path(__file__).parent
HONEST = ("05.1", "05.6")  # answered rightly in every attacker's notebook
BREACH = "layerwise-breach"
LEFT_BEHIND = "layerwise-was-here"
PORT = 47911  # "calls_out_on_loopback" knows it
CHAPTERS = {"02": "02-backpropagation", "05": "05-convolutions", "07": "07-transfer-learning"}
# The limits of time, shortened: what never ends would take minutes. ``make soak`` keeps those of a real class.
HURRIED = """
import sys
from layerwise_grader.engine import desk, remote
remote.SECONDS_TO_LOAD, remote.SECONDS_A_CALL, remote.SECONDS_TO_ANSWER, remote.SECONDS_AN_EXERCISE = 4, 1, 2, 4
sys.exit(desk.main("bwrap"))
"""


def attacks() -> dict[str, HandedIn]:
    """Every attack by its name."""
    return {path.stem: handed_in.read(path) for path in sorted((HERE / "attacks").glob("*.py"))}


@dataclass
class Aftermath:
    """What is known when all attacks are over."""

    canary: str
    seed: int
    graded: dict[str, Graded] = field(default_factory=dict)
    honest: dict[str, Graded] = field(default_factory=dict)  # attack → the honest submission graded right after it
    told: str = ""  # what the feedback on the first of two submissions gave away
    retold: Graded | None = None  # the second of them
    heard: list[bytes] = field(default_factory=list)
    most_memory: int = 0
    least_disk: int = 2**62
    seen: dict[int, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


# --- the place -------------------------------------------------------------------------------------------------------


def course(root: Path, canary: str) -> Path:
    """A checkout with the released chapters, and a secret in everything that an attacker should not see."""
    for slug in CHAPTERS.values():
        shutil.copytree(PROJECT / "course" / slug, root / "course" / slug)
    for place in (
        "solutions/05-convolutions/05-convolutions.py",
        "grader/classroom/gradebook.db",
        "grader/classroom/secret-seed",
        "grader/classroom/submitted/cleo/05-convolutions/05-convolutions.ipynb",
        "grader/classroom/autograded/cleo/05-convolutions/05-convolutions.ipynb",
        "home/.ssh/id",
    ):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(f"{canary}\n")
    return root


@contextlib.contextmanager
def planted_at_home(canary: str) -> Iterator[None]:
    """The secret in the home of whoever runs the tests, and in the environment of all that grades."""
    path = Path.home() / f".{canary}"
    with contextlib.suppress(OSError):
        path.write_text(f"{canary}\n")
    os.environ["LAYERWISE_CANARY"] = canary
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        del os.environ["LAYERWISE_CANARY"]


@contextlib.contextmanager
def listening(heard: list[bytes]) -> Iterator[None]:
    """Servers of the grader's machine that no submission may reach: on loopback, and on an abstract Unix socket."""
    servers = []
    for family, kind, address in [
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", PORT)),
        (socket.AF_UNIX, socket.SOCK_STREAM, "\0layerwise-listener"),
    ]:
        server = socket.socket(family, kind)
        server.bind(address)
        if kind is socket.SOCK_STREAM:
            server.listen()
        server.setblocking(False)
        servers.append(server)
    try:
        yield
    finally:
        for server in servers:
            with contextlib.suppress(BlockingIOError):
                heard.append(server.recv(100) if server.type is socket.SOCK_DGRAM else server.accept()[0].recv(100))
            server.close()


# --- the watch -------------------------------------------------------------------------------------------------------


def watch(aftermath: Aftermath, now: dict[int, str]) -> None:
    """Keeps the largest memory, the smallest free disk, and all processes that ever came of this one."""
    aftermath.seen |= now
    aftermath.most_memory = max(aftermath.most_memory, processes.memory(now))
    aftermath.least_disk = min(aftermath.least_disk, *(shutil.disk_usage(place).free for place in ("/tmp", "/dev/shm")))


def still_there(seen: dict[int, str], seconds: float = 5.0) -> list[str]:
    """Those of the processes that have not ended after some seconds."""
    end = time.monotonic() + seconds
    while left := [name for number, name in seen.items() if name and processes.command(number) == name]:
        if time.monotonic() > end:
            return left
        time.sleep(0.1)
    return []


# --- the attacks -----------------------------------------------------------------------------------------------------


def forced(attack: HandedIn) -> HandedIn:
    """The attack as somebody writes it who knows that only what an answer needs is run."""
    cells = tuple((kind, f"exec({source!r})" if kind == OWN else source) for kind, source in attack.cells)
    return HandedIn(attack.name, attack.sentence, cells, attack.worth, attack.change)


def write(folder: Path, attack: HandedIn) -> Job:
    """The attacker's notebook, handed in."""
    slug = CHAPTERS[attack.chapter]
    honest = {id: text for id, text in ada().items() if id in HONEST} if attack.chapter == "05" else {}
    notebook = handed_in.notebook(released(slug), attack, honest)
    path = folder / f"{attack.name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")  # nbformat would not write halves of letters
    return Job(attack.name, slug, path)


@functools.cache
def released(slug: str) -> nbformat.NotebookNode:
    """What learners open."""
    return build.read(PROJECT / "course" / slug / f"{slug}.ipynb")


@functools.cache
def ada() -> dict[str, str]:
    """The honest learner's answers to chapter 05, all of them right."""
    return learners.answers(PROJECT / "tests" / "learners" / "ada.py")


def honest_points(attack: HandedIn) -> dict[str, int]:
    """What each exercise of the attacker's notebook deserves."""
    own = {exercise.id: attack.worth.get(exercise.id, 0) for exercise in catalogue.exercises(attack.chapter)}
    right = {id: catalogue.find(id).points for id in HONEST if id in own and id not in attack.worth}
    return own | right


def fight(root: Path, chosen: Sequence[HandedIn], aftermath: Aftermath) -> None:
    """One sandbox: an honest submission, then an attack, an honest submission, the next attack, and so on."""
    honest = HandedIn("honest", "", tuple(ada().items()), {}, "")
    after = write(root, honest)
    with Pool(root, seed=aftermath.seed, workers=1, isolation="bwrap") as desks:
        _tame(*desks.grade([write(root, preflight())]))
        for attack in chosen:
            aftermath.graded[attack.name], aftermath.honest[attack.name] = desks.grade(
                [write(root, forced(attack)), after]
            )


def battle(root: Path, chosen: Sequence[HandedIn], *, is_hurried: bool) -> Aftermath:
    """All attacks, in two sandboxes side by side."""
    aftermath = Aftermath(f"layerwise-canary-{secrets.token_hex(8)}", secrets.randbits(60))
    course(root, aftermath.canary)
    before = processes.descendants()  # nbgrader's desk, if another test has just used it, waits for a while
    halves = [chosen[: len(chosen) // 2], chosen[len(chosen) // 2 :]]
    with (
        hurried(is_hurried),
        planted_at_home(aftermath.canary),
        listening(aftermath.heard),
        processes.watched(functools.partial(watch, aftermath)),
        ThreadPoolExecutor(2) as threads,
    ):
        for _ in threads.map(lambda half: fight(root, half, aftermath), halves):
            pass
        (aftermath.retold,) = retell(root, aftermath)
    aftermath.left = still_there({number: name for number, name in aftermath.seen.items() if number not in before})
    return aftermath


def retell(root: Path, aftermath: Aftermath) -> Iterator[Graded]:
    """The attack in two submissions: the second one answers with what the first one's feedback has told."""
    with Pool(root, seed=aftermath.seed, workers=1, isolation="bwrap") as desks:
        (first,) = desks.grade([write(root, handed_in.read(HERE / "retold" / "asks.py"))])
        aftermath.told = "".join(re.findall(r"answers ([0-9]+)", str(first.reports)))
        second = handed_in.read(HERE / "retold" / "repeats.py")
        cells = tuple((kind, text.replace("TOLD", aftermath.told)) for kind, text in second.cells)
        yield from desks.grade([write(root, HandedIn(second.name, second.sentence, cells, second.worth, ""))])


@contextlib.contextmanager
def hurried(is_hurried: bool) -> Iterator[None]:
    """Starts desks with shorter limits of time."""
    before = pool._Desk._start
    if is_hurried:
        pool._Desk._start = _start_hurried  # type: ignore[method-assign]
    try:
        yield
    finally:
        pool._Desk._start = before  # type: ignore[method-assign]


def _start_hurried(desk: pool._Desk) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(
        [sys.executable, "-c", HURRIED], **pipes, text=True, encoding="utf-8", start_new_session=True
    )  # type: ignore[call-overload]


# --- before any attack -----------------------------------------------------------------------------------------------

LOOKS_AROUND = """
import os, socket
def conv2d(image, kernel):
    processes = sum(name.isdigit() for name in os.listdir("/proc"))
    walls = [name for name in ("/", "/usr", "/etc", os.__file__, np.__file__) if not os.access(name, os.W_OK)]
    raise ValueError(f"<{processes} {len(walls)} {len(socket.if_nameindex())}>")
"""


def preflight() -> HandedIn:
    """A harmless look around: some attacks would hurt a machine that has no walls at all."""
    return HandedIn("preflight", "", (("05.2", LOOKS_AROUND),), {}, "")


def _tame(graded: Graded) -> None:
    said = next(report.problem for report in graded.reports if report.exercise == "05.2")
    match = re.search(r"<(\d+) (\d+) (\d+)>", said)
    assert match, f"The sandbox could not be looked at, so nothing is tried: {said}"
    running, walls, interfaces = map(int, match.groups())
    assert graded.isolation == "bwrap"
    assert (running < 10, walls, interfaces) == (True, 5, 1), f"The walls are not up, so nothing is tried: {said}"


def left_behind() -> list[Path]:
    """Files of the attackers' on this machine."""
    places = [Path(name) for name in ("/", "/tmp", "/var/tmp", "/dev/shm", "/usr", "/usr/lib", "/run", ".")]
    places += [Path.home(), PROJECT, house.root()]
    return [path for place in places for path in place.glob(f"{LEFT_BEHIND}*")]
