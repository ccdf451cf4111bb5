"""Every data set by name: which splits it has and the rungs of its ladder."""

from collections.abc import Callable
from dataclasses import dataclass

from layerwise_datasets import bundled, faces, prepared, raw
from layerwise_datasets.found import Found
from layerwise_datasets.generated.drawn_faces import drawn_faces
from layerwise_datasets.generated.large_digits import large_digits
from layerwise_datasets.generated.objects import objects, source_objects
from layerwise_datasets.generated.rings import rings
from layerwise_datasets.generated.silhouettes import silhouettes
from layerwise_datasets.generated.streets import streets
from layerwise_datasets.generated.syllables import syllables
from layerwise_datasets.generated.xrays import drawn_xrays

Rung = Callable[[str], Found | None]

_BOTH = ("train", "test")


@dataclass(frozen=True)
class Entry:
    """How one data set is found.

    Attributes:
        offline: Rungs that always work, best first.
        prepared: Rungs that look for files on this machine and give None without them.
        splits: Names of its splits.
        in_tfds: Whether TensorFlow Datasets can download it under this name.
    """

    offline: tuple[Rung, ...] = ()
    prepared: tuple[Rung, ...] = ()
    splits: tuple[str, ...] = _BOTH
    in_tfds: bool = False


_KRIZHEVSKY = "no licence stated; the authors ask to cite Krizhevsky 2009"
_DIGITS = tuple("0123456789")


def _prepared(name: str, what: str, licence: str, classes: tuple[str, ...] = (), feature: str = "image") -> Rung:
    """The rung that looks for a set prepared by TensorFlow Datasets."""

    def rung(split: str) -> Found | None:
        folder = prepared.version_folder(name)
        part = prepared.open_split(folder, split, feature) if folder else None
        if part is None:
            return None
        of = f" of {FULL[name][split]:,}" if len(part.y) != FULL[name][split] else ""
        coded = f" ({part.encoding})" if part.encoding else ""
        source = f"real: {len(part.y):,}{of} {what}, prepared TFDS copy{coded}"
        return Found(part.y, part.read, source, licence, part.classes or classes)

    return rung


# Examples in the official splits, to tell a whole set from a part of it.
FULL = {
    "cifar10": {"train": 50_000, "test": 10_000},
    "cifar100": {"train": 50_000, "test": 10_000},
    "mnist": {"train": 60_000, "test": 10_000},
    "spoken_digit": {"train": 2_500},
}

CATALOGUE: dict[str, Entry] = {
    "breast_cancer": Entry((bundled.breast_cancer,)),
    "chest_xrays": Entry((drawn_xrays,), (raw.chest_xrays,)),
    "cifar10": Entry((objects,), (_prepared("cifar10", "colour pictures", _KRIZHEVSKY),), in_tfds=True),
    "cifar100": Entry((source_objects,), (_prepared("cifar100", "colour pictures", _KRIZHEVSKY),), in_tfds=True),
    "co2": Entry((bundled.co2,), splits=("train",)),
    "coins": Entry((bundled.coins,), splits=("train",)),
    "diabetes": Entry((bundled.diabetes,)),
    "digits": Entry((bundled.digits,)),
    "drawn_faces": Entry((drawn_faces,)),
    "faces": Entry((faces.faces,)),
    "mnist": Entry(
        (large_digits,),
        (_prepared("mnist", "handwritten digits", "no licence stated (LeCun, Cortes & Burges)", _DIGITS),),
        in_tfds=True,
    ),
    "photograph": Entry((bundled.photograph,), splits=("train",)),
    "portrait": Entry((faces.portrait,), splits=("train",)),
    "rings": Entry((rings,)),
    "scenery": Entry((faces.scenery,), splits=("train",)),
    "silhouettes": Entry((silhouettes,)),
    "spoken_digit": Entry(
        (syllables,),
        (
            _prepared(
                "spoken_digit", "spoken digits, 1 s at 8 kHz", "CC BY-SA 4.0 (Jackson et al. 2018)", _DIGITS, "audio"
            ),
        ),
        splits=("train",),
        in_tfds=True,
    ),
    "streets": Entry((streets,)),
    "toy": Entry((bundled.toy,), splits=("train",)),
}
