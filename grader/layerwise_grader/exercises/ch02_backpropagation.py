"""Chapter 02, Backpropagation: a loss, its slope by asking, a tape, one layer, the start, and the whole way back."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy import special

from layerwise_grader.exercise import Exercise, assert_close, assert_finite, assert_shape

Array = np.ndarray[Any, Any]
Random = np.random.Generator
Slips = Callable[[Array, Array], Any]

# --- 02.1 ------------------------------------------------------------------------------------------------------------

cross_entropy = Exercise(
    "02.1",
    "Cross-entropy from scores",
    function="cross_entropy",
    difficulty=2,
    minutes=12,
    look_at="one row of three scores, worked out on paper, and then the same row with 1000 added",
)


@cross_entropy.reference
def mean_minus_log_share(logits: Array, labels: Array) -> float:
    return float(np.mean(special.logsumexp(logits, axis=1) - of_truth(logits, labels)))


def of_truth(table: Array, labels: Array) -> Array:
    """The entry of each row that its label names."""
    return table[np.arange(len(labels)), labels]


def minus_log_shares(logits: Array, axis: int = 1) -> Array:
    """What every class would cost as the truth."""
    return -special.log_softmax(logits, axis=axis)


def shares(logits: Array, axis: int = 1) -> Array:
    return special.softmax(logits, axis=axis)


def one_hot(labels: Array, classes: int) -> Array:
    return np.eye(classes)[labels]


SIZES = [(7, 3), (3, 7), (5, 5), (1, 5), (6, 2), (4, 10), (2, 3), (9, 4)]


@cross_entropy.probes
def scores_and_labels(random: Random) -> Iterator[tuple[Array, Array]]:
    """Oblong and square tables of scores, one sample, two classes; moderate scores and scores three times as large."""
    for spread in (1.0, 3.0):
        for samples, classes in SIZES:
            yield spread * random.normal(size=(samples, classes)), random.integers(0, classes, samples)


@cross_entropy.probes
def hopeless(random: Random) -> Iterator[tuple[Array, Array]]:
    """A score of 1000 for a wrong class in each row, and −1000 for the true one."""
    for samples, classes in [(4, 3), (1, 5), (3, 2), (5, 4)]:
        logits, labels = random.normal(size=(samples, classes)), random.integers(0, classes, samples)
        rows = np.arange(samples)
        logits[rows, (labels + 1) % classes], logits[rows, labels] = 1000, -1000
        yield logits, labels


@cross_entropy.probes
def far_apart(random: Random) -> Iterator[tuple[Array, Array]]:
    """Rows of moderate differences, alternately around 1000 and around −1000."""
    for samples, classes in [(4, 3), (2, 5), (3, 2)]:
        level = 1000.0 * (-1) ** np.arange(samples)
        yield random.normal(size=(samples, classes)) + level[:, None], random.integers(0, classes, samples)


@cross_entropy.check("Costs minus the log of the true class's share, averaged over the samples", points=2)
def costs_the_log_share(answer: float, expected: float, logits: Array, labels: Array) -> None:
    too = "large" if answer > expected else "small"
    assert np.isclose(answer, expected, rtol=1e-4, atol=1e-5), f"your loss is {answer:.4g}, which is too {too}"


@cross_entropy.property("Writing every sample twice leaves the loss as it is", points=1)
def is_a_mean(call: Callable[..., float], logits: Array, labels: Array) -> None:
    once, twice = call(logits, labels), call(np.repeat(logits, 2, axis=0), np.repeat(labels, 2))
    assert np.isclose(once, twice, rtol=1e-4, atol=1e-5), f"your loss is {once:.4g} once and {twice:.4g} twice"


@cross_entropy.check("Scores of ±1000 cost what they should, and never infinity", points=1, on=(hopeless, far_apart))
def survives_large_scores(answer: float, expected: float, logits: Array, labels: Array) -> None:
    assert np.isfinite(answer), f"your loss is {answer}"
    assert np.isclose(answer, expected, rtol=1e-4, atol=1e-3), f"your loss is {answer:.4g}"


def on_moderate_scores(right: Slips) -> Callable[[Slips], Slips]:
    """A slip that shows on moderate scores only, so that it and an overflow are each named where both happened."""

    def limit(wrong: Slips) -> Slips:
        @functools.wraps(wrong)
        def limited(logits: Array, labels: Array) -> Any:
            return (right if np.abs(logits).max() > 500 else wrong)(logits, labels)

        return limited

    return limit


moderate_loss = on_moderate_scores(mean_minus_log_share)


@cross_entropy.misconception(
    "Large scores gave infinity or not-a-number: the exponential overflowed before the log could undo it.",
    look_at="what may be taken off all scores of a row without changing their shares",
)
def overflow(logits: Array, labels: Array) -> float:
    return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - of_truth(logits, labels)))


@cross_entropy.misconception(
    "Large scores gave infinity or not-a-number: the exponential overflowed before the log could undo it.",
    look_at="what may be taken off all scores of a row without changing their shares",
)
def overflow_spread(logits: Array, labels: Array) -> float:
    exp = np.exp(logits)
    logs = np.log(exp / exp.sum(axis=1, keepdims=True))
    return float(-np.sum(one_hot(labels, logits.shape[1]) * logs) / len(labels))


@cross_entropy.misconception(
    "A share became 0 before its logarithm was taken: a hopeless prediction costs infinity in your version.",
    look_at="what the logarithm of a quotient of exponentials simplifies to",
)
def log_of_zero(logits: Array, labels: Array) -> float:
    return float(np.mean(-np.log(of_truth(shares(logits), labels))))


@cross_entropy.misconception(
    "A share became 0 before its logarithm was taken, and 0 times infinity is not a number.",
    look_at="what the logarithm of a quotient of exponentials simplifies to",
)
def log_of_zero_spread(logits: Array, labels: Array) -> float:
    return float(-np.sum(one_hot(labels, logits.shape[1]) * np.log(shares(logits))) / len(labels))


@cross_entropy.misconception(
    "One maximum was taken off the whole batch, so that rows far below it vanish.", look_at="a row of scores near −1000"
)
def one_maximum(logits: Array, labels: Array) -> float:
    shifted = logits - logits.max()
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - of_truth(shifted, labels)))


@cross_entropy.misconception(
    "A hopeless prediction costs 16 in your version however hopeless it is: clipping hides the true loss.",
    look_at="what your clipping does to a share of 0.0000000001",
)
def clipped(logits: Array, labels: Array) -> float:
    return float(np.mean(-np.log(np.clip(of_truth(shares(logits), labels), 1e-7, 1))))


@cross_entropy.misconception(
    "Your loss doubles when the batch doubles: average over samples.", look_at="step 3 of the card"
)
@moderate_loss
def summed(logits: Array, labels: Array) -> float:
    return mean_minus_log_share(logits, labels) * len(labels)


@cross_entropy.misconception(
    "Your loss is too small by the number of classes: each sample has one term, not K.",
    look_at="how many numbers your mean runs over",
)
@moderate_loss
def mean_over_classes(logits: Array, labels: Array) -> float:
    return mean_minus_log_share(logits, labels) / logits.shape[1]


@cross_entropy.misconception(
    "Your loss is negative: better predictions should cost less, not more.", look_at="the sign of a share's logarithm"
)
@moderate_loss
def sign(logits: Array, labels: Array) -> float:
    return -mean_minus_log_share(logits, labels)


@cross_entropy.misconception(
    "The ratio to the right value is 1.44: another base of the logarithm.", look_at="which logarithm you took"
)
@moderate_loss
def log2(logits: Array, labels: Array) -> float:
    return float(mean_minus_log_share(logits, labels) / np.log(2))


@cross_entropy.misconception(
    "The shares were normalised down the columns.", look_at="the axis along which the classes of one sample lie"
)
@moderate_loss
def over_batch(logits: Array, labels: Array) -> float:
    return float(np.mean(of_truth(minus_log_shares(logits, axis=0), labels)))


@cross_entropy.misconception(
    "You used the score alone; the other classes must matter.", look_at="what happens when another class's score rises"
)
@moderate_loss
def no_log_sum(logits: Array, labels: Array) -> float:
    return float(-np.mean(of_truth(logits, labels)))


@cross_entropy.misconception("You return the mean share; take minus its logarithm first.", look_at="step 1 of the card")
@moderate_loss
def share(logits: Array, labels: Array) -> float:
    return float(np.mean(of_truth(shares(logits), labels)))


@cross_entropy.misconception(
    "You averaged the shares and took the logarithm of that; each sample has a logarithm of its own.",
    look_at="the order of mean and logarithm",
)
@moderate_loss
def log_of_mean(logits: Array, labels: Array) -> float:
    return float(-np.log(np.mean(of_truth(shares(logits), labels))))


@cross_entropy.misconception(
    "Every sample was scored for every label in the batch: rows and labels must be paired one to one.",
    look_at="the shape that your indexing with labels gives",
)
@moderate_loss
def all_pairs(logits: Array, labels: Array) -> float:
    return float(np.mean(minus_log_shares(logits)[:, labels]))


@cross_entropy.misconception(
    "You judged the class that won; the label says which class counts.", look_at="where labels enter your sum"
)
@moderate_loss
def winner(logits: Array, labels: Array) -> float:
    return float(np.mean(minus_log_shares(logits).min(axis=1)))


@cross_entropy.misconception(
    "You judged each class by its own yes/no loss; here exactly one class is true.",
    look_at="how many terms a sample has in your sum",
)
@moderate_loss
def binary(logits: Array, labels: Array) -> float:
    signs = 1 - 2 * one_hot(labels, logits.shape[1])
    return float(np.mean(np.logaddexp(0, signs * logits)))


@cross_entropy.misconception(
    "The false classes got terms of their own; only the true class's share enters.",
    look_at="how many terms a sample has in your sum",
)
@moderate_loss
def false_classes_too(logits: Array, labels: Array) -> float:
    truth, p = one_hot(labels, logits.shape[1]), shares(logits)
    return float(-np.mean(np.sum(truth * np.log(p) + (1 - truth) * np.log(1 - p), axis=1)))


# --- 02.2 ------------------------------------------------------------------------------------------------------------

numerical_gradient = Exercise(
    "02.2",
    "Measure a slope",
    function="numerical_gradient",
    difficulty=2,
    minutes=12,
    look_at="one weight by itself: where the two losses of its slope are taken, and how far apart these places are",
)


def tiny_loss(w: Array, x: Array, y: Array) -> float:
    """The chapter's loss with two weights or any number: mean squared error of one tanh neuron."""
    return float(np.mean((np.tanh(x @ w) - y) ** 2))


