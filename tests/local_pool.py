"""A stand-in for the sandboxed pool: judges in this process. Only for notebooks that the tests themselves wrote."""

import functools

from layerwise_grader import build, catalogue, submission
from layerwise_grader.answer import LocalAnswer
from layerwise_grader.engine.graded import graded
from layerwise_grader.engine.pool import Graded
from layerwise_grader.engine.rebuild import rebuild
from layerwise_grader.errors import Refused
from layerwise_grader.judge import judge
from layerwise_grader.report import NOT_STARTED, Report


class LocalPool:
    """What ``Pool`` does, without processes."""

    def __init__(self, root, *, seed, workers, isolation):
        self.root, self.seed, self.isolation = root, seed, isolation

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        pass

    def grade(self, jobs):
        for job in jobs:
            try:
                notebook, reports = judged(self.root, job.chapter, job.notebook)
                yield Graded(job, reports, notebook, {}, "", self.isolation, 0.0)
            except Refused as refused:
                yield Graded(job, problem=str(refused), isolation=self.isolation)


def judged(root, chapter, path):
    """The rebuilt notebook, and the reports on its exercises."""
    rebuilt = rebuild(build.read(root / "course" / chapter / f"{chapter}.ipynb"), submission.read(path))
    return rebuilt.notebook, _reports(chapter, tuple(cell.source for cell in rebuilt.program))


@functools.cache  # the same notebooks are graded in many tests
def _reports(chapter, sources):
    namespace = {}
    for source in sources:
        exec(source, namespace)
    return tuple(_report(one, namespace) for one in catalogue.exercises(chapter))


def _report(exercise, namespace):
    if exercise.function not in namespace:
        return Report(exercise.id, exercise.title, exercise.points, problem=NOT_STARTED)
    return judge(exercise, LocalAnswer(exercise, namespace[exercise.function]))


def graded_notebook(root, chapter, path):
    """The notebook with its cards."""
    notebook, reports = judged(root, chapter, path)
    return graded(notebook, reports, {})
