"""How nbgrader runs a submission here: without demos, and with one trusted verdict for each check, or none.

nbgrader gives full points to a graded cell that shows no result, and none to one with text on stderr. Both are wrong
for us: a cell that was skipped, or whose kernel died, has earned nothing, and a warning of TensorFlow's costs nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nbclient.exceptions import DeadKernelError
from nbgrader.preprocessors import Execute, NbGraderPreprocessor, OverwriteCells
from nbgrader.utils import is_grade

from layerwise_grader import catalogue
from layerwise_grader.card import card
from layerwise_grader.errors import UnknownExercise
from layerwise_grader.report import MEDIA_TYPE, Report, from_dict

NOWHERE = "http://127.0.0.1:9"  # the discard port: what tries the network fails at once instead of waiting
KERNEL_ENVIRONMENT = {
    "COURSE_PROFILE": "smoke",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "http_proxy": NOWHERE,
    "https_proxy": NOWHERE,
    "no_proxy": "127.0.0.1,localhost",
}
SKIPPED = "Not run in grading: this cell is a demo."
# What a learner's output may show on an instructor's screen: nothing that a browser would run.
HARMLESS = ("text/plain", "image/png", "image/jpeg")
GONE = "The kernel died here: the cells from here on were not run."


class RestoreChecks(OverwriteCells):  # type: ignore[misc]  # nbgrader has no types
    """Overwrites what a learner may not change, and adds the checks that are missing at the end."""

    def add_missing_grade_cells(self, nb: Any, resources: Any) -> Any:
        """The end is always there; nbgrader looks for the cell before, and stops when that is missing as well."""
        there = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells}
        for graded in self.gradebook.find_notebook(self.notebook_id, self.assignment_id).grade_cells:
            if graded.name not in there:
                source = self.gradebook.find_source_cell(graded.name, self.notebook_id, self.assignment_id)
                cell = self.missing_cell_transform(source, graded.max_score)
                cell.id = graded.name
                nb.cells.append(cell)
        return nb, resources


class RunForGrade(Execute):  # type: ignore[misc]
    """Runs all cells but demos; when the kernel dies, what ran before it counts."""

    @contextmanager
    def setup_kernel(self, **kwargs: Any) -> Iterator[None]:
        """Starts the kernel in the smallest profile, quietly and without a network."""
        inherited = {name: value for name, value in os.environ.items() if name != "LAYERWISE_STRICT"}
        with super().setup_kernel(env={**inherited, **KERNEL_ENVIRONMENT}, **kwargs):
            yield

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> Any:
        """Runs the notebook."""
        self.has_died = False
        return super().preprocess(nb, resources, km)

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> Any:
        """Runs one cell, unless it is a demo or there is no kernel any more."""
        if is_demo(cell):
            cell.outputs = [_stream(SKIPPED)]
            return cell, resources
        if self.has_died:
            return cell, resources
        try:
            return super().preprocess_cell(cell, resources, index)
        except DeadKernelError:
            self.has_died = True
            cell.outputs.append(_stream(GONE))
            return cell, resources


def is_demo(cell: Any) -> bool:
    """Whether the cell trains or plots for show; a cell of nbgrader's never is, whatever its tags say."""
    is_tagged = "demo" in cell.metadata.get("tags", ()) and "nbgrader" not in cell.metadata
    return cell.cell_type == "code" and is_tagged


class KeepVerdicts(NbGraderPreprocessor):  # type: ignore[misc]
    """Leaves one card in each graded cell, drawn anew from the report in it, and only harmless outputs elsewhere."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Rewrites one cell's outputs."""
        if cell.cell_type != "code":
            return cell, resources
        if is_grade(cell):
            report = verdict(cell)
            cell.outputs = [result(report)]
        else:
            cell.outputs = [harmless(output) for output in cell.outputs if output.get("name") != "stderr"]
        return cell, resources


def verdict(cell: Any) -> Report:
    """The report that a graded cell shows; without one it earns nothing, and the report says why."""
    settings = cell.metadata["nbgrader"]
    blank = _blank(str(settings["grade_id"]).replace("-", "."), int(settings["points"]))
    shown = [output["data"][MEDIA_TYPE] for output in cell.outputs if MEDIA_TYPE in output.get("data", {})]
    if len(shown) != 1:
        return _without(blank, cell)
    try:
        report = from_dict(dict(shown[0]))
        is_sound = (report.exercise, report.points) == (blank.exercise, blank.points)
        is_sound = is_sound and all(0 <= verdict.earned <= verdict.points for verdict in report.verdicts)
        is_sound = is_sound and sum(verdict.points for verdict in report.verdicts) in (0, report.points)
    except (KeyError, TypeError, ValueError):
        is_sound = False
    return report if is_sound else _problem(blank, "the result in this cell is not what a check gives.")


def _blank(exercise: str, points: int) -> Report:
    try:
        return Report(exercise, catalogue.find(exercise).title, points)
    except UnknownExercise:
        return Report(exercise, "", points)


def _without(blank: Report, cell: Any) -> Report:
    for output in cell.outputs:
        if output.output_type == "error":
            what = f"{output.ename}: {output.evalue}" if output.evalue else output.ename
            return _problem(blank, f"the check could not run: {what[:200]}")
    return _problem(blank, "the check gave no result, so there are no points. Did the kernel die in a cell above?")


def _problem(blank: Report, sentence: str) -> Report:
    return Report(blank.exercise, blank.title, blank.points, problem=sentence)


def result(report: Report) -> Any:
    """The output of a graded cell: the card, and the score as its text, which nbgrader reads."""
    from nbformat.v4 import new_output

    data = {"text/plain": f"{report.earned:g}", "text/html": card(report), MEDIA_TYPE: report.as_dict()}
    return new_output("execute_result", data, execution_count=None)


def harmless(output: Any) -> Any:
    """The output without what a browser would run."""
    if "data" in output:
        output.data = {kind: value for kind, value in output.data.items() if kind in HARMLESS}
    return output


def _stream(text: str) -> Any:
    from nbformat.v4 import new_output

    return new_output("stream", name="stdout", text=f"{text}\n")