@numerical_gradient.reference
def central_differences(w: Array, x: Array, y: Array, eps: float) -> Array:
    nudges = eps * np.eye(len(w))
    return np.array([tiny_loss(w + nudge, x, y) - tiny_loss(w - nudge, x, y) for nudge in nudges]) / (2 * eps)


def drawn_neurons(random: Random, count: int) -> Iterator[tuple[Array, Array, Array]]:
    """(w, x, y) with one to four weights."""
    for number in range(count):
        inputs, samples = number % 4 + 1, int(random.integers(2, 9))
        x, y = random.normal(size=(samples, inputs)), random.uniform(-1, 1, samples)
        yield random.normal(size=inputs), x, y


@numerical_gradient.probes
def coarse(random: Random) -> Iterator[tuple[Array, Array, Array, float]]:
    """Steps so large that another way of measuring gives visibly other slopes."""
    for w, x, y in drawn_neurons(random, 16):
        yield w, x, y, float(random.uniform(0.05, 0.3))


@numerical_gradient.probes
def fine(random: Random) -> Iterator[tuple[Array, Array, Array, float]]:
    """Steps of 0.0001."""
    for w, x, y in drawn_neurons(random, 4):
        yield w, x, y, 1e-4


@numerical_gradient.probes
def whole_numbers(random: Random) -> Iterator[tuple[Array, Array, Array, float]]:
    """Weights stored as whole numbers."""
    for _, x, y in drawn_neurons(random, 8):
        yield random.integers(-2, 3, x.shape[1]), x / 2, y, float(random.uniform(0.05, 0.3))


@numerical_gradient.check("Each slope is the change of the loss around its own weight, over the distance", points=1)
def measures_each_weight(answer: Array, expected: Array, w: Array, x: Array, y: Array, eps: float) -> None:
    assert_close(answer, expected)


@numerical_gradient.check("A small eps gives the slope in the limit", points=1, on=fine)
def measures_finely(answer: Array, expected: Array, w: Array, x: Array, y: Array, eps: float) -> None:
    assert_close(answer, expected, rtol=1e-2, atol=3e-3)  # in float32, dividing by 0.0001 leaves three digits


@numerical_gradient.property("Weights stored as whole numbers have the same slopes", points=1, on=whole_numbers)
def keeps_fractions(call: Callable[..., Array], w: Array, x: Array, y: Array, eps: float) -> None:
    whole, same = np.asarray(call(w, x, y, eps)), np.asarray(call(w.astype(float), x, y, eps))
    assert_shape(whole, same)
    difference = np.abs(whole - same).max()
    assert difference < 1e-3, f"as whole numbers and as floats, the same weights gave slopes {difference:.3g} apart"


