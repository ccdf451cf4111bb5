"""What learners hand in: read without running anything, refused with a sentence when it can't be graded."""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

from layerwise_grader.course import submitted
from layerwise_grader.errors import ClassroomError

MOST_MIB = 50
LEARNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
AGAIN = "Open it in JupyterLab, save it, and hand it in again."


def refusal(path: Path, name: str) -> str:
    """Why a notebook can't be graded, as a sentence that starts with its name; empty when it can."""
    if path.is_symlink() or not path.is_file():
        return f"{name} is no ordinary file. {AGAIN}"
    size = path.stat().st_size
    if size == 0:
        return f"{name} is empty. {AGAIN}"
    if size > MOST_MIB * 2**20:
        return f"{name} has {size / 2**20:.0f} MiB; {MOST_MIB} are allowed. Clear its outputs and hand it in again."
    return _reading_fails(path.read_bytes(), name)


def _reading_fails(content: bytes, name: str) -> str:
    try:
        notebook = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        return f"{name} is not UTF-8. {AGAIN}"
    except json.JSONDecodeError as error:
        return f"{name} is not a notebook: line {error.lineno}, column {error.colno} can't be read. {AGAIN}"
    except RecursionError:
        return f"{name} is nested too deeply to be a notebook. {AGAIN}"
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) and "cell_type" in cell for cell in cells):
        return f"{name} is not a notebook: it has no list of cells. {AGAIN}"
    if notebook.get("nbformat") != 4:
        return f"{name} has notebook format {notebook.get('nbformat')}; 4 is read here. {AGAIN}"
    return ""


def collected(root: Path, chapter: str, learner: str) -> str:
    """Why a collected submission can't be graded; empty when it can."""
    folder = submitted(root, chapter, learner)
    path = folder / f"{chapter}.ipynb"
    if path.is_symlink() or path.exists():
        return refusal(path, f"{learner}/{path.name}")
    others = ", ".join(sorted(other.name for other in folder.glob("*.ipynb"))) or "no notebook"
    return f"{learner} handed in {others}, where {path.name} was expected. Rename it and hand it in again."


def take_in(folder: Path, root: Path, chapter: str) -> dict[str, str]:
    """Hands in the notebooks of a folder, each named by its learner: ``ada.ipynb`` or ``ada/05-convolutions.ipynb``.

    Handing in the same notebook twice changes nothing.

    Returns:
        For each learner, why the notebook was refused; empty when it was taken.

    Raises:
        ClassroomError: when the folder holds none.
    """
    found = {path.stem: path for path in folder.glob("*.ipynb")}
    found |= {path.name: path for path in folder.iterdir() if path.is_dir() and any(path.glob("*.ipynb"))}
    if not found:
        raise ClassroomError(f"{folder} holds no notebooks. Name them by learner: ada.ipynb, or ada/{chapter}.ipynb.")
    return {learner: _take(learner, path, root, chapter) for learner, path in sorted(found.items())}


def _take(learner: str, path: Path, root: Path, chapter: str) -> str:
    if not LEARNER.fullmatch(learner):
        return f"{path.name} does not name a learner: letters, digits and . _ - @ are allowed. Rename it."
    if path.is_dir():
        inside = sorted(path.glob("*.ipynb"))
        named = [one for one in inside if one.stem == chapter] or inside
        if len(named) > 1:
            return f"{path.name}/ holds {len(named)} notebooks and none is {chapter}.ipynb. Leave the one to grade."
        path = named[0]
    sentence = refusal(path, path.name if path.stem == learner else f"{learner}/{path.name}")
    if not sentence:
        _hand_in(path.read_bytes(), submitted(root, chapter, learner), chapter)
    return sentence


def _hand_in(content: bytes, target: Path, chapter: str) -> None:
    """Writes what nbgrader's exchange would write; its time is what makes nbgrader grade it again."""
    notebook = target / f"{chapter}.ipynb"
    if notebook.is_file() and notebook.read_bytes() == content:
        return
    target.mkdir(parents=True, exist_ok=True)
    notebook.unlink(missing_ok=True)
    notebook.write_bytes(content)
    (target / "submission_secret.txt").write_text(secrets.token_hex(64))
    (target / "timestamp.txt").write_text(datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC"))
