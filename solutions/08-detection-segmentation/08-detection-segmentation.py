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
# # 08 · Detection and segmentation
# > *A detector that sees nothing can be right at 92 pixels in 100. How should one score it?*
#
# **You build** the overlap of boxes, non-maximum suppression, the targets of a YOLO, average
# precision, a transposed convolution, two losses and a U-Net; you find a face in a photograph.
# **You need** 05, 06. **Takes** 130 min, on a CPU.
#
# [Open in Colab](https://colab.research.google.com/github/layerwise/layerwise/blob/main/course/08-detection-segmentation/08-detection-segmentation.ipynb) · [Download](08-detection-segmentation.ipynb)

# %%
from functools import cache

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import binary_fill_holes, find_objects, gaussian_filter, label

from layerwise_datasets import describe_run, load, plot_bars, plot_lines, profile, show_images
from layerwise_grader import band, check, progress

keras.utils.set_random_seed(0)
train, test = load("streets", size=profile(smoke=400, gpu=1500)), load("streets", split="test")
x_train, x_test = (data.x.astype("float32") / 255 for data in (train, test))  # (N, 48, 48, 3)
KINDS, SIDE, GRID = train.classes[1:], 48, 6
describe_run(train, test, minutes=profile(smoke=0.7, cpu=3))

# %% [markdown] tags=["covers:S112"]
# A photograph holds many things. **Localisation** finds one thing with one box, **detection** any
# number of things. **Segmentation** gives every pixel a class. A box is `(x1, y1, x2, y2)`: x
# runs to the right, y down.
#
# Our scenes are drawn, so the truth is known: masks, and the boxes that follow.


# %% tags=["demo", "covers:S112", "covers:S114"]
def objects_of(mask: np.ndarray) -> np.ndarray:
    """Class (0 to 3) and box of each thing on a mask (H, W): (M, 5)."""
    found = []
    for kind in range(len(KINDS)):
        islands, _ = label(mask == kind + 1, structure=np.ones((3, 3)))
        for down, across in find_objects(islands):
            found.append((kind, across.start, down.start, across.stop, down.stop))
    return np.array(found, float).reshape(-1, 5)


def show_boxes(pictures, boxes: list, words: list) -> None:
    """Pictures with boxes (M, 4) on them, each with its word."""
    _, panels = plt.subplots(1, len(pictures), figsize=(7, 7.2 / len(pictures)), squeeze=False)
    for axes, picture, corners, names in zip(panels[0], pictures, boxes, words, strict=True):
        axes.imshow(picture, cmap="gray")
        axes.set_axis_off()
        for (x1, y1, x2, y2), name in zip(np.asarray(corners) - 0.5, names, strict=True):
            axes.add_patch(
                plt.Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, ec="#D55E00", lw=2)
            )
            axes.text(x1, y1 - 1, name, fontsize=11, color="white", backgroundcolor=(0, 0, 0, 0.4))
    plt.show()


truth = [objects_of(mask) for mask in test.y]  # test scenes
kinds = [[KINDS[int(kind)] for kind in one[:, 0]] for one in truth[:3]]
show_boxes(x_test[:3], [one[:, 1:] for one in truth[:3]], kinds)

# %% [markdown]
# *Figure: three street scenes with persons, cars, signs and cones in boxes. Colours are random:
# only shape tells the kind.*

# %% [markdown] tags=["covers:S117"]
# ## 1 · Slide it
# **Face detection** by what you know: a classifier for 25×25 crops, asked at every place and in
# five sizes. It learns from 75 faces and 75 other things; on new crops it is nearly always right.
# How many faces will it find in a photograph of one?

# %% tags=["demo", "covers:S117"]
crops, held_out, scenery = load("faces"), load("faces", split="test"), load("scenery")
photo = load("portrait").x.mean(axis=2)  # (512, 512), grey
HAND_MARKED = np.array([[170, 70, 270, 180]])


