"""Train `mini_resnet`, the backbone that chapters 07 and later fine-tune offline.

    TFDS_DATA_DIR=<prepared sets> python datasets/train_mini_resnet.py

Ten to fifteen minutes on two cores with bfloat16 instructions, twice that without. Writes
`layerwise_datasets/zoo/mini_resnet.npz` and prints the scores that its card `mini_resnet.md` states. The seed fixes
what can be fixed; sums are taken in another order on other machines, so scores differ in the second decimal.

Two sources at once, one head each: the prepared CIFAR-100 and the hundred made-up classes of `generated/objects.py`.
No picture and no class of CIFAR-10, nor of its stand-in, takes part.
"""

import argparse
import time
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from layerwise_datasets import load
from layerwise_datasets.backbones import heads, mini_resnet, restore, torch_mode
from layerwise_datasets.generated.objects import source_objects

CLASSES = 100
FROM_CIFAR, FROM_OBJECTS = 44, 20  # of each batch of 64
OBJECTS = 40_000
ZOO = Path(__file__).parent / "layerwise_datasets" / "zoo"

Bytes = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


class Mix(keras.utils.PyDataset):
    """Batches of both sources, shifted by up to four pixels and mirrored; labels of objects begin at 100."""

    def __init__(self, cifar: tuple[Bytes, Labels], objects: tuple[Bytes, Labels], steps: int) -> None:
        super().__init__()
        self.sources = [(cifar[0], cifar[1], FROM_CIFAR), (objects[0], objects[1] + CLASSES, FROM_OBJECTS)]
        self.steps = steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> tuple[npt.NDArray[np.float32], Labels]:
        parts = [drawn(x, y, step, count) for x, y, count in self.sources]
        x, y = (np.concatenate(part) for part in zip(*parts, strict=True))
        return torch_mode(moved(x, np.random.default_rng([7, step]))), y


def drawn(x: Bytes, y: Labels, step: int, count: int) -> tuple[Bytes, Labels]:
    """The batch of this step from one source: every picture once before any comes again."""
    places = np.arange(step * count, (step + 1) * count)
    rows = [np.random.default_rng([1, epoch]).permutation(len(y)) for epoch in np.unique(places // len(y))]
    chosen = np.concatenate(rows)[places - places[0] // len(y) * len(y)]
    return x[chosen], y[chosen]


def moved(x: Bytes, random: np.random.Generator) -> Bytes:
    """Pictures shifted by up to four pixels (borders mirrored), half of them flipped."""
    padded = np.pad(x, ((0, 0), (4, 4), (4, 4), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (32, 32), axis=(1, 2))
    top, left = random.integers(0, 9, (2, len(x)))
    shifted = np.moveaxis(windows[np.arange(len(x)), top, left], 1, -1)
    return np.where(random.random((len(x), 1, 1, 1)) < 0.5, shifted[:, :, ::-1], shifted)


def loss_of_own_head(y: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy over the hundred classes of the picture's own source."""
    y = ops.reshape(ops.cast(y, "int32"), (-1,))
    own = ops.equal(ops.arange(2 * CLASSES)[None, :] // CLASSES, y[:, None] // CLASSES)  # (batch, 200)
    return keras.losses.sparse_categorical_crossentropy(y, ops.where(own, logits, -1e9), from_logits=True)


def train(steps: int, rate: float) -> tuple[keras.Model, layers.Dense]:
    """The backbone and its two heads, side by side in one Dense layer."""
    keras.utils.set_random_seed(7)
    objects = source_objects("train")
    rows = np.arange(OBJECTS)
    cifar = load("cifar100")
    if not cifar.is_real:
        raise SystemExit("Training needs the prepared CIFAR-100: set TFDS_DATA_DIR.")
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    backbone, head = mini_resnet(), layers.Dense(2 * CLASSES, dtype="float32")
    model = keras.Model(backbone.input, head(backbone.output))
    schedule = keras.optimizers.schedules.CosineDecay(0.0, steps - 300, warmup_target=rate, warmup_steps=300, alpha=0.0)
    model.compile(keras.optimizers.AdamW(schedule, weight_decay=0.01), loss_of_own_head, jit_compile=False)
    model.fit(Mix((cifar.x, cifar.y), (objects.read(rows), objects.y[rows]), steps), epochs=1, verbose=2)
    return backbone, head


def save(backbone: keras.Model, head: layers.Dense, path: Path) -> None:
    """Weights as float16, under `layer/variable`; the heads as `cifar100/…` and `objects/…`."""
    kept = {variable.path: variable for variable in backbone.weights}
    kernel, bias = (np.asarray(ops.convert_to_numpy(variable)) for variable in head.weights)
    for i, name in enumerate(("cifar100", "objects")):
        own = slice(i * CLASSES, (i + 1) * CLASSES)
        kept |= {f"{name}/kernel": kernel[:, own], f"{name}/bias": bias[own]}
    np.savez_compressed(path, **{key: ops.convert_to_numpy(value).astype(np.float16) for key, value in kept.items()})


def print_scores(path: Path) -> None:
    """Accuracy of the saved weights on unseen pictures of both sources, in float32."""
    keras.mixed_precision.set_global_policy("float32")
    model = mini_resnet()
    restore(model, path)
    cifar, objects, rows = load("cifar100", split="test"), source_objects("test"), np.arange(3_000)
    for name, x, y in (("cifar100", cifar.x, cifar.y), ("objects", objects.read(rows), objects.y[rows])):
        w, b = heads(path)[name]
        right = (model.predict(torch_mode(x), batch_size=250, verbose=0) @ w + b).argmax(1) == y
        print(f"{name}: {right.mean():.3f} of {len(y):,}")


def main() -> None:
    """Train, save, and print the scores of what was saved."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--steps", type=int, default=6_000)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--to", type=Path, default=ZOO / "mini_resnet.npz")
    options = parser.parse_args()
    start = time.perf_counter()
    backbone, head = train(options.steps, options.rate)
    save(backbone, head, options.to)
    print(f"{options.steps} steps in {time.perf_counter() - start:.0f} s, {options.to.stat().st_size / 1e6:.2f} MB")
    print_scores(options.to)


if __name__ == "__main__":
    main()
