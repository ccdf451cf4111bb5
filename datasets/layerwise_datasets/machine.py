"""What this computer has, and the sizes that fit it: `accelerator`, `profile`, `online`."""

import os
import threading
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeVar, overload

from layerwise_datasets.errors import DataError, UnknownName

Kind = Literal["cpu", "gpu", "tpu"]
Size = TypeVar("Size")

PROFILES = ("smoke", "cpu", "gpu", "tpu")


@dataclass(frozen=True, slots=True)
class Accelerator:
    """The devices that Keras' active backend computes on.

    Attributes:
        kind: "cpu", "gpu" or "tpu".
        count: How many of that kind.
        backend: "tensorflow", "jax", "torch", "numpy", or "none" without Keras.
        label: For people, such as "1 × NVIDIA A100 (jax)".
    """

    kind: Kind
    count: int
    backend: str
    label: str

    def __str__(self) -> str:
        return self.label


def accelerator() -> Accelerator:
    """What the active Keras backend computes on; works on TensorFlow, on JAX, and without either."""
    return _accelerator(_backend())


def _backend() -> str:
    try:
        import keras
    except ImportError:
        return "none"
    return str(keras.backend.backend())


@cache
def _accelerator(backend: str) -> Accelerator:
    kind, names = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}.get(backend, _processor)()
    label = f"{os.cpu_count()} cores" if kind == "cpu" else f"{len(names)} × {names[0]}"
    return Accelerator(kind, len(names), backend, f"{kind.upper()}: {label}")


def _tensorflow() -> tuple[Kind, list[str]]:
    import tensorflow as tf

    if tpus := tf.config.list_logical_devices("TPU"):
        return "tpu", ["TPU core"] * len(tpus)
    if gpus := tf.config.list_physical_devices("GPU"):
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        return "gpu", [str(detail.get("device_name", "GPU")) for detail in details]
    return _processor()


def _jax() -> tuple[Kind, list[str]]:
    import jax

    devices = jax.devices()
    platform = devices[0].platform
    kind: Kind = "tpu" if platform == "tpu" else "gpu" if platform in ("gpu", "cuda", "rocm") else "cpu"
    return kind, [device.device_kind for device in devices]


def _torch() -> tuple[Kind, list[str]]:
    import torch

    count = torch.cuda.device_count()
    return ("gpu", [torch.cuda.get_device_name(i) for i in range(count)]) if count else _processor()


def _processor() -> tuple[Kind, list[str]]:
    return "cpu", ["CPU"]


@overload
def profile() -> str: ...
@overload
def profile(**sizes: Size) -> Size: ...
def profile(**sizes: Size) -> Size | str:
    """The entry for the current profile, or the profile's name when called with nothing.

    `COURSE_PROFILE` decides (smoke, cpu, gpu or tpu); unset, what `accelerator()` finds. An entry that is left out
    falls to the next smaller one: tpu to gpu to cpu to smoke.

        epochs = profile(smoke=1, cpu=5, gpu=30)

    Raises:
        UnknownName: if `COURSE_PROFILE` or an entry is none of the four.
        DataError: if neither the profile nor a smaller one has an entry.
    """
    current = os.environ.get("COURSE_PROFILE") or accelerator().kind
    for name in (current, *sizes):
        if name not in PROFILES:
            raise UnknownName("profile", name, PROFILES)
    if not sizes:
        return current
    for name in reversed(PROFILES[: PROFILES.index(current) + 1]):
        if name in sizes:
            return sizes[name]
    raise DataError(f"profile({', '.join(sizes)}) has no entry for {current!r} or a smaller one: add smoke=….")


def online(seconds: float = 1.0) -> bool:
    """Whether the server of Keras' pre-trained weights answers, decided within a second.

    `LAYERWISE_OFFLINE=1` answers False at once.
    """
    if os.environ.get("LAYERWISE_OFFLINE") == "1":
        return False
    answered = threading.Event()
    # Looking up a name knows no time limit, so it happens in a thread that nobody waits for.
    threading.Thread(target=_knock, args=(answered, seconds), daemon=True).start()
    return answered.wait(seconds)


def _knock(answered: threading.Event, seconds: float) -> None:
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    request = Request("https://storage.googleapis.com/tensorflow/keras-applications/", method="HEAD")
    try:
        urlopen(request, timeout=seconds).close()
    except HTTPError:
        answered.set()  # refused, but answered
    except (OSError, ValueError):
        return
    else:
        answered.set()
