"""Exercises 07.4 and 07.6: a head on a backbone, and thawing its top, watched on tiny Keras networks.

The networks are built once a process, with fixed weights, and put back before each look: building one costs more than
everything that is asked of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from layerwise_grader.exercise import Exercise, assert_close
from layerwise_grader.values import NotAValue, describe, plain

Array = np.ndarray[Any, Any]
Function = Any
Model = Any
Random = np.random.Generator
Seen = dict[str, Any]

# --- tiny networks ---------------------------------------------------------------------------------------------------

SHAPES = {"map 4×4×8": (4, 4, 8), "map 2×3×5": (2, 3, 5), "vector of 6": (6,)}
ROWS, DIFFERENT = 400, 5  # the others are identical: among them the share of dropped features has a spread of 0.025


@cache
def tiny(kind: str) -> Model:
    """A backbone that ends in what its name says; the vector comes from a layer whose weights are easily missed."""
    import keras
    from keras import layers

    *places, channels = SHAPES[kind] if len(SHAPES[kind]) == 3 else (4, 4, 6)
    inputs = keras.Input((*places, 2))
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False, name="conv")(inputs)
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(x))
    if len(SHAPES[kind]) == 1:
        x = layers.Dense(channels, name="project")(layers.GlobalAveragePooling2D(name="average")(x))
    return keras.Model(inputs, x, name="backbone")


@cache
def tower(has_norm: bool) -> Model:
    """A backbone of three convolutions that ends in its average: with batch norm, or with a dense layer on top."""
    import keras
    from keras import layers

    inputs = keras.Input((4, 4, 2), name="input")
    x = inputs
    for number in (1, 2, 3):
        x = layers.Conv2D(4, 3, padding="same", name=f"conv{number}")(x)
        x = layers.BatchNormalization(name=f"norm{number}")(x) if has_norm else x
        x = layers.ReLU(name=f"relu{number}")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(inputs, x if has_norm else layers.Dense(3, name="project")(x), name="backbone")


def fresh(backbone: Model, *, may_learn: bool) -> Model:
    """The backbone with its fixed weights, and every flag set alike."""
    set_flags(backbone, may_learn)
    set_weights(backbone)
    return backbone


def set_weights(backbone: Model) -> None:
    """Puts the fixed weights back: positive, so that features are."""
    random = np.random.default_rng(7)
    backbone.set_weights([random.uniform(0.1, 0.6, size=weight.shape) for weight in backbone.weights])


def set_flags(backbone: Model, may_learn: bool) -> None:
    """Sets the flags of the backbone and of each layer by itself: a parent passes on only a flag that changes."""
    for layer in (backbone, *backbone.layers):
        layer.trainable = may_learn


def pictures(backbone: Model, rows: int) -> Array:
    """So many different pictures of the backbone's size."""
    return np.random.default_rng(3).uniform(0, 1, size=(rows, *backbone.input_shape[1:])).astype("float32")


def model_from(function: Function, *arguments: object) -> Model:
    """What the answer returned, if it is a model.

    Raises:
        NotAValue: if it is none.
    """
    import keras

    answer = function(*arguments)
    if isinstance(answer, keras.Model):
        return answer
    raise NotAValue(f"{_what(answer)}; a keras.Model is expected")


def _what(answer: object) -> str:
    try:
        return describe(plain(answer))
    except NotAValue:
        return f"an object of type {type(answer).__name__}"


def compile_ahead(observe: Function, answer: Function, probe: tuple[object, ...]) -> None:
    """Under JAX the first call of each operation compiles it: seconds that must not count against an answer."""
    import keras

    if keras.backend.backend() == "jax":
        _observed_once(observe, answer, probe)


@cache
def _observed_once(observe: Function, answer: Function, probe: tuple[object, ...]) -> None:
    observe(answer, *probe)


# --- 07.4 ------------------------------------------------------------------------------------------------------------

transfer_model = Exercise(
    "07.4",
    "Backbone plus head",
    function="transfer_model",
    difficulty=3,
    minutes=12,
    look_at="model.summary() of your model: what each layer gives, and how many weights can learn",
)


@transfer_model.reference
def frozen_average_drop_dense(backbone: Model, classes: int, dropout: float = 0.2) -> Model:
    return head_on(backbone, classes, dropout)


def head_on(backbone: Model, classes: int, dropout: float, **instead: Any) -> Model:
    """The right model, but for the parts that are given by name."""
    import keras
    from keras import layers

    backbone.trainable = instead.get("trainable", False)
    features: Function = instead.get("features", backbone)
    inputs = keras.Input(backbone.input_shape[1:])
    x = features(inputs)
    if len(x.shape) == 4:
        x = instead.get("pool", layers.GlobalAveragePooling2D)()(x)
    x = layers.Dropout(dropout)(x) if instead.get("drops", True) else x
    return keras.Model(inputs, layers.Dense(classes, activation=instead.get("activation"))(x))


