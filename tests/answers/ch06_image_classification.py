"""Right answers to chapter 06 that differ from the reference in method: each must earn every point."""

from __future__ import annotations

import numpy as np
from keras import layers, ops  # here, since loading a backend takes longer than one call may

from layerwise_grader.answers import alternative

# --- 06.1 ------------------------------------------------------------------------------------------------------------


@alternative("06.1", "both scalings folded into one, in float32")
def normalize_folded(images, mean, std):
    factor, offset = 1 / (255 * np.asarray(std)), np.asarray(mean) / np.asarray(std)
    return (images.astype("float32") * factor - offset).astype("float32")


@alternative("06.1", "Keras' Rescaling and Normalization")
def normalize_by_keras(images, mean, std):
    x = layers.Rescaling(1 / 255)(images.astype("float32"))
    return layers.Normalization(axis=-1, mean=mean, variance=np.square(std))(x)


@alternative("06.1", "channel by channel, as a list")
def normalize_by_channel(images, mean, std):
    channels = [(images[..., c].astype(float) / 255.0 - mean[c]) / std[c] for c in range(len(mean))]
    return np.stack(channels, axis=-1).tolist()


# --- 06.2 ------------------------------------------------------------------------------------------------------------


@alternative("06.2", "building Keras layers and counting their weights")
def cost_by_keras(kind, height, width, c_in, c_out, kernel):
    def conv(filters, side):
        return layers.Conv2D(filters, side, padding="same", use_bias=False)

    depthwise = layers.DepthwiseConv2D(kernel, padding="same", use_bias=False)
    parts = {
        "standard": [conv(c_out, kernel)],
        "separable": [depthwise, conv(c_out, 1)],
        "bottleneck": [conv(c_out // 4, 1), conv(c_out // 4, kernel), conv(c_out, 1)],
    }[kind]
    shape, weights = (None, height, width, c_in), 0
    for part in parts:
        part.build(shape)
        shape, weights = part.compute_output_shape(shape), weights + part.count_params()
    return weights, weights * height * width


@alternative("06.2", "a list of (window, in, out) for each part, with NumPy numbers")
def cost_by_parts(kind, height, width, c_in, c_out, kernel):
    middle = c_out / 4
    parts = {
        "standard": [(kernel, c_in, c_out)],
        "separable": [(kernel, 1, c_in), (1, c_in, c_out)],
        "bottleneck": [(1, c_in, middle), (kernel, middle, middle), (1, middle, c_out)],
    }[kind]
    weights = sum(np.prod([side, side, before, after]) for side, before, after in parts)
    return [weights, weights * height * width]


# --- 06.3 ------------------------------------------------------------------------------------------------------------


@alternative("06.3", "activation before each convolution (He et al. 2016b), no bias")
def block_preactivated(x, filters, stride=1):
    y = layers.ReLU()(layers.BatchNormalization()(x))
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(y)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    if stride > 1 or x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)
    return layers.add([x, y])


@alternative("06.3", "biases, and batch norm on the shortcut as well")
def block_with_biases(x, filters, stride=1):
    y = layers.Conv2D(filters, (3, 3), stride, "same")(x)
    y = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(y))
    y = layers.BatchNormalization(momentum=0.9)(layers.Conv2D(filters, (3, 3), padding="same")(y))
    if (stride, filters) != (1, x.shape[-1]):
        x = layers.BatchNormalization(momentum=0.9)(layers.Conv2D(filters, 1, stride, "same")(x))
    return ops.relu(x + y)


@alternative("06.3", "stride in the second convolution, average pooling before the projection")
def block_with_late_stride(x, filters, stride=1):
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    if stride > 1:
        x = layers.AveragePooling2D(stride, padding="same")(x)
    if stride > 1 or x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1)(x)
    return layers.ReLU()(layers.Add()([y, x]))


# --- 06.4 ------------------------------------------------------------------------------------------------------------


@alternative("06.4", "padding once by the largest shift")
def augment_by_padding(images, flips, shifts):
    most = np.abs(shifts).max()
    height, width = images.shape[1:3]
    wide = np.pad(images, ((0, 0), (most, most), (most, most), (0, 0)))
    result = []
    for image, flip, (down, right) in zip(wide, flips, shifts, strict=True):
        image = image[:, ::-1] if flip else image
        result.append(image[most - down : most - down + height, most - right : most - right + width].tolist())
    return result


