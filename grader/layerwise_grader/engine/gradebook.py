"""Where the points go: nbgrader's gradebook, the graded notebook, and a stamp that says what was graded.

They are written in this order: the gradebook in one transaction, the notebook aside and renamed, the stamp last. So a
process that is killed anywhere leaves either a submission that is graded or one that the next run grades again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from layerwise_grader import submission
from layerwise_grader.course import CLASSROOM, autograded, submitted
from layerwise_grader.engine.graded import harmless
from layerwise_grader.errors import ClassroomError, Refused

SEED = CLASSROOM / "secret-seed"
STAMP = ".graded.json"  # the leading dot keeps nbgrader from handing it on with the feedback
PART = ".part"
TIME, SECRET = "timestamp.txt", "submission_secret.txt"  # nbgrader's names
KEPT = (TIME, SECRET, STAMP)  # beside a graded notebook
LONGEST = 1024  # bytes of a time or a secret
NO_RESPONSE = "No response."
# nbgrader has none on these: without them each score is a scan of every grade of the class.
_INDEXES = {
    "layerwise_grade_notebook": "grade (notebook_id)",
    "layerwise_comment_notebook": '"comment" (notebook_id)',
    "layerwise_notebook_assignment": "submitted_notebook (assignment_id)",
    "layerwise_assignment_student": "submitted_assignment (student_id)",
}


# --- what was graded -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stamp:
    """What was graded, and how: kept beside each graded notebook."""

    timestamp: str  # as handed in; empty when it came without one
    notebook: str  # SHA-256 of what was handed in
    isolation: str = ""
    engine: str = ""
    problem: str = ""  # why it could not be graded

    def graded(self, isolation: str, problem: str = "") -> Stamp:
        """This stamp with how it was graded."""
        return replace(self, isolation=isolation, problem=problem, engine=f"layerwise {version('layerwise')}")

    def shown(self) -> dict[str, str]:
        """What the graded notebook and the feedback tell of it."""
        return {"isolation": self.isolation, "engine": self.engine}


def handed_in(root: Path, chapter: str, learner: str) -> Stamp:
    """What is there to grade. Taken before grading, so that what arrives meanwhile is graded next time."""
    time = _timestamp(submitted(root, chapter, learner))
    try:
        return Stamp(time, _digest(submission.located(root, chapter, learner)))
    except Refused:
        return Stamp(time, "")


def stamped(root: Path, chapter: str, learner: str) -> Stamp | None:
    """What was graded last; None when nothing was, or a crash left only a part of it."""
    path = autograded(root, chapter, learner)
    try:
        fields = json.loads((path.parent / STAMP).read_text(encoding="utf-8"))
        stamp = Stamp(**{name: str(fields[name]) for name in Stamp.__slots__})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return stamp if path.is_file() else None


def is_current(root: Path, chapter: str, learner: str) -> bool:
    """Whether what was graded, or refused, is what was handed in last."""
    before, now = stamped(root, chapter, learner), handed_in(root, chapter, learner)
    return before is not None and (before.timestamp, before.notebook) == (now.timestamp, now.notebook)


def _timestamp(folder: Path) -> str:
    """The time of a submission; empty when there is none that can be read, for learners can write this file."""
    from nbgrader.utils import parse_utc

    text = _short(folder / TIME).strip()
    try:
        parse_utc(text)
    except (ValueError, OverflowError):
        return ""
    return text


def _short(path: Path) -> str:
    """A small file's text; empty for what isn't an ordinary small file."""
    try:
        status = path.lstat()
        is_sound = stat.S_ISREG(status.st_mode) and status.st_size < LONGEST
        return path.read_text(encoding="utf-8", errors="replace") if is_sound else ""
    except OSError:
        return ""


def _digest(path: Path) -> str:
    """The hash of an ordinary file; of anything else (a link, a pipe that never ends) none is taken."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


# --- writing it ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission's result, to be written."""

    chapter: str
    learner: str
    notebook: Any  # rebuilt, with a result in each graded cell
    stamp: Stamp


