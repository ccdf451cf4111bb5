import os
import subprocess
import sys

import numpy as np
import pytest

import layerwise_datasets
from layerwise_datasets import load
from layerwise_datasets.catalogue import CATALOGUE
from layerwise_datasets.dataset import drawn_rows
from layerwise_datasets.errors import DamagedData, DataError, MissingData, UnknownName, WrongSize

# name, split: shape of x, type of x, shape of y, classes. Stand-ins have the shapes of the official sets.
OFFLINE = {
    ("breast_cancer", "train"): ((455, 30), "float32", (455,), 2),
    ("breast_cancer", "test"): ((114, 30), "float32", (114,), 2),
    ("chest_xrays", "train"): ((4708, 28, 28, 1), "uint8", (4708,), 2),
    ("chest_xrays", "test"): ((624, 28, 28, 1), "uint8", (624,), 2),
    ("cifar10", "test"): ((10000, 32, 32, 3), "uint8", (10000,), 10),
    ("cifar100", "test"): ((10000, 32, 32, 3), "uint8", (10000,), 100),
    ("co2", "train"): ((2284,), "float64", (2284,), 0),
    ("coins", "train"): ((303, 384), "float32", (0,), 0),
    ("diabetes", "train"): ((353, 10), "float32", (353,), 0),
    ("diabetes", "test"): ((89, 10), "float32", (89,), 0),
    ("digits", "train"): ((1437, 8, 8), "float32", (1437,), 10),
    ("digits", "test"): ((360, 8, 8), "float32", (360,), 10),
    ("drawn_faces", "train"): ((960, 32, 32, 1), "uint8", (960,), 80),
    ("drawn_faces", "test"): ((360, 32, 32, 1), "uint8", (360,), 110),
    ("faces", "train"): ((150, 25, 25, 1), "float32", (150,), 2),
    ("faces", "test"): ((50, 25, 25, 1), "float32", (50,), 2),
    ("mnist", "test"): ((10000, 28, 28, 1), "uint8", (10000,), 10),
    ("photograph", "train"): ((512, 512), "float32", (0,), 0),
    ("portrait", "train"): ((512, 512, 3), "float32", (0,), 0),
    ("rings", "train"): ((400, 2), "float32", (400,), 2),
    ("rings", "test"): ((200, 2), "float32", (200,), 2),
    ("scenery", "train"): ((10, 192, 192, 1), "float32", (10,), 10),
    ("silhouettes", "train"): ((5000, 32, 32, 3), "uint8", (5000,), 10),
    ("silhouettes", "test"): ((2000, 32, 32, 3), "uint8", (2000,), 10),
    ("streets", "train"): ((1500, 48, 48, 3), "uint8", (1500, 48, 48), 5),
    ("streets", "test"): ((300, 48, 48, 3), "uint8", (300, 48, 48), 5),
    ("toy", "train"): ((250, 370, 3), "float32", (0,), 0),
}
STAND_INS = ("chest_xrays", "cifar10", "cifar100", "mnist", "spoken_digit")
GENERATED = (*STAND_INS, "drawn_faces", "rings", "silhouettes", "streets")


@pytest.mark.parametrize(("key", "facts"), OFFLINE.items(), ids=["-".join(key) for key in OFFLINE])
def test_every_set_loads_offline(key, facts):
    data = load(key[0], split=key[1])

    assert (data.x.shape, str(data.x.dtype), data.y.shape, len(data.classes)) == facts
    assert np.isfinite(data.x).all()
    assert data.licence


def test_the_table_above_knows_every_set():
    assert {name for name, _ in OFFLINE} | {"spoken_digit"} == set(CATALOGUE)


@pytest.mark.parametrize("name", STAND_INS)
def test_a_stand_in_is_announced(name, capsys):
    data = load(name, size=20 if name != "cifar100" else 100)

    assert not data.is_real
    assert data.source.startswith("stand-in: ")
    assert capsys.readouterr().out.startswith(f"{name} (train): stand-in: ")


@pytest.mark.parametrize("name", sorted(set(CATALOGUE) - set(GENERATED)))
def test_a_real_set_is_announced(name, capsys):
    data = load(name)

    assert data.is_real
    assert capsys.readouterr().out == f"{name} (train): {data.source}\n"
    assert data.source.startswith("real: ")


@pytest.mark.parametrize("name", GENERATED)
def test_rows_drawn_alone_are_the_same_as_in_the_whole(name):
    part = load(name, split="train", size=30, seed=3)
    again = load(name, split="train", size=30, seed=3)
    other = load(name, split="train", size=30, seed=4)

    np.testing.assert_array_equal(part.x, again.x)
    assert not np.array_equal(part.x, other.x)


@pytest.mark.parametrize("name", ["silhouettes", "chest_xrays", "rings"])
def test_a_subset_holds_rows_of_the_whole(name):
    whole, part = load(name), load(name, size=30, seed=3)
    rows = drawn_rows(whole.y, 30, 3, balanced=True)

    np.testing.assert_array_equal(part.x, whole.x[rows])
    np.testing.assert_array_equal(part.y, whole.y[rows])


@pytest.mark.parametrize(("size", "counts"), [(200, {20}), (105, {10, 11}), (7, {0, 1})])
def test_size_takes_as_many_of_each_class(size, counts, capsys):
    data = load("cifar10", size=size, seed=1)

    assert set(np.bincount(data.y, minlength=10)) == counts
    assert capsys.readouterr().out.endswith(f"; {size} of 50,000 drawn\n")