def windows(photo: np.ndarray, widths: tuple, step: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (P, 4) and crops (P, 25, 25, 1) of a photograph, reduced to each of these widths."""
    boxes, parts = [], []
    for width in widths:
        scale = len(photo[0]) / width
        size = (round(len(photo) / scale), width)
        small = np.asarray(ops.image.resize(photo[..., None], size, antialias=True))[..., 0]
        crop = sliding_window_view(small, (25, 25))[::step, ::step]
        corner = step * np.argwhere(np.ones(crop.shape[:2]))[:, ::-1]  # x, y
        boxes.append(scale * np.concatenate([corner, corner + 25], axis=1))
        parts.append(crop.reshape(-1, 25, 25, 1))
    return np.concatenate(boxes), np.concatenate(parts)


show_images([*crops.x[:6], *crops.x[75:81]], columns=6)

# %% [markdown]
# *Figure: six crops with a face, six without.*


# %% tags=["demo", "covers:S117"]
def standard(crops: np.ndarray) -> np.ndarray:
    """Every crop with mean 0 and spread 1, so that light plays no part."""
    spread = crops.std(axis=(1, 2), keepdims=True)
    return ((crops - crops.mean(axis=(1, 2), keepdims=True)) / (spread + 0.05)).astype("float32")


def scores_of(model: keras.Model, crops: np.ndarray) -> np.ndarray:
    """One score a crop; above 0 means a face."""
    return model.predict(standard(crops), batch_size=2048, verbose=0).ravel()


x = inputs = keras.Input((25, 25, 1))
for filters, kernel in ((16, 3), (24, 4)):
    x = layers.MaxPool2D(2)(layers.Conv2D(filters, kernel, activation="relu")(x))  # 11, then 4
x = layers.Conv2D(32, 4, activation="relu")(x)  # (batch, 1, 1, 32)
finder = keras.Model(inputs, layers.Dense(1)(layers.Flatten()(x)))
finder.compile(keras.optimizers.Adam(2e-3), keras.losses.BinaryCrossentropy(from_logits=True))

# %% [markdown]
# Now the search. Where it fires on `scenery`, ten photographs without a person, it is wrong for
# certain: such **hard negatives** join the training set, and it learns again.


# %% tags=["demo", "covers:S117"]
def varied(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The crops, mirrored and moved by a pixel too, and parts of faces, which are no faces."""
    x = np.concatenate([x, x[:, :, ::-1]])
    x = np.concatenate([np.roll(x, move, axis=(1, 2)) for move in ((0, 0), (1, -1), (-1, 1))])
    y, corners = np.tile(y, 6), ((5, 5), (0, 0), (9, 9), (0, 9))
    cut = np.concatenate([x[y == 1][:, i : i + 16, j : j + 16] for i, j in corners])[::2]
    parts = np.asarray(ops.image.resize(cut, (25, 25)))
    return np.concatenate([x, parts]), np.concatenate([y, np.zeros(len(parts), int)])


boxes, places = windows(photo, (280, 210, 155, 115, 85))
elsewhere = np.concatenate([windows(one[..., 0], (192, 130, 88), 6)[1] for one in scenery.x])
x, y = varied(crops.x, crops.y)
fired = []  # scores above 0 in the photograph, round by round
for n in range(3):
    weights = np.where(y == 1, np.sum(y == 0) / np.sum(y == 1), 1.0)  # as if faces were as many
    finder.fit(standard(x), y, sample_weight=weights, epochs=6 if n else 10, verbose=0)
    scores = scores_of(finder, places)
    fired.append(int(np.sum(scores > 0)))
    wrong = np.flatnonzero(scores_of(finder, elsewhere) > -1)
    wrong = np.random.default_rng(n).permutation(wrong)[:1000]
    x, y = np.concatenate([x, elsewhere[wrong]]), np.concatenate([y, np.zeros(len(wrong), int)])
right = np.mean((scores_of(finder, held_out.x) > 0) == held_out.y)
print(f"{len(places):,} windows; it fired at", ", then at ".join(map(str, fired)))
band("right on crops held out", right, smoke=(0.85, 1), cpu=(0.85, 1))

# %% [markdown]
# Hundreds, at first: it fires on cloth and wings, too. Mining silences nearly all of that. What is
# left lies in heaps: neighbouring windows see the same thing. When are two boxes the same?

# %% [markdown] tags=["covers:S112"]
# ### Exercise 08.1 · Overlap
# ●●○○○ · 12 min · 4 points · needs: broadcasting
#
# **Intersection over union** (IoU): the area that two boxes share, over the area of both together.
# 1. The corners of the overlap, for all pairs at once.
# 2. A gap is no overlap: then the shared area is 0, as it is for boxes that only touch.
# 3. Divide by the union. Two empty boxes score 0.
#
# <details><summary>Hint 1</summary>`a[:, None]` and `b[None]` meet in every pair.</details>
# <details><summary>Hint 2</summary>The shared left edge is the larger of the two left
# edges.</details>


# %%
def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of every pair of boxes.

    Args:
        a: (N, 4), corners x1, y1, x2, y2; whole numbers or floats.
        b: (M, 4), likewise.
    Returns:
        (N, M), 0 to 1; 0 where the union is empty.
    Source: Everingham et al. 2010, section 4.2.
    """
    ### BEGIN SOLUTION
    corner = np.maximum(a[:, None, :2], b[None, :, :2])  # (N, M, 2)
    size = np.maximum(np.minimum(a[:, None, 2:], b[None, :, 2:]) - corner, 0)
    shared = size[..., 0] * size[..., 1]
    areas = [(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) for boxes in (a, b)]
    union = areas[0][:, None] + areas[1] - shared
    return np.divide(shared, union, out=np.zeros(union.shape), where=union > 0)
    ### END SOLUTION


# %%
check("08.1", iou)

# %% [markdown]
# A box of 20×20 moves to the right, away from another. IoU as a loss would tell a network how to
# move it back. Up to where?

# %% tags=["demo"]
steps = np.arange(0, 51)
moving = np.stack([steps, 0 * steps, steps + 20, 0 * steps + 20], axis=1)
overlap = iou(np.array([[0, 0, 20, 20]]), moving)[0]
hull = 20 * (20 + steps)  # the smallest box around both
union = 800 - 20 * np.maximum(20 - steps, 0)
giou = overlap - (hull - union) / hull
plot_lines([overlap, giou], labels=("IoU", "GIoU"), x="pixels moved", y="agreement")

# %% [markdown]
# *Figure: IoU falls from 1 to 0 at 20 pixels and stays flat; GIoU goes on falling, to −0.43.*
#
# Where boxes do not meet, IoU has no slope. **GIoU** subtracts the empty share of the box around
# both. A shift by 10 of 20 pixels leaves a third: IoU 0.5 is stricter than it sounds.

# %% [markdown] tags=["covers:S112"]
# ### Exercise 08.2 · Keep the best
# ●●●○○ · 15 min · 6 points · needs: 08.1
#
# **Non-maximum suppression**: one box for each heap.
# 1. Take the box with the highest score; it stays.
# 2. Drop all boxes whose IoU with *it* is above the threshold.
# 3. Repeat with those that are left. A dropped box drops nobody. Return places in the input, best
#    first; for no boxes, no places.
#
# <details><summary>Hint</summary>Keep a list of places that are left, sorted by score, and shorten
# it.</details>


# %%
def nms(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> np.ndarray:
    """Places of the boxes that survive non-maximum suppression.

    Args:
        boxes: (N, 4), corners; N may be 0.
        scores: (N,), all different.
        threshold: Largest IoU that two kept boxes may have.
    Returns:
        Whole numbers, places in `boxes`, the highest score first.
    Source: Girshick et al. 2014, section 2.2.
    """
    ### BEGIN SOLUTION
    kept, left = [], np.argsort(-scores)
    while len(left) > 0:
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[iou(boxes[[best]], boxes[left]).ravel() <= threshold]
    return np.array(kept, dtype=int)
    ### END SOLUTION


# %%
check("08.2", nms)

# %% [markdown]
# Is the best of what remains the face? We marked it by hand, from hairline to chin.

# %% tags=["demo", "covers:S117"]
fires = np.flatnonzero(scores > 0)
best = fires[nms(boxes[fires], scores[fires], 0.2)]
hits = np.flatnonzero(iou(boxes[best], HAND_MARKED) >= 0.3)
show_boxes([photo], [boxes[best[:5]]], [[f"{score:.1f}" for score in scores[best[:5]]]])
band("boxes kept", len(best), smoke=(2, 20), cpu=(2, 20))
place = hits[0] + 1 if len(hits) else len(places)
band("place of the face among them", place, smoke=(1, 8), cpu=(1, 8))

# %% [markdown]
# *Figure: the astronaut with the five best boxes and their scores.*
#
# One box a heap: 5 to 8 are left (5 seeds), and the face is the third to fifth. 75 faces teach
# little; Viola & Jones (2001) used 4,916. This asks *where is a face*, not *whose*; see section 7.

# %% [markdown] tags=["covers:S113"]
# ## 2 · You only look once
# Eight thousand windows are many looks. **YOLO** looks once: the network maps the
# image to a grid of 6×6 cells, and each cell answers for the thing whose *centre* it holds.

# %% [markdown] tags=["covers:S113"]
# ### Exercise 08.3 · What should the grid say
# ●●●○○ · 15 min · 6 points · needs: slices of arrays
#
# 1. Which cell holds the centre? x chooses the column, y the row; a centre at exactly 1 belongs to
#    the last cell.
# 2. Where in that cell is it? From 0 to 1, to the right and down.
# 3. Write 1, x, y, w, h and a one-hot class into the cell, unless another object came first.
#
# <details><summary>Hint</summary>On a 6×6 grid, x = 0.55 is 3.3 cells from the left edge.</details>


# %%
def yolo_target(objects: np.ndarray, grid: int, classes: int) -> np.ndarray:
    """What each cell of the grid should answer.

    Args:
        objects: (M, 5), class, centre x and y, width, height; the last four as parts of the image.
        grid: Cells along each side, S.
        classes: Number of classes, K.
    Returns:
        (S, S, 5 + K), rows first: 1, x and y within the cell, w and h of the image, one-hot
        class; zeros where no centre lies.
    Source: Redmon et al. 2016, section 2.
    """
    ### BEGIN SOLUTION
    target = np.zeros((grid, grid, 5 + classes))
    for kind, x, y, w, h in objects:
        column, row = min(int(x * grid), grid - 1), min(int(y * grid), grid - 1)
        if target[row, column, 0] == 0:
            target[row, column, :5] = 1, x * grid - column, y * grid - row, w, h
            target[row, column, 5 + int(kind)] = 1
    return target
    ### END SOLUTION


# %%
check("08.3", yolo_target)

# %% [markdown] tags=["covers:S113"]
# Three losses, added: squared error of place and size (its root, so that small boxes count); is
# anything here; which class. Most cells are empty, so "nothing here" counts half. Mirroring doubles
# the scenes; boxes must be mirrored, too.


# %% tags=["covers:S113"]
def in_parts(objects: np.ndarray) -> np.ndarray:
    """Class, centre, width and height as parts of the image, from class and corners in pixels."""
    kind, x1, y1, x2, y2 = objects.T / SIDE
    return np.stack([SIDE * kind, (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], axis=1)


def mirrored(objects: np.ndarray) -> np.ndarray:
    """Class and corners in the mirrored image."""
    kind, x1, y1, x2, y2 = objects.T
    return np.stack([kind, SIDE - x2, y1, SIDE - x1, y2], axis=1)


def yolo_loss(target, output):
    """Place, size, something here, class; summed over cells."""
    here, place, size = target[..., 0], output[..., 1:3], output[..., 3:5]
    off = 5 * ops.sum(ops.square(target[..., 1:3] - ops.sigmoid(place)), axis=-1)
    roots = ops.sqrt(target[..., 3:5]) - ops.sqrt(ops.sigmoid(size))
    off += 20 * ops.sum(ops.square(roots), axis=-1)  # (batch, 6, 6)
    kind = ops.categorical_crossentropy(target[..., 5:], output[..., 5:], from_logits=True)
    there = ops.binary_crossentropy(here, output[..., 0], from_logits=True)
    each = here * (off + kind) + (0.5 + 0.5 * here) * there
    return ops.sum(each, axis=(1, 2))


# %% [markdown]
# Four blocks and three halvings lead from 48×48 pixels to 6×6 cells.


# %% tags=["covers:S112", "covers:S113"]
def block(x, filters: int):
    """Convolution, batch norm, ReLU."""
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))


@cache
def yolo(seed: int = 0) -> keras.Model:
    """The detector, trained once: images to (6, 6, 9), 61,625 weights."""
    keras.utils.set_random_seed(seed)
    scenes = [objects_of(mask) for mask in train.y]
    scenes += [mirrored(objects) for objects in scenes]
    targets = [yolo_target(in_parts(objects), GRID, len(KINDS)) for objects in scenes]
    x = inputs = keras.Input((SIDE, SIDE, 3))
    for filters in (16, 32, 64):
        x = layers.MaxPool2D(2)(block(x, filters))  # 24, 12, then 6
    model = keras.Model(inputs, layers.Conv2D(5 + len(KINDS), 1)(block(x, 64)))
    model.compile(keras.optimizers.Adam(3e-3), yolo_loss)
    pictures, epochs = np.concatenate([x_train, x_train[:, :, ::-1]]), profile(smoke=9, cpu=15)
    model.fit(pictures, np.float32(targets), batch_size=16, epochs=epochs, verbose=0)
    return model


# %% [markdown]
# Reading the grid: a cell's numbers become a box, "something here" times each class its scores.
# Suppression runs class by class.


# %% tags=["covers:S112", "covers:S113"]
def read_grid(output: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (N, 36, 4) in pixels and scores (N, 36, K) of every cell."""
    here, x, y, w, h = np.moveaxis(1 / (1 + np.exp(-output[..., :5])), -1, 0)
    share = np.exp(output[..., 5:])
    scores = here[..., None] * share / share.sum(axis=-1, keepdims=True)
    rows, columns = np.mgrid[:GRID, :GRID]
    x, y, w, h = (columns + x) / GRID, (rows + y) / GRID, w / 2, h / 2
    boxes = SIDE * np.stack([x - w, y - h, x + w, y + h], axis=-1)
    return boxes.reshape(len(output), -1, 4), scores.reshape(len(output), -1, len(KINDS))


def found_by(model: keras.Model, images: np.ndarray, least: float = 0.05) -> list[np.ndarray]:
    """For each image its detections (M, 6): class, score and box in pixels."""
    found = []
    for boxes, scores in zip(*read_grid(model.predict(images, verbose=0)), strict=True):
        rows = []
        for kind in range(len(KINDS)):
            sure = np.flatnonzero(scores[:, kind] > least)
            kept = sure[nms(boxes[sure], scores[sure, kind], 0.45)]
            rows += [(kind, scores[place, kind], *boxes[place]) for place in kept]
        found.append(np.array(rows).reshape(-1, 6))
    return found


# %% tags=["demo", "covers:S112", "covers:S113"]
sure = [one[one[:, 1] > 0.4] for one in found_by(yolo(), x_test[:3])]
words = [[KINDS[int(kind)] for kind in one[:, 0]] for one in sure]
show_boxes(x_test[:3], [one[:, 2:] for one in sure], words)

# %% [markdown] tags=["covers:S113"]
# *Figure: the three scenes from above with the network's boxes and kinds.*
#
# Compare with the truth above. Of two centres in one cell, one would be lost.
#
# > **Often said.** "YOLO is fast and accurate." The first one traded accuracy for speed: 63.4 mAP
# > on VOC 2007 at 45 images a second on its authors' GPU (Redmon et al. 2016). Name version, image
# > size and hardware; "real time" belongs to a whole system.

# %% [markdown] tags=["covers:S112"]
# ## 3 · Hits and misses
# A detection is a **hit** if its IoU with an object of its class, not yet taken, is at least 0.5.
# **Precision** is the share of hits among detections, **recall** the share of objects found. A
# lower bar on the score trades one for the other.

# %% [markdown] tags=["covers:S112"]
# ### Exercise 08.4 · One number for a detector
# ●●●○○ · 15 min · 6 points · needs: cumulative sums
#
# **Average precision** (AP): the area under precision against recall.
# 1. Sort by score, the most confident first; the order they come in plays no part.
# 2. After each detection: precision, and recall among *all* objects, found or missed.
# 3. Replace precision by the best at this recall or beyond.
# 4. Sum precision times the step in recall. Without objects, detections or hits: 0.
#
# <details><summary>Hint</summary>Recall moves only at hits. By how much?</details>


# %%
def average_precision(scores: np.ndarray, hits: np.ndarray, positives: int) -> float:
    """Area under the envelope of precision against recall.

    Args:
        scores: (M,), all different; M may be 0.
        hits: (M,), 1 where the detection is a hit, else 0.
        positives: Objects that there are.
    Returns:
        0 to 1.
    Source: Everingham et al. 2010, section 4.2; all points, as in VOC since 2010.
    """
    ### BEGIN SOLUTION
    if positives == 0:
        return 0.0
    hits = hits[np.argsort(-scores)]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(envelope * hits) / positives)
    ### END SOLUTION


