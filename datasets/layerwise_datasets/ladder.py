"""`load`: the same line gives the real set where it is, and an honest stand-in where it is not."""

import os
from collections.abc import Iterator

from layerwise_datasets import prepared
from layerwise_datasets.catalogue import CATALOGUE, Entry, Rung
from layerwise_datasets.dataset import Dataset, drawn_rows
from layerwise_datasets.errors import MissingData, UnknownName, WrongSize
from layerwise_datasets.found import Found


def load(name: str, *, split: str = "train", size: int | None = None, seed: int = 0, download: bool = False) -> Dataset:
    """A data set as NumPy arrays, from the first of these that has it, and one printed line that says which.

    A folder prepared by TensorFlow Datasets (`TFDS_DATA_DIR`); a download, only with `download=True` or
    `LAYERWISE_DOWNLOAD=1`; the packages that the course needs anyway; a generator. Never waits for a network unless
    asked to download.

    Args:
        name: Such as "digits" or "cifar10".
        split: "train" or "test"; a few sets have "train" alone.
        size: Take so many examples, balanced over the classes, instead of all.
        seed: Which ones `size` takes.
        download: Fetch a set that is not prepared yet.

    Raises:
        UnknownName: for a name or split that does not exist, with the nearest that does.
        WrongSize: if the split has fewer examples.
        DamagedData: if a prepared file cannot be read; it names the file and says how to renew it.
    """
    if name not in CATALOGUE:
        raise UnknownName("data set", name, CATALOGUE)
    entry = CATALOGUE[name]
    if split not in entry.splits:
        raise UnknownName(f"split of {name!r} called", split, entry.splits)
    found = first_found(name, split, download=download or os.environ.get("LAYERWISE_DOWNLOAD") == "1")
    data = _dataset(name, split, found, size, seed)
    drawn = f"; {size:,} of {len(found.y):,} drawn" if size is not None else ""
    print(f"{name} ({split}): {data.source}{drawn}")
    return data


def first_found(name: str, split: str, *, download: bool = False) -> Found:
    """Where a set would come from, its inputs not read yet.

    Raises:
        MissingData: if no source of it is on this machine.
    """
    for rung in _rungs(name, CATALOGUE[name], download=download):
        found = rung(split)
        if found is not None:
            return found
    raise MissingData(f'No source of "{name}" ({split}) is on this machine. Prepare it with TensorFlow Datasets first.')


def _rungs(name: str, entry: Entry, *, download: bool) -> Iterator[Rung]:
    yield from entry.prepared
    if download and entry.in_tfds:
        prepared.fetch(name)
        yield from entry.prepared
    yield from entry.offline


def _dataset(name: str, split: str, found: Found, size: int | None, seed: int) -> Dataset:
    rows = None
    if size is not None:
        if not found.has_rows:
            raise WrongSize(f'"{name}" is one single {"series" if found.y.size else "picture"}: leave out size.')
        rows = drawn_rows(found.y, size, seed, balanced=bool(found.classes) and found.y.ndim == 1)
    x, y = found.read(rows), found.y if rows is None else found.y[rows]
    return Dataset(name, split, x, y, found.classes, found.source, found.licence, found.is_real, found.features)
