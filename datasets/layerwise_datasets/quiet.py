"""Keeps TensorFlow silent while it is imported.

It writes to file descriptor 2 before its own log level counts; JupyterLab shows that in red, and nbgrader takes any
text on stderr for a failure.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Sends file descriptor 2 to nowhere inside the block."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class _SilentLoader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader) -> None:
        self.loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        with silent_stderr():
            self.loader.exec_module(module)
        # Its warnings are about its own inner workings (retracing, say), and a learner can do nothing about them.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)


class _SilentTensorFlow(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "tensorflow":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _SilentLoader(spec.loader)
        return spec


def silence_tensorflow() -> None:
    """From now on, importing TensorFlow writes nothing to stderr; called when one of our packages is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not any(isinstance(finder, _SilentTensorFlow) for finder in sys.meta_path):
        sys.meta_path.insert(0, _SilentTensorFlow())