numerical_gradient.leaves_inputs_alone(
    "Leaves the weights that it was given as they were", points=1, on=(coarse, whole_numbers)
)


def measured(w: Array, x: Array, y: Array, eps: float, *, above: float = 1, below: float = 1) -> Array:
    """Change of the loss from ``below`` steps under each weight to ``above`` steps over it."""
    nudges = eps * np.eye(len(w))
    return np.array([tiny_loss(w + above * nudge, x, y) - tiny_loss(w - below * nudge, x, y) for nudge in nudges])


@numerical_gradient.misconception(
    "Your slope is measured to one side only; between one step below and one step above it errs far less.",
    look_at="the two places where you take the loss",
)
def one_sided(w: Array, x: Array, y: Array, eps: float) -> Array:
    return measured(w, x, y, eps, below=0) / eps


@numerical_gradient.misconception(
    "Twice too large: from one step below to one step above is two steps.", look_at="what you divide by"
)
def half_distance(w: Array, x: Array, y: Array, eps: float) -> Array:
    return measured(w, x, y, eps) / eps


@numerical_gradient.misconception(
    "All entries were nudged at once, so all slopes come out equal.", look_at="how many entries your nudge moves"
)
def all_together(w: Array, x: Array, y: Array, eps: float) -> Array:
    return np.full(len(w), (tiny_loss(w + eps, x, y) - tiny_loss(w - eps, x, y)) / (2 * eps))


@numerical_gradient.misconception(
    "The second slope was measured at a place that the first nudge had moved.",
    look_at="where w stands when the second entry is nudged",
)
def not_reset(w: Array, x: Array, y: Array, eps: float) -> Array:
    return wandering(w, x, y, eps, stays=-eps)


@numerical_gradient.misconception(
    "The second slope was measured at a place that the first nudge had moved.",
    look_at="where w stands when the second entry is nudged",
)
def not_reset_above(w: Array, x: Array, y: Array, eps: float) -> Array:
    return wandering(w, x, y, eps, stays=eps)


def wandering(w: Array, x: Array, y: Array, eps: float, *, stays: float) -> Array:
    """Slopes that are each measured where the earlier entries have stayed moved."""
    w, slopes = w.astype(float), []
    for i, nudge in enumerate(eps * np.eye(len(w))):
        slopes.append((tiny_loss(w + nudge, x, y) - tiny_loss(w - nudge, x, y)) / (2 * eps))
        w[i] += stays
    return np.array(slopes)


def nudging_whole_numbers(w: Array, x: Array, y: Array, eps: float) -> Array:
    """Slopes from copies of w that keep its type."""
    slopes = []
    for i in range(len(w)):
        up, down = w.copy(), w.copy()
        up[i], down[i] = w[i] + eps, w[i] - eps
        slopes.append((tiny_loss(up, x, y) - tiny_loss(down, x, y)) / (2 * eps))
    return np.array(slopes)


@numerical_gradient.misconception(
    "A copy of whole numbers can't hold a nudge: it was cut off.", look_at="step 1 of the card, and the type of w"
)
def integer_nudge(w: Array, x: Array, y: Array, eps: float) -> Array:
    return nudging_whole_numbers(w, x, y, eps)


@numerical_gradient.misconception(
    "For whole-number weights your slopes were cut to whole numbers, too.",
    look_at="the type of the array that holds your result",
)
def integer_slopes(w: Array, x: Array, y: Array, eps: float) -> Array:
    return central_differences(w, x, y, eps).astype(w.dtype)


@numerical_gradient.misconception(
    "Whole-number weights made both your nudges and your slopes whole.", look_at="the type of every array that you make"
)
def integer_throughout(w: Array, x: Array, y: Array, eps: float) -> Array:
    return nudging_whole_numbers(w, x, y, eps).astype(w.dtype)


@numerical_gradient.misconception(
    "Your arrow points downhill; the gradient points uphill.", look_at="which loss you take from which"
)
def downhill(w: Array, x: Array, y: Array, eps: float) -> Array:
    return -central_differences(w, x, y, eps)


@numerical_gradient.misconception(
    "You return the change of the loss, not its slope.", look_at="how the change depends on eps"
)
def no_division(w: Array, x: Array, y: Array, eps: float) -> Array:
    return measured(w, x, y, eps)


@numerical_gradient.misconception(
    "You return how steep it is; which way needs one number a weight.", look_at="the shape that the card asks for"
)
def length(w: Array, x: Array, y: Array, eps: float) -> float:
    return float(np.linalg.norm(central_differences(w, x, y, eps)))


@numerical_gradient.misconception(
    "These are the slopes of a far smaller nudge: the eps that was given has no effect.",
    look_at="where eps enters your code",
)
def eps_ignored(w: Array, x: Array, y: Array, eps: float) -> Array:
    return central_differences(w, x, y, 1e-5)


# --- 02.3 ------------------------------------------------------------------------------------------------------------

backward = Exercise(
    "02.3",
    "Back along the tape",
    function="backward",
    difficulty=4,
    minutes=20,
    look_at="a tape of four nodes, walked back on paper: what each node receives, and from whom",
)
Tape = list[tuple[Any, ...]]
Slopes = Callable[[str, Sequence[float], float], Sequence[float]]


def evaluate(tape: Tape, inputs: Sequence[float]) -> list[float]:
    """The value of every node, as the chapter's given function computes it."""
    feed, values = iter(inputs), list[float]()
    for kind, *parents in tape:
        a = [values[parent] for parent in parents]
        values.append(float(next(feed) if kind == "input" else OPERATIONS[kind](*a)))
    return values


OPERATIONS: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "tanh": np.tanh,
    "exp": np.exp,
    "relu": lambda a: max(a, 0.0),
}


def local_slopes(kind: str, a: Sequence[float], value: float) -> Sequence[float]:
    """How a node's value changes with each of its parents' values ``a``."""
    if kind == "mul":
        return a[1], a[0]
    slopes = {"add": (1.0, 1.0), "tanh": (1 - value**2,), "exp": (value,), "relu": (float(value > 0),)}
    return slopes.get(kind, ())


