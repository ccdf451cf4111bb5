"""Data, sizes and pictures for the chapters of Layerwise.

Nothing heavy is imported until a name is used: importing this package costs milliseconds and never brings in
TensorFlow, Keras, scikit-learn or matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from layerwise_datasets.quiet import silence_tensorflow

if TYPE_CHECKING:
    from layerwise_datasets.backbones import backbone
    from layerwise_datasets.card import describe_run
    from layerwise_datasets.dataset import Dataset
    from layerwise_datasets.figures import plot_bands, plot_bars, plot_heatmap, plot_lines, plot_points
    from layerwise_datasets.gradients import gradient
    from layerwise_datasets.ladder import load
    from layerwise_datasets.landscapes import plot_landscape
    from layerwise_datasets.machine import Accelerator, accelerator, online, profile
    from layerwise_datasets.pictures import show_images

_HOME = {
    "Accelerator": "machine",
    "Dataset": "dataset",
    "accelerator": "machine",
    "backbone": "backbones",
    "describe_run": "card",
    "gradient": "gradients",
    "load": "ladder",
    "online": "machine",
    "plot_bands": "figures",
    "plot_bars": "figures",
    "plot_heatmap": "figures",
    "plot_landscape": "landscapes",
    "plot_lines": "figures",
    "plot_points": "figures",
    "profile": "machine",
    "show_images": "pictures",
}

__all__ = [
    "Accelerator",
    "Dataset",
    "accelerator",
    "backbone",
    "describe_run",
    "gradient",
    "load",
    "online",
    "plot_bands",
    "plot_bars",
    "plot_heatmap",
    "plot_landscape",
    "plot_lines",
    "plot_points",
    "profile",
    "show_images",
]


def __getattr__(name: str) -> object:
    """Import a public name's module on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


silence_tensorflow()
