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
# # 05 · Convolutions
# > *Nine numbers find an edge anywhere in a picture. Which nine, and why anywhere?*
#
# **You build** the size of any map, a convolution, a convolutional layer, pooling, the receptive
# field, and the forward pass of a trained Keras CNN. **You need** 01, 03. **Takes** 110 min, on a
# CPU.
#
# [Open in Colab](https://colab.research.google.com/github/layerwise/layerwise/blob/main/course/05-convolutions/05-convolutions.ipynb) · [Download](05-convolutions.ipynb)

# %%
import keras
import numpy as np
from keras import layers
from numpy.lib.stride_tricks import sliding_window_view

from layerwise_datasets import describe_run, load, plot_bars, plot_heatmap, profile, show_images
from layerwise_grader import band, check, progress

keras.utils.set_random_seed(0)
photo = load("photograph").x.reshape(128, 4, 128, 4).mean(axis=(1, 3))  # 128×128, grey, 0 to 1
toy = load("toy").x[::2, ::2]  # 125×185×3, colour
digits = profile(smoke="digits", gpu="mnist")
train, test = load(digits), load(digits, split="test")
x_train, x_test = [
    (data.x / data.x.max()).reshape(*data.x.shape[:3], 1).astype("float32")
    for data in (train, test)
]  # (N, 8, 8, 1), 0 to 1
describe_run(train, test, minutes=profile(smoke=0.5, cpu=1.5))

# %% [markdown] tags=["covers:S080", "covers:S089"]
# ## 1 · The same small question everywhere
# Lay a small table of numbers, a **kernel** (or filter), on a patch; multiply entry by entry; add
# up. The sum is the patch's answer to the kernel's question. These nine numbers ask: darker on the
# left, brighter on the right? Which of two patches (in percent) will answer 0?

# %%
vertical = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
collar, sky = photo[40:43, 40:43], photo[12:15, 100:103]
for place, patch in {"collar": collar, "sky": sky}.items():
    percent = (100 * patch).round().astype(int)
    print(place, percent.tolist(), "→", np.sum(percent * vertical))
grey = [np.dstack([picture] * 3) for picture in (photo, collar, sky)]  # as colours: no stretching
show_images(grey, titles=("photograph", "at the collar", "in the sky"))

# %% [markdown] tags=["covers:S078", "covers:S081"]
# *Figure: a photographer on a lawn, and two patches of 3×3 pixels: dark to bright at the collar,
# one grey in the sky.*
#
# Even sky answers 0, because the kernel's numbers sum to 0. The collar answers (84 − 15) + 2·(97 −
# 14) + (80 − 14) = 301. Sliding the kernel over all places gives a **feature map**. First: how
# many places are there?

# %% [markdown]
# ### Exercise 05.1 · How large is the map
# ●○○○○ · 8 min · 2 points · needs: whole-number division
#
# Count the places of a kernel along one axis of `n` pixels. **Padding** adds so many zeros on
# *each* side, **stride** is the step from place to place, **dilation** the distance between
# neighbouring taps. Incomplete windows are left out; the kernel always fits.
# 1. How far does the dilated kernel reach, from first to last tap?
# 2. How many whole steps fit after the first place?
# 3. Count the first place too.
#
# <details><summary>Hint 1</summary>Three taps at distance 2 cover five pixels.</details>
# <details><summary>Hint 2</summary>Seven pixels, kernel 3: the last place starts at pixel 4,
# counted from 0.</details>