def walked(tape: Tape, inputs: Sequence[float], slopes: Slopes, *, overwrites: bool = False) -> list[float]:
    """Gradients from a walk back along the tape with these local slopes."""
    values = evaluate(tape, inputs)
    grads = [0.0] * len(tape)
    grads[-1] = 1.0
    for i in reversed(range(len(tape))):
        kind, *parents = tape[i]
        for parent, slope in zip(parents, slopes(kind, [values[p] for p in parents], values[i]), strict=False):
            grads[parent] = grads[i] * slope + (0.0 if overwrites else grads[parent])
    return grads


@backward.reference
def walk_back(tape: Tape, inputs: list[float]) -> list[float]:
    values, grads = evaluate(tape, inputs), [0.0] * len(tape)
    grads[-1] = 1.0
    for i in reversed(range(len(tape))):
        kind, *parents = tape[i]
        for parent, slope in zip(parents, local_slopes(kind, [values[p] for p in parents], values[i]), strict=True):
            grads[parent] += grads[i] * slope
    return grads


IN = ("input",)


@backward.probes
def chains(random: Random) -> Iterator[tuple[Tape, list[float]]]:
    """One value, bent again and again."""
    for kinds in (("tanh",), ("exp",), ("tanh", "tanh"), ("exp", "tanh"), ("tanh", "exp"), ("exp", "tanh", "exp")):
        yield [IN, *((kind, i) for i, kind in enumerate(kinds))], numbers(random, [IN])


@backward.probes
def trees(random: Random) -> Iterator[tuple[Tape, list[float]]]:
    """Sums and products; every value is used once."""
    tapes = [
        [IN, IN, ("add", 0, 1)],
        [IN, IN, ("mul", 0, 1)],
        [IN, IN, ("mul", 1, 0), ("tanh", 2)],
        [IN, IN, IN, ("add", 0, 1), ("mul", 3, 2)],
        [IN, IN, ("exp", 0), ("mul", 2, 1), IN, ("add", 4, 3), ("tanh", 5)],
    ]
    for tape in tapes:
        yield tape, numbers(random, tape)


@backward.probes
def reused(random: Random) -> Iterator[tuple[Tape, list[float]]]:
    """Squares, a value that three others use, and paths that part and meet."""
    tapes = [
        [IN, ("mul", 0, 0)],
        [IN, ("add", 0, 0)],
        [IN, ("tanh", 0), ("mul", 0, 1)],
        [IN, ("exp", 0), ("tanh", 0), ("mul", 0, 1), ("add", 2, 3)],
        [IN, IN, ("mul", 0, 1), ("add", 2, 0), ("tanh", 3), ("mul", 4, 1)],
        [IN, ("tanh", 0), ("mul", 1, 1), ("mul", 2, 2), ("add", 3, 1)],
    ]
    for tape in tapes:
        yield tape, numbers(random, tape)


@backward.probes
def shut(random: Random) -> Iterator[tuple[Tape, list[float]]]:
    """ReLUs that are on and off, inputs that lead nowhere, and a tape of one input."""
    yield [IN], numbers(random, [IN])
    yield [IN, ("relu", 0)], [-1.5]
    yield [IN, ("relu", 0)], [0.7]
    yield [IN, IN, ("relu", 0), ("mul", 2, 1)], [1.2, -0.6]
    yield [IN, IN, ("relu", 0), ("tanh", 1), ("add", 2, 3)], [-0.9, 0.4]
    yield [IN, IN, ("exp", 0), ("tanh", 1)], numbers(random, [IN, IN])


@backward.probes
def mixed(random: Random) -> Iterator[tuple[Tape, list[float]]]:
    """Random tapes of six to twelve nodes."""
    for _ in range(8):
        yield drawn_tape(random)


def numbers(random: Random, tape: Tape) -> list[float]:
    """An input for every input node, away from 0 and of either sign."""
    count = sum(node == IN for node in tape)
    sizes = np.round(random.uniform(0.3, 1.4, count), 2)
    return [float(number) for number in sizes * random.choice([-1, 1], count)]


def drawn_tape(random: Random) -> tuple[Tape, list[float]]:
    """A tape on which every kind may occur; no value is huge, and no ReLU stands on its kink."""
    while True:
        tape: Tape = [IN, IN, IN]
        for i in range(3, int(random.integers(6, 13))):
            kind = str(random.choice(list(OPERATIONS)))
            parents = random.integers(max(0, i - 5), i, 2 if kind in ("add", "mul") else 1)
            tape.append((kind, *map(int, parents)))
        inputs = numbers(random, tape)
        values = np.array(evaluate(tape, inputs))
        at_kinks = [float(values[node[1]]) for node in tape if node[0] == "relu"]
        if np.abs(values).max() < 20 and np.abs([1.0, *at_kinks]).min() > 0.01:
            return tape, inputs


EVERY_TAPE = (chains, trees, reused, shut, mixed)


def compare_nodes(answer: list[float], expected: list[float], tape: Tape) -> None:
    """Asserts equal gradients, from the last node to the first: the first to differ on the way back is named."""
    for i in reversed(range(len(tape))):
        told = f'on the way back, node {i} ("{tape[i][0]}") is the first to differ: you have {answer[i]:.4g}'
        assert np.isclose(answer[i], expected[i], rtol=1e-4, atol=1e-5), told


@backward.check("There is a number for every node, and the last node's is 1", points=1, on=EVERY_TAPE)
def starts_with_one(answer: list[float], expected: list[float], tape: Tape, inputs: list[float]) -> None:
    assert np.isclose(answer[-1], 1), f"the gradient of your last node is {answer[-1]:.3g}"


@backward.check("Along a chain, slopes multiply", points=2, on=chains)
def multiplies_along_chains(answer: list[float], expected: list[float], tape: Tape, inputs: list[float]) -> None:
    compare_nodes(answer, expected, tape)


@backward.check("Sums and products hand each of their two parents its share", points=1, on=trees)
def shares_among_parents(answer: list[float], expected: list[float], tape: Tape, inputs: list[float]) -> None:
    compare_nodes(answer, expected, tape)


@backward.check("A value used several times collects from every use", points=2, on=reused)
def collects_from_every_use(answer: list[float], expected: list[float], tape: Tape, inputs: list[float]) -> None:
    compare_nodes(answer, expected, tape)


@backward.check("A ReLU that is off passes nothing, and what leads nowhere has gradient 0", points=1, on=shut)
def passes_nothing_where_shut(answer: list[float], expected: list[float], tape: Tape, inputs: list[float]) -> None:
    compare_nodes(answer, expected, tape)


@backward.check("All of it together, on random tapes", points=1, on=mixed)
def works_on_random_tapes(answer: list[float], expected: list[float], tape: Tape, inputs: list[float]) -> None:
    compare_nodes(answer, expected, tape)