@alternative("06.4", "slices of one array assigned to slices of another")
def augment_by_slices(images, flips, shifts):
    result = np.zeros_like(images)
    height, width = images.shape[1:3]
    for i, (down, right) in enumerate(shifts):
        source = np.fliplr(images[i]) if flips[i] else images[i]
        to_rows, to_columns = slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0))
        rows, columns = slice(max(-down, 0), height - max(down, 0)), slice(max(-right, 0), width - max(right, 0))
        result[i, to_rows, to_columns] = source[rows, columns]
    return result


@alternative("06.4", "scipy.ndimage.shift, in float32")
def augment_by_scipy(images, flips, shifts):
    from scipy.ndimage import shift

    result = [
        shift(image[:, ::-1] if flip else image, (*move, 0), order=0, cval=0.0)
        for image, flip, move in zip(np.float32(images), flips, shifts, strict=True)
    ]
    return np.array(result)


@alternative("06.4", "an index for each pixel and a mask for those from outside")
def augment_by_index(images, flips, shifts):
    count, height, width, _ = images.shape
    rows = np.arange(height) - shifts[:, :1]  # (N, H)
    columns = np.arange(width) - shifts[:, 1:]  # (N, W)
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None]
    columns = np.where(flips[:, None], width - 1 - columns, columns)
    samples = np.arange(count)[:, None, None]
    picked = images[samples, rows[:, :, None] % height, columns[:, None] % width]
    return picked * inside[..., None]


# --- 06.5 ------------------------------------------------------------------------------------------------------------


@alternative("06.5", "a loop over samples, lists")
def mix_by_loop(images, labels, partner, lam=None, box=None):
    height, width = images.shape[1:3]
    pictures, targets = [], []
    for i, other in enumerate(partner):
        if box is None:
            keeps = np.full((height, width, 1), lam[i])
        else:
            keeps = np.ones((height, width, 1))
            keeps[max(box[0], 0) : max(box[2], 0), max(box[1], 0) : max(box[3], 0)] = 0
        share = float(keeps.mean())
        pictures.append((keeps * images[i] + (1 - keeps) * images[other]).tolist())
        targets.append((share * labels[i] + (1 - share) * labels[other]).tolist())
    return pictures, targets


@alternative("06.5", "a mask for CutMix, einsum for mixup, in float32")
def mix_by_mask(images, labels, partner, lam=None, box=None):
    images, labels = np.float32(images), np.float32(labels)
    rows, columns = np.ogrid[: images.shape[1], : images.shape[2]]
    if box is None:
        weights = np.stack([lam, 1 - lam])  # (2, N)
        both = np.stack([images, images[partner]]), np.stack([labels, labels[partner]])
        return np.einsum("sn,snhwc->nhwc", weights, both[0]), np.einsum("sn,snk->nk", weights, both[1])
    inside = (rows >= box[0]) & (rows < box[2]) & (columns >= box[1]) & (columns < box[3])
    share = inside.mean()
    return np.where(inside[..., None], images[partner], images), labels * (1 - share) + labels[partner] * share


@alternative("06.5", "reshaped shares and slices on a copy, keras.ops")
def mix_by_ops(images, labels, partner, lam=None, box=None):
    if box is None:
        lam = ops.convert_to_tensor(lam)
        wide, rows = ops.reshape(lam, (-1, 1, 1, 1)), ops.reshape(lam, (-1, 1))
        return images[partner] + wide * (images - images[partner]), rows * labels + (1 - rows) * labels[partner]
    (y0, y1), (x0, x1) = [
        [min(max(edge, 0), n) for edge in (box[i], box[i + 2])] for i, n in enumerate(images.shape[1:3])
    ]
    result = images.copy()
    result[:, y0:y1, x0:x1] = images[partner, y0:y1, x0:x1]
    keep = 1 - (y1 - y0) * (x1 - x0) / (images.shape[1] * images.shape[2])
    return result, keep * labels + (1 - keep) * labels[partner]


# --- 06.6 ------------------------------------------------------------------------------------------------------------


@alternative("06.6", "scikit-learn")
def report_by_sklearn(labels, predictions, classes):
    from sklearn.metrics import precision_recall_fscore_support

    parts = precision_recall_fscore_support(labels, predictions, labels=range(classes), zero_division=0)
    return np.transpose(parts[:3])