def test_train_and_test_digits_share_no_scan():
    train, test = ({one.tobytes() for one in load("digits", split=split).x} for split in ("train", "test"))

    assert not train & test


def test_a_dataset_describes_itself_in_a_line():
    assert repr(load("digits", split="test", size=20)) == (
        "digits (test): real: 360 of 1,797 scans of handwritten digits, 8×8, scikit-learn"
        " · x (20, 8, 8) float32 · y (20,) int64 · 10 classes"
    )


REFUSED = {
    "near name": (("cifar",), {}, UnknownName, 'no data set "cifar". Did you mean "cifar10"?'),
    "far name": (("xyzzy",), {}, UnknownName, 'no data set "xyzzy". There are: breast_cancer, chest_xrays'),
    "near split": (("digits",), {"split": "tets"}, UnknownName, 'called "tets". Did you mean "test"? There are: test'),
    "too many": (("rings",), {"size": 500}, WrongSize, "this split has 400 examples. Ask for 1 to 400."),
    "none": (("rings",), {"size": 0}, WrongSize, "size=0 does not fit"),
    "part of a picture": (("photograph",), {"size": 5}, WrongSize, "one single picture: leave out size"),
    "part of a series": (("co2",), {"size": 5}, WrongSize, "one single series: leave out size"),
}


@pytest.mark.parametrize(("names", "options", "error", "sentence"), REFUSED.values(), ids=REFUSED)
def test_load_says_why_it_refuses(names, options, error, sentence):
    with pytest.raises(error) as refusal:
        load(*names, **options)

    assert sentence in str(refusal.value)
    assert isinstance(refusal.value, DataError)


def test_a_download_without_tfds_names_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)

    with pytest.raises(MissingData, match='Downloading "cifar10" needs tensorflow and tensorflow-datasets'):
        load("cifar10", download=True)


def test_a_set_that_nobody_offers_is_not_downloaded(monkeypatch):
    monkeypatch.setenv("LAYERWISE_DOWNLOAD", "1")

    assert load("digits", size=10).is_real


def test_raw_chest_xrays_win_over_drawn_ones(tmp_path, monkeypatch):
    rows = np.arange(6 * 28 * 28, dtype=np.uint8).reshape(6, 28, 28)
    np.savez(tmp_path / "pneumonia_28x28.npz", train_images=rows, train_labels=np.array([[0, 1, 1, 0, 1, 1]]).T)
    monkeypatch.setenv("LAYERWISE_RAW_DIR", str(tmp_path))

    data = load("chest_xrays")

    assert (data.is_real, data.x.shape, data.y.tolist()) == (True, (6, 28, 28, 1), [0, 1, 1, 0, 1, 1])


def test_a_damaged_raw_file_names_itself(tmp_path, monkeypatch):
    (tmp_path / "pneumonia_28x28.npz").write_bytes(b"PK\x03\x04 no more")
    monkeypatch.setenv("LAYERWISE_RAW_DIR", str(tmp_path))

    with pytest.raises(DamagedData, match=r"pneumonia_28x28.npz cannot be read .* Copy it again"):
        load("chest_xrays")


def test_what_may_be_imported_is_in_all():
    public = {name for name in layerwise_datasets._HOME if not name.startswith("_")}

    assert set(layerwise_datasets.__all__) == public
    assert layerwise_datasets.__all__ == sorted(layerwise_datasets.__all__)
    assert all(getattr(layerwise_datasets, name) is not None for name in public)


def test_a_wrong_import_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        layerwise_datasets.laod  # noqa: B018


IMPORTS = {
    "importing the package": "import layerwise_datasets",
    "importing every name": "import layerwise_datasets as d; [getattr(d, name) for name in d.__all__]",
    "loading a generated set": "from layerwise_datasets import load; load('cifar10', size=20)",
}


@pytest.mark.parametrize("code", IMPORTS.values(), ids=IMPORTS)
def test_nothing_heavy_is_imported_by(code):
    """A fresh process: this one has long imported TensorFlow."""
    heavy = ("tensorflow", "keras", "jax", "matplotlib", "sklearn", "tensorflow_datasets", "pandas")
    show = f"{code}; import sys; print([name for name in {heavy} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, env=dict(os.environ))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "[]"


REAL = {"cifar10": 10, "cifar100": 100, "mnist": 10, "spoken_digit": 10}


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "classes"), REAL.items(), ids=REAL)
def test_the_real_set_has_the_shape_and_type_of_its_stand_in(name, classes, real, monkeypatch):
    drawn = load(name, size=classes)
    real(name)
    found = load(name, size=classes)

    assert (found.is_real, drawn.is_real) == (True, False)
    assert (found.x.shape, found.x.dtype, found.y.dtype) == (drawn.x.shape, drawn.x.dtype, drawn.y.dtype)
    assert len(found.classes) == len(drawn.classes) == classes


@pytest.mark.realdata
def test_real_cifar10_is_itself(real):
    real("cifar10")
    data = load("cifar10", split="test")

    np.testing.assert_allclose(data.x.mean((0, 1, 2)) / 255, [0.494, 0.485, 0.450], atol=0.005)
    assert np.bincount(data.y).tolist() == [1_000] * 10
    assert data.classes[:2] == ("airplane", "automobile")
    assert data.source == "real: 10,000 colour pictures, prepared TFDS copy (lossy JPEG)"


@pytest.mark.realdata
def test_a_part_of_a_set_says_so(real):
    real("cifar100")

    assert "15,000 of 50,000" in load("cifar100", size=100).source
