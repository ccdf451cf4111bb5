"""``layerwise report``: what a class failed, and by which misconception; how well exercises measure; who wrote alike.

Likeness is a hint for a conversation, never a finding: two learners who sat together write alike, and so do two who
followed the same page.
"""

from __future__ import annotations

import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from layerwise_grader import build, catalogue
from layerwise_grader.course import autograded, graded_learners, released
from layerwise_grader.marks import printable
from layerwise_grader.report import NOT_STARTED, Report
from layerwise_grader.terminal import reports_in

FEWEST = 5  # learners, for a correlation that says anything
SHORTEST = 40  # tokens of one's own: shorter answers are alike because there is one way to write them
GRAM = 4  # tokens that are compared together
ALIKE = 0.9
CAPTION = "ease: mean share of the points. discr.: correlation with the points in the other exercises"
MOST_SHOWN = 30  # pairs in the table
ROWS = 500  # compared at once, so that ten thousand learners need no table of a hundred million numbers


@dataclass(frozen=True, slots=True)
class Common:
    """A misconception, and how many showed it."""

    name: str
    sentence: str
    learners: int


@dataclass(frozen=True, slots=True)
class Item:
    """How a class did in one exercise."""

    exercise: str
    title: str
    learners: int  # whose answer was judged
    full: int
    not_started: int
    difficulty: float  # mean share of its points: 1 is easy, 0 nobody could
    discrimination: float | None  # correlation with the points in all other exercises
    misconceptions: tuple[Common, ...]  # most frequent first

    @property
    def failed(self) -> int:
        """How many began and did not get all points."""
        return self.learners - self.full - self.not_started


@dataclass(frozen=True, slots=True)
class Alike:
    """Two submissions that are nearly the same."""

    learners: tuple[str, str]
    likeness: float  # of 1


@dataclass(frozen=True, slots=True)
class Findings:
    """What the submissions of a chapter show."""

    chapter: str
    learners: int
    items: tuple[Item, ...]
    alike: tuple[Alike, ...]

    def as_dict(self) -> dict[str, object]:
        """For JSON, with stable keys."""
        return asdict(self)


def findings(root: Path, chapter: str) -> Findings:
    """What the graded submissions of a chapter show."""
    reports: list[dict[str, Report]] = []
    written: dict[str, list[str]] = {}
    given = _given(build.read(released(root, chapter)))
    for learner in graded_learners(root, chapter):
        notebook = build.read(autograded(root, chapter, learner))
        reports.append({report.exercise: report for report in reports_in(notebook)})
        written[learner] = own_tokens(notebook, given)
    exercises = [exercise.id for exercise in catalogue.exercises(chapter)]
    return Findings(chapter, len(reports), tuple(items(exercises, reports)), tuple(alike(written)))


# --- the exercises ---------------------------------------------------------------------------------------------------


def items(exercises: Sequence[str], reports: Sequence[Mapping[str, Report]]) -> Iterable[Item]:
    """How a class did in each exercise.

    Args:
        exercises: their ids.
        reports: for each learner, exercise → report.
    """
    earned = np.array([[one[id].earned if id in one else 0 for id in exercises] for one in reports], float)
    earned = earned.reshape(len(reports), len(exercises))
    for column, id in enumerate(exercises):
        found = [one[id] for one in reports if id in one]
        if found:
            rest = earned.sum(axis=1) - earned[:, column]
            yield _item(found, correlation(earned[:, column], rest))


def _item(found: Sequence[Report], discrimination: float | None) -> Item:
    shown = Counter(named for report in found for named in set(report.misconceptions))
    titled = next((report for report in found if report.title), found[0])
    return Item(
        titled.exercise,
        titled.title,
        len(found),
        sum(report.is_full for report in found),
        sum(report.problem == NOT_STARTED for report in found),
        round(float(np.mean([report.earned / max(report.points, 1) for report in found])), 3),
        discrimination,
        tuple(Common(named.name, named.sentence, count) for named, count in shown.most_common()),
    )


def correlation(item: np.ndarray, rest: np.ndarray) -> float | None:
    """Pearson's, as corrected item-total correlation; None where too few learners or equal points leave none."""
    if len(item) < FEWEST or np.ptp(item) == 0 or np.ptp(rest) == 0:
        return None
    return round(float(np.corrcoef(item, rest)[0, 1]), 3)


# --- who wrote alike -------------------------------------------------------------------------------------------------


def _given(released: Any) -> frozenset[str]:
    """The lines that everybody got."""
    return frozenset(line.strip() for cell in released.cells for line in cell.source.splitlines())


def own_tokens(notebook: Any, given: frozenset[str]) -> list[str]:
    """The tokens of a learner's answers, without given lines and without answers that are short."""
    found: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            lines = [line for line in cell.source.splitlines() if line.strip() and line.strip() not in given]
            tokens = _tokens("\n".join(lines))
            found += tokens if len(tokens) >= SHORTEST else []
    return found