@transfer_model.probes
def backbones(random: Random) -> Iterator[tuple[str, int, float]]:
    """Two maps and a vector, few classes and more; the share to drop is a whole number of quarters."""
    probes = [("map 4×4×8", 3, 0.5), ("map 2×3×5", 4, 0.25), ("vector of 6", 2, 0.5)]
    compile_ahead(look_at_model, not_frozen, probes[0])
    for probe in probes:
        compile_ahead(look_at_model, frozen_average_drop_dense, probe)
        yield probe


@transfer_model.experiment
def look_at_model(function: Function, backbone: str, classes: int, dropout: float) -> Seen:
    given = fresh(tiny(backbone), may_learn=True)
    before = given.get_weights()
    model = model_from(function, given, classes, dropout)
    takes, gives = ends(model, given)
    own = [weight for weight in model.weights if all(weight is not old for old in given.weights)]
    for weight in own:
        weight.assign(told_apart(weight.shape))
    # One batch serves both calls: under JAX each new shape compiles every operation again.
    batch = pictures(given, ROWS)
    batch[DIFFERENT:] = batch[0]
    scores = np.array(model(batch))[:DIFFERENT]
    training = np.array(model(batch, training=True))[DIFFERENT:]
    moved = sum(not np.array_equal(old, new) for old, new in zip(before, given.get_weights(), strict=True))
    learning = [weight for weight in model.trainable_weights if any(weight is one for one in own)]
    return {
        "takes": takes,
        "gives": gives,
        "head": " and ".join(sorted(str(tuple(weight.shape)) for weight in learning)),
        "of the backbone": len(model.trainable_weights) - len(learning),
        "moved": moved,
        "scores": scores,
        "dropped features": quarters(training, BIAS),
        "dropped scores": quarters(training, 0.0),
    }


def ends(model: Model, backbone: Model) -> tuple[str, str]:
    """Shapes of what a model takes and gives; one that is a class of its own learns them from its first call."""
    if hasattr(model, "input_shape"):
        return str(model.input_shape), str(model.output_shape)
    given = pictures(backbone, 1)
    return str((None, *given.shape[1:])), str((None, *model(given).shape[1:]))


BIAS = 0.3


def told_apart(shape: tuple[int, ...]) -> Array:
    """Weights for a head whose first score is its first feature plus BIAS; the others mix all features, below 0."""
    values = (np.arange(np.prod(shape)) * 5 % 7 / 10 + 0.1).reshape(shape)
    if len(shape) == 2:
        values *= -1
        values[:, 0] = np.arange(shape[0]) == 0
    if len(shape) == 1:
        values[0] = BIAS
    return values


def quarters(scores: Array, value: float) -> float:
    """The share of rows whose first score is that value, to the nearest quarter: a share of chance has a spread."""
    return float(np.round(4 * np.isclose(scores.reshape(len(scores), -1)[:, 0], value, atol=1e-6).mean()) / 4)


@transfer_model.check("It takes what the backbone takes, and gives one score a class", points=1)
def fits_at_both_ends(answer: Seen, expected: Seen, backbone: str, classes: int, dropout: float) -> None:
    for verb in ("takes", "gives"):
        assert answer[verb] == expected[verb], f"your model {verb} {answer[verb]}; it should be {expected[verb]}"


@transfer_model.check("One weight for each feature and class can learn, and one bias a class; nothing else", points=1)
def head_alone_learns(answer: Seen, expected: Seen, backbone: str, classes: int, dropout: float) -> None:
    learning = answer["of the backbone"]
    assert not learning, f"{learning} arrays of the backbone can learn"
    assert answer["head"], "no array of your head can learn"
    assert answer["head"] == expected["head"], f"arrays of shape {answer['head']} learn; {expected['head']} should"


@transfer_model.check("A call in training mode leaves the backbone as it was, moving averages included", points=1)
def backbone_stays(answer: Seen, expected: Seen, backbone: str, classes: int, dropout: float) -> None:
    assert not answer["moved"], f"{answer['moved']} arrays of the backbone were different afterwards"


