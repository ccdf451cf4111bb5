"""Pictures in a grid: `show_images`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from layerwise_datasets import figures
from layerwise_datasets.figures import Series


def show_images(
    images: Series,
    *,
    titles: Sequence[object] = (),
    columns: int = 0,
    colours: str = "gray",
    around_zero: bool = False,
    title: str = "",
) -> None:
    """Pictures in a grid, without axes.

    Args:
        images: (H, W), (H, W, 1) or (H, W, 3) each; whole numbers mean 0..255, colour floats 0..1.
        titles: A title for each picture.
        columns: Pictures in a row; chosen when left out.
        colours: Colour map of grey pictures, such as "gray" or "viridis". Each picture spans it.
        around_zero: Draw grey pictures with PuOr, white at zero, on one scale.
        title: The message of the figure.
    """
    pictures = [_flat(np.asarray(image)) for image in images]
    across = columns or _columns(len(pictures), titles)
    down = -(-len(pictures) // across)
    shape = pictures[0].shape
    with _grid(down, across, shape[0] / shape[1], title, titled=bool(titles)) as grid:
        for i, axes in enumerate(grid.ravel()):
            axes.set_axis_off()
            if i < len(pictures):
                axes.imshow(pictures[i], **_tones(pictures, i, colours, around_zero=around_zero))
                if i < len(titles):
                    axes.set_title(str(titles[i]), fontsize=11, pad=3)


@contextmanager
def _grid(down: int, across: int, ratio: float, title: str, *, titled: bool) -> Iterator[npt.NDArray[Any]]:
    import matplotlib.pyplot as plt

    side = min(1.6 if across * down > 6 else 2.2, 7 / across)
    height = min(4.5, down * (side * ratio + (0.32 if titled else 0.05)) + (0.35 if title else 0))
    with plt.rc_context(figures.STYLE):
        figure, grid = plt.subplots(down, across, figsize=(side * across, height), squeeze=False, layout="constrained")
        yield grid
        if title:
            figure.suptitle(title, fontsize=12)
        figures.show(figure)


def _flat(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image


def _columns(count: int, titles: Sequence[object], letter: float = 0.1) -> int:
    """Pictures in a row: no more than leave room for the longest title, a letter being a tenth of an inch wide."""
    longest = max((len(line) for title in titles for line in str(title).split("\n")), default=0)
    liked = count if count <= 6 else 10 if count % 10 == 0 else 8
    most = max(1, min(liked, int(7 / (letter * longest + 0.1))))
    return min(range(most, most // 2, -1), key=lambda across: -count % across)  # the fullest last row


def _tones(pictures: Sequence[npt.NDArray[Any]], i: int, colours: str, *, around_zero: bool) -> dict[str, Any]:
    if pictures[i].ndim == 3:
        return {}
    if around_zero:
        reach = max(float(np.abs(picture).max()) for picture in pictures) or 1.0
        return {"cmap": "PuOr", "vmin": -reach, "vmax": reach}
    return {"cmap": colours}