def _tokens(text: str) -> list[str]:
    """Python's tokens; words where the text is none. Names count as one another, so that renaming hides nothing."""
    layout = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER)
    try:
        tokens = [one for one in tokenize.generate_tokens(io.StringIO(text).readline) if one.type not in layout]
    except (tokenize.TokenError, SyntaxError):
        return text.split()
    return [_anonymous(one) for one in tokens]


def _anonymous(token: tokenize.TokenInfo) -> str:
    is_name = token.type == tokenize.NAME and not keyword.iskeyword(token.string)
    return "name" if is_name else token.string


def alike(written: Mapping[str, Sequence[str]]) -> list[Alike]:
    """The pairs whose answers share nearly all that is rare in the class, the most alike first."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    learners = [learner for learner, tokens in written.items() if len(tokens) >= max(SHORTEST, GRAM)]
    if len(learners) < 2:
        return []
    grams = TfidfVectorizer(analyzer=_grams).fit_transform([written[learner] for learner in learners])
    found = []
    for begin in range(0, len(learners), ROWS):
        near = (grams[begin : begin + ROWS] @ grams.T).tocoo()
        for row, column, likeness in zip(near.row + begin, near.col, near.data, strict=True):
            if row < column and likeness >= ALIKE:
                found.append(Alike((learners[row], learners[column]), round(min(float(likeness), 1.0), 3)))
    return sorted(found, key=lambda pair: (-pair.likeness, pair.learners))


def _grams(tokens: Sequence[str]) -> list[str]:
    return [" ".join(tokens[place : place + GRAM]) for place in range(len(tokens) - GRAM + 1)]


# --- showing it ------------------------------------------------------------------------------------------------------


def show(found: Findings) -> None:
    """Two tables: the exercises, those that were failed most first; then who wrote alike, if any."""
    from rich.console import Console

    console = Console()
    console.print(_items_table(found))
    if found.alike:
        console.print("\nNearly the same: a hint to look, no proof.")
        console.print(_alike_table(found.alike[:MOST_SHOWN]))
        if len(found.alike) > MOST_SHOWN:
            console.print(f"… and {len(found.alike) - MOST_SHOWN} more pairs: --json lists all.")


def _items_table(found: Findings) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"{found.chapter}, {found.learners} learners", title_justify="left", caption=CAPTION)
    for heading in ("exercise", "failed", "blank", "ease", "discr.", "misconceptions"):
        table.add_column(heading, justify="left" if heading in ("exercise", "misconceptions") else "right")
    for item in sorted(found.items, key=lambda item: (-item.failed, item.exercise)):
        named = [f"{one.learners}× {one.name.replace('_', ' ')}" for one in item.misconceptions]
        discrimination = "–" if item.discrimination is None else f"{item.discrimination:.2f}"
        table.add_row(
            escape(f"{item.exercise} {item.title}"),
            str(item.failed),
            str(item.not_started),
            f"{item.difficulty:.2f}",
            discrimination,
            escape("\n".join(named)),
        )
    return table


def _alike_table(pairs: Sequence[Alike]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table("learners")
    table.add_column("likeness", justify="right")
    for pair in pairs:
        table.add_row(escape(printable(" and ".join(pair.learners))), f"{pair.likeness:.2f}")
    return table


def plot(found: Findings, path: Path) -> None:
    """The exercises as bars, how many got all, some or no points, with the most frequent misconception of each."""
    from matplotlib.figure import Figure

    ordered = sorted(found.items, key=lambda item: item.exercise, reverse=True)
    figure = Figure(figsize=(10, 1.2 + 0.55 * max(len(ordered), 1)), layout="constrained")
    axes = figure.subplots()
    left = np.zeros(len(ordered))
    for label, colour, counts in _parts(ordered):
        axes.barh([item.exercise for item in ordered], counts, left=left, color=colour, label=label)
        left += counts
    for row, item in enumerate(ordered):
        for one in item.misconceptions[:1]:
            axes.text(left[row], row, f" {one.learners}× {one.name.replace('_', ' ')}", va="center")
    axes.set(xlabel="learners", title=f"{found.chapter}: what to teach again", xlim=(0, 1.5 * max(found.learners, 1)))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", frameon=False)
    figure.savefig(path)


def _parts(ordered: Sequence[Item]) -> list[tuple[str, str, np.ndarray]]:
    # Okabe and Ito's colours, which the colour-blind tell apart.
    return [
        ("all points", "#009e73", np.array([item.full for item in ordered], float)),
        ("not all points", "#d55e00", np.array([item.failed for item in ordered], float)),
        ("not started", "#bbbbbb", np.array([item.not_started for item in ordered], float)),
    ]