# %%
def output_size(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """Length of the map that a kernel makes along one axis.

    Args:
        n: Pixels of the input, at least 1.
        kernel: Taps of the kernel.
        stride: Pixels from one place to the next.
        padding: Zeros added on each side.
        dilation: Pixels from one tap to the next.
    Returns:
        The number of places where the whole kernel fits.
    Source: Dumoulin & Visin 2016, relationship 15.
    """
    ### BEGIN SOLUTION
    reach = dilation * (kernel - 1) + 1
    return (n + 2 * padding - reach) // stride + 1
    ### END SOLUTION


# %%
check("05.1", output_size)

# %% [markdown] tags=["covers:S078", "covers:S080", "covers:S081", "covers:S089"]
# ### Exercise 05.2 · Slide one kernel over one image
# ●●○○○ · 12 min · 4 points · needs: slices of arrays
#
# 1. Cut the patch at one place.
# 2. Multiply it with the kernel, entry by entry, and sum.
# 3. Do so at every place where the whole kernel fits; the kernel stays as it is. An image of whole
#    numbers keeps the kernel's fractions.
#
# <details><summary>Hint 1</summary>How many places are there down, and how many across?</details>
# <details><summary>Hint 2</summary>The patch at row i, column j starts there and is as large as
# the kernel.</details>


# %%
def conv2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Feature map of one kernel on one grey image.

    Args:
        image: (H, W), whole numbers or floats.
        kernel: (kh, kw), not larger than the image.
    Returns:
        (H-kh+1, W-kw+1), float.
    Source: LeCun et al. 1989, section 4.
    """
    ### BEGIN SOLUTION
    height, width = kernel.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    feature_map = np.empty((rows, columns))
    for i in range(rows):
        for j in range(columns):
            feature_map[i, j] = np.sum(image[i : i + height, j : j + width] * kernel)
    return feature_map
    ### END SOLUTION


# %%
check("05.2", conv2d)

# %% [markdown]
# Three kernels, three maps. Which will show the tripod best, and which the grass?

# %% tags=["demo"]
kernels = {
    "vertical edges": vertical,
    "horizontal edges": vertical.T,
    "spots": np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]]),
}
maps = [np.abs(conv2d(photo, kernel)) for kernel in kernels.values()]
show_images([photo, *maps], titles=("photograph", *kernels))

# %% [markdown]
# *Figure: the photograph and the size of three feature maps, white where the answer is strong.*
#
# Upright outlines shine in the first map, level ones in the second. The third answers wherever a
# pixel differs from its neighbours: outlines, and faintly the grass. A repeated pattern of small
# changes is a **texture**.
#
# > **Often said.** "The layer performs a convolution." Mathematics flips the kernel first;
# > networks slide it as it is (*cross-correlation*). A learned kernel comes out flipped if need
# > be, so nothing is lost.
#
# Three ways to one map: your function, one matrix product of all patches, and the Fourier
# transform, which flips.

# %% tags=["demo", "covers:S078"]
from functools import partial
from timeit import timeit


def by_product(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    windows = sliding_window_view(image, kernel.shape)  # (H', W', kh, kw)
    return (windows.reshape(-1, kernel.size) @ kernel.ravel()).reshape(windows.shape[:2])


def by_fourier(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    spectrum = np.fft.rfft2(image) * np.fft.rfft2(kernel[::-1, ::-1], image.shape)
    return np.fft.irfft2(spectrum, image.shape)[kernel.shape[0] - 1 :, kernel.shape[1] - 1 :]


for way in (by_product, by_fourier):
    difference = np.abs(way(photo, vertical) - conv2d(photo, vertical)).max()
    slow, fast = (timeit(partial(one, photo, vertical), number=3) for one in (conv2d, way))
    print(
        f"{way.__name__}: differs by {difference:.0e}, yours takes {slow / fast:.0f} times as long"
    )

# %% [markdown]
# Equal up to rounding, and loops in Python are slow; libraries choose among such ways for you.
#
# The gradient of a convolution is a convolution. For the loss ½·Σ map², slide the *map* over the
# image: do finite differences agree?

# %%
small, kernel, step = photo[56:66, 40:52], np.array([[0.2, -0.5], [1.0, 0.3]]), 1e-6


def half_squares(kernel: np.ndarray) -> float:
    return 0.5 * float(np.sum(np.square(conv2d(small, kernel))))


nudges = step * np.eye(4).reshape(4, 2, 2)
slopes = [
    (half_squares(kernel + nudge) - half_squares(kernel - nudge)) / (2 * step) for nudge in nudges
]
print("by nudging:    ", np.round(slopes, 4))
print("by convolution:", np.round(conv2d(small, conv2d(small, kernel)).ravel(), 4))

# %% [markdown]
# Finite differences agree, to four digits.

# %% [markdown]
# ## 2 · How large is the answer
# Claim: your rule for sizes holds for any Keras layer. Ten settings, each predicted, then asked.

# %%
settings = [
    (28, 3, 1, "valid", 1), (28, 5, 1, "valid", 1), (28, 28, 1, "valid", 1), (28, 1, 1, "valid", 1),
    (28, 3, 2, "valid", 1), (29, 3, 2, "valid", 1), (28, 4, 3, "valid", 1), (28, 3, 1, "valid", 2),
    (28, 3, 1, "valid", 4), (28, 3, 1, "same", 1),
]  # fmt: skip
for n, side, stride, padding, dilation in settings:
    zeros = 1 if padding == "same" else 0
    predicted = output_size(n, side, stride, zeros, dilation)
    layer = layers.Conv1D(1, side, strides=stride, padding=padding, dilation_rate=dilation)
    asked = layer.compute_output_shape((1, n, 1))[1]
    print(f"{n} pixels, kernel {side}, stride {stride}, dilation {dilation}, {padding}:", end=" ")
    print(f"{predicted} predicted, {asked} in Keras")
    assert predicted == asked, "your rule and Keras differ here"

# %% [markdown] tags=["covers:S077"]
# **Same** padding keeps the size; with a stride, or an even kernel, its two sides can differ
# (05.3).
#
# Nothing here needs a picture. Any **grid** will do: a series or a sound has one axis, a video
# three. A kernel of 52 equal weeks smooths carbon dioxide above Mauna Loa.

# %% tags=["demo"]
co2 = load("co2").y
smooth = conv2d(co2[None], np.full((1, 52), 1 / 52))[0]
swings = [
    np.ptp(series[1000:1052] - np.linspace(series[1000], series[1051], 52))
    for series in (co2, smooth)
]
print(f"swing within a year: {swings[0]:.1f} ppm before, {swings[1]:.1f} ppm after")
print("video, 3-D kernel:", layers.Conv3D(4, (3, 5, 5)).compute_output_shape((1, 16, 64, 64, 3)))

# %% [markdown]
# The forests' yearly breath is averaged away; the rise remains (→ 11). Text and audio: 12, 14;
# video: 15.

# %% [markdown]
# ### Exercise 05.3 · Same padding
# ●●○○○ · 10 min · 4 points · needs: 05.1
#
# How many zeros go before and after `n` pixels so that the map has ⌈n / stride⌉ entries? As few as
# possible, never below 0; an odd one goes *after*. The kernel may be larger than the input.
# 1. The wanted size.
# 2. How many pixels the last window lacks.
# 3. Halve that.
#
# <details><summary>Hint 1</summary>Where does the last window start, and where does it
# end?</details> <details><summary>Hint 2</summary>With stride 3 and kernel 1 some pixels are seen
# by nobody. What is lacking then?</details>


# %%
def same_padding(n: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros that Keras' "same" adds along one axis.

    Args:
        n: Pixels of the input.
        kernel: Taps of the kernel, without gaps.
        stride: Pixels from one place to the next.
    Returns:
        (before, after).
    Source: Keras documentation of Conv2D, padding="same".
    """
    ### BEGIN SOLUTION
    wanted = -(-n // stride)
    total = max((wanted - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2
    ### END SOLUTION


# %%
check("05.3", same_padding)

# %% [markdown] tags=["covers:S084"]
# ## 3 · Few weights, used often
# A dense layer from 28×28 pixels to eight maps of 26×26 joins every pixel to every entry. A
# convolution joins an entry to nine pixels (**sparse connections**) and uses the same nine weights
# everywhere (**shared weights**). Guess the ratio. Below, a kernel on a 6×6 image is written as a
# dense layer's matrix: one column for each pixel.

# %% tags=["demo"]
counts = {"dense": layers.Dense(26 * 26 * 8), "convolution": layers.Conv2D(8, 3)}
for name, layer in counts.items():
    layer.build((None, 28 * 28) if name == "dense" else (None, 28, 28, 1))
    print(f"{name}: {layer.count_params():,} weights")
units = np.eye(36).reshape(36, 6, 6)
matrix = np.stack([conv2d(unit, np.arange(1, 10).reshape(3, 3)).ravel() for unit in units], axis=1)
plot_heatmap(
    matrix, x="pixel of the 6×6 image", y="entry of the 4×4 map", title="A kernel of 1 to 9"
)

# %% [markdown]
# *Figure: matrix of 16 rows and 36 columns; each row holds the same nine numbers, in three groups
# of three, shifted; all else is 0.*
#
# 4,245,280 weights against 80. The design holds a belief: what matters is near, and looks the same
# everywhere. Section 7 breaks it.

# %% [markdown] tags=["covers:S079"]
# ## 4 · A kernel is a box through all channels
# A colour image has three **channels**. A kernel has one table for each and adds all products to
# one number, so it can subtract colours. A **convolutional layer** holds many such kernels, one
# for each map it makes, and adds a bias to each map.

# %% [markdown] tags=["covers:S079"]
# ### Exercise 05.4 · A convolutional layer
# ●●●●○ · 20 min · 8 points · needs: 05.2, 05.3
#
# 1. If `padding` is `"same"`, surround the images with the zeros of 05.3, by rows and by columns.
# 2. Take all windows: `sliding_window_view(x, (kh, kw), axis=(1, 2))` has the shape (N, H', W', C,
#    kh, kw).
# 3. Keep every `stride`-th, down and across, from the first on.
# 4. For each filter multiply and sum over window and channels.
# 5. Add the filter's bias once.
#
# Loops are right too. <details><summary>Hint</summary>`np.einsum` sums over every letter that the
# output lacks.</details>


# %%
def conv2d_layer(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, stride: int = 1, padding: str = "valid"
) -> np.ndarray:
    """Feature maps of a batch, as keras.layers.Conv2D without activation.

    Args:
        x: (N, H, W, C), float.
        kernel: (kh, kw, C, F), float; F filters.
        bias: (F,), float.
        stride: Pixels from one place to the next, on both axes.
        padding: "valid" for whole windows only, or "same".
    Returns:
        (N, H', W', F), float.
    Source: LeCun et al. 1998, section II.A.
    """
    ### BEGIN SOLUTION
    height, width = kernel.shape[:2]
    if padding == "same":
        sides = same_padding(x.shape[1], height, stride), same_padding(x.shape[2], width, stride)
        x = np.pad(x, ((0, 0), *sides, (0, 0)))
    windows = sliding_window_view(x, (height, width), axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nhwcij,ijcf->nhwf", windows, kernel, optimize=True) + bias
    ### END SOLUTION


# %%
check("05.4", conv2d_layer)

# %% [markdown]
# Red minus half of green and half of blue, averaged over 5×5 pixels: what shines in a garage?

# %% tags=["demo"]
red_box = np.ones((5, 5, 1, 1)) / 25 * np.array([1, -0.5, -0.5])[:, None]  # (5, 5, 3, 1)
redness = conv2d_layer(toy[None], red_box, np.zeros(1), 1, "same")  # (1, 125, 185, 1)
show_images([toy, np.maximum(redness[0, :, :, 0], 0)], titles=("garage", "redness"))
kinds = {"3×3": (3, 1), "1×1": (1, 1), "3×3 in 4 groups": (3, 4), "3×3, depthwise": (3, 16)}
for name, (side, groups) in kinds.items():
    layer = layers.Conv2D(32, side, groups=groups)
    layer.build((None, 28, 28, 16))
    print(f"{name}, from 16 channels to 32: {layer.count_params():,} weights")

# %% [markdown]
# *Figure: a colour photograph of a motorcycle in a garage, and its map of redness, white where red
# outweighs green and blue.*
#
# Tank and fairing. A kernel of 1×1 mixes channels only. **Groups** let a filter see a part of the
# channels, **depthwise** layers one each: fewer weights, less mixing (→ 06).

# %% [markdown] tags=["covers:S082", "covers:S083"]
# ## 5 · Keep the strongest
# **Pooling** replaces each window of a map by one number, channel by channel: the largest (**max
# pooling**) or the average. It has no weights, and leaves fewer positions to compute. The largest
# answers need not be the important ones.
#
# > **Trap.** Where all values are negative, a window that hangs over the edge and meets zeros
# > returns 0. So does a maximum that starts from 0.

# %% [markdown] tags=["covers:S082", "covers:S083"]
# ### Exercise 05.5 · Pool
# ●●○○○ · 10 min · 4 points · needs: 05.4
#
# 1. Take the windows of `size`×`size`; whole ones only.
# 2. Keep every `stride`-th, down and across.
# 3. Reduce each to its maximum or average. Negative maxima stay negative.
#
# <details><summary>Hint</summary>Which axes of (N, H', W', C, size, size) hold the
# window?</details>


# %%
def pool(x: np.ndarray, size: int, stride: int, kind: str) -> np.ndarray:
    """One number for each window and channel.

    Args:
        x: (N, H, W, C), float.
        size: Height and width of a window.
        stride: Pixels from one window to the next.
        kind: "max" or "avg".
    Returns:
        (N, H', W', C), float.
    Source: LeCun et al. 1998, section II.B (average).
    """
    ### BEGIN SOLUTION
    windows = sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    return windows.max(axis=(4, 5)) if kind == "max" else windows.mean(axis=(4, 5))
    ### END SOLUTION


# %%
check("05.5", pool)

# %% [markdown]
# Four ways to a quarter of the height, then stripes one pixel wide. Which ways lose the stripes?

# %% tags=["demo"]
edges = np.abs(conv2d(photo, vertical))[None, :, :, None]
ways = {
    "maximum": pool(edges, 4, 4, "max"),
    "average": pool(edges, 4, 4, "avg"),
    "every 4th pixel": edges[:, ::4, ::4],
    "blur, every 4th": pool(edges, 3, 1, "avg")[:, ::4, ::4],
}
show_images([way[0] for way in ways.values()], titles=list(ways))
stripes = np.tile([0.0, 1.0], (1, 8, 4))[..., None]  # (1, 8, 8, 1)
halvings = {"every 2nd pixel": lambda x: x[:, ::2, ::2], "average": lambda x: pool(x, 2, 2, "avg")}
for name, halved in halvings.items():
    one_on = stripes[:, :, 1:-1]
    print(f"{name}: {halved(stripes).mean()} and, one pixel on, {halved(one_on).mean()}")

# %% [markdown]
# *Figure: the map of vertical edges at a quarter of its height and width, by maximum, average,
# skipping, and blur before skipping.*
#
# The maximum thickens lines, the average fades them, skipping breaks thin ones. Skipped stripes
# turn all black or all white by one pixel's shift: **aliasing**. Averaging first gives grey both
# times. A convolution with stride skips too (Springenberg et al. 2015); Zhang (2019) blurs first.

# %% [markdown] tags=["covers:S087"]
# ## 6 · What one output sees
# The **receptive field** of an output is the set of input pixels that can change it. Nudge each of
# 15×15 pixels and mark those that move the middle output of three 3×3 layers; the second has
# stride 2. How wide will the three marks be?

# %% tags=["demo"]
inputs = keras.Input((15, 15, 1))
outputs, x = [], inputs
for stride in (1, 2, 1):
    x = layers.Conv2D(3, 3, strides=stride, padding="same")(x)
    outputs.append(x)
batch = np.eye(225).reshape(225, 15, 15, 1)  # one nudged pixel in each image
fields = []
for maps in keras.Model(inputs, outputs).predict(batch, verbose=0):
    middle = maps[:, maps.shape[1] // 2, maps.shape[2] // 2]  # (225, 3)
    fields.append(np.any(middle != 0, axis=-1).reshape(15, 15))
titles = [
    f"after layer {depth}: {field.any(axis=0).sum()} wide" for depth, field in enumerate(fields, 1)
]
show_images(fields, titles=titles, colours="cividis")

# %% [markdown]
# *Figure: three squares of 15×15 pixels, yellow where a nudge moves the middle output; the yellow
# square grows from 3 to 5 to 9 pixels.*
#
# The second layer adds 2, the third 4: after the stride, neighbours lie two pixels apart. Deep
# layers *can* see large things; the middle still weighs most (Luo et al. 2016).

# %% [markdown] tags=["covers:S087"]
# ### Exercise 05.6 · How far does it see
# ●●●○○ · 10 min · 6 points · needs: section 6
#
# The width of the receptive field for a list of layers, each (kernel, stride), the first at the
# image. No layers: 1.
# 1. Keep two numbers: the field, and the distance in the input between neighbours.
# 2. Each layer adds its reach beyond one pixel, at that distance.
# 3. Then its stride widens the distance, for the layers after it.
#
# <details><summary>Hint</summary>Check it on the figure: 3, 5, 9.</details>


# %%
def receptive_field(layers: list[tuple[int, int]]) -> int:
    """Input pixels along one axis that one output depends on.

    Args:
        layers: (kernel, stride) of each layer, the first at the image.
    Returns:
        The width, in pixels.
    Source: Araujo, Norris & Sim 2019.
    """
    ### BEGIN SOLUTION
    field, distance = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * distance
        distance *= stride
    return field
    ### END SOLUTION


# %%
check("05.6", receptive_field)

# %% [markdown]
# As in VGG: two 3×3 layers, then pooling (2, 2), again and again. Which layer first sees 32
# pixels?

# %%
stack = [(3, 1), (3, 1), (2, 2)] * 4
for depth in range(1, len(stack) + 1):
    field = receptive_field(stack[:depth])
    print(f"{depth:2} {stack[depth - 1]} sees {field}", "← the whole image" if field >= 32 else "")

# %% [markdown]
# The eighth, before any layer has a kernel wider than 3.

# %% [markdown] tags=["covers:S085"]
# ## 7 · Moved by one pixel
# Shift then filter, or filter then shift: a convolution gives the same, away from the border. It
# is **equivariant**. Is pooling? A bright line two pixels wide moves by 0 to 3.

# %%
moved = np.roll(photo, 1, axis=1)
print("equivariant:", np.allclose(conv2d(moved, vertical)[:, 1:], conv2d(photo, vertical)[:, :-1]))
line = np.zeros((1, 2, 10, 1))
line[:, :, 2:4] = 1
for shift in range(4):
    print(f"shift {shift}, pooled:", pool(np.roll(line, shift, axis=2), 2, 2, "max")[0, 0, :, 0])

# %% [markdown] tags=["covers:S076"]
# Only for even shifts. What of a whole network? A **CNN** leads from the input through
# convolutional and pooling layers (activations, normalisation and dense ones belong too) to a
# head. Three networks: dense layers alone; a CNN whose maps are flattened into a dense layer; a
# CNN that averages each map over all positions.

# %% tags=["demo", "covers:S076"]
WIDTH, EPOCHS = profile(smoke=16, gpu=32), profile(smoke=10, cpu=20, gpu=5)
DENSE, FLATTENED, AVERAGED = "dense", "CNN, flattened", "CNN, averaged"


def build(head: str) -> keras.Model:
    """A network of that kind, from images to ten logits; shapes for images of 8×8."""
    inputs = keras.Input(x_train.shape[1:])
    if head == DENSE:
        x = layers.Dense(4 * WIDTH, activation="relu")(layers.Flatten()(inputs))  # (batch, 64)
    else:
        x = layers.Conv2D(WIDTH, 3, padding="same", activation="relu")(inputs)  # (batch, 8, 8, 16)
        x = layers.MaxPool2D(2)(x)  # (batch, 4, 4, 16)
        x = layers.Conv2D(2 * WIDTH, 3, padding="same", activation="relu")(x)  # (batch, 4, 4, 32)
        x = layers.Flatten()(x) if head == FLATTENED else layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10)(x))


def fitted(head: str, x: np.ndarray, seed: int = 0) -> keras.Model:
    """The network, trained on these pictures of the training digits."""
    keras.utils.set_random_seed(seed)
    model = build(head)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss, metrics=["accuracy"])
    model.fit(x, train.y, batch_size=32, epochs=EPOCHS, validation_split=0.1, verbose=0)
    return model


# %% [markdown]
# They train on digits in the middle. Then the test digits move by one and two pixels, in four
# directions. Which network suffers least, and what did it pay?

# %% tags=["demo", "covers:S085"]
heads = profile(smoke=(DENSE, AVERAGED), cpu=(DENSE, FLATTENED, AVERAGED))
seeds = range(profile(smoke=1, cpu=3))
networks = {head: [fitted(head, x_train, seed) for seed in seeds] for head in heads}


def accuracy(model: keras.Model, x: np.ndarray) -> float:
    """Share of right answers; the pictures may hold the test digits several times over."""
    answers = model.predict(x, verbose=0).argmax(axis=1)
    return float(np.mean(answers == np.resize(test.y, len(x))))


def accuracy_moved(model: keras.Model, pixels: int) -> float:
    """Mean over the test digits moved down, up, right and left; zeros move in."""
    wide = np.pad(x_test, ((0, 0), (2, 2), (2, 2), (0, 0)))
    moves = [(pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)]
    pictures = [np.roll(wide, move, axis=(1, 2))[:, 2:-2, 2:-2] for move in moves]
    return accuracy(model, np.concatenate(pictures))


scores = np.array(
    [[[accuracy_moved(model, n) for n in (0, 1, 2)] for model in networks[head]] for head in heads]
)  # (heads, seeds, moves)
labels, spread = ("in place", "1 pixel", "2 pixels"), np.ptp(scores, axis=1) / 2
titles = {"x": "test digits moved by", "y": "accuracy", "labels": labels, "series": heads}
plot_bars(scores.mean(axis=1), spread=spread, **titles)

# %% [markdown]
# *Figure: test accuracy of each network for digits in place, moved by one and by two pixels; bars
# are means over seeds, the thin lines span them.*
#
# One pixel costs the dense network half of its right answers. Flattening remembers positions, so
# that CNN falls nearly as far. Averaging forgets *where*: it keeps the most, at a price in place.
# (`cpu`: scikit-learn's digits, 1,293 to train on, 20 epochs, 5 seeds. In place 0.95–1.00 dense,
# 0.90–1.00 averaged; two pixels on 0.08–0.30 and 0.25–0.65.)
#
# > **Often said.** "Pooling makes a CNN invariant to shifts." Convolution is equivariant; pooling
# > and stride give a partial, aliased tolerance (Azulay & Weiss 2019; Zhang 2019).

# %% tags=["demo"]
bands = {  # in place, moved by one pixel, by two
    DENSE: {
        "smoke": [(0.93, 1), (0.35, 0.6), (0.08, 0.3)],
        "cpu": [(0.95, 1), (0.35, 0.6), (0.08, 0.3)],
    },
    FLATTENED: {"cpu": [(0.96, 1), (0.45, 0.75), (0.1, 0.35)]},
    AVERAGED: {
        "smoke": [(0.8, 1), (0.45, 0.8), (0.18, 0.55)],
        "cpu": [(0.9, 1), (0.5, 0.85), (0.25, 0.65)],
    },
}
for head, means in zip(heads, scores.mean(axis=1), strict=True):
    print(f"{head}, {networks[head][0].count_params():,} weights")
    for n, label in enumerate(labels):
        ranges = {name: expected[n] for name, expected in bands[head].items()}
        band(f"  {label}", means[n], **ranges)

# %% [markdown] tags=["covers:S077", "covers:S088", "covers:S090"]
# ### Is the grid needed?
# Shuffle the pixels of all pictures in one fixed order: nothing is lost, but neighbours become
# strangers. Who suffers? And how far do hand-made features get? A **colour histogram** counts the
# values of each channel (digits have one) and forgets where; a linear classifier does the rest.

# %% tags=["demo", "covers:S077", "covers:S088", "covers:S090"]
from sklearn.linear_model import LogisticRegression

order = np.random.default_rng(0).permutation(x_train[0].size)


def shuffled(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1)[:, order].reshape(x.shape)


def histogram(x: np.ndarray, bins: int = 16) -> np.ndarray:
    """Share of each range of values, channel by channel: (N, bins·C)."""
    values = np.minimum((x * bins).astype(int), bins - 1)
    return np.concatenate([(values == value).mean(axis=(1, 2)) for value in range(bins)], axis=1)


strange = {head: accuracy(fitted(head, shuffled(x_train)), shuffled(x_test)) for head in heads}
by_hand = LogisticRegression(max_iter=2000).fit(histogram(x_train), train.y)
lows = {DENSE: 0.93, FLATTENED: 0.92, AVERAGED: 0.7}
for head in heads:
    print(f"{head}: {scores[heads.index(head), 0, 0]:.2f} before", end=", ")
    band("shuffled", strange[head], smoke=(lows[head], 1), cpu=(lows[head], 1))
rights = by_hand.score(histogram(x_test), test.y)
band("histogram, linear", rights, smoke=(0.15, 0.35), cpu=(0.15, 0.35))

# %% [markdown]
# The dense network does not notice: to it, pixels always were strangers. A flattening CNN loses
# its lead, an averaging one falls further behind. The histogram beats chance (0.10) and stays far
# below **learned** features. People still chose data, labels and architecture.

# %% [markdown] tags=["covers:S086"]
# ### Turned and shrunk
# Nothing in a kernel knows of rotation or scale.

# %% tags=["demo", "covers:S086"]
from scipy.ndimage import rotate, zoom

side = x_test.shape[1]
three_quarters = zoom(x_test, (1, 0.75, 0.75, 1), order=1)
rest = side - three_quarters.shape[1]
variants = {
    f"turned by {angle}°": rotate(x_test, angle, axes=(1, 2), reshape=False, order=1)
    for angle in (15, 30, 45, 90)
}
variants["shrunk to 3/4"] = np.pad(
    three_quarters, ((0, 0), *[(rest // 2, rest - rest // 2)] * 2, (0, 0))
)
for name, x in variants.items():
    print(
        f"{name:14}", " · ".join(f"{head} {accuracy(networks[head][0], x):.2f}" for head in heads)
    )

# %% [markdown]
# At 45° each network is wrong about four times in five, and shrinking hurts them all (→ 33).

# %% [markdown]
# ## 8 · Run it yourself
# You have built every step of the network with 5,130 weights.

# %% [markdown] tags=["covers:S076"]
# ### Exercise 05.7 · Run the trained network
# ●●○○○ · 10 min · 4 points · needs: 05.4, 05.5, softmax (01)
#
# One line a layer, from your own functions. A ReLU before or after *max* pooling gives the same:
# why?
# 1. Convolution (`kernel1`, `bias1`), padding same, ReLU.
# 2. Max pooling, windows of 2, stride 2.
# 3. Convolution (`kernel2`, `bias2`), padding same, ReLU.
# 4. Average each map over all positions.
# 5. Dense layer (`w`, `b`), softmax: each row sums to 1.
#
# <details><summary>Hint</summary>After step 4 there is one number for each image and
# map.</details>


# %%
def cnn_forward(x: np.ndarray, params: dict[str, np.ndarray]) -> np.ndarray:
    """Class shares that a small CNN gives to each image.

    Args:
        x: (N, H, W, 1), float.
        params: kernel1 (kh, kw, 1, F), bias1 (F,), kernel2 (kh, kw, F, G), bias2 (G,),
            w (G, K), b (K,); all float.
    Returns:
        (N, K), float; rows sum to 1.
    Source: Lin, Chen & Yan 2014, section 3.2 (global average).
    """
    ### BEGIN SOLUTION
    x = np.maximum(conv2d_layer(x, params["kernel1"], params["bias1"], padding="same"), 0)
    x = pool(x, 2, 2, "max")
    x = np.maximum(conv2d_layer(x, params["kernel2"], params["bias2"], padding="same"), 0)
    scores = x.mean(axis=(1, 2)) @ params["w"] + params["b"]
    exp = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %%
check("05.7", cnn_forward)

# %% [markdown]
# Keras' weights, all test digits, your functions. Will the largest difference be 0?

# %% tags=["demo", "covers:S079"]
model = networks[AVERAGED][0]
params = dict(
    zip(("kernel1", "bias1", "kernel2", "bias2", "w", "b"), model.get_weights(), strict=True)
)
yours = cnn_forward(x_test, params)
theirs = keras.ops.convert_to_numpy(keras.ops.softmax(model.predict(x_test, verbose=0)))
millionths = 1e6 * np.abs(yours - theirs).max()
band("largest difference, in millionths", millionths, smoke=(0, 10), cpu=(0, 10))
print("same answers:", np.array_equal(yours.argmax(axis=1), theirs.argmax(axis=1)))

# %% [markdown] tags=["covers:S081", "covers:S087"]
# Not 0, but below ten millionths: the order of additions differs.
#
# > **On a GPU/TPU.** These multiply with fewer digits (TF32, bfloat16); expect differences near
# > 0.01.
#
# Now look inside. Nobody designed these kernels; they began as random numbers. Which patch of the
# test digits excites each most?

# %% tags=["demo", "covers:S081", "covers:S087"]
inner = keras.Model(model.inputs, [model.layers[1].output, model.layers[3].output]).predict(
    x_test, verbose=0
)


def favourites(maps: np.ndarray, seen: int, stride: int, before: int) -> list[np.ndarray]:
    """The patch of the test digits that each of eight channels answers to most."""
    wide = np.pad(x_test[..., 0], ((0, 0), (before, seen), (before, seen)))
    places = [np.unravel_index(maps[..., channel].argmax(), maps.shape[:3]) for channel in range(8)]
    return [
        wide[n, i * stride : i * stride + seen, j * stride : j * stride + seen]
        for n, i, j in places
    ]


sees = receptive_field([(3, 1), (2, 2), (3, 1)])
kernels1 = list(np.moveaxis(params["kernel1"][:, :, 0, :8], 2, 0))
show_images(
    [*kernels1, *favourites(inner[0], 3, 1, 1), *favourites(inner[1], sees, 2, 2)], columns=8
)

# %% [markdown]
# *Figure: three rows of eight pictures. Top: learned kernels, white for large weights. Middle: the
# 3×3 patch that excites each most. Bottom: the 8×8 patch that excites each of eight channels of
# layer 2.*
#
# Most patches look like their kernel: a spot, a side, a corner; a channel may even prefer
# emptiness. Layer 2 answers to strokes. "Low layers see edges, high layers objects" is a fair
# start; later channels mix things without a name (Olah et al. 2017), and networks trained on
# ImageNet lean on texture more than shape (Geirhos et al. 2019; → 34).

# %% [markdown]
# ## What you can rely on now
# - A map's size follows from kernel, stride, padding and dilation alone.
# - A convolution is a dense layer with most weights 0 and the rest shared.
# - A kernel sums over all channels; each filter makes one map.
# - Strides spread what later layers see.
# - Convolution is equivariant; pooling does not make it invariant.
#
# CNNs learn their features and scale with data and GPUs. They want many labels (→ 33) and much
# arithmetic (→ 39), say little about why (→ 34), and serve the task they were trained for (→ 07).
# Style transfer: 27. Next, 06 stacks layers deep.

# %% [markdown]
# ## Self-quiz
# 1. 224 pixels, kernel 7, stride 2, padding 3? <details><summary>Answer</summary>112: (224 + 6 −
#    7) // 2 + 1.</details>
# 2. Weights of a 3×3 layer from 16 to 32 channels, with bias?
#    <details><summary>Answer</summary>3·3·16·32 + 32 = 4,640. The image's size plays no
#    part.</details>
# 3. Receptive field of three 3×3 layers, the first with stride 2?
#    <details><summary>Answer</summary>3, then 3 + 2·2 = 7, then 11.</details>
# 4. Why does an all-negative map expose wrong max pooling? <details><summary>Answer</summary>Zeros
#    from padding or from the start win there.</details>
# 5. Where exactly does shift equivariance hold? <details><summary>Answer</summary>Away from the
#    border, at stride 1; with stride s for shifts by multiples of s.</details>

# %% [markdown]
# ## References
# Hubel & Wiesel 1962; Fukushima 1980; LeCun et al. 1989, 1998 (LeNet-5: 0.95 % error on MNIST) ·
# sizes: Dumoulin & Visin 2016; Yu & Koltun 2016; Araujo, Norris & Sim 2019 · design: Lin, Chen &
# Yan 2014; Springenberg et al. 2015 · shifts: Zhang 2019; Azulay & Weiss 2019 · what is seen: Luo
# et al. 2016; Olah et al. 2017; Geirhos et al. 2019.
#
# Read on: [Computing receptive fields](https://distill.pub/2019/computing-receptive-fields/),
# [A guide to convolution arithmetic](https://arxiv.org/abs/1603.07285).

# %%
progress("05")
