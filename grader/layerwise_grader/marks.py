"""Scores as an instructor reads them: from nbgrader's gradebook, with what each learner misunderstood."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from layerwise_grader import build, terminal
from layerwise_grader.course import autograded
from layerwise_grader.engine import gradebook as ledger
from layerwise_grader.report import Report

COLUMNS = ("learner", "chapter", "submitted", "points", "of", "percent", "late_penalty", "isolation", "problem")
LONGEST = 80  # letters of a problem in the table; the whole of it stands on the feedback page


@dataclass(frozen=True, slots=True)
class Mark:
    """One learner's result in one chapter."""

    learner: str
    chapter: str
    points: float | None = None  # None: there is no grade
    of: float = 0
    reports: tuple[Report, ...] = ()
    problem: str = ""  # why it could not be graded
    submitted: str = ""
    late_penalty: float = 0
    isolation: str = ""  # what the submission was run in: "bwrap" or "process"

    @property
    def percent(self) -> int | None:
        """Whole percent of the points; None without a grade."""
        return None if self.points is None or not self.of else round(100 * self.points / self.of)

    def as_dict(self) -> dict[str, object]:
        """For JSON, with stable keys."""
        fields = {key: value for key, value in asdict(self).items() if key != "reports"}
        return {**fields, "percent": self.percent, "exercises": [report.as_dict() for report in self.reports]}


def read(api: Any, root: Path, chapter: str, learners: Iterable[str], problems: Mapping[str, str]) -> list[Mark]:
    """The marks of these learners; ``problems`` says what is wrong with those that never came into the gradebook."""
    with api.gradebook as gradebook:
        return [_of(gradebook, root, chapter, learner, problems.get(learner, "")) for learner in sorted(set(learners))]


def _of(gradebook: Any, root: Path, chapter: str, learner: str, problem: str = "") -> Mark:
    from nbgrader.api import MissingEntry

    try:
        found = gradebook.find_submission(chapter, learner)
    except MissingEntry:
        return Mark(learner, chapter, problem=problem)
    stamp = ledger.stamped(root, chapter, learner)
    problem = problem or (stamp.problem if stamp else "")
    if problem and not found.score:
        return Mark(learner, chapter, problem=problem, submitted=str(found.timestamp or ""))
    return Mark(
        learner,
        chapter,
        max(0.0, found.score - found.late_submission_penalty),
        found.max_score,
        _reports(autograded(root, chapter, learner)),
        problem,
        str(found.timestamp or ""),
        found.late_submission_penalty,
        stamp.isolation if stamp else "",
    )


def _reports(path: Path) -> tuple[Report, ...]:
    return tuple(terminal.reports_in(build.read(path))) if path.is_file() else ()


def everything(api: Any, root: Path, chapters: Sequence[str]) -> list[Mark]:
    """The marks of every learner in the gradebook; who handed in nothing has no points."""
    marks = []
    with api.gradebook as gradebook:
        everybody = sorted(one.id for one in gradebook.students)
        for chapter in chapters:
            most = gradebook.find_assignment(chapter).max_score
            found = [_of(gradebook, root, chapter, learner) for learner in everybody]
            marks += [
                mark if mark.problem or mark.points is not None else replace(mark, points=0.0, of=most)
                for mark in found
            ]
    return marks


# --- showing them ----------------------------------------------------------------------------------------------------


def show(marks: Sequence[Mark], title: str) -> None:
    """The table: a row for each learner, and under it what could not be graded."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("learner", title=title, title_justify="left")
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("%", justify="right")
    table.add_column("isolation")
    table.add_column("what is not right yet")
    for mark in marks:
        points = "–" if mark.points is None else f"{mark.points:g} of {mark.of:g}"
        percent = "–" if mark.percent is None else str(mark.percent)
        wrong = escape(printable(mark.problem or "\n".join(lacks(mark.reports))))
        table.add_row(escape(printable(mark.learner)), points, percent, mark.isolation or "–", wrong)
    Console().print(table)


def printable(text: str) -> str:
    """The text without what a terminal would obey: reports quote what learners wrote."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def lacks(reports: Iterable[Report]) -> list[str]:
    """A line for each exercise that lacks points: the misconception's name where there is one."""
    lines = []
    for report in reports:
        if report.is_full:
            continue
        names = ", ".join(named.name.replace("_", " ") for named in report.misconceptions)
        lines.append(f"{report.exercise} {names or _state(report)}")
    return lines


def _state(report: Report) -> str:
    if len(report.problem) > LONGEST:
        return f"{report.problem[:LONGEST].rstrip()} …"
    return report.problem or report.state


def write_csv(marks: Sequence[Mark], path: Path) -> None:
    """The marks as a table for a spreadsheet: one row a learner and chapter, one column an exercise."""
    exercises = sorted({report.exercise for mark in marks for report in mark.reports})
    with path.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow([*COLUMNS, *exercises])
        for mark in marks:
            earned = {report.exercise: report.earned for report in mark.reports}
            row = [mark.learner, mark.chapter, mark.submitted, mark.points, mark.of, mark.percent, mark.late_penalty]
            row += [mark.isolation, _no_formula(mark.problem)]
            sheet.writerow([*row, *(earned.get(exercise, "") for exercise in exercises)])


def _no_formula(text: str) -> str:
    """A problem quotes file names, and a spreadsheet runs what begins like a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