@transfer_model.check("Scores are the head's, from the backbone's features averaged over the map", points=2)
def scores_are_right(answer: Seen, expected: Seen, backbone: str, classes: int, dropout: float) -> None:
    scores = answer["scores"]
    if classes > 1 and scores.ndim == 2 and np.allclose(scores.sum(axis=1), 1, atol=1e-4):
        raise AssertionError("each row of your scores sums to 1")
    assert_close(scores, expected["scores"], rtol=1e-3, atol=1e-4)


@transfer_model.check("In training, and only there, features are dropped in the share that was asked for", points=1)
def features_are_dropped(answer: Seen, expected: Seen, backbone: str, classes: int, dropout: float) -> None:
    assert not answer["dropped scores"], "in training some scores are exactly 0"
    seen = answer["dropped features"]
    assert seen == expected["dropped features"], f"in training about {seen:.0%} of the features are dropped"


@transfer_model.misconception(
    "The backbone can still learn: its weights move in the first step.", look_at="the number of weights that can learn"
)
def not_frozen(backbone: Model, classes: int, dropout: float = 0.2) -> Model:
    return head_on(backbone, classes, dropout, trainable=True)


@transfer_model.misconception(
    "Nothing can learn: the head is frozen together with the backbone.", look_at="whose flag you set, and when"
)
def all_frozen(backbone: Model, classes: int, dropout: float = 0.2) -> Model:
    model = head_on(backbone, classes, dropout)
    model.trainable = False
    return model


@transfer_model.misconception(
    "Your head has a weight for each place on the map; it should see the average over all places.",
    look_at="how many numbers a picture has when it reaches the head",
)
def flatten(backbone: Model, classes: int, dropout: float = 0.2) -> Model:
    from keras import layers

    return head_on(backbone, classes, dropout, pool=layers.Flatten)


@transfer_model.misconception(
    "Over each map you took the largest value; the card asks for the average.", look_at="what your pooling layer keeps"
)
def largest(backbone: Model, classes: int, dropout: float = 0.2) -> Model:
    from keras import layers

    return head_on(backbone, classes, dropout, pool=layers.GlobalMaxPooling2D)


@transfer_model.misconception(
    "Rows sum to 1: you return probabilities. Return scores; the loss does the rest.",
    look_at="the activation of the last layer",
)
def softmax(backbone: Model, classes: int, dropout: float = 0.2) -> Model:
    return head_on(backbone, classes, dropout, activation="softmax")


@transfer_model.misconception(
    "Scores below 0 come back as 0: the last layer bends them, and losing classes tie.",
    look_at="the activation of the last layer",
)
def relu(backbone: Model, classes: int, dropout: float = 0.2) -> Model:
    return head_on(backbone, classes, dropout, activation="relu")


@transfer_model.misconception(
    "The features are not those of the given backbone: a clone begins with new random weights.",
    look_at="whether the model that you call is the one that you were given",
)
def fresh_weights(backbone: Model, classes: int, dropout: float = 0.2) -> Model:
    import keras

    backbone.trainable = False
    clone = keras.models.clone_model(backbone)
    clone.trainable = False
    return head_on(backbone, classes, dropout, features=clone)


@transfer_model.misconception(
    "Your head sees the picture itself: the backbone is not on the way.",
    look_at="what the averaging layer is called on",
)
def backbone_skipped(backbone: Model, classes: int, dropout: float = 0.2) -> Model:
    return head_on(backbone, classes, dropout, features=lambda x: x)


@transfer_model.misconception(
    "Training and inference give the same: nothing is dropped.", look_at="what stands between features and scores"
)
def no_dropout(backbone: Model, classes: int, dropout: float = 0.2) -> Model:
    return head_on(backbone, classes, dropout, drops=False)


@transfer_model.misconception(
    "Scores are dropped; the features before them should be.", look_at="the order of your last two layers"
)
def dropped_scores(backbone: Model, classes: int, dropout: float = 0.2) -> Model:
    import keras
    from keras import layers

    model = head_on(backbone, classes, dropout, drops=False)
    return keras.Model(model.input, layers.Dropout(dropout)(model.output))


# --- 07.6 ------------------------------------------------------------------------------------------------------------

unfreeze_top = Exercise(
    "07.6",
    "Thaw the top",
    function="unfreeze_top",
    difficulty=4,
    minutes=20,
    look_at="layer.name and layer.trainable of every entry of backbone.layers, printed after your function",
)

NORM, PLAIN = "with batch norm", "without batch norm"
FROZEN, THAWED = "frozen", "thawed"


@unfreeze_top.reference
def flag_by_flag(backbone: Model, n: int) -> Model:
    backbone.trainable = True
    first = len(backbone.layers) - n
    for number, layer in enumerate(backbone.layers):
        layer.trainable = number >= first and not is_norm(layer)
    return backbone


