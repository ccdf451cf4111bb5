"""Right answers to chapter 08 that differ from the reference in method: each must earn every point."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from layerwise_grader.answers import alternative

# --- 08.1 ------------------------------------------------------------------------------------------------------------


def overlap_of(one, other):
    """IoU of two boxes, in plain Python."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(width, 0) * max(height, 0)
    whole = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - both
    return both / whole if whole else 0.0


@alternative("08.1", "loops, as lists")
def iou_by_loops(a, b):
    return [[overlap_of(one, other) for other in b.tolist()] for one in a.tolist()]


@alternative("08.1", "a tiny constant below the line, in float32")
def iou_with_constant(a, b):
    a, b = np.float32(a), np.float32(b)
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    sizes = [(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) for boxes in (a, b)]
    return both / (sizes[0][:, None] + sizes[1] - both + 1e-6)


@alternative("08.1", "keras.ops, returning a tensor")
def iou_by_keras(a, b):
    a, b = ops.convert_to_tensor(a, "float32"), ops.convert_to_tensor(b, "float32")
    low, high = ops.maximum(a[:, None, :2], b[None, :, :2]), ops.minimum(a[:, None, 2:], b[None, :, 2:])
    both = ops.prod(ops.relu(high - low), axis=-1)
    one, other = (ops.prod(boxes[:, 2:] - boxes[:, :2], axis=-1) for boxes in (a, b))
    whole = one[:, None] + other[None] - both
    return ops.where(whole > 0, both / ops.where(whole > 0, whole, 1.0), 0.0)


# --- 08.2 ------------------------------------------------------------------------------------------------------------


@alternative("08.2", "each box beside all that are kept, as a list")
def nms_beside_kept(boxes, scores, threshold):
    kept = []
    for place in sorted(range(len(scores)), key=lambda one: -scores[one]):
        if all(overlap_of(boxes[place], boxes[one]) <= threshold for one in kept):
            kept.append(place)
    return kept


@alternative("08.2", "a mask of those that are gone")
def nms_by_mask(boxes, scores, threshold):
    gone, order = np.zeros(len(boxes), bool), np.argsort(scores)[::-1]
    overlap = np.array(iou_by_loops(boxes, boxes)).reshape(len(boxes), len(boxes))
    for place in order:
        if not gone[place]:
            weaker = scores < scores[place]
            gone |= weaker & (overlap[place] > threshold)
    return np.array([place for place in order if not gone[place]], dtype=np.int32)


@alternative("08.2", "a queue that shrinks, with scores struck out")
def nms_by_striking(boxes, scores, threshold):
    left, kept = np.array(scores, float), []
    while len(left) and left.max() > -np.inf:
        best = int(left.argmax())
        kept.append(best)
        for other in range(len(left)):
            if other == best or overlap_of(boxes[best], boxes[other]) > threshold:
                left[other] = -np.inf
    return tuple(kept)


# --- 08.3 ------------------------------------------------------------------------------------------------------------


@alternative("08.3", "all objects at once, the last written first")
def target_at_once(objects, grid, classes):
    target = np.zeros((grid, grid, 5 + classes), np.float32)
    objects = objects[::-1]
    cells = np.minimum((objects[:, 1:3] * grid).astype(int), grid - 1)
    columns, rows = cells.T
    target[rows, columns] = 0
    for place, (kind, x, y, w, h) in enumerate(objects):
        target[rows[place], columns[place]] = 0
        target[rows[place], columns[place], :5] = 1, x * grid - columns[place], y * grid - rows[place], w, h
        target[rows[place], columns[place], 5 + int(kind)] = 1
    return target


