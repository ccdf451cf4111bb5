"""The graded notebook: a card in each graded cell, and nothing of a learner's that a browser would run.

It is clean by construction. Its frame is the release's, its cards are drawn here from reports and escape what they
quote, code is shown as code, and what a learner wrote as prose is shown as they typed it. No filter has to be perfect.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from layerwise_grader import catalogue
from layerwise_grader.card import card
from layerwise_grader.engine import program
from layerwise_grader.errors import UnknownExercise
from layerwise_grader.report import MEDIA_TYPE, Report, from_dict

UNJUDGED = "there is no verdict on this exercise, so there are no points."
AS_TYPED = "as typed"  # the mark of a learner's prose that was made harmless; doing it twice changes nothing
# MathJax, which Formgrader loads, would turn a quoted \href{javascript:…} into a link.
NO_MATHS = "tex2jax_ignore mathjax_ignore"


def graded(notebook: Any, reports: Iterable[Report], notes: Mapping[str, str]) -> Any:
    """The rebuilt notebook with the report on each exercise in its graded cell.

    Args:
        notebook: as ``rebuild`` made it; not changed.
        reports: of its exercises; one that is missing earns nothing.
        notes: exercise → a sentence where its answer was found.
    """
    made = copy.deepcopy(notebook)
    by_exercise = {report.exercise: report for report in reports}
    for cell in made.cells:
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("grade") and cell.cell_type == "code" and not settings.get("solution"):
            id = str(settings["grade_id"]).replace("-", ".")
            report = by_exercise.get(id) or without(id, int(settings["points"]), UNJUDGED)
            note = (notes[id],) if id in notes else ()
            cell.outputs = [result(replace(report, notes=(*report.notes, *note)))]
    return made


def ungraded(released: Any, sentence: str) -> Any:
    """What the learner of a submission that could not be graded is shown: the released notebook, with the reason."""
    made = copy.deepcopy(released)
    settings = [cell.metadata["nbgrader"] for cell in made.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    ids = [(str(one["grade_id"]).replace("-", "."), int(one["points"])) for one in settings]
    return graded(made, [without(id, points, sentence) for id, points in ids], {})


def without(id: str, points: int, sentence: str) -> Report:
    """The report on an exercise that could not be judged: no points, and why."""
    try:
        title = catalogue.find(id).title
    except UnknownExercise:  # a cell that an instructor added
        title = ""
    return Report(id, title, points, problem=sentence)


def result(report: Report) -> Any:
    """The output of a graded cell: the card, and the score as its text, which nbgrader reads."""
    from nbformat.v4 import new_output

    shown = f'<div class="{NO_MATHS}">{card(report)}</div>'
    data = {"text/plain": f"{report.earned:g}", "text/html": shown, MEDIA_TYPE: report.as_dict()}
    return new_output("execute_result", data, execution_count=None)


def harmless(notebook: Any) -> Any:
    """The graded notebook as it may be opened and shown: a learner's prose as they typed it, outputs only ours.

    Made after the scores are entered: nbgrader compares answers with what was released.
    """
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        cell.pop("attachments", None)
        if cell.cell_type == "code":
            reports = [output["data"][MEDIA_TYPE] for output in cell.outputs if MEDIA_TYPE in output.get("data", {})]
            cell.outputs = [result(from_dict(dict(report))) for report in reports]
        elif is_learners(cell) and cell.metadata.get(program.MARK) != AS_TYPED:
            cell.cell_type, cell.source = "markdown", as_typed(cell.source)
            cell.metadata[program.MARK] = AS_TYPED
    return made


def is_learners(cell: Any) -> bool:
    """Whether a learner wrote what stands in the cell of a rebuilt notebook."""
    settings = cell.metadata.get("nbgrader", {})
    return program.MARK in cell.metadata or bool(settings.get("solution"))


def as_typed(text: str) -> str:
    """Markdown that shows a text letter by letter: between fences that are longer than any in it."""
    plain = "".join(letter if _is_shown(letter) else "\N{REPLACEMENT CHARACTER}" for letter in text)
    longest = max((len(run) for run in re.findall(r"`+", plain)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{plain}\n{fence}"


def _is_shown(letter: str) -> bool:
    """Whether every renderer takes it for what it is: a control character could end a line for one of them."""
    return letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp")
