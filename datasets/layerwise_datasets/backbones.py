"""Small trained networks that travel with the course."""

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from layerwise_datasets.errors import DamagedData, UnknownName

if TYPE_CHECKING:
    import keras

_ZOO = Path(__file__).parent / "zoo"
_RENEW = "Install layerwise again."


def backbone(name: str = "mini_resnet", *, weights: bool = True) -> "keras.Model":
    """A small network that turns pictures into features, trained by this project.

    "mini_resnet" takes pictures (32, 32, 3) prepared in torch mode (RGB, 0..255 to 0..1, minus the mean (0.485, 0.456,
    0.406), divided by the spread (0.229, 0.224, 0.225)) and gives vectors of 96. Its layers lie flat in `layers`,
    named for their block: `stem_conv`, `stem_bn`, …, `block1_conv1`, `block1_bn1`, …, `pool`. What it was trained on
    and how well it does is told by its card, `zoo/mini_resnet.md`.

    Args:
        name: Which one; there is "mini_resnet".
        weights: Trained weights; False gives random ones from Keras' seed.

    Raises:
        UnknownName: for any other name.
        DamagedData: if the file of weights does not fit the network.
    """
    if name != "mini_resnet":
        raise UnknownName("backbone", name, ["mini_resnet"])
    model = mini_resnet()
    if weights:
        restore(model, _ZOO / f"{name}.npz")
    return model


def restore(model: "keras.Model", path: Path) -> None:
    """Give a network the weights in a file of the zoo: float16, each under `layer/variable`.

    Raises:
        DamagedData: if the file cannot be read or holds other weights.
    """
    kept = _kept(path)
    try:
        model.set_weights([kept[_key(variable.path)].astype("float32") for variable in model.weights])
    except (KeyError, ValueError) as error:
        raise DamagedData(f"{path} does not hold the weights of {model.name} ({error}). {_RENEW}") from error


def heads(path: Path = _ZOO / "mini_resnet.npz") -> dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """The classifiers that a backbone was trained with, to see what it still knows after fine-tuning.

    Args:
        path: A file of the zoo.

    Returns:
        For "cifar100" and "objects" (the stand-in of CIFAR-100) weights (96, 100) and biases (100,).
    """
    kept = {key: value.astype(np.float32) for key, value in _kept(path).items()}
    return {head: (kept[f"{head}/kernel"], kept[f"{head}/bias"]) for head in ("cifar100", "objects")}


def _kept(path: Path) -> dict[str, npt.NDArray[np.float16]]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            return dict(kept)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedData(f"{path} cannot be read ({error}). {_RENEW}") from error


def mini_resnet() -> "keras.Model":
    """Three residual blocks of 24, 48 and 96 channels, the average over all places at the end; random weights."""
    import keras
    from keras import layers

    inputs = keras.Input((32, 32, 3), name="pictures")
    x = _conv(inputs, "stem_{}", 24, 3)  # (batch, 32, 32, 24)
    x = layers.ReLU(name="stem_relu")(x)
    for block, width in enumerate((24, 48, 96), start=1):
        x = _block(x, f"block{block}", width, stride=1 if block == 1 else 2)
    return keras.Model(inputs, layers.GlobalAveragePooling2D(name="pool")(x), name="mini_resnet")


def _block(x: "keras.KerasTensor", name: str, width: int, stride: int) -> "keras.KerasTensor":
    """Two 3×3 convolutions beside a 1×1 shortcut; the first one may halve the picture."""
    from keras import layers

    shortcut = _conv(x, name + "_{}_shortcut", width, 1, stride)
    x = _conv(x, name + "_{}1", width, 3, stride)
    x = layers.ReLU(name=f"{name}_relu1")(x)
    x = _conv(x, name + "_{}2", width, 3)
    x = layers.Add(name=f"{name}_add")([x, shortcut])
    return layers.ReLU(name=f"{name}_relu2")(x)


def _conv(x: "keras.KerasTensor", name: str, width: int, kernel: int, stride: int = 1) -> "keras.KerasTensor":
    """A convolution and its batch norm, which makes a bias pointless.

    Momentum 0.9, not Keras' 0.99: chapters train for a hundred steps, too few for averages that forget so slowly.
    """
    from keras import layers

    conv = layers.Conv2D(width, kernel, strides=stride, padding="same", use_bias=False, name=name.format("conv"))
    return layers.BatchNormalization(momentum=0.9, name=name.format("bn"))(conv(x))


def _key(path: str) -> str:
    """The key of one variable in the file: `layer/variable`, without the model's name before it."""
    return "/".join(path.split("/")[-2:])


def torch_mode(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Pictures as `mini_resnet` takes them: RGB in 0..1, minus mean, divided by spread."""
    mean, spread = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
    return np.asarray((images.astype(np.float32) / 255 - mean) / spread, np.float32)
