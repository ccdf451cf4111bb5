# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 07 · Transfer learning
# > *Two hundred labelled pictures are too few to learn to see. Whose eyes can you borrow?*
#
# **You build** the input that a trained network expects, a head in one formula, a frozen Keras
# model, gentle rates, a thaw that leaves batch norm alone; then a CIFAR-10 project from them.
# **You need** 04, 05, 06. **Takes** 120 min, on a CPU.
#
# [Open in Colab](https://colab.research.google.com/github/layerwise/layerwise/blob/main/course/07-transfer-learning/07-transfer-learning.ipynb) · [Download](07-transfer-learning.ipynb)

# %%
import time
from functools import cache

import keras
import numpy as np
from keras import layers
from keras.applications import densenet
from sklearn.linear_model import Ridge, RidgeClassifier

from layerwise_datasets import backbone, describe_run, load, plot_bars, profile, show_images
from layerwise_grader import band, check, progress

keras.utils.set_random_seed(0)
train = load("cifar10", size=profile(smoke=1200, cpu=2200, gpu=50_000))
test = load("cifar10", split="test", size=profile(smoke=500, cpu=2000, gpu=10_000))
describe_run(train, test, minutes=profile(smoke=0.6, cpu=5))

# %% [markdown] tags=["covers:S104"]
# CIFAR-10: ten classes, 32×32 pixels. We act as if 20 pictures a class had labels, and keep 20
# others a class aside to choose settings with.

# %%
by_class = np.argsort(train.y, kind="stable").reshape(10, -1)  # (classes, rows)
validation = by_class[:, -20:].ravel()


def few(labels: int, seed: int = 0) -> np.ndarray:
    """Rows of so many pictures a class, drawn anew for each seed."""
    shuffled = np.random.default_rng(seed).permuted(by_class[:, :-20], axis=1)
    return shuffled[:, :labels].ravel()


show_images(train.x[few(1)], titles=train.classes, columns=5)

# %% [markdown]
# *Figure: ten small colour pictures, one of each class, with the names of the classes.*

# %% [markdown] tags=["covers:S102"]
# ## 1 · Borrowed eyes
# `backbone()` is a **backbone**: a network without its head, trained by this project on *other*
# classes (CIFAR-100, and drawn things). It turns a picture into 96 **features**. A linear head
# fitted on features that stay as they are is a **linear probe**. The control: the same network with
# random weights. Features are computed once and kept; a head then costs milliseconds.


# %%
def prepared(images: np.ndarray) -> np.ndarray:
    return densenet.preprocess_input(images.astype("float32"))


def features(body: keras.Model, images: np.ndarray) -> np.ndarray:
    return body.predict(prepared(images), batch_size=250, verbose=0)  # (N, 96)


def probe(seen: np.ndarray, y: np.ndarray, unseen: np.ndarray, y_unseen: np.ndarray) -> float:
    """Accuracy on the unseen features of a linear head fitted on the seen ones."""
    head = RidgeClassifier(alpha=0.1 * seen.shape[1])  # a tenth for each feature
    return head.fit(seen / seen.std(), y).score(unseen / seen.std(), y_unseen)


# %% [markdown]
# Longer training goes through one function, from scratch or (section 5) on from trained weights:
# batches of 32, Adam, a rate that falls to zero along a cosine.

# %%
EPOCHS, LOSS = profile(smoke=3, cpu=12), keras.losses.SparseCategoricalCrossentropy(True)


