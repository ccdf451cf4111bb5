"""A report as a card of HTML: inline styles only, no script, readable on light and dark pages and without colour."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from layerwise_grader.report import NOT_STARTED, Report, Verdict, explanations

# Mid tones with at least 3:1 contrast on white and on JupyterLab's dark grey; the signs carry the meaning.
RIGHT, WRONG, QUIET = "#2e8b57", "#d1495b", "#8a8a8a"
_BOX = (
    "border:1px solid #8a8a8a66;border-left:5px solid {edge};border-radius:4px;"
    "padding:.6em .9em;margin:.3em 0;max-width:46em;line-height:1.45"
)
_HEAD = "display:flex;justify-content:space-between;gap:1em"
_BAR = "border:1px solid #8a8a8a;border-radius:4px;height:.7em;margin:.4em 0"
_CELL = "text-align:left;padding:.1em .8em .1em 0"


def card(report: Report) -> str:
    """The report of one exercise as HTML."""
    edge = QUIET if report.problem == NOT_STARTED else RIGHT if report.is_full else WRONG
    rows = [_head(report)]
    if report.problem and report.problem != NOT_STARTED:
        rows.append(f"<div>{_sign(False)} {escape(report.problem)}</div>")
    rows += [_row(verdict) for verdict in report.verdicts]
    for label, sentence in explanations(report):
        rows.append(f'<div style="margin-top:.35em"><b>{label}:</b> {escape(sentence)}</div>')
    return f'<div style="{_BOX.format(edge=edge)}">{"".join(rows)}</div>'


def _head(report: Report) -> str:
    title = f"<span><b>{escape(report.exercise)}</b>&ensp;{escape(report.title)}</span>"
    return f'<div style="{_HEAD}">{title}<span>{escape(report.state)}</span></div>'


def _row(verdict: Verdict) -> str:
    seen = f'<div style="margin-left:1.5em;opacity:.8">{escape(verdict.seen)}</div>' if verdict.seen else ""
    return f"<div>{_sign(bool(verdict.earned))} {escape(verdict.check)}{seen}</div>"


def _sign(is_right: bool) -> str:
    sign, colour, word = ("✔", RIGHT, "right") if is_right else ("✘", WRONG, "wrong")
    return f'<span style="color:{colour};font-weight:bold" role="img" aria-label="{word}">{sign}</span>'


def progress_card(title: str, reports: Sequence[Report]) -> str:
    """A chapter's exercises, one row each, with a bar of the points."""
    earned, points = sum(report.earned for report in reports), sum(report.points for report in reports)
    share = round(100 * earned / max(points, 1))
    filled = f'<div style="background:{RIGHT};height:100%;width:{share}%"></div>'
    bar = f'<div role="img" aria-label="{share} percent" style="{_BAR}">{filled}</div>'
    head = f"<b>{escape(title)}</b>&ensp;{earned} of {points} points, {share} %"
    rows = f'<table style="border:0;margin:0">{"".join(map(_progress_row, reports))}</table>'
    edge = RIGHT if earned == points else QUIET
    return f'<div style="{_BOX.format(edge=edge)}">{head}{bar}{rows}</div>'


def _progress_row(report: Report) -> str:
    cells = (f"{report.exercise}&ensp;{escape(report.title)}", f"{mark(report)} {escape(report.state)}")
    columns = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
    return f'<tr style="background:none">{columns}</tr>'


def mark(report: Report) -> str:
    """One sign for a row: ✔ full, ✘ something wrong, · not started."""
    return "·" if report.problem == NOT_STARTED else "✔" if report.is_full else "✘"