@alternative("08.3", "divmod, as nested lists")
def target_by_divmod(objects, grid, classes):
    target = [[[0.0] * (5 + classes) for _ in range(grid)] for _ in range(grid)]
    for kind, x, y, w, h in objects.tolist():
        column, right = divmod(x * grid, 1)
        row, down = divmod(y * grid, 1)
        if column == grid:
            column, right = grid - 1, 1.0
        if row == grid:
            row, down = grid - 1, 1.0
        cell = target[int(row)][int(column)]
        if not cell[0]:
            cell[:5] = 1.0, right, down, w, h
            cell[5 + int(kind)] = 1.0
    return target


# --- 08.4 ------------------------------------------------------------------------------------------------------------


@alternative("08.4", "mean over hits of the best later precision")
def ap_over_hits(scores, hits, positives):
    ranked = [hit for _, hit in sorted(zip(scores, hits, strict=True), reverse=True)]
    precision = [sum(ranked[: n + 1]) / (n + 1) for n in range(len(ranked))]
    best = [max(precision[n:]) for n, hit in enumerate(ranked) if hit]
    return sum(best) / positives if positives else 0


@alternative("08.4", "trapezoids on the envelope")
def ap_by_trapezoids(scores, hits, positives):
    if positives == 0 or len(scores) == 0:
        return np.float32(0)
    order = np.argsort(scores)[::-1]
    found = np.cumsum(hits[order])
    recall = np.concatenate([[0], found / positives])
    precision = np.concatenate([[0], found / np.arange(1, len(found) + 1)])
    for n in range(len(precision) - 2, -1, -1):
        precision[n] = max(precision[n], precision[n + 1])
    return np.sum(np.diff(recall) * (precision[1:] + precision[1:]) / 2)


# --- 08.5 ------------------------------------------------------------------------------------------------------------


@alternative("08.5", "pixel by pixel")
def painted_by_pixels(x, kernel, stride):
    height, width, filters, _ = kernel.shape
    count, rows, columns, _ = x.shape
    canvas = np.zeros((count, (rows - 1) * stride + height, (columns - 1) * stride + width, filters))
    for i in range(rows):
        for j in range(columns):
            window = np.s_[:, i * stride : i * stride + height, j * stride : j * stride + width]
            canvas[window] += np.einsum("nc,hwfc->nhwf", x[:, i, j], kernel)
    return canvas