@backward.misconception(
    "A value used twice keeps only its last share: gradients from all uses add up.",
    look_at="what a node holds when the second request arrives",
)
def overwrite(tape: Tape, inputs: list[float]) -> list[float]:
    return walked(tape, inputs, local_slopes, overwrites=True)


@backward.misconception(
    "The slope of a product with respect to one factor is the other factor.",
    look_at="how 3 · 5 changes when the 3 grows by a little",
)
def mul_own_factor(tape: Tape, inputs: list[float]) -> list[float]:
    return walked(tape, inputs, lambda kind, a, out: a if kind == "mul" else local_slopes(kind, a, out))


@backward.misconception(
    "You walked from the inputs: a node's gradient was passed on before it was complete.",
    look_at="which nodes know their gradient when your walk begins",
)
def forward_order(tape: Tape, inputs: list[float]) -> list[float]:
    values, grads = evaluate(tape, inputs), [0.0] * len(tape)
    grads[-1] = 1.0
    for i, (kind, *parents) in enumerate(tape):
        for parent, slope in zip(parents, local_slopes(kind, [values[p] for p in parents], values[i]), strict=True):
            grads[parent] += grads[i] * slope
    return grads


@backward.misconception(
    "You return local slopes; each must be multiplied by what arrives from above.",
    look_at="what a node hands on when its own gradient is 0",
)
def no_upstream(tape: Tape, inputs: list[float]) -> list[float]:
    values, grads = evaluate(tape, inputs), [0.0] * len(tape)
    grads[-1] = 1.0
    for i in reversed(range(len(tape))):
        kind, *parents = tape[i]
        for parent, slope in zip(parents, local_slopes(kind, [values[p] for p in parents], values[i]), strict=True):
            grads[parent] += slope
    return grads


def bent_at_input(kind: str, a: Sequence[float], value: float, kinds: Sequence[str]) -> Sequence[float]:
    """Local slopes that take the number going in for the number coming out, for these kinds."""
    return local_slopes(kind, a, a[0] if kind in kinds else value)


@backward.misconception(
    "For tanh and exp you used the number going in where the slope needs the number coming out.",
    look_at="the slopes of tanh and exp at 0",
)
def slope_at_input(tape: Tape, inputs: list[float]) -> list[float]:
    return walked(tape, inputs, functools.partial(bent_at_input, kinds=("tanh", "exp")))


@backward.misconception(
    "For tanh you used the number going in where the slope needs the number coming out.",
    look_at="the slope of tanh far to the right",
)
def tanh_at_input(tape: Tape, inputs: list[float]) -> list[float]:
    return walked(tape, inputs, functools.partial(bent_at_input, kinds=("tanh",)))


@backward.misconception(
    "For exp you used the number going in where the slope needs the number coming out.",
    look_at="the slope of exp at 0",
)
def exp_at_input(tape: Tape, inputs: list[float]) -> list[float]:
    return walked(tape, inputs, functools.partial(bent_at_input, kinds=("exp",)))


@backward.misconception("Gradient flows through a ReLU that is off.", look_at="the slope of ReLU below 0")
def relu_open(tape: Tape, inputs: list[float]) -> list[float]:
    return walked(tape, inputs, lambda kind, a, out: (1.0,) if kind == "relu" else local_slopes(kind, a, out))


@backward.misconception("The second term of a sum gets nothing.", look_at="how many parents a sum has")
def second_forgotten(tape: Tape, inputs: list[float]) -> list[float]:
    return walked(tape, inputs, lambda kind, a, out: (1.0,) if kind == "add" else local_slopes(kind, a, out))


@backward.misconception(
    "Your walk starts with the last node's value; how much that node changes with itself is another number.",
    look_at="step 2 of the card",
)
def starts_with_value(tape: Tape, inputs: list[float]) -> list[float]:
    start = evaluate(tape, inputs)[-1]
    return [start * grad for grad in walk_back(tape, inputs)]


@backward.misconception("One number for every node is asked, not only for the inputs.", look_at="the card's first line")
def inputs_only(tape: Tape, inputs: list[float]) -> list[float]:
    return [grad for grad, node in zip(walk_back(tape, inputs), tape, strict=True) if node == IN]


@backward.misconception("These are the nodes' values, not their gradients.", look_at="what your function returns")
def values(tape: Tape, inputs: list[float]) -> list[float]:
    return evaluate(tape, inputs)


# --- 02.4 ------------------------------------------------------------------------------------------------------------

dense_backward = Exercise(
    "02.4",
    "Back through a layer",
    function="dense_backward",
    difficulty=3,
    minutes=15,
    look_at="the shapes of dz, x and w, and which products of two of them have the shapes that are asked",
)
Parts = Sequence[Array]


@dense_backward.reference
def three_gradients(dz: Array, x: Array, w: Array) -> Parts:
    return dz @ w.T, x.T @ dz, dz.sum(axis=0)


def drawn_layers(random: Random, sizes: Iterable[tuple[int, int, int]]) -> Iterator[tuple[Array, Array, Array]]:
    """(dz, x, w) for (samples, inputs, units)."""
    for samples, inputs, units in sizes:
        shapes = (samples, units), (samples, inputs), (inputs, units)
        dz, x, w = (random.normal(size=shape) for shape in shapes)
        yield dz, x, w


@dense_backward.probes
def oblong(random: Random) -> Iterator[tuple[Array, Array, Array]]:
    """Three different sizes, one sample, one unit."""
    yield from drawn_layers(random, [(7, 3, 5), (3, 5, 2), (2, 4, 6), (1, 4, 3), (5, 3, 1), (6, 1, 4), (4, 7, 2)] * 2)


@dense_backward.probes
def square(random: Random) -> Iterator[tuple[Array, Array, Array]]:
    """Four samples, four inputs, four units: no shape helps."""
    yield from drawn_layers(random, [(4, 4, 4)] * 6)


BOTH = (oblong, square)


@dense_backward.check("dx, dw and db come in this order, shaped as x, w and the bias", points=1)
def has_their_shapes(answer: Parts, expected: Parts, dz: Array, x: Array, w: Array) -> None:
    for name, part, wanted in zip(("dx", "dw", "db"), answer, expected, strict=True):
        assert part.shape == wanted.shape, f"your {name} has shape {part.shape}; it should have {wanted.shape}"


@dense_backward.check("dx takes errors back along the weights", points=1, on=BOTH)
def takes_errors_back(answer: Parts, expected: Parts, dz: Array, x: Array, w: Array) -> None:
    assert_close(answer[0], expected[0])