def save(api: Any, gradebook: Any, root: Path, entry: Entry) -> None:
    """Writes one submission's result: all of it, or nothing that the next run would believe.

    Args:
        api: nbgrader's, for the settings of late penalties.
        gradebook: nbgrader's, open; ``open_gradebook`` gives one that stays fast for large classes.
        root: the checkout.
        entry: what to write.

    Raises:
        ClassroomError: when the disk is full or can't be written to; what was graded before stays as it is.
    """
    with _said(f"The grade of {entry.learner} for {entry.chapter} could not be written"):
        with transaction(gradebook):
            record(api, gradebook, entry)
        write(root, entry)


def open_gradebook(api: Any) -> Any:
    """The gradebook, with the indexes that keep a grade's cost flat however large the class is.

    Raises:
        ClassroomError: when it can't be opened or written to.
    """
    from sqlalchemy import text

    with _said("The gradebook could not be opened"):
        gradebook = api.gradebook
        with gradebook.engine.begin() as connection:
            for name, columns in _INDEXES.items():
                connection.execute(text(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}"))
        return gradebook


@contextlib.contextmanager
def transaction(gradebook: Any) -> Iterator[None]:
    """All that is done to the gradebook in this block, or nothing: nbgrader's own commits are held back."""
    from sqlalchemy.orm import Session

    whole = gradebook.db
    # "rollback_only": a commit within only flushes; a rollback ends the whole.
    with (
        gradebook.engine.begin() as connection,
        Session(connection, join_transaction_mode="rollback_only", future=True) as session,
    ):
        gradebook.db = session
        try:
            yield
            session.commit()
        finally:
            gradebook.db = whole


def record(api: Any, gradebook: Any, entry: Entry) -> None:
    """What nbgrader's Autograde, SaveAutoGrades and AssignLatePenalties would enter, in a fraction of their queries."""
    gradebook.update_or_create_student(entry.learner)
    when = {"timestamp": entry.stamp.timestamp} if entry.stamp.timestamp else {}
    with gradebook.db.no_autoflush:  # nbgrader asks for more before it has added what it has made
        gradebook.update_or_create_submission(entry.chapter, entry.learner, **when)
    notebook = gradebook.find_submission_notebook(entry.chapter, entry.chapter, entry.learner)
    _enter_scores(gradebook.db, notebook.id, entry.notebook)
    _enter_comments(gradebook.db, notebook.id, entry.notebook)
    gradebook.db.flush()
    gradebook.db.expire_all()
    notebook.late_submission_penalty = late_penalty(api, notebook)


def _enter_scores(session: Any, notebook_id: str, notebook: Any) -> None:
    """The automatic score of each graded cell; a manual one stays, and is to be looked at again."""
    from nbgrader.api import Grade
    from nbgrader.utils import determine_grade, is_grade
    from sqlalchemy import update

    known = _known(session, Grade, Grade.manual_score, notebook_id)
    rows = []
    for cell in filter(is_grade, notebook.cells):
        id, manual = _one(known, cell)
        score, _ = determine_grade(cell)
        is_open = manual is not None or score is None
        rows.append({"id": id, "auto_score": score, "needs_manual_grade": is_open})
    if rows:
        session.execute(update(Grade), rows)


def _enter_comments(session: Any, notebook_id: str, notebook: Any) -> None:
    """The automatic comment on each answer that is as it was released; what a person commented stays."""
    from nbgrader.api import Comment
    from nbgrader.utils import compute_checksum, is_solution, is_task
    from sqlalchemy import update

    known = _known(session, Comment, Comment.id, notebook_id)
    rows = []
    for cell in notebook.cells:
        if is_solution(cell) or is_task(cell):
            is_blank = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell) and not is_task(cell)
            rows.append({"id": _one(known, cell)[0], "auto_comment": NO_RESPONSE if is_blank else None})
    if rows:
        session.execute(update(Comment), rows)


def _known(session: Any, kind: Any, column: Any, notebook_id: str) -> dict[str, tuple[str, Any]]:
    """Cell name → the row's id and one column of it."""
    from nbgrader.api import BaseCell
    from sqlalchemy import select

    asked = select(BaseCell.name, kind.id, column).join(BaseCell, BaseCell.id == kind.cell_id)
    return {name: (id, value) for name, id, value in session.execute(asked.where(kind.notebook_id == notebook_id))}


