"""Plain files that somebody laid in a folder, named by `LAYERWISE_RAW_DIR`."""

import os
import zipfile
from pathlib import Path

import numpy as np

from layerwise_datasets.errors import DamagedData
from layerwise_datasets.found import Found, rows_of
from layerwise_datasets.generated.xrays import CLASSES

_FILE = "pneumonia_28x28.npz"


def chest_xrays(split: str) -> Found | None:
    """Chest X-rays, normal or pneumonia, 28×28, from `pneumonia_28x28.npz`; None where the file is not.

    Raises:
        DamagedData: if the file is there and cannot be read.
    """
    folder = os.environ.get("LAYERWISE_RAW_DIR")
    path = Path(folder or ".") / _FILE
    if not folder or not path.exists():
        return None
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            x, y = file[f"{split}_images"], file[f"{split}_labels"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedData(f"{path} cannot be read ({error}). Copy it again, or unset LAYERWISE_RAW_DIR.") from error
    source = f"real: {len(y):,} chest X-rays of children, 28×28, {_FILE}"
    licence = "not stated in the copy (MedMNIST's makers give CC BY 4.0; Kermany et al. 2018)"
    x = x.reshape(len(y), 28, 28, 1).astype(np.uint8)
    return Found(y.reshape(-1).astype(np.int64), rows_of(x), source, licence, CLASSES)