@dense_backward.check("dw says how each weight moves the loss", points=2, on=BOTH)
def asks_each_weight(answer: Parts, expected: Parts, dz: Array, x: Array, w: Array) -> None:
    assert_close(answer[1], expected[1])


@dense_backward.check("db says how each unit's bias moves the loss", points=1, on=BOTH)
def asks_each_bias(answer: Parts, expected: Parts, dz: Array, x: Array, w: Array) -> None:
    assert_close(answer[2], expected[2])


@dense_backward.property("dw of two halves of a batch adds up to dw of the whole", points=1, on=square)
def adds_over_samples(call: Callable[..., Parts], dz: Array, x: Array, w: Array) -> None:
    first, second, whole = (call(dz[part], x[part], w)[1] for part in (slice(1), slice(1, None), slice(None)))
    assert_close(np.asarray(first) + second, whole)


@dense_backward.misconception(
    "The average over samples is already inside dz; dividing again makes gradients N times too small.",
    look_at="where the loss took its mean",
)
def mean(dz: Array, x: Array, w: Array) -> Parts:
    return dz @ w.T, x.T @ dz / len(x), dz.mean(axis=0)


@dense_backward.misconception(
    "Errors travel back along the same weights in the other direction.",
    look_at="which weights join input 0 to the units, and where they stand in w",
)
def not_transposed(dz: Array, x: Array, w: Array) -> Parts:
    return dz @ w, x.T @ dz, dz.sum(axis=0)


@dense_backward.misconception(
    "dw must have the shape of w: inputs down, units across.", look_at="the order of the two factors"
)
def dw_transposed(dz: Array, x: Array, w: Array) -> Parts:
    return dz @ w.T, dz.T @ x, dz.sum(axis=0)


@dense_backward.misconception(
    "dw holds an outer product for each sample; a weight has one gradient, the sum of them.",
    look_at="how many numbers your dw has, and how many weights there are",
)
def dw_unsummed(dz: Array, x: Array, w: Array) -> Parts:
    return dz @ w.T, x[:, :, None] * dz[:, None, :], dz.sum(axis=0)


@dense_backward.misconception("There is one bias a unit; add up the samples.", look_at="the shape of your db")
def db_unsummed(dz: Array, x: Array, w: Array) -> Parts:
    return dz @ w.T, x.T @ dz, dz


@dense_backward.misconception("You summed over units; sum over samples.", look_at="the axis of your sum")
def db_wrong_axis(dz: Array, x: Array, w: Array) -> Parts:
    return dz @ w.T, x.T @ dz, dz.sum(axis=1)


@dense_backward.misconception("Each unit has its own bias gradient.", look_at="how many biases the layer has")
def db_scalar(dz: Array, x: Array, w: Array) -> Parts:
    return dz @ w.T, x.T @ dz, dz.sum()


@dense_backward.misconception(
    "The bias is a vector; its gradient should be one, too.", look_at="the number of axes of your db"
)
def db_kept_axis(dz: Array, x: Array, w: Array) -> Parts:
    return dz @ w.T, x.T @ dz, dz.sum(axis=0, keepdims=True)


@dense_backward.misconception("Return dx, dw, db in this order.", look_at="the line that returns")
def order(dz: Array, x: Array, w: Array) -> Parts:
    dx, dw, db = three_gradients(dz, x, w)
    return dw, db, dx


@dense_backward.misconception("Return dx, dw, db in this order.", look_at="the line that returns")
def order_of_first_two(dz: Array, x: Array, w: Array) -> Parts:
    dx, dw, db = three_gradients(dz, x, w)
    return dw, dx, db


@dense_backward.misconception(
    "The result does not change with dz.", look_at="where the gradient that arrives enters your products"
)
def no_upstream_at_layer(dz: Array, x: Array, w: Array) -> Parts:
    return three_gradients(np.ones_like(dz), x, w)


# --- 02.5 ------------------------------------------------------------------------------------------------------------

cross_entropy_gradient = Exercise(
    "02.5",
    "Where the gradient starts",
    function="cross_entropy_gradient",
    difficulty=3,
    minutes=12,
    look_at="one sample with shares 0.7, 0.2 and 0.1: the slope of its loss at each of the three scores",
)


@cross_entropy_gradient.reference
def share_minus_truth(logits: Array, labels: Array) -> Array:
    return (special.softmax(logits, axis=1) - np.eye(logits.shape[1])[labels]) / len(labels)


cross_entropy_gradient.probes(scores_and_labels.draw)
ordinary = cross_entropy_gradient.groups["scores_and_labels"]
extreme = (cross_entropy_gradient.probes(hopeless.draw), cross_entropy_gradient.probes(far_apart.draw))


@cross_entropy_gradient.check("Every row sums to 0", points=1)
def rows_sum_to_zero(answer: Array, expected: Array, logits: Array, labels: Array) -> None:
    assert_shape(answer, expected)
    sums = answer.sum(axis=1)
    worst = float(sums[np.argmax(np.abs(sums))])
    assert abs(worst) < 1e-4, f"a row of your result sums to {worst:.3g}"


@cross_entropy_gradient.check("A higher score lowers the loss for the true class alone", points=1)
def only_truth_is_negative(answer: Array, expected: Array, logits: Array, labels: Array) -> None:
    assert_shape(answer, expected)
    truth = of_truth(answer, labels)
    assert truth.max() < 1e-6, f"a true class has the slope {truth.max():.3g}"
    others = answer[one_hot(labels, logits.shape[1]) == 0]
    assert others.min() > -1e-6, f"a class that is not the truth has the slope {others.min():.3g}"


@cross_entropy_gradient.check("Each entry is the slope of the mean loss at its score", points=3)
def is_the_slope(answer: Array, expected: Array, logits: Array, labels: Array) -> None:
    assert_close(answer, expected)


@cross_entropy_gradient.check("Scores of ±1000 give numbers", points=1, on=extreme)
def stays_finite(answer: Array, expected: Array, logits: Array, labels: Array) -> None:
    assert_finite(answer)
    assert_shape(answer, expected)


moderate_slopes = on_moderate_scores(share_minus_truth)


@cross_entropy_gradient.misconception("Too large by the batch size: the loss is a mean.", look_at="step 3 of the card")
@moderate_slopes
def no_mean(logits: Array, labels: Array) -> Array:
    return share_minus_truth(logits, labels) * len(labels)


@cross_entropy_gradient.misconception(
    "You divided by the number of classes; samples are averaged, classes are not.",
    look_at="which of the two lengths of the table you divide by",
)
@moderate_slopes
def divided_by_classes(logits: Array, labels: Array) -> Array:
    return share_minus_truth(logits, labels) * len(labels) / logits.shape[1]