def is_norm(layer: Any) -> bool:
    return type(layer).__name__ == "BatchNormalization"


@unfreeze_top.probes
def flags(random: Random) -> Iterator[tuple[str, str, int, str]]:
    """Nothing, one, a few, all, more than all; from all frozen and from all thawed."""
    for kind, counts in ((NORM, (3, 0, 8, 11, 13)), (PLAIN, (4, 3, 12))):
        for n in counts:
            for start in (FROZEN, THAWED):
                yield kind, start, n, "flags"


@unfreeze_top.probes
def one_step(random: Random) -> Iterator[tuple[str, str, int, str]]:
    """A true training step of a model around the backbone."""
    compile_ahead(look_at_layers, batch_norm_thawed, (NORM, THAWED, 13, "one step"))
    yield NORM, FROZEN, 5, "one step"
    yield NORM, THAWED, 13, "one step"


@unfreeze_top.experiment
def look_at_layers(function: Function, kind: str, start: str, n: int, watch: str) -> Seen:
    given = tower(kind == NORM)
    set_flags(given, start == THAWED)
    before = given.get_weights()
    answer = model_from(function, given, n)
    can_learn = {layer.name: layer.trainable_weights for layer in given.layers if given.trainable}
    return {
        "same": answer is given,
        "kept": same_weights(given.get_weights(), before),
        "can learn": in_words(name for name, weights in can_learn.items() if weights),
        "moved": in_words(moved_by_one_step(given)) if watch == "one step" else "not tried",
    }


def moved_by_one_step(backbone: Model) -> list[str]:
    """Names of the layers that one step of gradient descent changed; eager, since a graph takes longer to build."""
    import keras

    set_weights(backbone)
    model = keras.Sequential([backbone, keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    before = {layer.name: layer.get_weights() for layer in backbone.layers}
    model.train_on_batch(pictures(backbone, 6), np.zeros((6, 1), dtype="float32"))
    return [layer.name for layer in backbone.layers if not same_weights(layer.get_weights(), before[layer.name])]


def same_weights(one: list[Array], other: list[Array]) -> bool:
    return all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))


def in_words(names: Any) -> str:
    return ", ".join(names) or "nothing"


def names_in(words: str) -> list[str]:
    return [] if words == "nothing" else words.split(", ")


def compare(seen: str, expected: str, may: str, may_not: str) -> None:
    """Asserts that two lists of layers are the same; the message names layers that stand in only one of them."""
    extra = [name for name in names_in(seen) if name not in names_in(expected)]
    missing = [name for name in names_in(expected) if name not in names_in(seen)]
    assert not extra, f"{', '.join(extra)} {may}"
    assert not missing, f"{', '.join(missing)} {may_not}"


@unfreeze_top.check("The layers that can learn are the last n, batch norm aside", points=3, on=flags)
def last_n_can_learn(answer: Seen, expected: Seen, kind: str, start: str, n: int, watch: str) -> None:
    seen, right = without_norm(answer["can learn"]), without_norm(expected["can learn"])
    compare(seen, right, "can learn and should be frozen", "should be able to learn and cannot")


@unfreeze_top.check("No batch-norm layer can learn, wherever it stands", points=2, on=flags)
def norm_is_frozen(answer: Seen, expected: Seen, kind: str, start: str, n: int, watch: str) -> None:
    thawed = [name for name in names_in(answer["can learn"]) if name.startswith("norm")]
    assert not thawed, f"{', '.join(thawed)} can learn"


@unfreeze_top.check("The given backbone itself comes back", points=1, on=flags)
def is_the_same_object(answer: Seen, expected: Seen, kind: str, start: str, n: int, watch: str) -> None:
    assert answer["same"], "what you return is another object than the backbone you were given"
    assert answer["kept"], "the weights of the backbone are others than before: what it knew is lost"


@unfreeze_top.check("One training step moves the top and nothing else, no moving average either", points=2, on=one_step)
def step_moves_the_top(answer: Seen, expected: Seen, kind: str, start: str, n: int, watch: str) -> None:
    compare(answer["moved"], expected["moved"], "moved in the step", "did not move in the step")


def without_norm(words: str) -> str:
    return in_words(name for name in names_in(words) if not name.startswith("norm"))


@unfreeze_top.misconception(
    "Moving averages moved: a batch-norm layer that may learn runs in training mode during fit, even when the backbone "
    "is called with training=False.",
    look_at="the flags of the batch-norm layers near the top",
)
def batch_norm_thawed(backbone: Model, n: int) -> Model:
    backbone.trainable = True
    return flagged(backbone, lambda number, layer: number >= len(backbone.layers) - n)


