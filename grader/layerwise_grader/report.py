"""What the judge found out about one answer, and how it reads as plain text."""

from __future__ import annotations

from dataclasses import asdict, dataclass

MEDIA_TYPE = "application/vnd.layerwise.report+json"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge found out about one check."""

    check: str
    points: int
    earned: int
    seen: str = ""  # what the learner's code returned, in words; empty when the check passed


@dataclass(frozen=True, slots=True)
class Named:
    """A misconception that the answer showed."""

    name: str
    sentence: str
    look_at: str


@dataclass(frozen=True, slots=True)
class Report:
    """The judge's whole finding about one answer."""

    exercise: str
    title: str
    points: int
    verdicts: tuple[Verdict, ...] = ()
    misconceptions: tuple[Named, ...] = ()
    problem: str = ""  # why nothing could be judged; "not started yet" is one
    look_at: str = ""
    notes: tuple[str, ...] = ()

    @property
    def earned(self) -> int:
        """Points earned; none where there is no verdict."""
        return sum(verdict.earned for verdict in self.verdicts)

    @property
    def is_full(self) -> bool:
        """Whether every point was earned."""
        return self.earned == self.points

    @property
    def state(self) -> str:
        """The line's right end: points, or why there are none."""
        if self.problem == NOT_STARTED:
            return NOT_STARTED
        return f"{self.earned} of {self.points} points"

    def as_dict(self) -> dict[str, object]:
        """For JSON, with stable keys."""
        return {"version": 1, "earned": self.earned, **asdict(self)}


NOT_STARTED = "not started yet"


def from_dict(data: dict[str, object]) -> Report:
    """The report that ``as_dict`` wrote."""
    fields = {key: value for key, value in data.items() if key not in ("version", "earned")}
    fields["verdicts"] = tuple(Verdict(**verdict) for verdict in fields["verdicts"])  # type: ignore[attr-defined]
    fields["misconceptions"] = tuple(Named(**named) for named in fields["misconceptions"])  # type: ignore[attr-defined]
    fields["notes"] = tuple(fields["notes"])  # type: ignore[arg-type]
    return Report(**fields)  # type: ignore[arg-type]


def text(report: Report) -> str:
    """The report as plain text, the way a terminal shows it."""
    if report.problem == NOT_STARTED:
        return f"{report.exercise}  {report.title}: {NOT_STARTED}"
    lines = [f"{report.exercise}  {report.title}    {report.state}"]
    if report.problem:
        lines.append(f"  ✘ {report.problem}")
    for verdict in report.verdicts:
        lines.append(f"  {'✔' if verdict.earned else '✘'} {verdict.check}")
        if verdict.seen:
            lines.append(f"      {verdict.seen}")
    lines += [f"  {label}: {sentence}" for label, sentence in explanations(report)]
    return "\n".join(lines)


def explanations(report: Report) -> list[tuple[str, str]]:
    """What stands under the checks: what happened, where to look, and notes."""
    rows: list[tuple[str, str]] = []
    for named in report.misconceptions:
        rows += [("What happened", named.sentence), ("Look at", f"{named.look_at}.")]
    if report.look_at and not report.misconceptions:
        rows.append(("Look at", f"{report.look_at}."))
    return rows + [("Note", note) for note in report.notes]