@alternative("06.6", "boolean masks, class by class, lists")
def report_by_masks(labels, predictions, classes):
    rows = []
    for k in range(classes):
        hits = int(np.sum((labels == k) & (predictions == k)))
        called, are = int(np.sum(predictions == k)), int(np.sum(labels == k))
        rows.append([hits / max(called, 1), hits / max(are, 1), 2 * hits / max(called + are, 1)])
    return rows


@alternative("06.6", "np.add.at and divisions that skip zeros, in float32")
def report_by_adding(labels, predictions, classes):
    table = np.zeros((classes, classes), "float32")
    np.add.at(table, (labels, predictions), 1)
    hits, zeros = np.diag(table), np.zeros(classes, "float32")
    precision = np.divide(hits, table.sum(0), out=zeros.copy(), where=table.sum(0) > 0)
    recall = np.divide(hits, table.sum(1), out=zeros.copy(), where=table.sum(1) > 0)
    f1 = np.divide(2 * precision * recall, precision + recall, out=zeros.copy(), where=precision + recall > 0)
    return np.column_stack([precision, recall, f1])


# --- 06.7 ------------------------------------------------------------------------------------------------------------


@alternative("06.7", "np.digitize, bins closed on the right")
def calibration_by_digitize(probs, labels, bins):
    confidence, right = np.max(probs, axis=1), np.argmax(probs, axis=1) == labels
    places = np.digitize(confidence, np.linspace(0, 1, bins + 1)[1:-1], right=True)
    total = 0.0
    for place in np.unique(places):
        inside = places == place
        total += inside.sum() * abs(right[inside].mean() - confidence[inside].mean())
    return total / len(labels)


@alternative("06.7", "sums by histogram: the counts cancel")
def calibration_by_histogram(probs, labels, bins):
    confidence = probs.max(1)
    difference = (probs.argmax(1) == labels) - confidence
    sums, _ = np.histogram(confidence, bins=bins, range=(0, 1), weights=difference)
    return np.abs(sums).sum() / len(labels)


@alternative("06.7", "a loop over samples in plain Python")
def calibration_by_loop(probs, labels, bins):
    sums = [0.0] * bins
    for row, label in zip(probs.tolist(), labels.tolist(), strict=True):
        sure = max(row)
        sums[min(int(sure * bins), bins - 1)] += (row.index(sure) == label) - sure
    return sum(map(abs, sums)) / len(labels)


# Mutants that change nothing, and why.
_OPEN = "the card leaves biases and the momentum of batch norm open"
_BLOCK = "06.3 residual_conv_block: layers."
EQUIVALENT: dict[str, str] = {
    "06.2 layer_cost: (kernel * kernel, c_out // 4) → (kernel * kernel, c_out / 4)": "c_out is a multiple of 4",
    f"{_BLOCK}BatchNormalization(momentum=0.9)(y) → layers.BatchNormalization(momentum=1.8)(y)": _OPEN,
    f"{_BLOCK}ReLU()(layers.BatchNormalization(momentum=0.9)(y))"
    " → layers.ReLU()(layers.BatchNormalization(momentum=1.8)(y))": _OPEN,
    **{
        f"{_BLOCK}{layer}, use_bias=False){of} → layers.{layer}, use_bias=True){of}": _OPEN
        for layer, of in (
            ("Conv2D(filters, 1, strides=stride, padding='same'", "(x)"),
            ("Conv2D(filters, 3, padding='same'", "(y)"),
            ("Conv2D(filters, 3, strides=stride, padding='same'", "(x)"),
        )
    },
    "06.4 augment: np.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)))"
    " → np.pad(images, ((0, 1), (reach, reach), (reach, reach), (0, 0)))": "a picture more that nobody asks for",
    **{
        f"06.5 mix_pairs: (lam.reshape(-1, 1, 1, 1), lam.reshape(-1, 1)) → ({mutant})": (
            "NumPy reads every length below 0 as the one to be found"
        )
        for mutant in (
            "lam.reshape(-1, 1, 1, 1), lam.reshape(-2, 1)",
            "lam.reshape(-2, 1, 1, 1), lam.reshape(-1, 1)",
        )
    },
    "06.6 class_report: 2 * hits / np.maximum(called + there, 1) → 2 * hits / np.maximum(called + there, 2)": (
        "a class that is called or there once, and not both, has no hits"
    ),
    "06.6 class_report: np.add.at(counts, (labels, predictions), 1) → np.add.at(counts, (labels, predictions), 2)": (
        "counts of two cancel in every share"
    ),
}
