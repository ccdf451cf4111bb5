"""nbgrader's own view of a checkout: its settings, its gradebook, and its answers as sentences."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from layerwise_grader.errors import ClassroomError

CLASSROOM = Path("grader", "classroom")
CONFIG = "nbgrader_config.py"


def open_course(root: Path) -> Any:
    """Nbgrader's API on the checkout in a folder, set up by its ``nbgrader_config.py``.

    Raises:
        ClassroomError: when the folder has no such file.
    """
    if not (root / CONFIG).is_file():
        raise ClassroomError(f"{root} has no {CONFIG}, so nbgrader can't run there. Get the whole course.")
    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config.loader import PyFileConfigLoader

    # What nbgrader has to say comes back as text; shown as well, it would bury our own lines.
    logging.getLogger("traitlets").propagate = False
    return NbGraderAPI(config=PyFileConfigLoader(CONFIG, path=str(root)).load_config())


def demand(result: dict[str, Any], doing: str) -> None:
    """Raises what nbgrader gives as a reason, when it did not succeed.

    Raises:
        ClassroomError: naming what was being done.
    """
    if not result["success"]:
        raise ClassroomError(f"{doing} failed. {why(result)}")


def why(result: dict[str, Any]) -> str:
    """One sentence from nbgrader's log and traceback: the first error it met, which caused the others."""
    text = "\n".join([result.get("log", ""), result.get("error", "")])
    for pattern, sentence in _KNOWN:
        if re.search(pattern, text):
            return sentence
    raised = re.findall(r"^\s*((?:\w+\.)*\w*(?:Error|Exception|Interrupt|Invalid)\b.*)$", text, re.MULTILINE)
    return f"nbgrader says: {raised[0].strip()[:300]}" if raised else "nbgrader gives no reason."


_KNOWN = [
    ("SchemaTooNewError", "Its cells were marked by a newer nbgrader than this one."),
    ("SchemaTooOldError", 'Its cells were marked by an old nbgrader. Run "nbgrader update" on it.'),
    ("DeadKernelError", "The kernel died before the first cell."),
    ("KeyboardInterrupt", "It was stopped."),
]


def released(root: Path, chapter: str) -> Path:
    """The notebook that learners got."""
    return root / "course" / chapter / f"{chapter}.ipynb"


def submissions(root: Path, chapter: str) -> list[str]:
    """The learners whose submissions of a chapter were collected, in order."""
    return sorted(path.parent.name for path in (root / CLASSROOM / "submitted").glob(f"*/{chapter}") if path.is_dir())


def graded_learners(root: Path, chapter: str) -> list[str]:
    """The learners who have a graded notebook of a chapter, in order."""
    found = (root / CLASSROOM / "autograded").glob(f"*/{chapter}/{chapter}.ipynb")
    return sorted(path.parents[1].name for path in found)


def submitted(root: Path, chapter: str, learner: str) -> Path:
    """Where a collected submission stands."""
    return root / CLASSROOM / "submitted" / learner / chapter


def autograded(root: Path, chapter: str, learner: str) -> Path:
    """The graded notebook of a submission."""
    return root / CLASSROOM / "autograded" / learner / chapter / f"{chapter}.ipynb"


def feedback_page(root: Path, chapter: str, learner: str) -> Path:
    """The page that tells a learner what the grader found."""
    return root / CLASSROOM / "feedback" / learner / chapter / f"{chapter}.html"
