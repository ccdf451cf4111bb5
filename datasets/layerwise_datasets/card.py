"""The card at the top of a chapter: on what, with what data and for how long it runs."""

from dataclasses import dataclass
from html import escape
from importlib.metadata import PackageNotFoundError, version

from layerwise_datasets.dataset import Dataset
from layerwise_datasets.machine import accelerator, profile


@dataclass(frozen=True, slots=True, repr=False)
class RunCard:
    """Rows of (what, value), shown as a table in a notebook and as lines elsewhere."""

    rows: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        width = max(len(what) for what, _ in self.rows)
        return "\n".join(f"{what:<{width}}  {value}" for what, value in self.rows)

    def _repr_html_(self) -> str:
        cell = "text-align:left;padding:0.15em 0.8em 0.15em 0"
        rows = "".join(
            f'<tr><th scope="row" style="{cell}">{escape(what)}</th><td style="{cell}">{escape(value)}</td></tr>'
            for what, value in self.rows
        )
        return f"<table>{rows}</table>"


def describe_run(*data: Dataset, minutes: float | None = None) -> RunCard:
    """The card for this run.

    Args:
        data: The data sets that the chapter has loaded.
        minutes: How long the chapter computes in this profile, such as `profile(smoke=0.5, cpu=5)`.

    Returns:
        A table that a notebook shows when it is the last line of a cell; `print` gives it as text.
    """
    device = accelerator()
    rows = [
        ("backend", _backend(device.backend)),
        ("device", device.label),
        ("profile", f"{profile()} (set COURSE_PROFILE to smoke, cpu, gpu or tpu to change it)"),
    ]
    rows += [(f"data: {one.name}, {one.split}", f"{one.source} ({one.licence})") for one in data]
    if minutes is not None:
        rows.append(("computing", f"about {minutes:g} min" if minutes >= 1 else f"about {60 * minutes:.0f} s"))
    return RunCard(tuple(rows))


def _backend(name: str) -> str:
    packages = ["keras"] if name == "none" else ["keras", name]
    return ", ".join(f"{package} {_version(package)}" for package in packages)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"
