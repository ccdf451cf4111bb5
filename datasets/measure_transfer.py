"""Measure what `mini_resnet` is worth on a target: the table in its card.

    python datasets/measure_transfer.py stand-in --labels 20 --seeds 5
    TFDS_DATA_DIR=<prepared sets> python datasets/measure_transfer.py cifar10 --labels 20 --seeds 5

About 20 s a seed on two cores at 20 labels a class. Arms: ridge on pixels, on features of random weights and of the
trained ones (07.3); training from scratch; fine-tuning with frozen batch norm, with live batch norm, and too fast.
"""

import argparse
import os
from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt

from layerwise_datasets import Dataset, backbone, load
from layerwise_datasets.backbones import torch_mode
from layerwise_datasets.dataset import drawn_rows
from layerwise_datasets.generated.objects import objects

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Data = tuple[npt.NDArray[np.uint8], Labels]

CLASSES, TEST = 10, 2_000


def target(name: str, split: str, size: int, seed: int) -> Data:
    """Pictures and labels; "stand-in" is what `load("cifar10")` falls back to."""
    if name == "stand-in":
        found = objects(split)
        rows = drawn_rows(found.y, size, seed, balanced=True)
        return found.read(rows).astype(np.uint8), found.y[rows].astype(np.int64)
    data: Dataset = load(name, split=split, size=size, seed=seed)
    return data.x.astype(np.uint8), data.y.astype(np.int64)


def ridge(features: Floats, y: Labels, penalty: float) -> tuple[Floats, Floats]:
    """Weights and bias of a linear head, as in exercise 07.3."""
    t = np.eye(CLASSES)[y]
    f, centred = features - features.mean(0), t - t.mean(0)
    w = np.linalg.solve(f.T @ f + penalty * np.eye(f.shape[1]), f.T @ centred)
    return w.astype(np.float32), (t.mean(0) - features.mean(0) @ w).astype(np.float32)


def probe(features: Callable[[npt.NDArray[np.uint8]], Floats], train: Data, test: Data, penalty: float) -> float:
    """Accuracy of a ridge head on features."""
    w, b = ridge(features(train[0]), train[1], penalty)
    return float(((features(test[0]) @ w + b).argmax(1) == test[1]).mean())


def pixels(x: npt.NDArray[np.uint8]) -> Floats:
    """The pictures themselves at half size, as rows."""
    half = torch_mode(x).reshape(len(x), 16, 2, 16, 2, 3).mean((2, 4))
    return np.asarray(half.reshape(len(x), -1), np.float32)


def features_of(model: keras.Model) -> Callable[[npt.NDArray[np.uint8]], Floats]:
    """What a network makes of pictures."""
    return lambda x: np.asarray(model.predict(torch_mode(x), batch_size=250, verbose=0))


def trained(body: keras.Model, train: Data, test: Data, *, rate: float, epochs: int, seed: int, probed: bool) -> float:
    """Test accuracy after training body and head together; the head starts from a probe if asked."""
    head = keras.layers.Dense(CLASSES)
    model = keras.Model(body.input, head(body.output))
    if probed:
        head.set_weights(list(ridge(features_of(body)(train[0]), train[1], penalty=10.0)))
    steps = epochs * -(-len(train[1]) // 32)
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(schedule), loss)
    random = np.random.default_rng(seed)
    batches = [augmented(train, random) for _ in range(epochs)]
    x, y = (np.concatenate(part) for part in zip(*batches, strict=True))
    model.fit(x, y, batch_size=32, epochs=1, shuffle=False, verbose=0)
    scores = np.asarray(model.predict(torch_mode(test[0]), batch_size=250, verbose=0))
    return float((scores.argmax(1) == test[1]).mean())


def augmented(train: Data, random: np.random.Generator) -> tuple[Floats, Labels]:
    """One epoch in a new order, shifted by up to three pixels and mirrored."""
    order = random.permutation(len(train[1]))
    x = np.pad(train[0][order], ((0, 0), (3, 3), (3, 3), (0, 0)), mode="reflect")
    top, left = random.integers(0, 7, (2, len(x)))
    x = np.stack([one[i : i + 32, j : j + 32] for one, i, j in zip(x, top, left, strict=True)])
    return torch_mode(np.where(random.random((len(x), 1, 1, 1)) < 0.5, x[:, :, ::-1], x)), train[1][order]


def body_for(arm: str, seed: int) -> keras.Model:
    """A fresh backbone for an arm: random or trained, batch norm frozen or live."""
    keras.utils.set_random_seed(seed)
    body = backbone(weights=arm not in ("random features", "scratch"))
    for layer in body.layers:
        frozen = arm in ("fine-tune", "too fast") and isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = not frozen
    return body


def measure(arm: str, train: Data, test: Data, seed: int, epochs: int) -> float:
    """Test accuracy of one arm."""
    if arm == "pixels":
        return probe(pixels, train, test, penalty=300.0)
    body = body_for(arm, seed)
    if arm in ("random features", "probe"):
        return probe(features_of(body), train, test, penalty=10.0 if arm == "probe" else 0.1)
    rate = {"scratch": 2e-3, "too fast": 3e-2}.get(arm, 1e-3)
    return trained(body, train, test, rate=rate, epochs=epochs, seed=seed, probed=arm != "scratch")


ARMS = ("pixels", "random features", "probe", "scratch", "fine-tune", "batch norm live", "too fast")


def main() -> None:
    """Print a row of a Markdown table for each arm: mean, lowest and highest over the seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=("cifar10", "stand-in", "silhouettes"))
    parser.add_argument("--labels", type=int, default=20, help="pictures a class to learn from")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--arms", nargs="+", default=ARMS, choices=ARMS)
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    test = target(options.target, "test", TEST, seed=0)
    trains = [target(options.target, "train", CLASSES * options.labels, seed=seed) for seed in range(options.seeds)]
    for arm in options.arms:
        scores = [measure(arm, train, test, seed, options.epochs) for seed, train in enumerate(trains)]
        spread = f"{np.mean(scores):.3f} | {min(scores):.3f} to {max(scores):.3f}"
        print(f"| {options.target} | {options.labels} | {arm} | {spread} |", flush=True)


if __name__ == "__main__":
    main()