@cross_entropy_gradient.misconception(
    "You divided by every entry of the table; samples are averaged, classes are not.",
    look_at="how many samples there are",
)
@moderate_slopes
def divided_by_size(logits: Array, labels: Array) -> Array:
    return share_minus_truth(logits, labels) / logits.shape[1]


@cross_entropy_gradient.misconception(
    "Reversed: a step against it would make the loss worse.", look_at="what a higher true score does to the loss"
)
@moderate_slopes
def reversed_sign(logits: Array, labels: Array) -> Array:
    return -share_minus_truth(logits, labels)


@cross_entropy_gradient.misconception(
    "Rows sum to 1/N, not 0: the truth was never subtracted.", look_at="where labels enter your result"
)
@moderate_slopes
def shares_only(logits: Array, labels: Array) -> Array:
    return shares(logits) / len(labels)


@cross_entropy_gradient.misconception(
    "Scores of one row influence each other through the shared denominator; you kept only each score's own effect.",
    look_at="what a higher score of one class does to the share of another",
)
@moderate_slopes
def diagonal(logits: Array, labels: Array) -> Array:
    return shares(logits) * (1 - shares(logits)) / len(labels)


@cross_entropy_gradient.misconception(
    "You subtracted one from every label's column in all rows: pair rows with labels.",
    look_at="how many entries your indexing with labels picks",
)
@moderate_slopes
def all_columns(logits: Array, labels: Array) -> Array:
    slopes = shares(logits)
    slopes[:, labels] -= 1
    return slopes / len(labels)


@cross_entropy_gradient.misconception(
    "Large scores gave not-a-number: the exponentials overflowed.",
    look_at="what may be taken off all scores of a row without changing their shares",
)
def overflow_of_shares(logits: Array, labels: Array) -> Array:
    exp = np.exp(logits)
    return (exp / exp.sum(axis=1, keepdims=True) - one_hot(labels, logits.shape[1])) / len(labels)


@cross_entropy_gradient.misconception(
    "One maximum was taken off the whole batch, so that rows far below it vanish.", look_at="a row of scores near −1000"
)
def one_maximum_for_all(logits: Array, labels: Array) -> Array:
    return overflow_of_shares(logits - logits.max(), labels)


@cross_entropy_gradient.misconception("You used scores where shares belong.", look_at="step 1 of the card")
@moderate_slopes
def scores(logits: Array, labels: Array) -> Array:
    return (logits - one_hot(labels, logits.shape[1])) / len(labels)


@cross_entropy_gradient.misconception(
    "Normalise over classes, not over samples.", look_at="the axis along which the classes of one sample lie"
)
@moderate_slopes
def over_samples(logits: Array, labels: Array) -> Array:
    return (shares(logits, axis=0) - one_hot(labels, logits.shape[1])) / len(labels)


# --- 02.6 ------------------------------------------------------------------------------------------------------------

loss_and_gradients = Exercise(
    "02.6",
    "The gradient of a whole network",
    function="loss_and_gradients",
    difficulty=4,
    minutes=20,
    look_at="a network of two layers: what each layer kept on the way forward, and what it gets on the way back",
    builds_on=("02.1", "02.4", "02.5"),
)
Layers = Sequence[tuple[Array, Array]]
Start = Callable[[Array, Array], Array]
Gate = Callable[[Array, Array], Array]


@loss_and_gradients.experiment
def in_pairs(function: Callable[..., Any], x: Array, labels: Array, params: Layers) -> Any:
    """What the function returns; a flat list of gradients is put into pairs."""
    returned = function(x, labels, params)
    if not isinstance(returned, list | tuple) or len(returned) != 2:
        return returned
    loss, grads = returned
    if isinstance(grads, list | tuple) and len(grads) == 2 * len(params):
        grads = [grads[i : i + 2] for i in range(0, len(grads), 2)]
    return loss, grads


@loss_and_gradients.reference
def forward_and_back(x: Array, labels: Array, params: Layers) -> tuple[float, list[Parts]]:
    into, z = kept_on_the_way(x, params)
    dz, grads = share_minus_truth(z[-1], labels), list[Parts]()
    for layer in reversed(range(len(params))):
        dx, dw, db = three_gradients(dz, into[layer], params[layer][0])
        grads.insert(0, (dw, db))
        dz = dx * (into[layer] > 0)
    return mean_minus_log_share(z[-1], labels), grads


def kept_on_the_way(x: Array, params: Layers) -> tuple[list[Array], list[Array]]:
    """Each layer's input, and its scores before the ReLU."""
    into, z = [x], list[Array]()
    for w, b in params:
        z.append(into[-1] @ w + b)
        into.append(np.maximum(z[-1], 0))
    return into, z


def gated(dx: Array, z: Array) -> Array:
    """The gradient behind a ReLU, from the one before it and the score that went in."""
    return dx * (z > 0)


def with_slip(
    x: Array, labels: Array, params: Layers, *, start: Start = share_minus_truth, gate: Gate = gated
) -> tuple[float, list[Parts]]:
    """Loss and gradients with another start, or another way through a ReLU."""
    into, z = kept_on_the_way(x, params)
    dz, grads = start(z[-1], labels), list[Parts]()
    for layer in reversed(range(len(params))):
        dx, dw, db = three_gradients(dz, into[layer], params[layer][0])
        grads.insert(0, (dw, db))
        dz = gate(dx, z[layer - 1]) if layer else dx
    return mean_minus_log_share(z[-1], labels), grads


def drawn_network(random: Random, samples: int, sizes: Sequence[int]) -> tuple[Array, Array, Layers]:
    """A batch and a network none of whose scores lies on the kink of ReLU, also in float32."""
    while True:
        pairs = itertools.pairwise(sizes)
        params = [(random.normal(size=(d, h)) * np.sqrt(2 / d), 0.5 * random.normal(size=h)) for d, h in pairs]
        x, labels = random.normal(size=(samples, sizes[0])), random.integers(0, sizes[-1], samples)
        if min(float(np.abs(z).min()) for z in kept_on_the_way(x, params)[1]) > 1e-3:
            return x, labels, params


@loss_and_gradients.probes
def with_hidden_layers(random: Random) -> Iterator[tuple[Array, Array, Layers]]:
    """One or two hidden layers, oblong and square, several samples and one."""
    shapes = [(6, (3, 5, 4)), (4, (4, 4, 4)), (1, (3, 6, 2)), (5, (2, 4, 3, 5)), (3, (4, 4, 4, 4)), (7, (5, 3, 2))]
    for samples, sizes in shapes * 2:
        yield drawn_network(random, samples, sizes)