@cache
def run(start: str, rate: float, labels: int, seed: int) -> dict:
    """Trains from "scratch", or "frozen norm" or "live norm" on the trained backbone."""
    keras.utils.set_random_seed(seed)
    body, rows = backbone(weights=start != "scratch"), few(labels, seed)
    if start == "frozen norm":
        freeze_norm(body)
    model = keras.Sequential([keras.Input((32, 32, 3)), body, layers.Dense(10)])
    if start != "scratch":  # head first: one-hot targets give 0 to 1, five times that suits softmax
        head = Ridge(10.0).fit(known["trained net"][0][rows], np.eye(10)[train.y[rows]])
        model.layers[-1].set_weights([5 * head.coef_.T, 5 * head.intercept_])
    began, epochs = time.perf_counter(), EPOCHS if labels <= 20 else EPOCHS // 2
    falling = keras.optimizers.schedules.CosineDecay(rate, epochs * -(-len(rows) // 32))
    model.compile(keras.optimizers.Adam(falling), LOSS, metrics=["accuracy"])
    checking = {"validation_data": (prepared(train.x[validation]), train.y[validation])}
    checking |= {"validation_freq": epochs, "epochs": epochs, "verbose": 0}
    log = model.fit(prepared(train.x[rows]), train.y[rows], batch_size=32, **checking)
    found = {"body": body, "seconds": time.perf_counter() - began}
    found["validation"] = log.history["val_accuracy"][-1]
    return found | {"test": model.evaluate(prepared(test.x), test.y, verbose=0)[1]}


# %% [markdown]
# Four bars from 200 labels: linear heads on pixels, on random features, on trained features, and the
# whole network trained from scratch. Which order do you expect?

# %% tags=["demo"]
eyes = {"random net": backbone(weights=False), "trained net": backbone()}
known = {"pixels": [np.float32(data.x.reshape(len(data), -1)) / 255 for data in (train, test)]}
known |= {name: [features(body, data.x) for data in (train, test)] for name, body in eyes.items()}

rows = few(20)
first = {name: probe(f[rows], train.y[rows], g, test.y) for name, (f, g) in known.items()}
bars = [*first.values(), run("scratch", 2e-3, 20, 0)["test"]]
plot_bars(
    bars, labels=[*first, "from scratch"], x="what is trained on 200 labels", y="test accuracy"
)
band("probe", first["trained net"], smoke=(0.42, 0.59), cpu=(0.42, 0.62))
above = first["trained net"] - first["random net"]
band("probe above random features", above, smoke=(0.12, 0.45), cpu=(0.14, 0.45))

# %% [markdown] tags=["covers:S098"]
# *Figure: four bars; the head on the trained backbone stands far above the other three, which lie
# close together, between chance (0.1) and 0.4.*
#
# Same layers, same pictures: what differs is what the weights have seen before. That is **transfer
# learning**. Random features are no better than pixels, so the architecture alone is not it.

# %% [markdown]
# ## 2 · Feed it what it ate
# A backbone knows only the numbers it was trained on, and wrong ones raise no error. Three habits:
# *caffe* (VGG16, ResNet50): blue, green, red, minus the means 103.939, 116.779, 123.68, no scaling.
# *tf* (MobileNet, ResNet50V2): −1 to 1. *torch* (DenseNet, ours): red, green, blue, 0 to 1, minus
# 0.485, 0.456, 0.406, divided by 0.229, 0.224, 0.225.

# %% [markdown]
# ### Exercise 07.1 · Feed it what it ate
# ●●○○○ · 10 min · 4 points · needs: indexing the last axis
#
# Pictures come as bytes. Write the three modes above.
# 1. Leave bytes behind first: 20 − 100 is not 176.
# 2. One branch a mode; channels are the last axis.
#
# <details><summary>Hint 1</summary>What does `[..., ::-1]` turn around?</details>
# <details><summary>Hint 2</summary>In caffe mode the first mean is blue's.</details>


# %%
def preprocess(images: np.ndarray, mode: str) -> np.ndarray:
    """Pictures as a backbone of that family expects them.

    Args:
        images: (N, H, W, 3), bytes 0 to 255, channels red, green, blue.
        mode: "caffe", "tf" or "torch".
    Returns:
        (N, H, W, 3), float; in caffe mode the channels are blue, green, red.
    Source: keras.applications, imagenet_utils.
    """
    ### BEGIN SOLUTION
    x = np.asarray(images, dtype="float32")
    if mode == "caffe":
        return x[..., ::-1] - np.array([103.939, 116.779, 123.68], dtype="float32")
    if mode == "tf":
        return x / 127.5 - 1
    mean, spread = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], dtype="float32")
    return (x / 255 - mean) / spread
    ### END SOLUTION


# %%
check("07.1", preprocess)

# %% [markdown]
# Our backbone ate torch mode. Raw bytes, caffe, tf: put them in order before you run.

# %% tags=["demo"]
diets = {mode: (lambda x, mode=mode: preprocess(x, mode)) for mode in ("torch", "tf", "caffe")}
diets["raw bytes"] = lambda x: x.astype("float32")
fed = []
for diet in diets.values():
    some = train.x[rows], test.x[:250]
    f, g = (eyes["trained net"].predict(diet(x), batch_size=250, verbose=0) for x in some)
    fed.append(probe(f, train.y[rows], g, test.y[:250]))
plot_bars(fed, labels=list(diets), x="how pictures were prepared", y="accuracy of the probe")

# %% [markdown]
# *Figure: probe accuracy for four preparations; torch and tf are high, caffe and raw bytes clearly
# lower.*
#
# Each head was fitted on what its diet gave, so only lost features count. tf is near torch in range
# and costs little; a scale of 255 costs a third. VGG16 gives nonsense? Suspect mode, channel order,
# scale.
#
# > **Trap.** EfficientNet and ConvNeXt in Keras scale inside the model: their `preprocess_input`
# > does nothing, and scaling before it is a silent error.
#
# Size is the other habit. ImageNet networks saw about 224×224 pixels; in them, 32 shrink to a single
# place. So pictures are enlarged first.

# %% [markdown]
# ### Exercise 07.2 · Make it larger
# ●●●○○ · 15 min · 6 points · needs: weighted means along an axis
#
# Enlarge by bilinear interpolation between the *centres* of pixels: the centre of output row i lies
# at (i + 0.5)·H/height − 0.5 on the input's rows, clipped to the picture; columns alike. A flat
# picture stays flat; the same size changes nothing.
# 1. Find the places along one axis.
# 2. Blend the neighbours on either side by their distance.
# 3. Do the same along the other axis.
#
# <details><summary>Hint 1</summary>2 pixels to 4: the places are −0.25, 0.25, 0.75, 1.25, before
# clipping.</details>
# <details><summary>Hint 2</summary>A place 0.3 behind its left neighbour takes 0.7 of it.</details>


