"""A learner's notebook seen from the terminal: run its exercises, or read what was saved in it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from layerwise_grader import build, catalogue, house
from layerwise_grader.errors import LayerwiseError
from layerwise_grader.report import MEDIA_TYPE, NOT_STARTED, Report, from_dict

SECONDS_A_CELL = 120


def find(chapter: str) -> Path:
    """The learner's notebook of a chapter, or the file itself when a path is given.

    Raises:
        LayerwiseError: when there is none; it says how to get one.
    """
    if chapter.endswith(".ipynb"):
        path = Path(chapter)
        if not path.is_file():
            raise LayerwiseError(f"There is no notebook {chapter}.")
        return path
    path = house.worked_on(house.slug(chapter))
    if not path.is_file():
        raise LayerwiseError(f'{path} is not there yet: "make lab" copies the chapters into work/.')
    return path


def run(path: Path) -> list[Report]:
    """Runs a notebook without its demo cells and gives the report of each check it came to.

    Raises:
        LayerwiseError: when the file is no notebook.
    """
    notebook = _read(path)
    notebook.cells = [cell for cell in notebook.cells if "demo" not in cell.metadata.get("tags", [])]
    execute(notebook, path.parent, allow_errors=True)
    return reports_in(notebook)


def execute(notebook: Any, folder: Path, *, allow_errors: bool) -> None:
    """Runs a notebook in place, in a kernel of its own."""
    from nbclient import NotebookClient

    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=SECONDS_A_CELL, allow_errors=allow_errors, resources=resources)
    client.execute(stderr=subprocess.DEVNULL)


def saved(path: Path) -> list[Report]:
    """The reports that the notebook's saved outputs hold, and "not started yet" for the chapter's other exercises."""
    found = {report.exercise: report for report in reports_in(_read(path))}
    known = catalogue.exercises(path.stem[:2])
    blanks = {one.id: Report(one.id, one.title, one.points, problem=NOT_STARTED) for one in known}
    return [found.get(id, blank) for id, blank in blanks.items()]


def reports_in(notebook: Any) -> list[Report]:
    """The reports in a notebook's outputs, in order."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [from_dict(output["data"][MEDIA_TYPE]) for output in outputs if MEDIA_TYPE in output.get("data", {})]


def _read(path: Path) -> Any:
    try:
        return build.read(path)
    except Exception as error:  # nbformat raises whatever the damage makes it raise
        raise LayerwiseError(f"{path} can't be read as a notebook: {error}") from error