@unfreeze_top.misconception(
    "n = 0 thawed everything: the last 0 entries, as a slice, are all of them.", look_at="what layers[-0:] holds"
)
def minus_zero(backbone: Model, n: int) -> Model:
    return flag_by_flag(backbone, n or len(backbone.layers))


@unfreeze_top.misconception(
    "When n is larger than the number of layers, your count of frozen layers falls below 0 and is read from the end.",
    look_at="where the frozen part ends for 10 layers and n = 12",
)
def past_the_end(backbone: Model, n: int) -> Model:
    count = len(backbone.layers)
    return flag_by_flag(backbone, n if n <= count else n - count)


@unfreeze_top.misconception(
    "You thawed the layers near the input; those nearest the head should learn.",
    look_at="which end of backbone.layers is the top",
)
def bottom(backbone: Model, n: int) -> Model:
    backbone.trainable = True
    return flagged(backbone, lambda number, layer: number < n and not is_norm(layer))


@unfreeze_top.misconception(
    "backbone.trainable_weights is empty: the backbone itself is frozen, whatever its layers say.",
    look_at="backbone.trainable at the end",
)
def parent_frozen(backbone: Model, n: int) -> Model:
    backbone.trainable = False
    return flagged(backbone, lambda number, layer: number >= len(backbone.layers) - n and not is_norm(layer))


@unfreeze_top.misconception(
    "Nothing can learn, from the lowest layer to the top: a flag that reaches all layers was set to False last.",
    look_at="the order of your assignments, and the flags of the top layers after them",
)
def nothing_thawed(backbone: Model, n: int) -> Model:
    set_flags(backbone, False)
    return backbone


@unfreeze_top.misconception(
    "It works on a backbone that comes thawed, and not on a frozen one: the parent's own flag is left as it was.",
    look_at="backbone.trainable when the backbone comes frozen",
)
def parent_untouched(backbone: Model, n: int) -> Model:
    return flagged(backbone, lambda number, layer: number >= len(backbone.layers) - n and not is_norm(layer))


@unfreeze_top.misconception(
    "Everything can learn: the backbone's own flag reaches all of its layers, and it was set last, or alone.",
    look_at="the order of your assignments, and the flags of the lowest layers after them",
)
def everything_thawed(backbone: Model, n: int) -> Model:
    set_flags(backbone, True)
    return backbone


# Under JAX it does what everything_thawed does; under TensorFlow a flag that stays the same reaches no layer.
@unfreeze_top.misconception(
    "When the backbone comes frozen, its own flag, set after those of its layers, overwrites them all.",
    look_at="the order of your assignments",
)
def parent_last(backbone: Model, n: int) -> Model:
    flagged(backbone, lambda number, layer: number >= len(backbone.layers) - n and not is_norm(layer))
    backbone.trainable = True
    return backbone


@unfreeze_top.misconception(
    "You froze batch norm and thawed all the rest: n does not count.", look_at="what n = 1 and n = 5 change"
)
def batch_norm_only(backbone: Model, n: int) -> Model:
    return flag_by_flag(backbone, len(backbone.layers))


@unfreeze_top.misconception(
    "You counted arrays of weights; n counts layers, and some layers have none.", look_at="what the number n counts"
)
def counts_weights(backbone: Model, n: int) -> Model:
    backbone.trainable = True
    last = {id(weight) for weight in backbone.weights[max(0, len(backbone.weights) - n) :]}
    chosen = [layer for layer in backbone.layers if any(id(weight) in last for weight in layer.weights)]
    return flagged(backbone, lambda number, layer: layer in chosen and not is_norm(layer))


@unfreeze_top.misconception(
    "You counted only the layers that hold weights; n counts every entry of backbone.layers.",
    look_at="what the number n counts",
)
def counts_holders(backbone: Model, n: int) -> Model:
    backbone.trainable = True
    holders = [layer for layer in backbone.layers if layer.weights]
    chosen = holders[max(0, len(holders) - n) :]
    return flagged(backbone, lambda number, layer: layer in chosen and not is_norm(layer))


@unfreeze_top.misconception(
    "You changed and returned a copy; the backbone inside the learner's model stays as it was.",
    look_at="whether what you return is what you were given",
)
def copy(backbone: Model, n: int) -> Model:
    import keras

    return flag_by_flag(keras.models.clone_model(backbone), n)


def flagged(backbone: Model, rule: Any) -> Model:
    """The backbone with each layer's flag by the rule of its number and itself."""
    for number, layer in enumerate(backbone.layers):
        layer.trainable = bool(rule(number, layer))
    return backbone
