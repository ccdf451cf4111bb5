"""A stand-in for the sandboxed pool: judges in this process. Only for notebooks that the tests themselves wrote."""

import copy

from layerwise_grader import build, catalogue
from layerwise_grader.answer import LocalAnswer
from layerwise_grader.execution import result
from layerwise_grader.judge import judge
from layerwise_grader.report import NOT_STARTED, Report


def answer_of(cell):
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return grade_id.removesuffix("-answer").replace("-", ".") if grade_id.endswith("-answer") else ""


def judged(released, handed_in, seed=0):
    """The released notebook with the answers and a card in each graded cell, and the reports."""
    notebook, namespace = copy.deepcopy(released), {}
    exec("import numpy as np", namespace)
    written = {answer_of(cell): cell.source for cell in handed_in.cells if answer_of(cell)}
    reports = []
    for cell in notebook.cells:
        id = answer_of(cell)
        if id:
            cell.source = written.get(id, cell.source)
            exec(cell.source, namespace)
        elif cell.metadata.get("nbgrader", {}).get("grade"):
            reports.append(_report(cell.metadata["nbgrader"]["grade_id"].replace("-", "."), namespace, seed))
            cell.outputs = [result(reports[-1])]
    return notebook, tuple(reports)


def _report(id, namespace, seed):
    exercise = catalogue.find(id)
    try:
        return judge(exercise, LocalAnswer(exercise, namespace[exercise.function]), seed=seed)
    except KeyError:
        return Report(id, exercise.title, exercise.points, problem=NOT_STARTED)


def judged_files(root, chapter, path, seed=0):
    """The same, from files."""
    return judged(build.read(root / "course" / chapter / f"{chapter}.ipynb"), build.read(path), seed)
