"""Checks for the Layerwise course: ``check("05.2", conv2d)`` says what is right, what is wrong and why.

A learner needs three names: ``check`` judges one exercise, ``progress`` shows a chapter's results, ``band`` compares a
result with the range that the course measured. They load on first use, so that importing costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerwise_datasets.quiet import silence_tensorflow

if TYPE_CHECKING:
    from layerwise_grader.bands import band
    from layerwise_grader.notebook import check, progress

__all__ = ["band", "check", "progress"]
__version__ = "0.1.0"

_HOME = {"band": "bands", "check": "notebook", "progress": "notebook"}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


silence_tensorflow()
