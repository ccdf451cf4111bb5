"""Builds a chapter: source (.py) → executed solution (.ipynb) → what learners open, released by nbgrader itself."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from layerwise_grader import catalogue, house, source
from layerwise_grader.errors import BuildFailed

STUB = "raise NotImplementedError()"
REPOSITORY = "https://github.com/layerwise/layerwise"
COLAB = f"""\
# On Colab, this installs the course; anywhere else it only keeps TensorFlow's start-up lines off the page.
import importlib.util
import os

if importlib.util.find_spec("layerwise_grader") is None:
    %pip install --quiet "layerwise @ git+{REPOSITORY}"
if importlib.util.find_spec("tensorflow") is None:
    os.environ.setdefault("KERAS_BACKEND", "jax")
import layerwise_datasets"""
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def build(name: str, *, profile: str = "cpu") -> None:
    """Executes a chapter's source and releases it; both notebooks replace the committed ones.

    Raises:
        BuildFailed: when a cell stops, an exercise is not fully right, or a result misses its band.
    """
    notebook = assemble(name)
    released = release(name, notebook)
    execute(name, notebook, profile)
    _write(house.solution(name), notebook)
    _write(house.released(name), released)


def differences(name: str) -> list[str]:
    """What is committed but isn't what the source builds, outputs aside; one sentence each."""
    notebook = assemble(name)
    pairs = [(house.solution(name), notebook), (house.released(name), release(name, notebook))]
    found = []
    for path, built in pairs:
        if not path.exists():
            found.append(f"{path.relative_to(house.root())} is missing")
        elif without_outputs(read(path)) != without_outputs(built):
            found.append(f"{path.relative_to(house.root())} isn't what its source builds")
    return found


# --- from source to notebook -----------------------------------------------------------------------------------------


def assemble(name: str) -> Any:
    """The chapter as a notebook, not yet executed: with cell ids that stay the same, and nbgrader's metadata."""
    from nbformat import v4

    path = house.source(name)
    if not path.exists():
        raise BuildFailed(f"{path} is missing: a chapter is built from it.")
    cells = source.cells(path)
    # Right under the title, so that it runs before Keras is imported.
    cells.insert(1, source.Cell("code", COLAB, ("colab",)))
    notebook = v4.new_notebook(metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    seen: Counter[str] = Counter()
    for number, cell in enumerate(cells):
        made = v4.new_code_cell(cell.text) if cell.kind == "code" else v4.new_markdown_cell(cell.text)
        made.metadata = _metadata(cells, number)
        made.id = _cell_id(cell, made.metadata, seen)
        notebook.cells.append(made)
    return notebook


def _metadata(cells: list[source.Cell], number: int) -> Any:
    from nbformat import from_dict

    cell = cells[number]
    metadata: dict[str, Any] = {"tags": list(cell.tags)} if cell.tags else {}
    if cell.tags == ("colab",):
        metadata["jupyter"] = {"source_hidden": True}
    if cell.is_answer:
        following = cells[number + 1].checked if number + 1 < len(cells) else None
        if following is None:
            raise BuildFailed(
                f"The cell after this answer must be its check line, and nothing else:\n{cell.text[:200]}"
            )
        metadata["nbgrader"] = _nbgrader(f"{following.replace('.', '-')}-answer", solution=True)
    elif cell.checked:
        points = catalogue.find(cell.checked).points
        metadata["nbgrader"] = _nbgrader(cell.checked.replace(".", "-"), grade=True, locked=True, points=points)
    return from_dict(metadata)


def _nbgrader(grade_id: str, **fields: Any) -> dict[str, Any]:
    blank = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3}
    return {**blank, "grade_id": grade_id, **fields}


def _cell_id(cell: source.Cell, metadata: Any, seen: Counter[str]) -> str:
    """The id nbgrader knows it by, else a digest of the text, which an edit elsewhere in the chapter doesn't change."""
    if "nbgrader" in metadata:
        return str(metadata["nbgrader"]["grade_id"])
    digest = hashlib.sha256(cell.text.encode()).hexdigest()[:8]
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


# --- executing -------------------------------------------------------------------------------------------------------


def execute(name: str, notebook: Any, profile: str) -> None:
    """Runs the notebook in place, strictly: an exercise not fully right or a band missed stops it."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    strictly = {"LAYERWISE_STRICT": "1", "COURSE_PROFILE": profile, "TF_CPP_MIN_LOG_LEVEL": "3"}
    asked = dict(notebook.metadata)
    try:
        with tempfile.TemporaryDirectory() as folder:
            resources = {"metadata": {"path": folder}}
            client = NotebookClient(notebook, timeout=1200, coalesce_streams=True, resources=resources)
            client.execute(env={**os.environ, **strictly}, stderr=subprocess.DEVNULL)
    except CellExecutionError as error:
        raise BuildFailed(f"{name} stopped:\n{error}") from error
    notebook.metadata.update(asked)  # the kernel wrote its own version there
    for cell in notebook.cells:
        _keep_outputs_small(cell)


def _keep_outputs_small(cell: Any) -> None:
    from layerwise_grader.report import MEDIA_TYPE

    cell.metadata.pop("execution", None)
    if cell.cell_type != "code":
        return
    cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    for output in cell.outputs:
        output.get("data", {}).pop(MEDIA_TYPE, None)


# --- releasing -------------------------------------------------------------------------------------------------------


def release(name: str, notebook: Any) -> Any:
    """The notebook that learners open: solutions cut out by nbgrader."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    house.find_own_programs()
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder, "source", name, f"{name}.ipynb"), notebook)
        config = Config()
        config.CourseDirectory.root = folder
        config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
        config.CourseDirectory.assignment_id = name
        config.ClearSolutions.code_stub = {"python": STUB}
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.log.setLevel("ERROR")
        converter.start()
        return read(Path(folder, "release", name, f"{name}.ipynb"))


# --- files -----------------------------------------------------------------------------------------------------------


def read(path: Path) -> Any:
    """The notebook in a file."""
    import nbformat

    return nbformat.read(path, as_version=4)


def _write(path: Path, notebook: Any) -> None:
    """Writes aside, then renames, so that a full disk never leaves half a notebook."""
    import nbformat

    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    nbformat.write(notebook, aside)
    aside.replace(path)


def without_outputs(notebook: Any) -> str:
    """The notebook as text, without what running it adds."""
    notebook = json.loads(json.dumps(notebook))
    for cell in notebook["cells"]:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
        cell["source"] = "".join(cell["source"])
    return json.dumps(notebook, sort_keys=True)
