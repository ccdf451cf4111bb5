"""Real photographs with and without faces, from scikit-image's package: no download, no copy of ours."""

import numpy as np
import numpy.typing as npt

from layerwise_datasets.bundled import picture, picture_file
from layerwise_datasets.found import Found, rows_of, whole

# Photographs in which nobody looks at the camera.
SCENERY = (
    *("coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_right.png", "coins.png"),
    *("moon.png", "hubble_deep_field.jpg", "brick.png", "grass.png", "gravel.png"),
)
SCENERY_SIDE = 192
_CROPS = {"train": slice(0, 75), "test": slice(75, 100)}


def faces(split: str) -> Found:
    """200 grey crops of 25×25, 0 to 1: a hundred of faces, a hundred of anything else; 150 to train, 50 to test."""
    crops = np.load(picture_file("lfw_subset.npy"), allow_pickle=False).astype(np.float32)
    both = np.concatenate([crops[:100][_CROPS[split]], crops[100:][_CROPS[split]]])[..., None]  # faces stand first
    y = np.repeat([1, 0], len(both) // 2).astype(np.int64)
    source = f"real: {len(y)} of 200 crops of 25×25 from Labeled Faces in the Wild, scikit-image"
    licence = "no licence stated; scikit-image's copy (Huang et al. 2007)"
    return Found(y, rows_of(both), source, licence, ("other", "face"))


def portrait(split: str) -> Found:
    """An astronaut looks at the camera, before a flag and a model; colour, 512×512."""
    source = "real: a photograph of Eileen Collins, 512×512, scikit-image"
    return whole(picture("astronaut.png"), source, "public domain (NASA)")


def scenery(split: str) -> Found:
    """Ten photographs without a face, grey, cut to a square and reduced to 192×192; y numbers them."""
    x = np.stack([_square(name) for name in SCENERY])
    source = f"real: {len(x)} photographs without a face, {SCENERY_SIDE}×{SCENERY_SIDE}, scikit-image"
    licence = "CC0, public domain or no known restrictions (scikit-image's data)"
    names = tuple(file.partition(".")[0] for file in SCENERY)
    return Found(np.arange(len(x)), rows_of(x), source, licence, names)


def _square(file: str) -> npt.NDArray[np.float32]:
    """The middle of a photograph as (192, 192, 1) in 0..1."""
    from PIL import Image

    opened = Image.open(picture_file(file)).convert("L")
    width, height = opened.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    reduced = opened.resize((SCENERY_SIDE, SCENERY_SIDE), Image.Resampling.BOX, (left, top, left + side, top + side))
    return (np.asarray(reduced) / 255).astype(np.float32)[..., None]
