"""``layerwise data`` names every set, and one damaged folder does not hide the others."""

from layerwise_datasets.catalogue import CATALOGUE
from layerwise_datasets.listing import listing


def test_every_set_has_a_line_with_its_source():
    lines = dict(line.split(maxsplit=1) for line in listing().splitlines())

    assert list(lines) == list(CATALOGUE)
    assert lines["digits"].startswith("real: 1,437 of 1,797")


def test_a_damaged_set_is_told_and_the_others_are_listed(tmp_path, monkeypatch):
    folder = tmp_path / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))

    lines = dict(line.split(maxsplit=1) for line in listing().splitlines())

    assert "cannot be read" in lines["mnist"]
    assert lines["digits"].startswith("real")