@alternative("08.5", "zeros between the pixels, then a convolution with the flipped kernel")
def painted_by_looking(x, kernel, stride):
    height, width = kernel.shape[:2]
    count, rows, columns, channels = x.shape
    wide = np.zeros((count, (rows - 1) * stride + 1, (columns - 1) * stride + 1, channels))
    wide[:, ::stride, ::stride] = x
    wide = np.pad(wide, ((0, 0), (height - 1, height - 1), (width - 1, width - 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(wide, (height, width), axis=(1, 2))
    return np.einsum("nhwcij,ijfc->nhwf", windows, kernel[::-1, ::-1])


@alternative("08.5", "keras.ops, returning a tensor")
def painted_by_keras(x, kernel, stride):
    return ops.conv_transpose(np.float32(x), np.float32(kernel), strides=stride, padding="valid")


# --- 08.6 ------------------------------------------------------------------------------------------------------------


@alternative("08.6", "keras.ops, returning a tensor")
def dice_by_keras(y_true, y_prob, smooth=1.0):
    y_true, y_prob = ops.cast(y_true, "float32"), ops.cast(y_prob, "float32")
    overlap = ops.sum(y_true * y_prob, axis=(1, 2))
    return ops.mean(1 - (2 * overlap + smooth) / (ops.sum(y_true + y_prob, axis=(1, 2)) + smooth))


@alternative("08.6", "einsum")
def dice_by_einsum(y_true, y_prob, smooth=1.0):
    overlap = np.einsum("nhwc,nhwc->nc", y_true, y_prob)
    both = np.einsum("nhwc->nc", y_true + y_prob)
    return 1 - np.mean((2 * overlap + smooth) / (both + smooth))


@alternative("08.6", "loops over samples and classes")
def dice_by_loops(y_true, y_prob, smooth=1.0):
    losses = []
    for truth, claim in zip(y_true, y_prob, strict=True):
        for one in range(truth.shape[2]):
            a, b = truth[:, :, one], claim[:, :, one]
            losses.append(1 - (2 * (a * b).sum() + smooth) / (a.sum() + b.sum() + smooth))
    return sum(losses) / len(losses)


# --- 08.7 ------------------------------------------------------------------------------------------------------------


@alternative("08.7", "strides, transposed convolutions and additions, with batch norm")
def unet_by_strides(height, width, channels, classes, base=8, depth=2):
    def block(x, filters, stride=1):
        x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    inputs = keras.Input((height, width, channels))
    maps = [block(inputs, base)]
    for level in range(1, depth + 1):
        maps.append(block(maps[-1], base * 2**level, 2))
    x = maps.pop()
    for level in reversed(range(depth)):
        x = layers.Conv2DTranspose(base * 2**level, 2, strides=2)(x)
        x = block(layers.add([x, maps.pop()]), base * 2**level)
    return keras.Model(inputs, layers.Conv2D(classes, 1)(x))


@alternative("08.7", "a model for each block, bilinear enlargement, no names for height and width")
def unet_of_models(height, width, channels, classes, base=8, depth=2):
    def block(filters):
        return keras.Sequential([layers.Conv2D(filters, 3, padding="same", activation="gelu") for _ in range(2)])

    def level(x, left):
        x = block(base * 2 ** (depth - left))(x)
        if left == 0:
            return x
        below = layers.UpSampling2D(interpolation="bilinear")(level(layers.AveragePooling2D(2)(x), left - 1))
        return block(base * 2 ** (depth - left))(layers.concatenate([below, x]))

    inputs = layers.Input(shape=(height, width, channels))
    return keras.Model(inputs=inputs, outputs=layers.Conv2D(classes, kernel_size=(1, 1))(level(inputs, depth)))


# --- 08.8 ------------------------------------------------------------------------------------------------------------


@alternative("08.8", "keras.ops, returning a tensor")
def triplets_by_keras(anchor, positive, negative, margin):
    near, far = (ops.sum(ops.square(anchor - other), axis=-1) for other in (positive, negative))
    return ops.mean(ops.relu(near - far + margin))


@alternative("08.8", "triplet by triplet")
def triplets_by_loops(anchor, positive, negative, margin):
    losses = []
    for a, p, n in zip(anchor, positive, negative, strict=True):
        losses.append(max(0, np.linalg.norm(a - p) ** 2 - np.linalg.norm(a - n) ** 2 + margin))
    return np.float32(np.mean(losses))


# A mutant that changes nothing, and why: {"08.1 name: old → new": "reason"}
_TIES = "no pair of a probe lies at the threshold, where rounding would decide"
_WIDTHS = "how wide the maps inside are is not judged: right U-Nets differ there"
_GAPS = "a kernel of 1 leaves gaps that the next convolutions fill"
EQUIVALENT: dict[str, str] = {
    "08.2 best_drops_its_neighbours: left[every_pair(boxes[[best]], boxes[left]).ravel() <= threshold] → "
    "left[every_pair(boxes[[best]], boxes[left]).ravel() < threshold]": _TIES,
    "08.2 nms: left[iou(boxes[[best]], boxes[left]).ravel() <= threshold] → "
    "left[iou(boxes[[best]], boxes[left]).ravel() < threshold]": _TIES,
    "08.7 unet: [base * 2 ** level for level in range(depth + 1)] → "
    "[base * 1 ** level for level in range(depth + 1)]": _WIDTHS,
    "08.7 unet: [base * 2 ** level for level in range(depth + 1)] → "
    "[base * 3 ** level for level in range(depth + 1)]": _WIDTHS,
    "08.7 unet: layers.Conv2DTranspose(filters, 2, strides=2)(x) → "
    "layers.Conv2DTranspose(filters, 1, strides=2)(x)": _GAPS,
}
