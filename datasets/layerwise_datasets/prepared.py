"""The first rung of the ladder: sets prepared by TensorFlow Datasets, read without TensorFlow."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from layerwise_datasets import cache
from layerwise_datasets.dataset import Array
from layerwise_datasets.errors import DamagedData, MissingData
from layerwise_datasets.records import Value, example, record_spans

_RENEW = "Delete this folder and prepare the set again (or unset TFDS_DATA_DIR to go on without it)."
# Raised in the name of a cached array whenever the decoding below changes what it gives.
_DECODER = 1


@dataclass(frozen=True)
class Split:
    """One split of a prepared set: labels at hand, inputs decoded when asked for."""

    y: npt.NDArray[np.int64]
    read: Callable[[npt.NDArray[np.int64] | None], Array]
    classes: tuple[str, ...]
    encoding: str


def data_dirs() -> list[Path]:
    """Where prepared sets are looked for: `TFDS_DATA_DIR`, then the default folder of TFDS."""
    named = os.environ.get("TFDS_DATA_DIR")
    return [Path(named)] if named else [Path.home() / "tensorflow_datasets"]


def version_folder(name: str) -> Path | None:
    """The newest prepared version of a set, or None."""
    for base in data_dirs():
        versions = [path.parent for path in (base / name).glob("*.*.*/dataset_info.json")]
        if versions:
            return max(versions, key=lambda path: [int(part) for part in path.name.split(".") if part.isdigit()])
    return None


def open_split(folder: Path, split: str, feature: str) -> Split | None:
    """One split of a prepared folder; None when the folder does not hold it as TFRecords.

    Args:
        folder: `<data_dir>/<name>/<version>`.
        split: Its name.
        feature: "image" or "audio", the feature that becomes `x`.

    Raises:
        DamagedData: if files are missing, cut off or not what the folder says.
    """
    lengths = _shard_lengths(folder, split)
    if lengths is None:
        return None
    files = _shards(folder, split, len(lengths))
    records = [record for path, length in zip(files, lengths, strict=True) for record in _records(path, length)]
    key = f"{folder.parent.name}-{folder.name}-{split}-{_fingerprint(files):08x}"
    try:
        labels = _labels(records, key)
        first = example(bytes(records[0]))[feature]
    except (ValueError, IndexError, KeyError, UnicodeDecodeError) as error:
        raise DamagedData(f"{files[0]} holds a record that cannot be read ({error}). {_RENEW}") from error
    names = folder / "label.labels.txt"
    classes = tuple(names.read_text(encoding="utf-8").split()) if names.exists() else ()
    return Split(labels, lambda rows: _read(records, rows, feature, key, folder), classes, _encoding(first))


def _shard_lengths(folder: Path, split: str) -> list[int] | None:
    path = folder / "dataset_info.json"
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
        if info.get("fileFormat", "tfrecord") != "tfrecord":
            return None
        return next(([int(n) for n in one["shardLengths"]] for one in info["splits"] if one["name"] == split), None)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedData(f"{path} cannot be read ({error}). {_RENEW}") from error


def _shards(folder: Path, split: str, count: int) -> list[Path]:
    files = sorted(folder.glob(f"*-{split}.tfrecord-*-of-{count:05d}"))
    if len(files) != count:
        raise DamagedData(f"{folder} holds {len(files)} of the {count} files of its split {split!r}. {_RENEW}")
    return files


def _records(path: Path, length: int) -> list[npt.NDArray[np.uint8]]:
    content = np.memmap(path, dtype=np.uint8, mode="r") if path.stat().st_size else np.empty(0, np.uint8)
    spans = record_spans(content.data, path)
    if len(spans) != length:
        raise DamagedData(f"{path} holds {len(spans)} records, its folder says {length}. {_RENEW}")
    return [content[start:stop] for start, stop in spans]


def _labels(records: list[npt.NDArray[np.uint8]], key: str) -> npt.NDArray[np.int64]:
    kept = cache.recall(f"{key}-labels")
    if kept is not None and len(kept) == len(records):
        return kept.astype(np.int64)
    labels = np.array([int(example(bytes(record))["label"][0]) for record in records], dtype=np.int64)
    cache.keep(f"{key}-labels", labels)
    return labels


def _fingerprint(files: Iterable[Path]) -> int:
    """A number that changes when the files do (size and time of change, not their content)."""
    stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return crc32(repr((_DECODER, stats)).encode())


def _encoding(value: Value) -> str:
    first = value[0] if isinstance(value, list) else b""
    return {b"\xff\xd8": "lossy JPEG", b"\x89P": "PNG"}.get(first[:2], "")


def _read(
    records: list[npt.NDArray[np.uint8]], rows: npt.NDArray[np.int64] | None, feature: str, key: str, folder: Path
) -> Array:
    few = rows is not None and 10 * len(rows) < len(records)  # decoded sooner than the whole array is read
    kept = None if few else cache.recall(key)
    if kept is not None and len(kept) == len(records):
        return kept if rows is None else kept[rows]
    decode = {"image": _picture, "audio": _clip}[feature]
    wanted = range(len(records)) if rows is None else rows
    try:
        x = np.stack([decode(example(bytes(records[row]))[feature]) for row in wanted])
    except (OSError, ValueError) as error:
        kind = "picture" if feature == "image" else "clip"
        raise DamagedData(f"{folder} holds a {kind} that cannot be decoded ({error}). {_RENEW}") from error
    if rows is None:
        cache.keep(key, x)
    return x


def _picture(value: Value) -> Array:
    from PIL import Image

    content = value[0]
    assert isinstance(content, bytes)
    pixels = np.asarray(Image.open(BytesIO(content)))
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def _clip(value: Value, samples: int = 8_000) -> Array:
    """One second at 8 kHz: longer clips are cut, shorter ones end in silence."""
    wave = np.asarray(value)[:samples].astype(np.int16)
    return np.pad(wave, (0, samples - len(wave)))


def fetch(name: str) -> None:
    """Download and prepare a set with TensorFlow Datasets, which needs TensorFlow and a network.

    Raises:
        MissingData: if either is absent.
    """
    try:
        import tensorflow_datasets as tfds

        builder = tfds.builder(name, data_dir=str(data_dirs()[0]))
        builder.download_and_prepare(file_format="tfrecord")
    except ImportError as error:
        raise MissingData(f'Downloading "{name}" needs tensorflow and tensorflow-datasets ({error}).') from error
    except Exception as error:  # TFDS passes on whatever its downloader raised
        raise MissingData(
            f'"{name}" could not be downloaded: {type(error).__name__}: {error}. '
            "Leave out download=True to go on with what is on this machine."
        ) from error
