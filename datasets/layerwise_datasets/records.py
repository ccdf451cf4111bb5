"""TFRecord files and their `tf.train.Example`s, read without TensorFlow.

Prepared TFDS folders hold TFRecords. Reading them here takes 60 lines, gives the same arrays on every backend, and lets
`load(size=200)` touch 200 records of 50,000. Both formats are frozen and public: a record is a length (8 bytes), its
checksum (4), the data and its checksum (4); an Example is a protobuf map from names to lists.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from layerwise_datasets.errors import DamagedData

Value = list[bytes] | npt.NDArray[np.int64] | npt.NDArray[np.float32]

_HEADER, _FOOTER = 12, 4
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def record_spans(octets: memoryview, path: Path) -> list[tuple[int, int]]:
    """Start and end of each record in the bytes of a TFRecord file.

    Raises:
        DamagedData: if the last record is cut off.
    """
    spans: list[tuple[int, int]] = []
    place, end = 0, len(octets)
    while place < end:
        start = place + _HEADER
        stop = start + struct.unpack_from("<Q", octets, place)[0] if start <= end else end
        place = stop + _FOOTER
        if place > end or start > end:
            raise DamagedData(f"{path} is cut off inside record {len(spans)}. Delete its folder and prepare it again.")
        spans.append((start, stop))
    return spans


def example(record: bytes) -> dict[str, Value]:
    """The features of one serialised `tf.train.Example`."""
    found: dict[str, Value] = {}
    for _, features in _fields(record):
        for _, entry in _fields(features):
            name, feature = (value for _, value in _fields(entry))
            found[name.decode()] = _feature(feature)
    return found


def _feature(feature: bytes) -> Value:
    kind, content = next(_fields(feature), (1, b""))
    items = [item for _, item in _fields(content)]
    if kind == 1:
        return items
    if kind == 2:
        return np.frombuffer(b"".join(items), dtype="<f4").astype(np.float32)
    return np.concatenate([varints(item) for item in items]) if items else np.empty(0, np.int64)


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Field numbers and contents of a protobuf message; a lone varint comes as its bytes."""
    place, end = 0, len(message)
    while place < end:
        key, place = _varint(message, place)
        kind = key & 7
        if kind == _BYTES:
            length, start = _varint(message, place)
            place = start + length
        elif kind == _VARINT:
            start, place = place, _varint(message, place)[1]
        elif kind in (_FIXED32, _FIXED64):
            start, place = place, place + (4 if kind == _FIXED32 else 8)
        else:
            raise ValueError(f"protobuf wire type {kind}")
        if place > end:
            raise ValueError("a protobuf field reaches beyond its message")
        yield key >> 3, message[start:place]


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 127) << shift
        place += 1
        if byte < 128:
            return value, place
        shift += 7


def varints(content: bytes) -> npt.NDArray[np.int64]:
    """All varints of a packed list at once: a second of sound holds thousands, too many for a Python loop."""
    octets = np.frombuffer(content, dtype=np.uint8)
    ends = np.flatnonzero(octets < 128)
    if not len(ends):
        return np.empty(0, np.int64)
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(len(octets)) - np.repeat(starts, ends - starts + 1)
    bits = (octets & 127).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.bitwise_or.reduceat(bits, starts).astype(np.int64)
