import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from layerwise_datasets import cache, load
from layerwise_datasets.errors import DamagedData
from layerwise_datasets.records import example, varints

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3)).astype(np.uint8)


def varint(number):
    number %= 2**64
    octets = bytearray()
    while number > 127:
        octets.append(number & 127 | 128)
        number >>= 7
    return bytes([*octets, number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def serialised(image, label):
    """A `tf.train.Example`, written as the format's description says."""
    features = {"image": field(1, field(1, image)), "label": field(3, field(1, varint(label)))}
    entries = [field(1, field(1, name.encode()) + field(2, content)) for name, content in features.items()]
    return field(1, b"".join(entries))


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """The folder of a CIFAR-10 of twenty pictures in two files."""
    folder = tmp_path / "tfds" / "cifar10" / "3.0.2"
    folder.mkdir(parents=True)
    for shard in range(2):
        records = [serialised(png(PIXELS[row]), row % 10) for row in range(10 * shard, 10 * shard + 10)]
        content = b"".join(struct.pack("<QI", len(one), 0) + one + b"\0\0\0\0" for one in records)
        (folder / f"cifar10-train.tfrecord-0000{shard}-of-00002").write_bytes(content)
    splits = [{"name": "train", "shardLengths": ["10", "10"]}]
    (folder / "dataset_info.json").write_text(json.dumps({"fileFormat": "tfrecord", "splits": splits}))
    (folder / "label.labels.txt").write_text("\n".join("abcdefghij") + "\n")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    return folder


def test_a_prepared_set_wins_over_the_stand_in(prepared):
    data = load("cifar10")

    np.testing.assert_array_equal(data.x, PIXELS)
    assert data.y.tolist() == [*range(10), *range(10)]
    assert (data.is_real, data.classes) == (True, tuple("abcdefghij"))
    assert data.source == "real: 20 of 50,000 colour pictures, prepared TFDS copy (PNG)"


def test_a_subset_decodes_its_own_rows(prepared):
    data = load("cifar10", size=10, seed=5)

    assert sorted(data.y) == list(range(10))
    assert all(any(np.array_equal(one, whole) for whole in PIXELS) for one in data.x)


def test_the_second_time_comes_from_the_cache(prepared):
    first = load("cifar10")
    kept = {path.name for path in cache.folder().iterdir()}
    second = load("cifar10")

    np.testing.assert_array_equal(first.x, second.x)
    assert sorted(name.startswith("cifar10-3.0.2-train-") and name.endswith(".npz") for name in kept) == [True, True]


def test_a_changed_file_is_not_answered_from_the_cache(prepared):
    load("cifar10")
    first, second = sorted(prepared.glob("*.tfrecord-*"))
    second.write_bytes(first.read_bytes() + b"")

    np.testing.assert_array_equal(load("cifar10").x, np.concatenate([PIXELS[:10], PIXELS[:10]]))


def test_a_split_that_is_not_prepared_falls_to_the_stand_in(prepared):
    assert not load("cifar10", split="test", size=10).is_real


def test_files_of_another_format_fall_to_the_stand_in(prepared):
    (prepared / "dataset_info.json").write_text('{"fileFormat": "array_record", "splits": []}')

    assert not load("cifar10", size=10).is_real


def test_the_newest_version_is_taken(prepared):
    older = prepared.parent / "3.0.0"
    older.mkdir()
    (older / "dataset_info.json").write_text("broken")

    assert load("cifar10", size=10).is_real


def cut_short(folder):
    path = sorted(folder.glob("*.tfrecord-*"))[1]
    path.write_bytes(path.read_bytes()[:-100])


def cut_in_a_header(folder):
    path = sorted(folder.glob("*.tfrecord-*"))[1]
    path.write_bytes(path.read_bytes() + b"\1\2\3")


def lose_a_file(folder):
    sorted(folder.glob("*.tfrecord-*"))[0].unlink()


def lose_a_record(folder):
    first, second = sorted(folder.glob("*.tfrecord-*"))
    second.write_bytes(first.read_bytes() * 2)


def empty_a_file(folder):
    sorted(folder.glob("*.tfrecord-*"))[0].write_bytes(b"")


def scramble(folder):
    path = sorted(folder.glob("*.tfrecord-*"))[0]
    content = bytearray(path.read_bytes())
    content[12:40] = b"\xff" * 28
    path.write_bytes(content)


def garble_the_info(folder):
    (folder / "dataset_info.json").write_text('{"splits": [{"name": ')


def spoil_a_picture(folder):
    for path in folder.glob("*.tfrecord-*"):
        path.write_bytes(path.read_bytes().replace(b"\x89PNG", b"\x89PNX"))


DAMAGE = {
    cut_short: "00001-of-00002 is cut off inside record 9. Delete its folder",
    cut_in_a_header: "00001-of-00002 is cut off inside record 10. Delete its folder",
    lose_a_file: "3.0.2 holds 1 of the 2 files of its split 'train'",
    lose_a_record: "00001-of-00002 holds 20 records, its folder says 10",
    empty_a_file: "00000-of-00002 holds 0 records, its folder says 10",
    scramble: "00000-of-00002 holds a record that cannot be read",
    garble_the_info: "dataset_info.json cannot be read",
    spoil_a_picture: "3.0.2 holds a picture that cannot be decoded",
}


@pytest.mark.parametrize(("damage", "sentence"), DAMAGE.items(), ids=[damage.__name__ for damage in DAMAGE])
def test_a_damaged_set_names_its_file_and_how_to_renew_it(prepared, damage, sentence):
    damage(prepared)

    with pytest.raises(DamagedData) as refusal:
        load("cifar10")

    assert sentence in str(refusal.value)
    assert "prepare" in str(refusal.value)


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_packed_integers_survive(numbers):
    assert varints(b"".join(varint(number) for number in numbers)).tolist() == numbers


@pytest.mark.slow
def test_examples_written_by_tensorflow_are_read_alike():
    """Only TensorFlow itself can say whether the format is understood; importing it is slow."""
    import tensorflow as tf

    train = tf.train
    whole = train.Example(
        features=train.Features(
            feature={
                "text": train.Feature(bytes_list=train.BytesList(value=["Zoë".encode(), b""])),
                "sound": train.Feature(int64_list=train.Int64List(value=[0, -1, 127, 128, 2**62, -(2**63)])),
                "number": train.Feature(float_list=train.FloatList(value=[0.5, -1e30])),
                "nothing": train.Feature(),
            }
        )
    )
    found = example(whole.SerializeToString())

    assert found["text"] == ["Zoë".encode(), b""]
    assert found["sound"].tolist() == [0, -1, 127, 128, 2**62, -(2**63)]
    np.testing.assert_allclose(found["number"], [0.5, -1e30], rtol=1e-6)
    assert set(found) == {"text", "sound", "number", "nothing"}