def _one(known: dict[str, tuple[str, Any]], cell: Any) -> tuple[str, Any]:
    name = cell.metadata["nbgrader"]["grade_id"]
    if name not in known:
        raise ClassroomError(
            f'The gradebook knows no cell "{name}": the chapter was changed after submissions came in. '
            "Release it anew as an assignment of its own."
        )
    return known[name]


def late_penalty(api: Any, notebook: Any) -> float | None:
    """What the class's late penalty plugin takes off; None for a notebook in time."""
    from nbgrader.preprocessors import AssignLatePenalties

    late = notebook.assignment.total_seconds_late
    if late <= 0:
        return None
    assigner = AssignLatePenalties(parent=api)
    assigner.init_plugin()
    penalty = assigner.plugin_inst.late_submission_penalty(notebook.student.id, notebook.score, late)
    return None if penalty is None else float(assigner._check_late_penalty(notebook, penalty))


def write(root: Path, entry: Entry) -> None:
    """The graded notebook, then what nbgrader keeps beside it, then the stamp."""
    import nbformat

    path = autograded(root, entry.chapter, entry.learner)
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(f".*{PART}"):
        stale.unlink(missing_ok=True)
    notebook = harmless(entry.notebook)
    notebook.metadata["layerwise"] = entry.stamp.shown()
    replace_file(path, nbformat.writes(notebook), mode=0o444)
    # nbgrader needs both to release the feedback to whoever submitted.
    secret = _short(submitted(root, entry.chapter, entry.learner) / SECRET)
    for name, text in ((SECRET, secret), (TIME, entry.stamp.timestamp)):
        if text:
            replace_file(folder / name, text, mode=0o444)
        else:
            (folder / name).unlink(missing_ok=True)
    mark(root, entry.chapter, entry.learner, entry.stamp)


def mark(root: Path, chapter: str, learner: str, stamp: Stamp) -> None:
    """The stamp alone: nothing counts as graded without it."""
    content = json.dumps({"version": 1, **asdict(stamp)}, ensure_ascii=False)
    replace_file(autograded(root, chapter, learner).parent / STAMP, content, mode=0o644)


def replace_file(path: Path, text: str, *, mode: int) -> None:
    """Writes aside and renames, so that there is never half a file."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(mode)
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _said(what: str) -> Iterator[None]:
    """Turns what a disk or a database says into one sentence."""
    from nbgrader.api import InvalidEntry
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except (OSError, DBAPIError, InvalidEntry) as error:
        # SQLAlchemy adds the statement and a link; nbgrader passes on what SQLAlchemy said.
        reason = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error.args[0])
        raise ClassroomError(f"{what}: {reason.rstrip('.')}. {_next_step(reason)}") from error


def _next_step(reason: str) -> str:
    if "locked" in reason:
        step = "Another program is writing to it; wait until it is done"
    elif "space" in reason or "full" in reason or "large" in reason:
        step = "Free some space"
    else:
        step = "See that grader/classroom can be written to"
    return f"{step}, then run the same command again; what was graded before is kept."


# --- the secret of the class -----------------------------------------------------------------------------------------


def class_seed(root: Path) -> int:
    """The number from which a class's probes are drawn: made once, kept, so that grading again gives the same.

    Raises:
        ClassroomError: when it can't be kept, or what was kept can't be read.
    """
    path = root / SEED
    with _said(f"The secret seed of the class, {SEED.as_posix()}, can't be kept"):
        if not path.exists():
            _make_seed(path)
        kept = path.read_text(encoding="ascii", errors="replace").strip()
    if not kept.isdecimal():
        raise ClassroomError(
            f"{path} holds no number. Bring it back from a backup; without one, delete it: "
            "from then on probes are other ones than those that earlier grades came from."
        )
    return int(kept)


def _make_seed(path: Path) -> None:
    """Linked into place, so that of two processes at once the first makes it and both read the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"{secrets.randbits(62)}\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
