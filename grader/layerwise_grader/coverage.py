"""Which row of the curriculum is shown by which cell: a cell's tag ``covers:S123`` is a promise."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from layerwise_grader import catalogue, house, source


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that the course must show, and the sections that show it."""

    id: str
    name: str
    verb: str
    chapter: str
    sections: tuple[str, ...]

    @property
    def is_missing(self) -> bool:
        """Whether its chapter is there but no cell of the chapter shows it."""
        own = any(section.startswith(self.chapter) for section in self.sections)
        return not own and self.chapter in {name[:2] for name in written()}


def written() -> list[str]:
    """The chapters that have a source."""
    return [name for name in house.slugs() if house.source(name).exists()]


def rows() -> list[Row]:
    """Every row of ``solutions/curriculum.csv`` with the sections that show it."""
    shown = tagged()
    with (house.root() / "solutions" / "curriculum.csv").open(encoding="utf-8", newline="") as file:
        return [Row(**row, sections=tuple(shown.get(row["id"], ()))) for row in csv.DictReader(file)]


def tagged() -> dict[str, list[str]]:
    """Row id → "05 Keep the strongest" for each section with a cell that carries its tag."""
    found: dict[str, list[str]] = {}
    for name in written():
        section = ""
        for cell in source.cells(house.source(name)):
            heading = re.match(r"#+ (.+)", cell.text) if cell.kind == "markdown" else None
            section = heading[1].strip() if heading else section
            for tag in cell.tags:
                if tag.startswith("covers:") and f"{name[:2]} {section}" not in found.setdefault(tag[7:], []):
                    found[tag[7:]].append(f"{name[:2]} {section}")
    return found


def unknown_tags() -> set[str]:
    """Tags for rows that the curriculum doesn't have."""
    return set(tagged()) - {row.id for row in rows()}


def chapters_table() -> str:
    """The README's table of chapters, in Markdown."""
    lines = ["| chapter | you build | exercises | points | rows covered |", "|---|---|---|---|---|"]
    counted = rows()
    for name in written():
        title, goal = _title(name)
        exercises = catalogue.exercises(name[:2])
        points = sum(exercise.points for exercise in exercises)
        shown = sum(1 for row in counted if row.chapter == name[:2] and not row.is_missing)
        link = f"[{title}](course/{name}/{name}.ipynb)"
        lines.append(f"| {link} | {goal} | {len(exercises)} | {points} | {shown} |")
    return "\n".join(lines)


def _title(name: str) -> tuple[str, str]:
    """The chapter's title and what the learner builds, from its title card."""
    card = source.cells(house.source(name))[0].text
    title = re.search(r"^# (.+)$", card, flags=re.M)
    goal = re.search(r"\*\*You build\*\*\s+(.+?)\.(?:\s|$)", card, flags=re.S)
    return (title[1] if title else name), " ".join((goal[1] if goal else "").split())