# %%
def resize_bilinear(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pictures enlarged by bilinear interpolation between the centres of pixels.

    Args:
        images: (N, H, W, C), numbers.
        height: New height, at least H.
        width: New width, at least W.
    Returns:
        (N, height, width, C), float.
    Source: Szeliski 2022, section 3.5.2; keras.ops.image.resize without antialiasing.
    """
    ### BEGIN SOLUTION
    for axis, size in ((1, height), (2, width)):
        old = images.shape[axis]
        place = np.maximum((np.arange(size) + 0.5) * old / size - 0.5, 0)
        left = np.floor(place).astype(int)
        right = np.minimum(left + 1, old - 1)  # at the rim both neighbours are the same
        share = np.expand_dims(place - left, (1, 2) if axis == 1 else 1)
        images = images.take(left, axis) * (1 - share) + images.take(right, axis) * share
    return images
    ### END SOLUTION


# %%
check("07.2", resize_bilinear)

# %% [markdown]
# From 32 to 96 pixels, a size that VGG16 can work with, beside plain repetition.

# %% tags=["demo"]
repeated = test.x[:1].repeat(3, axis=1).repeat(3, axis=2)
larger = resize_bilinear(test.x[:1], 96, 96).round().astype("uint8")
titles = ("32×32", "96×96, repeated", "96×96, bilinear")
show_images([test.x[0], repeated[0], larger[0]], titles=titles)

# %% [markdown]
# *Figure: one test picture three times: as it is, with each pixel as a 3×3 block, and smooth.*
#
# Slanted edges lose their stairs, which a network would take for structure. Content does not grow:
# 27,648 numbers say what 3,072 said.

# %% [markdown]
# ## 3 · Features once, heads many
# The backbone was never told about these classes. Will 96 features keep them apart where 3,072
# pixels do not? Both are flattened to their two widest axes.

# %% tags=["demo"]
import matplotlib.pyplot as plt
from sklearn.decomposition import PCA

from layerwise_datasets import plot_points

three = np.isin(test.y, (0, 1, 6))
kinds, names = np.searchsorted((0, 1, 6), test.y[three]), [test.classes[k] for k in (0, 1, 6)]
_, panels = plt.subplots(1, 2, figsize=(7, 3.4), layout="constrained")
for name, legend, ax in zip(("pixels", "trained net"), ([], names), panels, strict=True):
    flat = PCA(2).fit_transform(known[name][1][three])  # (N, 2)
    plot_points(flat, kinds, labels=legend, title=name, x="first axis", y="second axis", ax=ax)
plt.show()

# %% [markdown]
# *Figure: test pictures of three classes on two axes; in pixels the clouds lie on one another, in
# features they lean apart.*
#
# The cheapest head needs no training loop at all.

# %% [markdown]
# ### Exercise 07.3 · A head in one formula
# ●●●○○ · 15 min · 6 points · needs: solving linear equations
#
# Find w and b that minimise Σ‖f·w + b − t‖² + penalty·Σw², summed over samples with features f and
# targets t. The bias carries no penalty. There may be more features than samples.
# 1. Take the means away, so that b drops out.
# 2. Set the slope to zero and solve for w (features down, classes across).
# 3. Recover b from the means.
#
# <details><summary>Hint 1</summary>With both sides centred: (FᵀF + penalty·I) w = FᵀT.</details>
# <details><summary>Hint 2</summary>What should the model say for average features?</details>


# %%
def linear_probe(
    features: np.ndarray, targets: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression with a free bias.

    Args:
        features: (N, D).
        targets: (N, K).
        penalty: Above 0.
    Returns:
        w of shape (D, K) and b of shape (K,).
    Source: Hoerl & Kennard 1970; Hastie et al. 2009, section 3.4.1.
    """
    ### BEGIN SOLUTION
    mean = features.mean(axis=0)
    centred = features - mean
    square = centred.T @ centred + penalty * np.eye(features.shape[1])
    w = np.linalg.solve(square, centred.T @ (targets - targets.mean(axis=0)))
    return w, targets.mean(axis=0) - mean @ w
    ### END SOLUTION


# %%
check("07.3", linear_probe)

# %% [markdown] tags=["covers:S110"]
# Three tasks, one set of features, three heads of yours: the class; airplane, car, ship or truck
# against the rest; the mean brightness.

# %% tags=["demo"]
f, _ = known["trained net"]
vehicle, light = np.isin(train.y, (0, 1, 8, 9)).astype(int), train.x.mean(axis=(1, 2, 3))
tasks = {"class": np.eye(10)[train.y], "group": np.eye(2)[vehicle], "brightness": light[:, None]}
for name, targets in tasks.items():
    w, b = linear_probe(f[rows], targets[rows], penalty=10.0)
    guess, truth = f[validation] @ w + b, targets[validation]
    right = np.mean(guess.argmax(1) == truth.argmax(1))
    score = (
        f"accuracy {right:.2f}" if len(b) > 1 else f"r {np.corrcoef(guess.T, truth.T)[0, 1]:.2f}"
    )
    print(f"{name}: {w.size + b.size} numbers, {score}")

# %% [markdown] tags=["covers:S111"]
# > **Often said.** "CNNs are task-specific." A trained head is; the features below it serve tasks
# > that nobody named when they were learned.
#
# The head need not be deep learning at all. Which of these wins with 20 labels a class? And how far
# do **few-shot** heads get, the nearest mean of 5 pictures, or of 1?

# %% tags=["demo"]
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

f, g = known["trained net"]
turned = features(eyes["trained net"], train.x[rows][:, :, ::-1])
both, y_both = np.concatenate([f[rows], turned]), np.tile(train.y[rows], 2)
print(
    f"linear {first['trained net']:.2f}, mirrored copies too {probe(both, y_both, g, test.y):.2f}"
)
for head in (
    LinearSVC(C=0.01),
    KNeighborsClassifier(10),
    GradientBoostingClassifier(n_estimators=20, max_features=10),
):
    print(f"{type(head).__name__}: {head.fit(f[rows], train.y[rows]).score(g, test.y):.2f}")
for labels in (5, 1):
    means = f[few(labels)].reshape(10, labels, -1).mean(axis=1)  # (classes, 96)
    distance = ((g[:, None] - means) ** 2).sum(axis=-1)  # (N, classes)
    print(f"nearest mean of {labels}: {np.mean(distance.argmin(1) == test.y):.2f}")

# %% [markdown]
# Linear heads lead; boosted trees want more than 20 examples a class. Mirrored copies (augmentation)
# change little here. One picture a class already beats chance; chapter 33 goes on there.

# %% [markdown] tags=["covers:S100"]
# ## 4 · The same as a Keras model
# To fine-tune, backbone and head must be one model. At first the backbone is **frozen**: its weights
# stay as they are.

# %% [markdown]
# ### Exercise 07.4 · Backbone plus head
# ●●●○○ · 12 min · 6 points · needs: functional models (05), dropout (03)
#
# 1. Freeze the given backbone (no copy: it holds the knowledge). A call in training mode must not
#    change it, moving averages included.
# 2. Connect: the model takes what the backbone takes.
# 3. If features are a map (height, width, channels), average over its places; then dropout on the
#    features; then one dense layer of scores, without softmax.
#
# <details><summary>Hint 1</summary>`backbone.output_shape` tells a map from a vector.</details>
# <details><summary>Hint 2</summary>A model can be called on a `keras.Input` like a layer.</details>


# %%
def transfer_model(backbone: keras.Model, classes: int, dropout: float = 0.2) -> keras.Model:
    """A frozen backbone with a new head.

    Args:
        backbone: Gives maps (N, H, W, C) or vectors (N, D).
        classes: Number of scores.
        dropout: Share of features that are dropped in training.
    Returns:
        A model from the backbone's input to (N, classes) logits; only its head can learn.
    Source: Donahue et al. 2014, section 4; Sharif Razavian et al. 2014.
    """
    ### BEGIN SOLUTION
    backbone.trainable = False
    inputs = keras.Input(backbone.input_shape[1:])
    x = backbone(inputs)
    if len(x.shape) == 4:
        x = layers.GlobalAveragePooling2D()(x)  # (batch, channels)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(classes)(x))
    ### END SOLUTION


# %%
check("07.4", transfer_model)

# %% [markdown]
# How many weights can learn? And with a **LoRA** adapter, which leaves a layer's weights alone and
# learns the product of two thin tables beside them (Hu et al. 2022)?


# %% tags=["demo"]
def learning(layer: keras.Layer) -> str:
    return f"{sum(np.prod(weight.shape) for weight in layer.trainable_weights):,} can learn"


dense = layers.Dense(96)
dense.build((None, 96))
before = learning(dense)
dense.enable_lora(rank=4)
print(f"a layer of 96 on 96: {before}; with LoRA {learning(dense)}")
model = transfer_model(backbone(), 10)
print(f"transfer model: {learning(model)} of {model.count_params():,}")

# %% [markdown]
# 96·10 + 10 = 970 learn in the model. LoRA needs a tenth of the layer; chapter 19 builds it.

# %% [markdown] tags=["covers:S099"]
# ## 5 · Fine-tune gently
# **Fine-tuning** lets the backbone learn as well. Order matters: head first, since a random one sends
# large, wrong gradients through good features; then a low rate. What does the network forget
# meanwhile? Its *old* head, for 100 source classes, can tell.

# %%
from layerwise_datasets.backbones import heads

source = load("cifar100", split="test", size=profile(smoke=300, cpu=1000))
old_w, old_b = heads()["cifar100" if source.is_real else "objects"]


def remembered(body: keras.Model) -> float:
    """Accuracy on the source's classes, with the head that the backbone was trained with."""
    return float(np.mean((features(body, source.x) @ old_w + old_b).argmax(1) == source.y))


def freeze_norm(body: keras.Model) -> None:
    for layer in body.layers:
        layer.trainable = not isinstance(layer, layers.BatchNormalization)


def flat(body: keras.Model) -> np.ndarray:
    return np.concatenate([weight.ravel() for weight in body.get_weights()])


# %% [markdown]
# A rate too high is said to destroy what was learned. Is 0.03 too high? Validation pictures judge.

# %% tags=["demo"]
rates = profile(smoke=(1e-3, 3e-2), cpu=(1e-4, 1e-3, 1e-2, 3e-2))
sweep, old = [run("frozen norm", rate, 20, 0) for rate in rates], eyes["trained net"]
table = [[one["validation"] for one in sweep], [remembered(one["body"]) for one in sweep]]
names = ("ten new classes (validation)", "100 old classes (source)")
plot_bars(table, series=names, labels=rates, x="learning rate", y="accuracy after fine-tuning")
moved = [np.linalg.norm(flat(one["body"]) - flat(old)) / np.linalg.norm(flat(old)) for one in sweep]
print(f"old classes before: {remembered(old):.2f}; weights moved by", np.round(moved, 3))

# %% [markdown]
# *Figure: for each rate, accuracy on new and on old classes after fine-tuning; at 0.03 both collapse.*
#
# At 0.001 weights move by 1 or 2 %, and part of the old task is forgotten already. At 0.03 both
# tasks are gone: here the textbook is right. Between head and input, rates can also fall step by
# step.

# %% [markdown]
# ### Exercise 07.5 · Small steps for old layers
# ●○○○○ · 8 min · 2 points · needs: powers
#
# Early layers hold what is most general, so they should move least.
# 1. The last entry, the head, gets `head_rate`.
# 2. Each block nearer the input gets `decay` times the rate of the next one.
#
# <details><summary>Hint</summary>How often is the first of four blocks decayed?</details>


# %%
def layerwise_rates(blocks: list[str], head_rate: float, decay: float) -> dict[str, float]:
    """A learning rate for each block.

    Args:
        blocks: Names from the input to the head, which comes last.
        head_rate: Rate of the head.
        decay: Factor from each block to the one before it, 0 < decay ≤ 1.
    Returns:
        Rate by name.
    Source: Howard & Ruder 2018, section 3.2 (discriminative fine-tuning).
    """
    ### BEGIN SOLUTION
    last = len(blocks) - 1
    return {block: head_rate * decay ** (last - place) for place, block in enumerate(blocks)}
    ### END SOLUTION


# %%
check("07.5", layerwise_rates)

# %% [markdown]
# The optimiser below uses such rates. Its `pull` draws weights back to where they started (L2-SP: Li,
# Grandvalet & Davoine 2018).


# %%
class GentleAdam(keras.optimizers.Adam):
    """Adam with a rate for each block, and a pull of the weights towards where they started."""

    def __init__(self, model: keras.Model, rates: dict[str, float], pull: float = 0.0):
        super().__init__(1.0)
        self.rates, self.pull = rates, pull
        self.start = {weight.path: keras.ops.convert_to_numpy(weight) for weight in model.weights}

    def update_step(self, gradient, variable, learning_rate):
        # TensorFlow hands over its own variable, which has a name and no path.
        path = getattr(variable, "path", variable.name).removesuffix(":0")
        block = path.split("/")[-2].split("_")[0]  # "block1_conv2/kernel" belongs to block1
        rate = self.rates.get(block, self.rates["head"])
        gradient = gradient + self.pull * (variable - self.start[path])
        super().update_step(gradient, variable, learning_rate * rate)


def blocks_of(body: keras.Model) -> list[str]:
    """Names of the blocks with weights, from the input to the head."""
    return [*dict.fromkeys(one.name.split("_")[0] for one in body.layers if one.weights), "head"]


falling = layerwise_rates(blocks_of(backbone()), head_rate=1e-2, decay=0.3)
print({block: f"{rate:.0e}" for block, rate in falling.items()})

# %% [markdown]
# Four factors of 0.3: the stem steps 120 times smaller than the head. The project uses it.

# %% [markdown]
# ## 6 · Frozen means frozen
# Batch norm (04, 06) keeps **moving averages** of what it sees. Common advice: call the backbone with
# `training=False`, and they rest even after thawing. How far do they move in one call in training
# mode, as `fit` makes it?

# %% tags=["demo"]
body = backbone()
inputs = keras.Input((32, 32, 3))
wrapped = keras.Model(inputs, layers.Dense(10)(body(inputs, training=False)))
average = body.get_layer("stem_bn").moving_mean
for case in ("called with training=False", "layers frozen"):
    if case == "layers frozen":
        freeze_norm(body)
    before = keras.ops.convert_to_numpy(average).copy()
    wrapped(prepared(train.x[:64]), training=True)
    print(f"{case}: moved by {np.abs(keras.ops.convert_to_numpy(average) - before).max():.4f}")

# %% [markdown] tags=["covers:S101"]
# The flag in the call did not hold: in a functional model the outer call decides (Keras 3.15,
# TensorFlow and JAX alike; keras issue 20285). `trainable = False` on a batch-norm layer does two
# things: scale and shift stop learning, and it runs on its averages.

# %% [markdown]
# ### Exercise 07.6 · Thaw the top
# ●●●●○ · 20 min · 8 points · needs: 07.4
#
# The last `n` entries of `backbone.layers` shall learn, all before them stay frozen, and every
# BatchNormalization stays frozen wherever it is. The backbone may come frozen or thawed; n may be 0,
# or more than there are layers. Change the given backbone and return it.
# 1. See that the parent does not hold its children back: `backbone.trainable_weights` must list what
#    can learn.
# 2. Decide for each layer by its position.
# 3. Batch norm last.
#
# <details><summary>Hint 1</summary>A parent's flag can reset all its children: in which order do you
# set them?</details>
# <details><summary>Hint 2</summary>What does `layers[-n:]` hold for n = 0?</details>


# %%
def unfreeze_top(backbone: keras.Model, n: int) -> keras.Model:
    """The same backbone with its last n layers thawed, batch norm aside.

    Args:
        backbone: A model whose layers lie flat in `backbone.layers`.
        n: How many entries, counted from the top, may learn; 0 or more.
    Returns:
        The given backbone.
    Source: Yosinski et al. 2014; Howard & Ruder 2018, section 3.3 (gradual unfreezing).
    """
    ### BEGIN SOLUTION
    backbone.trainable = True
    frozen = len(backbone.layers) - n
    for place, layer in enumerate(backbone.layers):
        is_norm = isinstance(layer, layers.BatchNormalization)
        layer.trainable = place >= frozen and not is_norm
    return backbone
    ### END SOLUTION


# %%
check("07.6", unfreeze_top)

# %% [markdown]
# How many weights does each step thaw in our backbone of 32 layers?

# %% tags=["demo"]
for n in (0, 11, 20, 99):
    print(f"n = {n}: {learning(unfreeze_top(backbone(), n))}")

# %% [markdown]
# The last block holds three quarters of all weights.
#
# > **Trap.** Compile again after changing flags. Without it TensorFlow goes on training the old
# > weights and says nothing; JAX raises. And a parent's flag set to the value it already has reaches
# > the children under JAX, but not under TensorFlow: set layers one by one.

# %% [markdown]
# ## 7 · How many labels does a backbone replace?
# The comparison, over several draws of labelled pictures. Two mistakes that are said to spoil
# fine-tuning run along: batch norm left live, and the rate 0.03.

# %% tags=["demo"]
seeds = profile(smoke=(0,), cpu=(0, 1, 2))
arms = {
    "from scratch": ("scratch", 2e-3),
    "fine-tuned": ("frozen norm", 1e-3),
    "norm left live": ("live norm", 1e-3),
    "rate 0.03": ("frozen norm", 3e-2),
}
for name, arm in arms.items():
    tested = [run(*arm, 20, seed)["test"] for seed in seeds]
    print(f"{name}: {np.mean(tested):.2f} (by seed {', '.join(f'{one:.2f}' for one in tested)})")
began = time.perf_counter()
probe(f[rows], train.y[rows], g, test.y)
ratio = run("scratch", 2e-3, 20, 0)["seconds"] / (time.perf_counter() - began)
print(f"training from scratch takes {ratio:.0f} times as long as a head on kept features")

# %% [markdown]
# At 0.03 everything is ruined, as often said. Live batch norm does **not** hurt here, against the
# textbook: batches of 32 from a near target give usable averages; small batches and far targets do
# not. And more labels? Read the figure sideways: where does one line reach another's height?

# %% tags=["demo"]
from layerwise_datasets import plot_bands

sizes = profile(smoke=(10, 20, 50, 100), cpu=(10, 20, 50, 100, 200), gpu=(10, 20, 100, 1000, 4900))
large = profile(
    smoke=(20,), cpu=(20, 100), gpu=(20, 100, 1000, 4900)
)  # where whole nets are trained
lines = {
    name: [[probe(f[few(k, s)], train.y[few(k, s)], g, test.y) for k in sizes] for s in range(3)]
    for name, (f, g) in known.items()
}
for name in ("from scratch", "fine-tuned"):
    whole = [
        [run(*arms[name], k, s)["test"] if k in large else np.nan for k in sizes] for s in seeds
    ]
    lines[name] = whole
plot_bands(
    list(lines.values()), labels=list(lines), at=sizes, x="labels a class", y="test accuracy"
)
raw, fine = (np.mean(lines[name], axis=0)[sizes.index(large[-1])] for name in list(lines)[-2:])
band("fine-tuned", fine, smoke=(0.4, 0.58), cpu=(0.54, 0.84))
band("gain over scratch", fine - raw, smoke=(0.13, 0.48), cpu=(0.06, 0.54))

# %% [markdown]
# *Figure: test accuracy against labels a class, bands over seeds; the head on the trained net runs far
# above pixels and random net; fine-tuned points lie by it, scratch points far below.*
#
# 10 labels on the trained backbone beat 100 on pixels or random features. Fine-tuning gains 0.1 or
# more over scratch. Over the probe it gains little at 20 labels: the features are good enough.
#
# > **Often said.** "Transfer saves time and resources." Those of whoever reuses; somebody paid for the
# > pre-training.

# %% [markdown] tags=["covers:S108", "covers:S109"]
# ## 8 · Where it does not help
# Three more targets with 200 labels: CIFAR-10 with its pixels scrambled by one fixed permutation;
# chest X-rays (pneumonia or not), for "ImageNet features on medical images"; silhouettes whose class
# is the number of lobes. Where will the random network do as well? The last bar first re-estimates
# batch norm's averages on unlabelled target pictures (AdaBN: Li et al. 2017).


# %% tags=["demo"]
def pictures(name: str, split: str, size: int) -> list[np.ndarray]:
    """(N, 32, 32, 3) and labels: grey becomes three channels, 28 pixels get a rim."""
    data = load(name, split=split, size=size)
    rim = (32 - data.x.shape[1]) // 2
    x = np.pad(data.x, ((0, 0), (rim, rim), (rim, rim), (0, 0)), "edge")
    return [x.repeat(3 // x.shape[3], axis=3), data.y]


unseen, mix = profile(smoke=120, cpu=600), np.random.default_rng(0).permutation(1024)
mixed = [x.reshape(-1, 1024, 3)[:, mix].reshape(x.shape) for x in (train.x[rows], test.x[:unseen])]
targets = {"scrambled": [mixed[0], train.y[rows], mixed[1], test.y[:unseen]]}
for name in ("silhouettes", "chest_xrays"):
    targets[name] = pictures(name, "train", 200) + pictures(name, "test", unseen)

# %% [markdown]
# For each target, three pairs of eyes.

# %% tags=["demo"]
scores = {"random net": [], "trained net": [], "averages of the target": []}
adapted = backbone()
for x, y, x_unseen, y_unseen in targets.values():
    adapted.set_weights(eyes["trained net"].get_weights())
    for start in range(0, 200, 20):
        adapted(prepared(x[start : start + 20]), training=True)  # moves averages, nothing else
    for body, row in zip((*eyes.values(), adapted), scores.values(), strict=True):
        row.append(probe(features(body, x), y, features(body, x_unseen), y_unseen))
names = list(targets)
plot_bars(list(scores.values()), series=list(scores), labels=names, x="target", y="test accuracy")

# %% [markdown]
# *Figure: test accuracy of linear heads on three targets, for three networks; on scrambled pixels all
# are alike, on silhouettes the trained ones lead at a low level.*
#
# Scrambled pixels: nothing, give or take the noise of few test pictures. Silhouettes: more than
# chance, too little for use. Real X-rays: nothing (the stand-in's, drawn like our source, do gain);
# Raghu et al. (2019) found that transfer to medical pictures mostly brings speed (chapter 40). New
# averages repair none of it. With enough target data scratch catches up even near the source (He,
# Girshick & Dollár 2019).

# %% [markdown]
# ## 9 · The project, full size
# CIFAR-10, VGG16 or ResNet50, freeze, fine-tune, evaluate. What are these two made of?


# %%
def vgg_block(x: keras.KerasTensor, width: int, depth: int) -> keras.KerasTensor:
    for _ in range(depth):
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
    return layers.MaxPooling2D(2)(x)  # (batch, height/2, width/2, width)


def bottleneck(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
    """Narrow, look around, widen again, add what came in (He et al. 2016, figure 5)."""
    y = x
    for kernel, channels in ((1, width), (3, width), (1, 4 * width)):
        y = layers.ReLU()(y) if y is not x else y
        y = layers.BatchNormalization()(layers.Conv2D(channels, kernel, padding="same")(y))
    return layers.ReLU()(layers.Add()([x, y]))


def weights_of(block, width: int, *arguments: int) -> str:
    inputs = keras.Input((32, 32, width))
    return f"{keras.Model(inputs, block(inputs, *arguments)).count_params():,}"


# %% [markdown] tags=["covers:S105", "covers:S106", "covers:S103"]
# Online, the ImageNet weights are fetched (1.3 million photographs, 1,000 classes). Offline the two
# are built without: all but the knowledge can be counted. Do your blocks weigh as much as theirs?

# %% tags=["demo"]
from layerwise_datasets import online

imagenet = profile(smoke=False, cpu=True) and online()
print("With ImageNet weights." if imagenet else "Smoke or offline: without ImageNet weights.")
side = profile(cpu=64, gpu=224, smoke=32) if imagenet else 32
settings = {"weights": "imagenet" if imagenet else None, "include_top": False}
kinds = keras.applications.VGG16, keras.applications.ResNet50
large_nets = {kind.__name__: kind(input_shape=(side, side, 3), **settings) for kind in kinds}
for (name, net), block in zip(large_nets.items(), ("block3", "conv2_block2"), strict=True):
    norms = sum(isinstance(layer, layers.BatchNormalization) for layer in net.layers)
    print(f"{name}: {net.count_params():,} weights, {norms} batch norms, gives {net.output_shape}")
    theirs = sum(one.count_params() for one in net.layers if one.name.startswith(block))
    print(f"  its {block}: {theirs:,}")
print("mine:", weights_of(vgg_block, 128, 256, 3), "and", weights_of(bottleneck, 256, 64))

# %% [markdown] tags=["covers:S107"]
# VGG16: 13 plain convolutions, no batch norm to freeze. ResNet50: 53 of them. From 32 pixels both end
# in one single place, a reason to enlarge.
#
# Now all your pieces: the head on a frozen backbone; then the top third at rates by block; then more
# (**gradual unfreezing**). The test set is asked once, by class and by confidence.


# %%
def project(body: keras.Model, mode: str, rows: np.ndarray) -> keras.Model:
    """Head first, then the top third, then more; gives a model of prepared 32×32 pictures."""
    larger = layers.Resizing(*body.input_shape[1:3])  # inside the model: small pictures travel
    model = keras.Sequential([keras.Input((32, 32, 3)), larger, transfer_model(body, 10)])
    x, x_check = (preprocess(train.x[which], mode) for which in (rows, validation))
    checking = {"validation_data": (x_check, train.y[validation]), "verbose": 0}
    optimizer = keras.optimizers.Adam(1e-2)
    for third in (0, *profile(smoke=(1,), cpu=(1, 2))):
        if third:
            unfreeze_top(body, third * len(body.layers) // 3)
            rates = layerwise_rates(blocks_of(body), head_rate=2e-3, decay=0.5)
            optimizer = GentleAdam(model, rates, pull=1e-3)
        model.compile(optimizer, LOSS, metrics=["accuracy"])
        model.fit(x, train.y[rows], batch_size=32, epochs=EPOCHS, **checking)
    return model


# %% [markdown]
# Which class will be weakest, and how much better is the surer half of the answers?

# %% tags=["demo"]
candidates = {"mini_resnet": (backbone(), "torch")}
if imagenet:
    candidates |= {name: (net, "caffe") for name, net in large_nets.items()}
for name, (body, mode) in candidates.items():
    model = project(body, mode, rows)
    logits = model.predict(preprocess(test.x, mode), batch_size=250, verbose=0)  # (N, 10)
    right = logits.argmax(1) == test.y
    margin = np.diff(np.sort(logits)[:, -2:])[:, 0]  # between the best two scores
    halves = [
        right[half].mean() for half in (margin >= np.median(margin), margin < np.median(margin))
    ]
    print(
        f"{name}: test accuracy {right.mean():.2f}; surer half {halves[0]:.2f}, rest {halves[1]:.2f}"
    )
    print({kind: round(float(right[test.y == k].mean()), 2) for k, kind in enumerate(test.classes)})
    if name == "mini_resnet":
        band("project", right.mean(), smoke=(0.4, 0.56), cpu=(0.42, 0.66))

# %% [markdown]
# Classes differ by more than methods do, and the surer half is right far more often: both belong on
# the **model card**, beside backbone (mini_resnet, its card names sources and licence), data (the
# first cell), rivals (scratch, probe), and limits: 32×32, ten classes, confident nonsense elsewhere.
#
# Which backbone? Ask for size, licence, a card, and whether its source overlaps your target: ImageNet
# holds nearly all CIFAR-10 classes. VGG16 and ResNet50 teach well; newer work starts from
# self-supervised or text-image backbones (DINO, CLIP: 21, 33).
#
# > **On a GPU/TPU.** `COURSE_PROFILE=gpu` takes all pictures, and 224 pixels for ImageNet nets; on a
# > TPU use batches of 256 and bfloat16. Published: frozen in the low 0.9s, fine-tuned in the high 0.9s
# > (Kornblith et al. 2019).

# %%
progress("07")

# %% [markdown]
# ## What you can rely on now
# - Borrowed features beat your own from few labels, where source and target share something; a random
#   network is the control.
# - The right preparation is part of the weights.
# - Head first, then thaw at a rate 10 to 100 times smaller; freeze batch norm layer by layer; compile
#   again.
# - Fine-tuning can distort good features and do worse on shifted data (Kumar et al. 2022): keep the
#   probe as a rival.
#
# Next, 08: networks that say *where*.
#
# ## Self-quiz
# 1. VGG16 gives nonsense though its weights load. Three suspects? <details><summary>Answer</summary>
#    Mode, channel order, scale 0…1 for 0…255: none raises an error.</details>
# 2. Why fit the head before thawing? <details><summary>Answer</summary>A random head sends large,
#    wrong gradients through good features.</details>
# 3. Frozen backbone, 96 features, 10 classes: how many numbers learn? <details><summary>Answer
#    </summary>970: 960 weights and 10 biases.</details>
# 4. After thawing, accuracy falls at once and stays low. Likely cause? <details><summary>Answer
#    </summary>The rate: at 0.03 weights leave the region where they meant something.</details>
# 5. What does `trainable = False` do to batch norm? <details><summary>Answer</summary>Scale and shift
#    stop learning, and it runs on its moving averages.</details>
#
# ## References
# Donahue et al. 2014 · Sharif Razavian et al. 2014 · Yosinski et al. 2014 · Simonyan & Zisserman 2015
# (VGG) · He et al. 2016 (ResNet) · Li et al. 2017 (AdaBN) · Li, Grandvalet & Davoine 2018 · Howard &
# Ruder 2018 · Kornblith, Shlens & Le 2019 · He, Girshick & Dollár 2019 · Raghu et al. 2019 · Hu et al.
# 2022 (LoRA) · Kumar et al. 2022 · Krizhevsky 2009. Read on: Kolesnikov et al. 2020 (BiT, section 3);
# the Keras guide "Transfer learning and fine-tuning".