@loss_and_gradients.probes
def without_hidden_layer(random: Random) -> Iterator[tuple[Array, Array, Layers]]:
    """A single layer."""
    for samples, sizes in [(5, (3, 4)), (4, (4, 4)), (1, (6, 3)), (8, (2, 5))] * 2:
        yield drawn_network(random, samples, sizes)


EVERY_NETWORK = (with_hidden_layers, without_hidden_layer)
Result = tuple[float, list[Parts]]


@loss_and_gradients.check("The loss is the cross-entropy of the network's scores", points=1, on=EVERY_NETWORK)
def loses_what_the_scores_say(answer: Result, expected: Result, x: Array, labels: Array, params: Layers) -> None:
    assert np.isclose(answer[0], expected[0], rtol=1e-4, atol=1e-5), f"your loss is {answer[0]:.4g}"


@loss_and_gradients.check("Gradients come in the order of params, and in its shapes", points=1, on=EVERY_NETWORK)
def follows_params(answer: Result, expected: Result, x: Array, labels: Array, params: Layers) -> None:
    for layer, (parts, wanted) in enumerate(zip(answer[1], expected[1], strict=True)):
        for name, part, model in zip(("weights", "biases"), parts, wanted, strict=True):
            told = f"the gradient for the {name} of layer {layer + 1} has shape {part.shape}"
            assert part.shape == model.shape, f"{told}; it should have {model.shape}"


@loss_and_gradients.check("A network of one layer gets its gradients", points=2, on=without_hidden_layer)
def reaches_one_layer(answer: Result, expected: Result, x: Array, labels: Array, params: Layers) -> None:
    compare_layers(answer[1], expected[1])


@loss_and_gradients.check("Every hidden layer gets its own gradients", points=3)
def reaches_every_layer(answer: Result, expected: Result, x: Array, labels: Array, params: Layers) -> None:
    compare_layers(answer[1], expected[1])


def compare_layers(answer: list[Parts], expected: list[Parts]) -> None:
    """Asserts equal gradients, from the last layer to the first: the first to differ on the way back is named."""
    for layer in reversed(range(len(expected))):
        for name, part, wanted in zip(("weights", "biases"), answer[layer], expected[layer], strict=True):
            try:
                assert_close(part, wanted)
            except AssertionError as error:
                raise AssertionError(f"for the {name} of layer {layer + 1} of {len(expected)}, {error}") from None


@loss_and_gradients.property("A small step against the gradients lowers the loss", points=1, on=EVERY_NETWORK)
def goes_down(call: Callable[..., Result], x: Array, labels: Array, params: Layers) -> None:
    before, grads = call(x, labels, params)
    if before < 1e-3:
        return  # so little is left that float32 can't show it getting less
    stepped = [(w - 1e-3 * dw, b - 1e-3 * db) for (w, b), (dw, db) in zip(params, grads, strict=True)]
    after, _ = call(x, labels, stepped)
    assert after < before, f"a step of 0.001 took your loss from {before:.6g} to {after:.6g}"


@loss_and_gradients.misconception(
    "Units that were off still pass gradient.", look_at="what lies between two layers on the way forward"
)
def no_relu_slope(x: Array, labels: Array, params: Layers) -> Result:
    return with_slip(x, labels, params, gate=lambda dx, z: dx)


@loss_and_gradients.misconception(
    "You switched off where the gradient is negative; what counts is whether the unit was on.",
    look_at="which array decides what passes a ReLU",
)
def relu_by_gradient(x: Array, labels: Array, params: Layers) -> Result:
    return with_slip(x, labels, params, gate=lambda dx, z: np.maximum(dx, 0))


@loss_and_gradients.misconception(
    "The score itself was multiplied in where its slope belongs.", look_at="the slope of ReLU at 3"
)
def relu_value(x: Array, labels: Array, params: Layers) -> Result:
    return with_slip(x, labels, params, gate=lambda dx, z: dx * np.maximum(z, 0))


@loss_and_gradients.misconception(
    "The last layer has no ReLU, yet its gradient was cut.", look_at="what your first step back does with the scores"
)
def relu_at_output(x: Array, labels: Array, params: Layers) -> Result:
    return with_slip(x, labels, params, start=lambda z, truth: gated(share_minus_truth(z, truth), z))


@loss_and_gradients.misconception(
    "The last scores were cut at 0 before the loss; ReLU stands between layers only.",
    look_at="how the last layer differs from the others on the way forward",
)
def relu_after_last(x: Array, labels: Array, params: Layers) -> Result:
    def start(z: Array, truth: Array) -> Array:
        return gated(share_minus_truth(np.maximum(z, 0), truth), z)

    into, _ = kept_on_the_way(x, params)
    return mean_minus_log_share(into[-1], labels), with_slip(x, labels, params, start=start)[1]


@loss_and_gradients.misconception(
    "A weight's gradient needs the input that this layer saw, not its pre-activation.",
    look_at="what you kept before the ReLU, and what after it",
)
def wrong_input(x: Array, labels: Array, params: Layers) -> Result:
    _, z = kept_on_the_way(x, params)
    loss, grads = forward_and_back(x, labels, params)
    dz = share_minus_truth(z[-1], labels)
    for layer in reversed(range(1, len(params))):
        grads[layer] = z[layer - 1].T @ dz, grads[layer][1]
        dz = gated(dz @ params[layer][0].T, z[layer - 1])
    return loss, grads


@loss_and_gradients.misconception(
    "The list is in backward order.", look_at="which layer's gradients you put into the list first"
)
def reversed_list(x: Array, labels: Array, params: Layers) -> Result:
    loss, grads = forward_and_back(x, labels, params)
    return loss, grads[::-1]


@loss_and_gradients.misconception(
    "Only the last layer learns: the gradient is not handed on.", look_at="what the layer before the last receives"
)
def stops(x: Array, labels: Array, params: Layers) -> Result:
    return with_slip(x, labels, params, gate=lambda dx, z: 0 * dx)


@loss_and_gradients.misconception("Too large by the batch size.", look_at="where the mean of the loss enters")
def no_mean_at_start(x: Array, labels: Array, params: Layers) -> Result:
    return with_slip(x, labels, params, start=lambda z, truth: share_minus_truth(z, truth) * len(truth))


@loss_and_gradients.misconception("These steps would climb.", look_at="the sign of the gradient that you start with")
def climbs(x: Array, labels: Array, params: Layers) -> Result:
    return with_slip(x, labels, params, start=lambda z, truth: -share_minus_truth(z, truth))
