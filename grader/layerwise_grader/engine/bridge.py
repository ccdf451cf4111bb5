"""The engine as parts of nbgrader, named in ``nbgrader_config.py``.

So ``nbgrader autograde``, Formgrader's button and ``layerwise grade`` judge in the same sandbox, from the same secret
seed, and give the same points.
"""

from __future__ import annotations

import atexit
import contextlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from layerwise_grader import build, submission
from layerwise_grader.course import autograded, released
from layerwise_grader.engine import gradebook as ledger
from layerwise_grader.engine import sandbox
from layerwise_grader.engine.graded import graded, harmless, ungraded
from layerwise_grader.engine.pool import Graded, Job, Pool
from layerwise_grader.engine.rebuild import rebuild
from layerwise_grader.errors import Refused

PROBLEM = "layerwise_problem"  # in a notebook's metadata between the two steps: why it can't be graded
SECONDS_IDLE = 300.0  # a desk holds a GiB; the server behind Formgrader's button lives for days


class Submission(NotebookExporter):
    """Reads what was handed in without believing it: nbgrader's first step gets the rebuilt notebook."""

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> Any:
        """The notebook of a file, through this step's preprocessors."""
        converter: Any = self.parent
        if not converter._sanitizing:
            return super().from_filename(filename, resources=resources, **kwargs)
        names = resources["nbgrader"]
        root = Path(converter.coursedir.root)
        notebook = _rebuilt(root, names["assignment"], names["student"])
        return self.from_notebook_node(notebook, resources=resources, **kwargs)  # type: ignore[no-untyped-call]


def _rebuilt(root: Path, chapter: str, learner: str) -> Any:
    """The released frame with the learner's answers; when they can't be read, without, and the reason with it."""
    notebook = build.read(released(root, chapter))
    try:
        return rebuild(notebook, submission.read(submission.located(root, chapter, learner))).notebook
    except Refused as refused:
        notebook.metadata[PROBLEM] = str(refused)
        return notebook


class Judge(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Has the answers judged in the sandbox, and puts a card into each graded cell."""

    isolation = Unicode(None, allow_none=True, help='"process" for notebooks of your own only').tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """The notebook with its results."""
        root, names = Path(self.parent.parent.coursedir.root), resources["nbgrader"]
        chapter, learner = names["assignment"], names["student"]
        stamp = ledger.handed_in(root, chapter, learner)
        problem, level = nb.metadata.pop(PROBLEM, ""), ""
        if problem:
            made = ungraded(nb, problem)
        else:
            done = _judged(root, Job(learner, chapter, submission.located(root, chapter, learner)), self.isolation)
            made = graded(done.notebook, done.reports, done.notes) if not done.problem else ungraded(nb, done.problem)
            problem, level = done.problem, done.isolation
        stamp = _stamps[root, chapter, learner] = stamp.graded(level, problem)
        made.metadata["layerwise"] = stamp.shown()
        return made, resources


class MakeHarmless(NbGraderPreprocessor):  # type: ignore[misc]
    """Leaves nothing of a learner's that a browser would run, in what is kept and in what is shown."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """The notebook as it may be shown."""
        return harmless(nb), resources


_stamps: dict[tuple[Path, str, str], ledger.Stamp] = {}


def stamp(*, assignment: str, student: str, notebooks: Sequence[str]) -> None:
    """For nbgrader to call when a submission is written: stamps it, and removes what else was handed in with it."""
    for notebook in map(Path, notebooks):
        folder, learner = notebook.parent, notebook.parents[1].name
        root = folder.parents[4]
        done = _stamps.pop((root, folder.name, learner), None)
        if done:
            target = autograded(root, folder.name, learner)
            for other in set(target.parent.iterdir()) - {target, *map(target.with_name, ledger.KEPT)}:
                shutil.rmtree(other) if other.is_dir() and not other.is_symlink() else other.unlink()
            ledger.mark(root, folder.name, learner, done)


# --- the desk of this process ----------------------------------------------------------------------------------------


class _Desk:
    """One worker that is started when it is first needed and ended when it has been idle for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: Pool | None = None
        self._bell: threading.Timer | None = None

    @contextlib.contextmanager
    def pool(self, root: Path, isolation: str | None) -> Iterator[Pool]:
        level = sandbox.level(isolation)
        with self._lock:
            self._silence()
            if self._pool is None or (self._pool.root, self._pool.isolation) != (root, level):
                self._close()
                self._pool = Pool(root, seed=ledger.class_seed(root), workers=1, isolation=level)
            try:
                yield self._pool
            finally:
                self._bell = threading.Timer(SECONDS_IDLE, self.close)
                self._bell.daemon = True
                self._bell.start()

    def close(self) -> None:
        with self._lock:
            self._silence()
            self._close()

    def _silence(self) -> None:
        if self._bell is not None:
            self._bell.cancel()

    def _close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()


_desk = _Desk()
atexit.register(_desk.close)


def _judged(root: Path, job: Job, isolation: str | None) -> Graded:
    with _desk.pool(root, isolation) as pool:
        (done,) = pool.grade([job])
    return done
