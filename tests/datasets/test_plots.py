import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")

import matplotlib.pyplot as plt

from layerwise_datasets import (
    figures,
    plot_bands,
    plot_bars,
    plot_heatmap,
    plot_landscape,
    plot_lines,
    plot_points,
    show_images,
)

RANDOM = np.random.default_rng(0)
POINTS, KINDS = RANDOM.normal(size=(40, 2)), RANDOM.integers(0, 3, 40)
XY = {"x": "epoch", "y": "loss"}

PLOTS = {
    "lines": lambda **more: plot_lines([[3, 2, 1], [3, 1]], labels=("a", "b"), **XY, **more),
    "one line": lambda **more: plot_lines([3, 2, 1], **XY, **more),
    "log lines": lambda **more: plot_lines([[3, 2, 1]], at=[1, 10, 100], log_x=True, log_y=True, **XY, **more),
    "bands": lambda **more: plot_bands([RANDOM.random((3, 30)), RANDOM.random((5, 30))], labels="ab", **XY, **more),
    "points": lambda **more: plot_points(POINTS, KINDS, labels="abc", **XY, **more),
    "points alone": lambda **more: plot_points(POINTS, **XY, **more),
    "regions": lambda **more: plot_points(POINTS, KINDS, regions=lambda at: at[:, 0] > 0, **XY, **more),
    "heatmap": lambda **more: plot_heatmap(POINTS[:4], columns="ab", rows="cdef", numbers=".1f", **XY, **more),
    "around zero": lambda **more: plot_heatmap(POINTS[:4], around_zero=True, **XY, **more),
    "landscape": lambda **more: plot_landscape(
        lambda at: (at**2).sum(axis=1), across=(-1, 1), up=(-2, 2), paths=[[[1, 1], [0, 1]], [0, 0]], **XY, **more
    ),
    "bars": lambda **more: plot_bars([0.2, 0.4], labels=("old", "new"), **XY, **more),
    "groups": lambda **more: plot_bars(
        [[0.2, 0.4], [0.3, 0.5]], labels="ab", series=("10", "20"), spread=[[0.1, 0.1], [0.1, 0.1]], **XY, **more
    ),
}
IMAGES = {
    "grey": lambda **more: show_images(RANDOM.random((12, 8, 8)), titles=range(12), **more),
    "one channel": lambda **more: show_images(RANDOM.random((3, 8, 8, 1)), **more),
    "colour": lambda **more: show_images(RANDOM.integers(0, 256, (20, 32, 32, 3)).astype(np.uint8), columns=5, **more),
    "kernels": lambda **more: show_images(RANDOM.normal(size=(8, 3, 3)), around_zero=True, **more),
    "long titles": lambda **more: show_images(RANDOM.random((20, 8, 8)), titles=["automobile"] * 20, **more),
}


@pytest.fixture
def shown(monkeypatch):
    """Figures as they are shown, kept instead of closed."""
    kept = []
    monkeypatch.setattr(figures, "show", kept.append)
    yield kept
    plt.close("all")


@pytest.mark.parametrize("draw", [*PLOTS.values(), *IMAGES.values()], ids=[*PLOTS, *IMAGES])
def test_a_plot_returns_nothing_and_leaves_nothing_open(draw):
    assert draw(title="One message") is None
    assert plt.get_fignums() == []


@pytest.mark.parametrize("draw", PLOTS.values(), ids=PLOTS)
def test_a_plot_labels_its_axes_in_letters_large_enough(draw, shown):
    draw(title="One message")

    axes = shown[0].axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("epoch", "loss", "One message")
    written = [axes.xaxis.label, axes.yaxis.label, axes.title, *axes.texts, *axes.get_xticklabels()]
    assert min(text.get_fontsize() for text in written) >= 11


@pytest.mark.parametrize("draw", [*PLOTS.values(), *IMAGES.values()], ids=[*PLOTS, *IMAGES])
def test_a_figure_fits_the_page(draw, shown):
    draw(title="One message")

    width, height = shown[0].get_size_inches()
    assert width <= 7
    assert height <= 4.5


@pytest.mark.parametrize("draw", PLOTS.values(), ids=PLOTS)
def test_a_plot_draws_into_given_axes_without_showing_them(draw, shown):
    _, axes = plt.subplots()
    draw(ax=axes)

    assert axes.get_xlabel() == "epoch"
    assert shown == []


@pytest.mark.parametrize("name", ["lines", "bands"])
def test_lines_differ_by_more_than_colour(name, shown):
    PLOTS[name]()

    first, second = shown[0].axes[0].get_lines()
    assert first.get_color() != second.get_color()
    assert first.get_linestyle() != second.get_linestyle()


def test_groups_of_bars_differ_by_hatching_and_begin_at_zero(shown):
    PLOTS["groups"]()

    bars = shown[0].axes[0].patches
    assert len({bar.get_hatch() for bar in bars}) == 2
    assert {bar.get_y() for bar in bars} == {0}


def test_a_band_reaches_from_the_lowest_to_the_highest_seed(shown):
    plot_bands([[[1, 2], [3, 6], [2, 1]]], **XY)

    axes = shown[0].axes[0]
    assert axes.get_lines()[0].get_ydata().tolist() == [2, 3]
    edge = axes.collections[0].get_paths()[0].vertices
    assert (edge[:, 1].min(), edge[:, 1].max()) == (1, 6)


def test_zero_is_white_where_colours_part_at_zero(shown):
    plot_heatmap([[-1.0, 3.0]], around_zero=True, **XY)

    assert shown[0].axes[0].images[0].get_clim() == (-3, 3)


def test_titles_of_pictures_do_not_collide(shown):
    IMAGES["long titles"]()

    figure = shown[0]
    figure.canvas.draw()
    boxes = [axes.title.get_window_extent() for axes in figure.axes if axes.get_title()]
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


@pytest.mark.parametrize("missing", ["x", "y"])
def test_axis_labels_are_required(missing):
    labels = {key: value for key, value in XY.items() if key != missing}

    with pytest.raises(TypeError, match=missing):
        plot_lines([[1, 2]], **labels)
