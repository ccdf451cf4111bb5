"""Plots that the chapters share, so that their code is about the idea.

Every helper takes the axis labels as required keywords `x=` and `y=`, tells categories apart by colour (Okabe–Ito) and
by line style, marker or hatching, shows the figure and returns None. With `ax=` it draws there and shows nothing, for
figures of several panels. matplotlib is imported when the first figure is drawn.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*", "<", ">")
HATCHES = ("", "//", "..", "\\\\", "xx", "--", "oo")

STYLE: Any = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.labelsize": 11,
    "legend.fontsize": 11,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "figure.dpi": 90,
    "savefig.dpi": 90,
    "lines.linewidth": 2,
    "image.cmap": "viridis",
    "hatch.linewidth": 0.6,
}

Numbers = npt.ArrayLike
Series = Sequence[npt.ArrayLike] | npt.NDArray[Any]


def plot_lines(
    lines: Series,
    *,
    x: str,
    y: str,
    labels: Sequence[str] = (),
    at: Numbers | None = None,
    log_x: bool = False,
    log_y: bool = False,
    title: str = "",
    ax: "Axes | None" = None,
) -> None:
    """One line for each row of `lines`.

    Args:
        lines: Sequences of numbers, of any lengths; a single one will do.
        x: Label of the horizontal axis.
        y: Label of the vertical axis.
        labels: A name for each line.
        at: Horizontal positions, shared by all lines; 0, 1, … when left out.
        log_x: Logarithmic horizontal axis.
        log_y: Logarithmic vertical axis.
        title: The message of the figure.
        ax: Draw here instead of in a figure of its own.
    """
    with _axes(ax, x, y, title) as axes:
        for i, line in enumerate(_series(lines)):
            axes.plot(_positions(at, line), line, label=_label(labels, i), **_look(i), marker=_dots(line, i))
        _scales(axes, at, log_x=log_x, log_y=log_y)
        _legend(axes, labels)


def plot_bands(
    runs: Series,
    *,
    x: str,
    y: str,
    labels: Sequence[str] = (),
    at: Numbers | None = None,
    log_x: bool = False,
    log_y: bool = False,
    title: str = "",
    ax: "Axes | None" = None,
) -> None:
    """The mean over seeds as a line, from the lowest to the highest seed as a band.

    Args:
        runs: For each line an array (seeds, positions).
        x: Label of the horizontal axis.
        y: Label of the vertical axis.
        labels: A name for each line.
        at: Horizontal positions, shared by all lines; 0, 1, … when left out.
        log_x: Logarithmic horizontal axis.
        log_y: Logarithmic vertical axis.
        title: The message of the figure.
        ax: Draw here instead of in a figure of its own.
    """
    with _axes(ax, x, y, title) as axes:
        for i, run in enumerate(runs):
            values = np.atleast_2d(np.asarray(run, dtype=float))
            where = _positions(at, values[0])
            axes.fill_between(where, values.min(axis=0), values.max(axis=0), color=_colour(i), alpha=0.2, linewidth=0)
            mean = values.mean(axis=0)
            axes.plot(where, mean, label=_label(labels, i), **_look(i), marker=_dots(mean, i))
        _scales(axes, at, log_x=log_x, log_y=log_y)
        _legend(axes, labels)


def plot_points(
    points: Numbers,
    classes: Numbers | None = None,
    *,
    x: str,
    y: str,
    labels: Sequence[str] = (),
    regions: Callable[[npt.NDArray[np.float64]], npt.ArrayLike] | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> None:
    """Points in the plane, each class with its colour and marker.

    Args:
        points: (points, 2).
        classes: (points,), whole numbers from 0; all one class when left out.
        x: Label of the horizontal axis.
        y: Label of the vertical axis.
        labels: A name for each class.
        regions: Takes (places, 2), gives a class number for each place; its regions are tinted.
        title: The message of the figure.
        ax: Draw here instead of in a figure of its own.
    """
    places = np.asarray(points, dtype=float)
    which = np.zeros(len(places), int) if classes is None else np.asarray(classes).astype(int)
    with _axes(ax, x, y, title) as axes:
        for kind in np.unique(which):
            chosen = places[which == kind]
            size = 60 if len(places) <= 30 else 18
            axes.scatter(
                chosen[:, 0],
                chosen[:, 1],
                s=size,
                color=_colour(kind),
                marker=MARKERS[kind % len(MARKERS)],
                edgecolor="white",
                linewidth=0.4,
                label=_label(labels, kind),
                zorder=3,
            )
        if regions is not None:
            _tint(axes, regions)
        axes.grid(visible=False)
        _legend(axes, labels)
        width, height = np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())
        if 1 / 3 < width / height < 3:
            axes.set_aspect("equal", adjustable="box")  # a circle is to look like one


def plot_heatmap(
    values: Numbers,
    *,
    x: str,
    y: str,
    columns: Sequence[object] = (),
    rows: Sequence[object] = (),
    around_zero: bool = False,
    numbers: str = "",
    title: str = "",
    ax: "Axes | None" = None,
) -> None:
    """A table of numbers as colours, with a colour bar.

    Args:
        values: (rows, columns); the first row is drawn on top.
        x: Label of the horizontal axis (the columns).
        y: Label of the vertical axis (the rows).
        columns: A name for each column.
        rows: A name for each row.
        around_zero: Colours that part below and above zero (PuOr), white at zero.
        numbers: Write each number into its cell in this format, such as ".2f" or "d".
        title: The message of the figure.
        ax: Draw here instead of in a figure of its own.
    """
    table = np.asarray(values)
    with _axes(ax, x, y, title) as axes:
        picture = axes.imshow(table, aspect="auto", **_amounts(table, around_zero=around_zero))
        axes.figure.colorbar(picture, ax=axes)
        _names(axes, columns, rows)
        if numbers:
            _write(axes, table, numbers, picture)
        axes.grid(visible=False)


def plot_bars(
    values: Numbers,
    *,
    labels: Sequence[str],
    x: str,
    y: str,
    series: Sequence[str] = (),
    spread: Numbers | None = None,
    numbers: str = ".2f",
    title: str = "",
    ax: "Axes | None" = None,
) -> None:
    """Bars from zero, with their numbers written above; several series stand side by side with different hatching.

    Args:
        values: (bars,) or (series, bars).
        labels: A name for each bar, or for each group of bars.
        x: Label of the horizontal axis.
        y: Label of the vertical axis.
        series: A name for each series.
        spread: Half the length of a line through the end of each bar, shaped as `values`.
        numbers: Format of the numbers above the bars; "" for none.
        title: The message of the figure.
        ax: Draw here instead of in a figure of its own.
    """
    heights = np.atleast_2d(np.asarray(values, dtype=float))
    ends = None if spread is None else np.atleast_2d(np.asarray(spread, dtype=float))
    width = 0.8 / len(heights)
    with _axes(ax, x, y, title) as axes:
        for i, row in enumerate(heights):
            where = np.arange(len(row)) + (i - (len(heights) - 1) / 2) * width
            bars = axes.bar(
                where,
                row,
                width * 0.95,
                color=_colour(i),
                hatch=HATCHES[i % len(HATCHES)],
                edgecolor="white",
                yerr=None if ends is None else ends[i],
                capsize=4,
                label=_label(series, i),
            )
            if numbers:
                axes.bar_label(bars, fmt=f"{{:{numbers}}}", padding=2, fontsize=11)
        axes.set_xticks(range(heights.shape[1]), labels)
        axes.margins(y=0.12)
        axes.grid(visible=False, axis="x")
        if series:  # above the bars, where it hides no number
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(series), frameon=False)


@contextmanager
def _axes(ax: "Axes | None", x: str, y: str, title: str) -> Iterator["Axes"]:
    """Axes to draw on: the given ones, or new ones that are shown afterwards."""
    import matplotlib.pyplot as plt

    with plt.rc_context(STYLE):
        figure, axes = (None, ax) if ax is not None else plt.subplots(figsize=(6.4, 3.8), layout="constrained")
        assert axes is not None
        axes.spines[["top", "right"]].set_visible(False)  # also on given axes, which were made without our style
        axes.grid(alpha=0.3)
        axes.set_axisbelow(True)
        yield axes
        axes.set_xlabel(x, fontsize=11)
        axes.set_ylabel(y, fontsize=11)
        axes.tick_params(labelsize=11)
        if title:
            axes.set_title(title, fontsize=12)
        if figure is not None:
            show(figure)


def show(figure: Any) -> None:
    """Show and forget a figure; without a screen or a notebook there is nobody to show it to."""
    import matplotlib.pyplot as plt

    if plt.get_backend().lower() != "agg":
        plt.show()
    plt.close(figure)


def _series(lines: Series) -> list[npt.NDArray[Any]]:
    """A list of 1-D arrays, also when a single line came."""
    rows = list(lines)
    return [np.asarray(lines)] if not rows or np.ndim(rows[0]) == 0 else [np.asarray(row) for row in rows]


def _positions(at: Numbers | None, line: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.arange(len(line)) if at is None else np.asarray(at)[: len(line)]


def _label(labels: Sequence[str], i: int) -> str | None:
    return str(labels[i]) if i < len(labels) else None


def _colour(i: int) -> str:
    return COLOURS[i % len(COLOURS)]


def _look(i: int) -> dict[str, Any]:
    return {"color": _colour(i), "linestyle": STYLES[i % len(STYLES)]}


def _dots(line: npt.NDArray[Any], i: int) -> str:
    """Markers where there are few enough points to see them."""
    return MARKERS[i % len(MARKERS)] if len(line) <= 20 else ""


def _scales(axes: "Axes", at: Numbers | None, *, log_x: bool, log_y: bool) -> None:
    if log_x:
        axes.set_xscale("log")
        ticks = [] if at is None else np.asarray(at).tolist()
        if 1 < len(ticks) <= 8:  # powers of ten alone would leave 20, 50 and 200 without a number
            axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axes.minorticks_off()
    if log_y:
        axes.set_yscale("log")


def _legend(axes: "Axes", labels: Sequence[str]) -> None:
    if labels:
        axes.legend(framealpha=0.85)


def _tint(axes: "Axes", regions: Callable[[npt.NDArray[np.float64]], npt.ArrayLike], steps: int = 200) -> None:
    from matplotlib.colors import ListedColormap

    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    across, up = np.meshgrid(np.linspace(left, right, steps), np.linspace(low, high, steps))
    kinds = np.asarray(regions(np.stack([across.ravel(), up.ravel()], axis=1))).reshape(steps, steps)
    axes.imshow(
        kinds.astype(int),
        extent=(left, right, low, high),
        origin="lower",
        aspect="auto",
        alpha=0.22,
        cmap=ListedColormap(COLOURS),
        vmin=0,
        vmax=len(COLOURS) - 1,
        interpolation="nearest",
        zorder=1,
    )


def _amounts(values: npt.NDArray[Any], *, around_zero: bool) -> dict[str, Any]:
    if not around_zero:
        return {"cmap": "viridis"}
    reach = float(np.abs(values).max()) or 1.0
    return {"cmap": "PuOr", "vmin": -reach, "vmax": reach}


def _names(axes: "Axes", columns: Sequence[object], rows: Sequence[object]) -> None:
    if columns:
        long = max(len(str(name)) for name in columns) > 4
        axes.set_xticks(
            range(len(columns)),
            [str(name) for name in columns],
            rotation=45 if long else 0,
            ha="right" if long else "center",
        )
    if rows:
        axes.set_yticks(range(len(rows)), [str(name) for name in rows])


def _write(axes: "Axes", table: npt.NDArray[Any], form: str, picture: Any) -> None:
    for (row, column), value in np.ndenumerate(table):
        red, green, blue, _ = picture.cmap(picture.norm(value))
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        axes.text(column, row, format(value, form), ha="center", va="center", color="white" if dark else "black")
