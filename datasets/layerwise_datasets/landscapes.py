"""A function of two numbers seen from above, and the paths that descents take on it: `plot_landscape`."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from layerwise_datasets.figures import MARKERS, _axes, _colour, _label, _legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_landscape(
    height: Callable[[npt.NDArray[np.float64]], npt.ArrayLike],
    *,
    across: tuple[float, float],
    up: tuple[float, float],
    x: str,
    y: str,
    paths: Sequence[npt.ArrayLike] = (),
    labels: Sequence[str] = (),
    levels: int | Sequence[float] = 15,
    title: str = "",
    ax: "Axes | None" = None,
) -> None:
    """Contour lines of a function of two numbers, low ground dark, with paths drawn over them.

    Args:
        height: Takes (places, 2), gives a number for each place.
        across: From where to where, horizontally.
        up: From where to where, vertically.
        x: Label of the horizontal axis.
        y: Label of the vertical axis.
        paths: For each path an array (steps, 2); its first place is drawn larger. One place makes a mark.
        labels: A name for each path.
        levels: How many contour lines, or the heights of them.
        title: The message of the figure.
        ax: Draw here instead of in a figure of its own.
    """
    columns, rows = np.linspace(*across, 81), np.linspace(*up, 81)
    places = np.stack([grid.ravel() for grid in np.meshgrid(columns, rows)], axis=1)
    heights = np.asarray(height(places), dtype=float).reshape(len(rows), len(columns))
    with _axes(ax, x, y, title) as axes:
        axes.contourf(columns, rows, heights, levels=levels, cmap="cividis", extend="both")
        axes.contour(columns, rows, heights, levels=levels, colors="white", linewidths=0.4)
        for i, path in enumerate(paths):
            _walk(axes, np.atleast_2d(np.asarray(path, dtype=float)), i, _label(labels, i))
        axes.set_xlim(*across)
        axes.set_ylim(*up)
        axes.grid(visible=False)
        _legend(axes, labels)


def _walk(axes: "Axes", path: npt.NDArray[np.float64], i: int, label: str | None) -> None:
    """One path, in white under its colour so that it stands out on light and dark ground."""
    axes.plot(*path.T, color="white", linewidth=3.5)
    look: dict[str, Any] = {"color": _colour(i + 1), "marker": MARKERS[i % len(MARKERS)], "markeredgecolor": "white"}
    axes.plot(*path.T, **look, linewidth=1.8, markersize=5, markeredgewidth=0.5, label=label)
    axes.plot(*path[0], **look, markersize=10)
