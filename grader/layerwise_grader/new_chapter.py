"""Starts a chapter: its three files, small but whole, so that an author changes what runs instead of a blank page."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from layerwise_grader import house
from layerwise_grader.errors import LayerwiseError

_TEMPLATES = Path(__file__).parent / "templates"


def start(slug: str) -> list[Path]:
    """Writes source, exercises and answers of a new chapter and gives their paths.

    Args:
        slug: number and name, such as ``06-image-classification``.

    Raises:
        LayerwiseError: when the slug has another form, or a file is there already.
    """
    if not re.fullmatch(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise LayerwiseError(f'"{slug}" is no chapter name: two digits, then words, such as 06-image-classification.')
    number, _, name = slug.partition("-")
    module = f"ch{number}_{name.replace('-', '_')}"
    root = house.root()
    targets = {
        "chapter.py.tpl": root / "solutions" / slug / f"{slug}.py",
        "exercises.py.tpl": root / "grader" / "layerwise_grader" / "exercises" / f"{module}.py",
        "answers.py.tpl": root / "tests" / "answers" / f"{module}.py",
    }
    there = [path for path in targets.values() if path.exists()]
    if there:
        raise LayerwiseError(f"{there[0]} is there already. Choose another number or name.")
    words = {"number": number, "slug": slug, "module": module, "title": name.replace("-", " ").capitalize()}
    for template, path in targets.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template((_TEMPLATES / template).read_text("utf-8")).substitute(words), "utf-8")
    return list(targets.values())