# %%
check("08.4", average_precision)

# %% [markdown]
# **mAP** is the mean over classes. Which kind is hardest, and what if IoU must reach 0.75?


# %% tags=["covers:S112"]
def judged(found: list, truth: list, kind: int, least: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Scores and hits of all detections of a kind, and how many such things there are."""
    scores, hits, positives = [], [], 0
    for ours, real in zip(found, truth, strict=True):
        ours, real = ours[ours[:, 0] == kind], real[real[:, 0] == kind]
        overlap = iou(ours[:, 2:], real[:, 1:])
        positives += len(real)
        for n in np.argsort(-ours[:, 1]):
            hit = len(real) > 0 and overlap[n].max() >= least
            if hit:
                overlap[:, overlap[n].argmax()] = 0  # taken
            scores.append(ours[n, 1])
            hits.append(int(hit))
    return np.array(scores), np.array(hits, int), positives


def ap_by_kind(found: list, truth: list, least: float = 0.5) -> np.ndarray:
    """Average precision of each kind."""
    return np.array(
        [average_precision(*judged(found, truth, kind, least)) for kind in range(len(KINDS))]
    )


# %% tags=["demo", "covers:S112", "covers:S113", "covers:S114"]
found = found_by(yolo(), x_test)
table = [ap_by_kind(found, truth, least) for least in (0.5, 0.75)]
plot_bars(table, labels=KINDS, series=("IoU 0.5", "IoU 0.75"), x="kind", y="average precision")
band("mAP at IoU 0.5", table[0].mean(), smoke=(0.6, 1), cpu=(0.7, 1))
band("mAP at IoU 0.75", table[1].mean(), smoke=(0.01, 0.4), cpu=(0.04, 0.4))

# %% [markdown] tags=["covers:S114", "covers:S115"]
# *Figure: average precision of each kind at two thresholds of IoU.*
#
# Most things are found, few boxes are tight: a pixel or two costs a small box its 0.75.
# Always ask "AP at which IoU?"; COCO averages ten thresholds.
#
# **Perception** of a self-driving car begins here: pedestrians, vehicles, signs, obstacles. Misses
# have unlike costs. Say a missed person costs 100, a car 30, a sign 5, a cone 2, a false alarm 1.
# Is the cheapest bar on the score the one that is cheapest if every miss costs 1?

# %% tags=["demo", "covers:S114", "covers:S115"]
sets = [judged(found_by(yolo(), x_test), truth, kind, 0.5) for kind in range(len(KINDS))]
for bar in (0.05, 0.1, 0.2, 0.4, 0.6, 0.8):
    missed = [positives - hits[scores > bar].sum() for scores, hits, positives in sets]
    alarms = sum(int(np.sum((scores > bar) & (hits == 0))) for scores, hits, _ in sets)
    cost, plain = alarms + np.dot(missed, (100, 30, 5, 2)), alarms + sum(missed)
    print(f"bar {bar}: {missed[0]} persons missed, {alarms} false alarms;", end=" ")
    print(f"cost {cost:,}, with all misses alike {plain}")

# %% [markdown] tags=["covers:S115", "covers:S119"]
# It is not: where persons count, the low bar wins, at the price of false alarms. mAP knows nothing
# of this, nor of latency, rare objects or liability; cameras are one sensor of several, and a
# benchmark does not measure safety.
#
# What does the network know of **context**? Put the same things on the moon, into coffee, among
# the stars: ten photographs as grounds. And what if you mirror images and forget the boxes?

# %% tags=["demo", "covers:S119"]
corners = [(n % 10, n % 100, n // 3) for n in range(len(x_test))]
grounds = np.stack([scenery.x[k, i : i + SIDE, j : j + SIDE] for k, i, j in corners])
moved = np.where(test.y[..., None] > 0, x_test, grounds)
mirror = found_by(yolo(), x_test[:, :, ::-1])
scores_by = {
    "as trained": ap_by_kind(found_by(yolo(), x_test), truth),
    "other ground": ap_by_kind(found_by(yolo(), moved), truth),
    "mirrored": ap_by_kind(mirror, [mirrored(one) for one in truth]),
    "mirrored, boxes forgotten": ap_by_kind(mirror, truth),
}
means = [score.mean() for score in scores_by.values()]
plot_bars(means, labels=[name.replace(", ", ",\n") for name in scores_by], x="test scenes", y="mAP")
band("mAP lost on other ground", means[0] - means[1], smoke=(-0.05, 0.25), cpu=(-0.05, 0.25))

# %% [markdown] tags=["covers:S119"]
# *Figure: mAP of the same network on four versions of the test scenes.*
#
# Forgotten boxes leave only things in the middle. On the moon little is lost: the network looks at
# the thing alone. A person would wonder about a car among the stars; and no box says "left of".
# Section 6 computes relations, 21 learns them.

# %% [markdown] tags=["covers:S112"]
# ## 4 · The family
#
# | idea | what is new | year |
# |---|---|---|
# | R-CNN, Fast, Faster | **two stages**: propose regions, then crop, resize and classify each; RoI pooling shares features; a network proposes | 2014–15 |
# | YOLO, SSD | one look; SSD matches **anchors**, boxes of set shapes at each place, to objects by IoU | 2016 |
# | FPN | a pyramid of feature maps: small things on fine ones | 2017 |
# | RetinaNet | **focal loss** for the flood of empty places | 2017 |
# | Mask R-CNN | RoIAlign and a mask for each box | 2017 |
# | CornerNet, CenterNet | corners or centres as heat maps, no anchors; **keypoints** likewise | 2018–19 |
# | DETR | a set of boxes from a transformer, no suppression (→ 18) | 2020 |
#
# Focal loss multiplies cross-entropy by (1 − p)². What is left of an easy cell's loss, p = 0.95?

# %%
for p in (0.95, 0.5, 0.05):
    plain = -np.log(p)
    print(f"p {p}: cross-entropy {plain:.3f}, focal loss {(1 - p) ** 2 * plain:.4f}")

# %% [markdown]
# A four-hundredth: a thousand easy cells no longer drown one hard one.

# %% [markdown] tags=["covers:S116"]
# ## 5 · A class for every pixel
# **Semantic segmentation** names every pixel. Pooling made maps small; now they must grow again.
# Repeating pixels is one way. A **transposed convolution** learns how.

# %% [markdown] tags=["covers:S116"]
# ### Exercise 08.5 · Paint instead of look
# ●●●○○ · 15 min · 6 points · needs: 05.2
#
# Every input value paints a copy of the kernel, times its value; copies add where they overlap.
# The kernel is at least as large as the stride.
# 1. An empty canvas that holds every copy whole.
# 2. At each position: from all input channels to all output channels.
# 3. The next copy starts `stride` pixels on.
#
# <details><summary>Hint</summary>Either loop over the input's positions, or over the kernel's; in
# both cases add a slice.</details>


# %%
def conv2d_transpose(x: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """Transposed convolution without padding.

    Args:
        x: (N, H, W, C), float.
        kernel: (kh, kw, F, C), float; the third axis goes out.
        stride: Pixels from one copy to the next, on both axes.
    Returns:
        (N, (H-1)·stride + kh, (W-1)·stride + kw, F), float.
    Source: Dumoulin & Visin 2016, chapter 4.
    """
    ### BEGIN SOLUTION
    count, rows, columns, _ = x.shape
    kh, kw, filters, _ = kernel.shape
    canvas = np.zeros((count, (rows - 1) * stride + kh, (columns - 1) * stride + kw, filters))
    for i in range(rows):
        for j in range(columns):
            copies = np.einsum("nc,hwfc->nhwf", x[:, i, j], kernel)
            canvas[:, i * stride : i * stride + kh, j * stride : j * stride + kw] += copies
    return canvas
    ### END SOLUTION


# %%
check("08.5", conv2d_transpose)

# %% [markdown]
# A flat grey map, painted with a flat kernel at stride 2. Should the result be flat?

# %% tags=["demo"]
flat = np.ones((1, 8, 8, 1))
painted = [conv2d_transpose(flat, np.ones((side, side, 1, 1)), 2)[0, 2:-2, 2:-2] for side in (3, 4)]
show_images(painted, titles=("kernel 3, stride 2", "kernel 4, stride 2"), colours="viridis")

# %% [markdown]
# *Figure: kernel 3 gives a checkerboard, kernel 4 an even area.*
#
# At kernel 3 every second pixel is reached by two copies. Choose kernels that the stride divides
# (Odena et al. 2016), or repeat pixels and convolve.
#
# Ground covers 92 of 100 pixels here, so cross-entropy is nearly content with ground everywhere.
# **Dice** looks at each class by itself: twice the overlap over the sum of both sizes.

# %% [markdown] tags=["covers:S116"]
# ### Exercise 08.6 · Overlap as a loss
# ●●○○○ · 8 min · 4 points · needs: sums along axes
#
# 1. For each sample and class: overlap, and both sizes, summed over positions. Use probabilities
#    as they are.
# 2. 1 − (2·overlap + smooth) / (sizes + smooth), so that a perfect mask costs 0, and a class that
#    is nowhere, too.
# 3. Average over samples and classes. Write it with `keras.ops`: the network will learn from it.
#
# <details><summary>Hint</summary>Which two of the four axes are positions?</details>


# %%
def dice_loss(y_true, y_prob, smooth: float = 1.0):
    """Mean of 1 − Dice over samples and classes.

    Args:
        y_true: (N, H, W, C), 0 or 1.
        y_prob: (N, H, W, C), 0 to 1.
        smooth: Added above and below.
    Returns:
        One number, 0 to 1.
    Source: Milletari, Navab & Ahmadi 2016, section 3.
    """
    ### BEGIN SOLUTION
    overlap = ops.sum(y_true * y_prob, axis=(1, 2))  # (N, C)
    sizes = ops.sum(y_true, axis=(1, 2)) + ops.sum(y_prob, axis=(1, 2))
    return ops.mean(1 - (2 * overlap + smooth) / (sizes + smooth))
    ### END SOLUTION


# %%
check("08.6", dice_loss)

# %% [markdown]
# The empty answer, scored three ways. **mIoU** is the mean over classes of the IoU of masks.


# %% tags=["demo", "covers:S116"]
def mean_iou(answer: np.ndarray, truth: np.ndarray) -> float:
    """Mean over the classes of the IoU of all their pixels."""
    kinds = range(len(KINDS) + 1)
    pairs = [(answer == kind, truth == kind) for kind in kinds]
    return float(np.mean([np.sum(a & b) / np.sum(a | b) for a, b in pairs]))


nothing, one_hot = np.zeros_like(test.y), np.eye(len(KINDS) + 1, dtype="float32")
print(f"pixels right {np.mean(nothing == test.y):.2f}, mIoU {mean_iou(nothing, test.y):.2f}")
print(f"Dice loss {float(dice_loss(one_hot[test.y], one_hot[nothing])):.2f}")

# %% [markdown] tags=["covers:S116"]
# Right at 92 of 100 pixels, and nothing found. So quote IoU or Dice for each class; for tumours,
# for each lesion.
#
# The network: on the **way down** maps shrink and channels double; on the way up they grow, and
# **skip connections** bring the fine edges across.

# %% [markdown] tags=["covers:S116"]
# ### Exercise 08.7 · Down and up again
# ●●●○○ · 12 min · 6 points · needs: functional models (05)
#
# 1. `block`, given above, is a convolution; use two wherever a map arrives. Borders stay ("same").
# 2. The way down: remember the map *before* each of `depth` halvings; channels `base`, then double.
# 3. Two blocks at the bottom.
# 4. The way up: enlarge by 2, join the remembered map of that size, two blocks.
# 5. A 1×1 convolution to scores, no softmax. Use convolutions alone, no dense layer, and
#    `keras.Model(inputs, outputs)`.
#
# <details><summary>Hint</summary>Keep the remembered maps in a list; the last one comes off
# first.</details>


# %%
def unet(
    height: int, width: int, channels: int, classes: int, base: int = 8, depth: int = 2
) -> keras.Model:
    """A U-Net.

    Args:
        height: Rows of the images, divisible by 2 ** depth.
        width: Columns, likewise.
        channels: Channels of the images.
        classes: Scores a pixel gets.
        base: Channels of the first maps.
        depth: Halvings on the way down.
    Returns:
        A functional model, (None, height, width, channels) to (None, height, width, classes).
    Source: Ronneberger, Fischer & Brox 2015, section 2.
    """
    ### BEGIN SOLUTION
    *widths, bottom = [base * 2**level for level in range(depth + 1)]
    x = inputs = keras.Input((height, width, channels))
    remembered = []
    for filters in widths:
        x = block(block(x, filters), filters)
        remembered.append(x)
        x = layers.MaxPool2D(2)(x)
    x = block(block(x, bottom), bottom)
    for filters in reversed(widths):
        x = layers.Conv2DTranspose(filters, 2, strides=2)(x)
        x = layers.Concatenate()([x, remembered.pop()])
        x = block(block(x, filters), filters)
    return keras.Model(inputs, layers.Conv2D(classes, 1)(x))
    ### END SOLUTION


# %%
check("08.7", unet)

# %% [markdown]
# The same network, three losses: cross-entropy, Dice, their sum. Which finds more than ground?


# %% tags=["covers:S116"]
def cross_entropy(y_true, logits):
    return ops.mean(ops.categorical_crossentropy(y_true, logits, from_logits=True))


def dice(y_true, logits):
    return dice_loss(y_true, ops.softmax(logits))


def both(y_true, logits):
    return cross_entropy(y_true, logits) + dice(y_true, logits)


@cache
def painter(loss, seed: int = 0) -> keras.Model:
    """A U-Net, trained with this loss."""
    keras.utils.set_random_seed(seed)
    model = unet(SIDE, SIDE, 3, len(KINDS) + 1, depth=3)
    model.compile(keras.optimizers.Adam(3e-3), loss)
    count, epochs = profile(smoke=300, cpu=400, gpu=1500), profile(smoke=6, cpu=10, gpu=30)
    y = np.eye(len(KINDS) + 1, dtype="float32")[train.y[:count]]
    model.fit(x_train[:count], y, batch_size=profile(smoke=8, cpu=16), epochs=epochs, verbose=0)
    return model


def masks_by(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """The class of every pixel: (N, H, W)."""
    return model.predict(images, batch_size=100, verbose=0).argmax(axis=-1)


# %% tags=["demo", "covers:S116"]
results = {}
for loss in profile(smoke=(dice,), cpu=(cross_entropy, dice, both)):
    answer = masks_by(painter(loss), x_test)
    results[loss.__name__] = mean_iou(answer, test.y), np.mean(answer == test.y)
shares, names = np.transpose(list(results.values())), list(results)
plot_bars(shares, labels=names, series=("mIoU", "pixels right"), x="loss", y="share")
bands = {"dice": {"smoke": (0.25, 0.75), "cpu": (0.5, 0.9)}, "cross_entropy": {"cpu": (0.18, 0.72)}}
for name, (score, _) in results.items():
    band(f"mIoU, {name}", score, **bands.get(name, {"cpu": (0.3, 0.9)}))

# %% [markdown] tags=["covers:S116"]
# *Figure: mIoU and the share of right pixels for each loss.*
#
# Pixels right hardly differ; mIoU does. In so few steps cross-entropy learns a kind or two beside
# the ground, Dice all four. (`cpu`: 400 scenes, 10 epochs, 3 seeds: mIoU 0.18–0.72 with
# cross-entropy, 0.50–0.90 with Dice, which was ahead each time.)

# %% tags=["demo", "covers:S116"]
answer = masks_by(painter(dice), x_test[:4])
hues = np.array([(0, 0, 0), (0, 114, 178), (213, 94, 0), (0, 158, 115), (230, 159, 0)]) / 255
rows = [*x_test[:4], *hues[test.y[:4]], *hues[answer]]
show_images(rows, columns=4, titles=["scene"] * 4 + ["truth"] * 4 + ["U-Net"] * 4)

# %% [markdown] tags=["covers:S116"]
# *Figure: four scenes, their true masks (person blue, car vermilion, sign green, cone orange), and
# the network's.*
#
# No dense layer, so the weights fit any image size: a **fully convolutional network** (Long et
# al. 2015). DeepLab spreads kernels (dilation, 05) instead of halving. Here are two scenes side by
# side, read at once by the same weights.

# %% tags=["demo", "covers:S116"]
wide = unet(SIDE, 2 * SIDE, 3, len(KINDS) + 1, depth=3)
wide.set_weights(painter(dice).get_weights())
panorama = np.concatenate([x_test[:100], x_test[100:200]], axis=2)  # (100, 48, 96, 3)
truth_wide = np.concatenate([test.y[:100], test.y[100:200]], axis=2)
apart = mean_iou(masks_by(painter(dice), x_test[:200]), test.y[:200])
joined = mean_iou(masks_by(wide, panorama), truth_wide)
print(f"mIoU {apart:.2f} one by one, {joined:.2f} as panoramas")

# %% [markdown] tags=["covers:S118"]
# ## 6 · From masks to things
# A mask tells what, not how many. **Components** separate things that do not touch, such as the 24
# coins of a photograph. Others need one mask a box (Mask R-CNN); **panoptic** segmentation gives
# every pixel a class *and* a thing.

# %% tags=["demo", "covers:S118"]
coins = load("coins").x  # (303, 384), grey
smooth_ground = gaussian_filter(coins, 40)
islands, count = label(binary_fill_holes(gaussian_filter(coins, 2) > smooth_ground + 0.06))
sizes = np.bincount(islands.ravel())[1:]
large = np.flatnonzero(sizes > 300)
slices = [find_objects(islands)[n] for n in large]
around = [(across.start, down.start, across.stop, down.stop) for down, across in slices]
show_boxes([coins], [around], [[""] * len(around)])
print(f"{count} islands, {len(large)} of them larger than 300 pixels")

# %% [markdown] tags=["covers:S118"]
# *Figure: the coins, each in a box of its own.*
#
# **Scene understanding** begins with relations. From the network's mask: what stands left of what,
# and what is larger? The record of the scene tells whether it is so.


# %% tags=["demo", "covers:S118"]
def relations(objects: np.ndarray) -> set[str]:
    """Who is left of whom, and who is larger, from class and box."""
    said = set()
    for kind, x1, y1, x2, y2 in objects:
        for other, u1, v1, u2, v2 in objects:
            if x2 <= u1:
                said.add(f"{KINDS[int(kind)]} left of {KINDS[int(other)]}")
            if (x2 - x1) * (y2 - y1) > 1.2 * (u2 - u1) * (v2 - v1):
                said.add(f"{KINDS[int(kind)]} larger than {KINDS[int(other)]}")
    return said


seen = [objects_of(mask) for mask in masks_by(painter(dice), x_test)]
seen = [one[(one[:, 3] - one[:, 1]) * (one[:, 4] - one[:, 2]) > 40] for one in seen]  # no crumbs
pairs = [(relations(ours), relations(real)) for ours, real in zip(seen, truth, strict=True)]
said, true = sum(len(a) for a, _ in pairs), sum(len(b) for _, b in pairs)
both_say = sum(len(a & b) for a, b in pairs)
print(
    f"of {said} relations said {both_say / said:.2f} hold; of {true} true ones {both_say / true:.2f} are said"
)

# %% [markdown]
# Errors multiply: a relation needs two right things. Satellite images and cells (→ 40) ask the same
# questions, *what* and *where*.

# %% [markdown]
# ## 7 · Whose face
# Detection finds a face; **verification** asks whether two pictures show the same person;
# **identification** searches a database. Three tasks, three error rates. A network learns an
# **embedding**, a vector for each face as a whole, in which one person's pictures lie close.

# %% [markdown]
# ### Exercise 08.8 · Nearer than a stranger
# ●●○○○ · 8 min · 4 points · needs: sums along axes
#
# A triplet: a picture (anchor), another of the same person (positive), one of a stranger
# (negative).
# 1. Squared distance from anchor to positive, and from anchor to negative.
# 2. The stranger should be farther by at least the margin. By how much does it fall short? Never
#    below 0.
# 3. Average over the triplets. Write it with `keras.ops`.
#
# <details><summary>Hint</summary>If both are equally far, it falls short by the margin.</details>


# %%
def triplet_loss(anchor, positive, negative, margin: float):
    """Mean shortfall of the triplets.

    Args:
        anchor: (N, D), float.
        positive: (N, D), the same persons as in anchor.
        negative: (N, D), others.
        margin: By how much a squared distance to a stranger should be larger.
    Returns:
        One number, at least 0.
    Source: Schroff, Kalenichenko & Philbin 2015, section 3.1.
    """
    ### BEGIN SOLUTION
    near = ops.sum(ops.square(anchor - positive), axis=1)
    far = ops.sum(ops.square(anchor - negative), axis=1)
    return ops.mean(ops.maximum(near - far + margin, 0))
    ### END SOLUTION


# %%
check("08.8", triplet_loss)

# %% [markdown]
# Faces of people who do not exist, 12 drawings each: 80 to learn from, 30 others to test on.

# %% tags=["demo"]
people, strangers = load("drawn_faces"), load("drawn_faces", split="test")
show_images(people.x[np.argsort(people.y, kind="stable")[:24]], columns=12)


# %% [markdown]
# *Figure: two people, twelve drawings each, in other poses, moods and light.*
#
# A pair is accepted if its distance is below a threshold. At the **equal error rate** as many
# strangers are accepted as pairs of one person are turned away. Raw pixels first: your guess?


# %%
def triplets(count: int, random: np.random.Generator) -> np.ndarray:
    """Pictures (count, 3, 32, 32, 1): two of one person, one of another."""
    order = np.argsort(people.y, kind="stable").reshape(-1, 12)  # a row for each person
    one, step = random.integers(80, size=count), random.integers(1, 80, size=count)
    first, skip = random.integers(12, size=count), random.integers(1, 12, size=count)
    places = order[one, first], order[one, (first + skip) % 12], order[(one + step) % 80, first]
    return people.x[np.stack(places, axis=1)].astype("float32") / 255


def error_rate(vectors: np.ndarray) -> float:
    """Equal error rate over all pairs of the test people's pictures."""
    vectors = vectors.reshape(len(vectors), -1)
    squares = np.sum(vectors**2, axis=1)
    distances = squares[:, None] + squares - 2 * vectors @ vectors.T
    upper = np.triu_indices(len(vectors), 1)
    same = (strangers.y[:, None] == strangers.y)[upper]
    one, other = np.sort(distances[upper][same]), np.sort(distances[upper][~same])
    turned_away = 1 - np.arange(1, len(one) + 1) / len(one)
    accepted = np.searchsorted(other, one) / len(other)
    closest = np.abs(turned_away - accepted).argmin()
    return float(turned_away[closest] + accepted[closest]) / 2


# %% tags=["demo"]
keras.utils.set_random_seed(0)
x = inputs = keras.Input((32, 32, 1))
for filters in (16, 32, 64):
    x = layers.MaxPool2D(2)(block(x, filters))  # 16, 8, then 4
embed = keras.Model(inputs, layers.UnitNormalization()(layers.Dense(32)(layers.Flatten()(x))))
three = keras.Input((3, 32, 32, 1))
model = keras.Model(three, layers.TimeDistributed(embed)(three))  # (batch, 3, 32)
model.compile(
    keras.optimizers.Adam(3e-3), lambda _, e: triplet_loss(e[:, 0], e[:, 1], e[:, 2], 0.4)
)
batches = triplets(32 * profile(smoke=60, cpu=300, gpu=1000), np.random.default_rng(0))
model.fit(batches, np.zeros(len(batches)), batch_size=32, verbose=0)
pictures = strangers.x.astype("float32") / 255
band("equal error rate, raw pixels", error_rate(pictures), smoke=(0.42, 0.52), cpu=(0.42, 0.52))
rate = error_rate(embed.predict(pictures, verbose=0))
band("equal error rate, embedding", rate, smoke=(0.08, 0.25), cpu=(0.03, 0.16))

# %% [markdown]
# Pixels are a coin's toss: light and pose outweigh the person. The embedding works for people whom
# it has never met. Most triplets soon cost nothing; FaceNet picks hard ones.
#
# > **Note.** One threshold, many people: error rates differ by group. Commercial gender
# > classifiers erred on up to 34.7 % of darker-skinned women and at most 0.8 % of lighter-skinned
# > men (Buolamwini & Gebru 2018). Who is watched, who agreed, and who answers for a false match
# > are questions that no threshold settles (→ 35).

# %% [markdown]
# ## What you can rely on now
# - IoU compares boxes and masks; without overlap it gives no direction.
# - Suppression keeps one box a heap; a dropped box drops nobody.
# - A cell answers for the centre it holds; AP needs its IoU threshold beside it.
# - Where ground is 92 % of the pixels, pixel accuracy says nothing; Dice looks at each class.
# - Skips bring back the edges; what a network never saw changed, it leans on.
#
# Next, 09 leaves the grid for sequences. Video: 15. Why a box is where it is: 34.

# %% [markdown]
# ## Self-quiz
# 1. Boxes (0, 0, 2, 2) and (1, 1, 3, 3): IoU? <details><summary>Answer</summary>1/7: 1 shared, 4 +
#    4 − 1 together.</details>
# 2. Why is 92 % pixel accuracy worthless here? <details><summary>Answer</summary>Ground covers as
#    much: the empty answer scores it.</details>
# 3. A dropped box drops a third one in your suppression. What goes wrong?
#    <details><summary>Answer</summary>Two neighbouring things become one.</details>
# 4. Ten objects, five found, no false alarm: AP? <details><summary>Answer</summary>0.5: precision
#    is 1 up to recall 0.5.</details>
# 5. Transposed convolution, 5 inputs, kernel 3, stride 2: size?
#    <details><summary>Answer</summary>11, and every second place is painted twice.</details>

# %% [markdown]
# ## References
# Faces: Viola & Jones 2001; Schroff et al. 2015; Buolamwini & Gebru 2018 · detection: Girshick et
# al. 2014; Girshick 2015; Ren et al. 2015; Redmon et al. 2016; Liu et al. 2016 (SSD); Lin et al.
# 2017 (FPN; focal loss); He et al. 2017; Law & Deng 2018; Zhou et al. 2019; Rezatofighi et al.
# 2019; Carion et al. 2020 · segmentation: Long et al. 2015; Ronneberger et al. 2015; Milletari et
# al. 2016; Odena et al. 2016; Chen et al. 2018; Kirillov et al. 2019 (panoptic) · scores:
# Everingham et al. 2010; Lin et al. 2014 (COCO).
#
# Read on: [Deconvolution and checkerboard artifacts](https://distill.pub/2016/deconv-checkerboard/),
# [You only look once](https://arxiv.org/abs/1506.02640).

# %%
progress("08")
