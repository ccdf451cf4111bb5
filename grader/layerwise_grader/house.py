"""Where things are in a checkout of the course."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from layerwise_grader.errors import LayerwiseError


def root() -> Path:
    """The project's folder: the nearest one above the working directory, else the one this package was installed from.

    Raises:
        LayerwiseError: when neither holds a ``solutions`` or ``course`` folder.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (folder / "course").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    raise LayerwiseError("This command needs a checkout of the course. Go into its folder and try again.")


def find_own_programs() -> None:
    """Puts this environment's programs on the path: nbgrader starts ``alembic`` by name, activated or not."""
    own = str(Path(sys.executable).parent)
    if own not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([own, os.environ.get("PATH", "")])


def slug(chapter: str) -> str:
    """The folder name of a chapter: "5" or "05" → "05-convolutions".

    Raises:
        LayerwiseError: when there is no such chapter; it names those there are.
    """
    number = chapter.partition("-")[0].zfill(2)
    found = {name[:2]: name for name in slugs()}
    if number not in found:
        raise LayerwiseError(f'There is no chapter "{chapter}". There are {", ".join(found.values()) or "none yet"}.')
    return found[number]


def slugs() -> list[str]:
    """The folder names of all chapters, in order, from the sources or, where those are absent, from the release."""
    folders = [*(root() / "solutions").glob("[0-9][0-9]-*"), *(root() / "course").glob("[0-9][0-9]-*")]
    return sorted({folder.name for folder in folders if folder.is_dir()})


def source(name: str) -> Path:
    """The chapter's source."""
    return root() / "solutions" / name / f"{name}.py"


def solution(name: str) -> Path:
    """The chapter's executed notebook."""
    return root() / "solutions" / name / f"{name}.ipynb"


def released(name: str) -> Path:
    """What learners open."""
    return root() / "course" / name / f"{name}.ipynb"


def worked_on(name: str) -> Path:
    """The learner's own copy."""
    return root() / "work" / name / f"{name}.ipynb"
