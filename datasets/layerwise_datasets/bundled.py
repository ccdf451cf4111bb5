"""Real data that the course's own dependencies carry in their packages: no download, no copy of ours."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from layerwise_datasets.dataset import Array
from layerwise_datasets.errors import MissingData
from layerwise_datasets.found import Found, rows_of, whole

_SKLEARN = "BSD-3-Clause copy in scikit-learn; "


def digits(split: str) -> Found:
    """1,797 handwritten digits, 8×8, shuffled once and cut into 1,437 and 360."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    rows = _cut(len(bunch.target), 1_437, split)
    x = (bunch.images[rows] / 16).astype(np.float32)
    y = bunch.target[rows].astype(np.int64)
    source = f"real: {len(y):,} of 1,797 scans of handwritten digits, 8×8, scikit-learn"
    classes = tuple(str(name) for name in bunch.target_names)
    return Found(y, rows_of(x), source, _SKLEARN + "UCI, CC BY 4.0 (Alpaydin & Kaynak 1998)", classes)


def breast_cancer(split: str) -> Found:
    """569 biopsies, 30 measurements each, benign or malignant."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    rows = _cut(len(bunch.target), 455, split)
    source = f"real: {len(rows)} of 569 biopsies, 30 measurements each, scikit-learn"
    x, y = bunch.data[rows].astype(np.float32), bunch.target[rows].astype(np.int64)
    licence = _SKLEARN + "UCI, CC BY 4.0 (Wolberg et al. 1995)"
    return Found(y, rows_of(x), source, licence, _names(bunch.target_names), _names(bunch.feature_names))


def diabetes(split: str) -> Found:
    """442 patients, ten standardised columns, progression after a year."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes()
    rows = _cut(len(bunch.target), 353, split)
    source = f"real: {len(rows)} of 442 patients, 10 standardised columns, scikit-learn"
    x, y = bunch.data[rows].astype(np.float32), bunch.target[rows].astype(np.float32)
    return Found(y, rows_of(x), source, _SKLEARN + "Efron et al. 2004", features=_names(bunch.feature_names))


def photograph(split: str) -> Found:
    """A photographer on a lawn, grey, 512×512."""
    return whole(picture("camera.png"), "real: a grey photograph, 512×512, scikit-image", "CC0 (Lav Varshney)")


def coins(split: str) -> Found:
    """Greek coins from Pompeii, grey, 303×384."""
    licence = "no known restrictions (Brooklyn Museum)"
    return whole(picture("coins.png"), "real: a grey photograph of coins, 303×384, scikit-image", licence)


def toy(split: str) -> Found:
    """A red motorcycle in a grey garage, colour, half the size of the original."""
    full = picture("motorcycle_left.png")
    height, width = full.shape[0] // 2, full.shape[1] // 2
    half = full[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
    source = f"real: a colour photograph of a red motorcycle, {height}×{width}, scikit-image"
    return whole(half, source, "CC0 (Scharstein et al. 2014, Middlebury stereo)")


def co2(split: str) -> Found:
    """Weekly carbon dioxide above Mauna Loa, 1958 to 2001; x is the year, y the amount in ppm."""
    import statsmodels.datasets

    series = statsmodels.datasets.co2.load_pandas().data["co2"]
    dates = series.index.to_numpy()
    years = 1958 + (dates - np.datetime64("1958-01-01")) / np.timedelta64(1, "D") / 365.25
    missing = int(series.isna().sum())
    ppm = series.interpolate().to_numpy().astype(np.float32)
    source = f"real: {len(ppm):,} weeks of CO₂ in ppm ({missing} missing, filled by straight lines), statsmodels"
    return whole(years.astype(np.float64), source, "public domain (Keeling & Whorf 2004)", ppm)


def _cut(count: int, train: int, split: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of a split: one shuffle, fixed for ever, then the first part and the rest."""
    rows = np.random.default_rng(0).permutation(count)
    return rows[:train] if split == "train" else rows[train:]


def _names(names: Array) -> tuple[str, ...]:
    return tuple(str(name) for name in names)


def picture(file: str) -> Array:
    """A picture of scikit-image as floats in 0..1, read as a file: its own loader may turn to the network."""
    from PIL import Image

    return (np.asarray(Image.open(picture_file(file))) / 255).astype(np.float32)


def picture_file(file: str) -> Path:
    """Where scikit-image keeps a file of its data.

    Raises:
        MissingData: if it is not on this machine.
    """
    spec = find_spec("skimage")
    path = Path(spec.origin or "").parent / "data" / file if spec else Path(file)
    if not path.exists():
        raise MissingData(f"scikit-image's {file} is not on this machine: install scikit-image 0.22 or newer.")
    return path
