"""For tests that need the sandbox: left out in words where a machine can't make one, and never in CI."""

import os

import pytest

from layerwise_grader.engine import sandbox

_MISSING = sandbox.lacks()
_MAY_SKIP = bool(_MISSING) and "CI" not in os.environ

needs_walls = pytest.mark.skipif(_MAY_SKIP, reason=_MISSING)


def require_walls() -> None:
    """The same, from within a fixture."""
    if _MAY_SKIP:
        pytest.skip(_MISSING)
    assert not _MISSING, _MISSING
