"""What a learner calls in a notebook: ``check`` and ``progress``. Neither ever raises."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from layerwise_grader import catalogue
from layerwise_grader.answer import LocalAnswer
from layerwise_grader.card import card, mark, progress_card
from layerwise_grader.errors import UnknownExercise
from layerwise_grader.judge import judge
from layerwise_grader.report import MEDIA_TYPE, NOT_STARTED, Report, text

log = logging.getLogger(__name__)

_reports: dict[str, Report] = {}


class Score:
    """A report whose text is its points, because nbgrader reads partial credit there; a notebook shows its card."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def __float__(self) -> float:
        return float(self.report.earned)

    def __repr__(self) -> str:
        return f"{self.report.earned:g}"

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, object]:
        return {"text/plain": repr(self), "text/html": card(self.report), MEDIA_TYPE: self.report.as_dict()}


def check(exercise: str, answer: object) -> Score:
    """Judges your answer to an exercise and says what is right, what is wrong and why.

    Args:
        exercise: the number on the card, such as ``"05.2"``.
        answer: the function you wrote, without brackets.

    Returns:
        The points earned; in a notebook it shows as a card.
    """
    report = _report(exercise, answer)
    _reports[report.exercise] = report
    if not _in_notebook():
        print(text(report))
    # Solutions must earn every point in CI; a learner's check never raises.
    if os.environ.get("LAYERWISE_STRICT") and not report.is_full:
        raise AssertionError(text(report))
    return Score(report)


def _report(id: str, answer: object) -> Report:
    try:
        exercise = catalogue.find(str(id))
    except UnknownExercise as error:
        return Report(str(id), "", 0, problem=str(error))
    blank = Report(exercise.id, exercise.title, exercise.points)
    if not callable(answer):
        hint = f'Give the function itself, without brackets: check("{exercise.id}", {exercise.function}).'
        return Report(blank.exercise, blank.title, blank.points, problem=hint)
    try:
        return judge(exercise, LocalAnswer(exercise, answer))
    except Exception:  # the border that promises never to raise; whatever it is, it is ours, not the learner's
        log.exception("judging %s failed", exercise.id)
        ours = "the check itself failed, which is not your fault. Please report it with your answer."
        return Report(blank.exercise, blank.title, blank.points, problem=ours)


class Progress:
    """A chapter's reports so far, as a card or as text."""

    def __init__(self, title: str, reports: list[Report]) -> None:
        self.title, self.reports = title, reports

    def __repr__(self) -> str:
        rows = [f"  {mark(report)} {report.exercise}  {report.title}: {report.state}" for report in self.reports]
        return "\n".join([self.title, *rows])

    def _repr_html_(self) -> str:
        return progress_card(self.title, self.reports)


def progress(chapter: str) -> Progress:
    """What you have done of a chapter since this notebook was started.

    Args:
        chapter: its number, such as ``"05"``.
    """
    try:
        known = catalogue.exercises(str(chapter))
    except UnknownExercise as error:
        return Progress(str(error), [])
    blanks = {one.id: Report(one.id, one.title, one.points, problem=NOT_STARTED) for one in known}
    return Progress(f"Chapter {chapter}", [_reports.get(id, blank) for id, blank in blanks.items()])


# --- unfilled stubs --------------------------------------------------------------------------------------------------


def _shell() -> Any:
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def _in_notebook() -> bool:
    return hasattr(_shell(), "kernel")


def read_on_past_stubs(shell: Any) -> None:
    """Lets a cell that calls an unfilled exercise say one sentence instead of stopping "Run all" with a traceback."""
    met: list[BaseException] = []

    def tell(shell: Any, kind: type, error: BaseException, trace: TracebackType, tb_offset: object = None) -> None:
        name = _stub_name(trace, shell.user_ns)
        if name is None:
            shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
            return
        met.append(error)
        print(f"This cell uses your {name}, which is not started yet. Fill it in and run the cell again, or read on.")

    def forgive(result: Any) -> None:
        if result is not None and result.error_in_exec in met:
            result.error_in_exec = None
        met.clear()

    shell.set_custom_exc((NotImplementedError,), tell)
    shell.events.register("post_run_cell", forgive)


def _stub_name(trace: TracebackType, namespace: dict[str, object]) -> str | None:
    """The notebook's own function that the exception was raised in; None when it came from elsewhere."""
    while trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace.tb_frame
    is_own = frame.f_globals is namespace and frame.f_code.co_name != "<module>"
    return frame.f_code.co_name if is_own else None


def _install(hook: Callable[[Any], None]) -> None:
    shell = _shell()
    if shell is not None:
        hook(shell)


_install(read_on_past_stubs)
