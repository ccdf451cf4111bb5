import os
from pathlib import Path

import pytest

PREPARED = os.environ.get("TFDS_DATA_DIR", "")


@pytest.fixture(autouse=True)
def offline_machine(tmp_path, monkeypatch):
    """A machine with no prepared data, an empty cache and no settings, whatever the developer's own has."""
    for name in ("TFDS_DATA_DIR", "LAYERWISE_RAW_DIR", "LAYERWISE_DOWNLOAD", "LAYERWISE_OFFLINE", "COURSE_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def real(monkeypatch):
    """`real("cifar10")` turns the prepared sets on, or skips when that one is not there."""

    def need(name):
        if not PREPARED or not (Path(PREPARED) / name).exists():
            pytest.skip(f"needs the prepared set {name!r}: name its folder in TFDS_DATA_DIR")
        monkeypatch.setenv("TFDS_DATA_DIR", PREPARED)

    return need
