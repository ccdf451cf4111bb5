"""The tables that the command line prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from layerwise_grader import house
from layerwise_grader.answers import Row as AnswerRow
from layerwise_grader.coverage import Row as CoverageRow
from layerwise_grader.errors import LayerwiseError
from layerwise_grader.mutants import MutationRun

BEGIN, END = "<!-- chapters: begin -->", "<!-- chapters: end -->"


def show_answers(rows: Sequence[AnswerRow]) -> None:
    """The answers matrix, then a line with the counts."""
    from rich.console import Console
    from rich.table import Table

    table = Table("exercise", "answer", "should be", "points", "named")
    for row in rows:
        wanted = "accepted" if row.is_right else "rejected"
        sign = "✔" if row.is_well else "✘"
        table.add_row(row.exercise, row.answer, f"{sign} {wanted}", f"{row.earned} of {row.points}", row.named)
    Console().print(table)
    wrong = [row for row in rows if not row.is_well]
    print(f"{len(rows)} answers, {len(rows) - len(wrong)} judged as they should be.")
    for row in wrong:
        problem = (
            "lost points" if row.is_right else f"earned {row.earned} of {row.points}, named {row.named or 'nothing'}"
        )
        print(f"  ✘ {row.exercise} {row.answer}: {problem}")


def show_mutants(runs: Iterable[MutationRun]) -> None:
    """The mutation run, one line an exercise, with each survivor."""
    for run in runs:
        print(f"{run.exercise}: {run.tried} mutants, {len(run.survived)} survived")
        for name in run.survived:
            print(f"  ✘ accepted: {name}")
        for name in run.stale:
            print(f"  ✘ listed as equivalent, but caught or gone: {name}")


def run_as_dict(run: MutationRun) -> dict[str, object]:
    """A mutation run for JSON."""
    return asdict(run)


def show_coverage(rows: Sequence[CoverageRow], unknown: set[str]) -> None:
    """Rows of the chapters that are written, with the sections that show them."""
    from rich.console import Console
    from rich.table import Table

    table = Table("row", "what", "verb", "chapter", "shown in")
    for row in rows:
        if row.sections or row.is_missing:
            table.add_row(row.id, row.name, row.verb, row.chapter, "\n".join(row.sections) or "✘ nowhere")
    Console().print(table)
    missing = [row.id for row in rows if row.is_missing]
    print(f"{len([row for row in rows if row.sections])} of {len(rows)} rows are shown.")
    if missing:
        print(f"Missing in chapters that are written: {', '.join(missing)}.")
    if unknown:
        print(f"Tags for rows that the curriculum doesn't have: {', '.join(sorted(unknown))}.")


def with_chapters(readme: str, table: str) -> str:
    """The README with its table of chapters replaced."""
    if BEGIN not in readme or END not in readme:
        raise LayerwiseError(f"README.md lacks the lines {BEGIN} and {END}, between which the table stands.")
    before, rest = readme.split(BEGIN, 1)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.split(END, 1)[1]}"


def write_readme(table: str) -> None:
    """Puts the table of chapters into README.md."""
    path = house.root() / "README.md"
    path.write_text(with_chapters(path.read_text(encoding="utf-8"), table), encoding="utf-8")
