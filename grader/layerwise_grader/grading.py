"""Grades one submission in a process of its own, with limits, so that whatever it does the next one is graded too."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from layerwise_grader.course import autograded, open_course, submitted, why

SECONDS = 300
CPU_SECONDS = 600  # of each process: the kernel may use both cores for as long as it may run
MEMORY_GIB = 8  # address space; TensorFlow alone asks for more than 2
FILE_MIB = 256
SECONDS_TO_TIDY = 20


def is_current(root: Path, chapter: str, learner: str) -> bool:
    """Whether what was graded is what was handed in last."""
    graded = autograded(root, chapter, learner)
    times = [folder / "timestamp.txt" for folder in (submitted(root, chapter, learner), graded.parent)]
    return graded.is_file() and all(time.is_file() for time in times) and times[0].read_text() == times[1].read_text()


def grade(root: Path, chapter: str, learner: str, *, seconds: float = SECONDS) -> str:
    """Grades one submission with nbgrader. Why that failed, as a sentence; empty when it did not."""
    command = [sys.executable, "-m", "layerwise_grader.grading", str(root), chapter, learner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root) as child:
        try:
            output, errors = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _stop(child)
            return f"{learner}'s notebook was still running after {seconds:g} seconds and was stopped."
        except BaseException:
            _stop(child)
            raise
    try:
        result = json.loads(output.splitlines()[-1])
    except (IndexError, ValueError):
        last = (errors.strip().splitlines() or ["it said nothing"])[-1]
        return f"The process that graded {learner} ended with code {child.returncode}: {last[:300]}"
    return "" if result["success"] else f"{learner}'s notebook could not be graded. {why(result)}"


def _stop(child: subprocess.Popen[str]) -> None:
    """An interrupt first, at which nbclient ends the kernel; a kill would leave it running."""
    child.send_signal(signal.SIGINT)
    try:
        child.communicate(timeout=SECONDS_TO_TIDY)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()


def main(arguments: list[str]) -> int:
    """What the child does: limits itself, grades, prints nbgrader's result as the last line."""
    root, chapter, learner = arguments
    limit()
    result = open_course(Path(root)).autograde(chapter, learner)
    print(json.dumps(result))
    return 0


def limit() -> None:
    """Limits this process and those it starts; on Windows nothing, because there is no such thing."""
    try:
        import resource
    except ImportError:
        return
    for what, wanted in {
        resource.RLIMIT_AS: MEMORY_GIB * 2**30,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: FILE_MIB * 2**20,
        resource.RLIMIT_CORE: 0,
    }.items():
        _, most = resource.getrlimit(what)
        least = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(what, (least, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
