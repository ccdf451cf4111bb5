"""Chapter 03, Training: scaling, batches, momentum, AdamW, dropout, a rate that changes, and when to stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from layerwise_grader.exercise import Exercise, assert_close, assert_finite, assert_shape

Array = np.ndarray[Any, Any]
Random = np.random.Generator
Function = Callable[..., Any]
Slope = Callable[[Array], Array]

# --- 03.1 ------------------------------------------------------------------------------------------------------------

standardize = Exercise(
    "03.1",
    "Scale without peeking",
    function="standardize",
    difficulty=2,
    minutes=12,
    look_at="one column of three training numbers and one test number, worked out on paper",
)
Piles = tuple[Array, Array]


@standardize.reference
def measured_on_train(x_train: Array, x_test: Array) -> Piles:
    mean, spread = x_train.mean(axis=0), x_train.std(axis=0)
    spread[spread == 0] = 1
    return (x_train - mean) / spread, (x_test - mean) / spread


SHAPES = [(7, 4, 3), (5, 5, 5), (12, 3, 6), (6, 9, 2), (4, 1, 8), (20, 6, 1), (3, 2, 4), (9, 9, 9)]


def table(random: Random, samples: int, level: Array, scale: Array) -> Array:
    return random.normal(size=(samples, len(level))) * scale + level


@standardize.probes
def two_piles(random: Random) -> Iterator[Piles]:
    """Features on scales from 0.1 to 50, around levels of their own; the test pile lies elsewhere."""
    for samples, others, features in SHAPES * 2:
        scale, level = 10 ** random.uniform(-1, 1.7, features), random.uniform(-30, 30, features)
        yield table(random, samples, level, scale), table(random, others, level + 2 * scale, 1.5 * scale)


@standardize.probes
def whole_numbers(random: Random) -> Iterator[Piles]:
    """Pixels from 0 to 255, stored as whole numbers of 8 bits."""
    for samples, others, features in SHAPES[:4]:
        x_train = random.integers(0, 256, (samples, features), dtype=np.uint8)
        yield x_train, random.integers(0, 256, (others, features), dtype=np.uint8)


@standardize.probes
def never_varies(random: Random) -> Iterator[Piles]:
    """One feature or two hold the same number in every row of both piles."""
    for samples, others, features in SHAPES[:5]:
        x_train, x_test = random.normal(size=(samples, features)), random.normal(size=(others, features))
        x_train[:, 0] = x_test[:, 0] = 3.0
        x_train[:, -1] = x_test[:, -1] = 0.0
        yield x_train, x_test


VARYING = (two_piles, whole_numbers)


def on_either_spread(answer: Sequence[Array], expected: Sequence[Array]) -> list[Array]:
    """What is expected, with the spread of N − 1 where the answer took that one."""
    samples, varies = len(expected[0]), expected[0].any(axis=0)
    with_one_less = math.sqrt((samples - 1) / samples)
    if np.allclose(np.std(answer[0], axis=0)[varies], with_one_less, rtol=1e-3):
        return [with_one_less * part for part in expected]
    return list(expected)


@standardize.fingerprint
def with_n(value: Sequence[Array], x_train: Array, x_test: Array) -> list[Array]:
    """Both piles, and as if N had been divided by where it was N − 1."""
    expected = measured_on_train(x_train, x_test)
    if on_either_spread(value, expected)[0] is expected[0]:
        return list(value)
    return [part * math.sqrt(len(x_train) / (len(x_train) - 1)) for part in value]


@standardize.check("Each training feature has mean 0 and spread 1", points=1, on=VARYING)
def centres_and_scales(answer: Sequence[Array], expected: Sequence[Array], x_train: Array, x_test: Array) -> None:
    assert_shape(answer[0], expected[0])
    assert_finite(answer[0])
    mean = np.abs(answer[0].mean(axis=0)).max()
    assert mean < 1e-3, f"a training feature of yours has mean {mean:.3g}"
    assert_close(answer[0], on_either_spread(answer, expected)[0], rtol=1e-3, atol=1e-3)


@standardize.check("Test rows are shifted and scaled as the training rows were", points=1, on=VARYING)
def same_for_both(answer: Sequence[Array], expected: Sequence[Array], x_train: Array, x_test: Array) -> None:
    assert_close(answer[1], on_either_spread(answer, expected)[1], rtol=1e-3, atol=1e-3)


@standardize.check("A feature that never varies becomes 0", points=1, on=never_varies)
def survives_a_constant(answer: Sequence[Array], expected: Sequence[Array], x_train: Array, x_test: Array) -> None:
    for name, part in zip(("training", "test"), answer, strict=True):
        same = part[:, [0, -1]]
        assert np.isfinite(same).all(), f"in the {name} rows a feature that never varies became {same.flat[0]}"
        assert not same.any(), f"in the {name} rows a feature that never varies became {same.flat[0]:.3g}"


@standardize.property("Other test rows leave the training rows as they were", points=1)
def never_peeks(call: Function, x_train: Array, x_test: Array) -> None:
    one, other = call(x_train, x_test)[0], call(x_train, 5 * x_test + 100)[0]
    assert one.shape == other.shape, "your training rows change their shape with the test rows"
    moved = np.abs(one - other).max()
    assert moved < 1e-3, f"with other test rows, your training rows move by {moved:.3g}"


def scaled(x: Array, shift: Any, spread: Any) -> Array:
    """Shifted and divided, by 1 where the spread is 0."""
    return (x - shift) / np.where(np.equal(spread, 0), 1, spread)


@standardize.misconception(
    "The training rows change when the test rows change: you measured on both.",
    look_at="which rows your means and spreads run over",
)
def leak(x_train: Array, x_test: Array) -> Piles:
    both = np.concatenate([x_train, x_test])
    return scaled(x_train, both.mean(0), both.std(0)), scaled(x_test, both.mean(0), both.std(0))


@standardize.misconception(
    "The test rows were scaled by themselves; a single new patient could not be scaled at all.",
    look_at="where the mean that you take off a test row comes from",
)
def each_own(x_train: Array, x_test: Array) -> Piles:
    return scaled(x_train, x_train.mean(0), x_train.std(0)), scaled(x_test, x_test.mean(0), x_test.std(0))


@standardize.misconception(
    "All features share one mean; measure each column.", look_at="how many means a table with three columns has"
)
def one_scale(x_train: Array, x_test: Array) -> Piles:
    mean, spread = x_train.mean(), x_train.std()
    return scaled(x_train, mean, spread), scaled(x_test, mean, spread)


@standardize.misconception(
    "You scaled each sample across its features.", look_at="the axis that your mean and your spread run along"
)
def rows(x_train: Array, x_test: Array) -> Piles:
    one, other = (scaled(x, x.mean(1, keepdims=True), x.std(1, keepdims=True)) for x in (x_train, x_test))
    return one, other


@standardize.misconception(
    "Spread is not 1: divide by the standard deviation, not by its square.", look_at="the units of what you divide by"
)
def variance(x_train: Array, x_test: Array) -> Piles:
    mean, spread = x_train.mean(0), x_train.var(0)
    return scaled(x_train, mean, spread), scaled(x_test, mean, spread)


@standardize.misconception("A feature that never varies gave 0/0.", look_at="what you divide by when all rows agree")
def nan(x_train: Array, x_test: Array) -> Piles:
    mean, spread = x_train.mean(0), x_train.std(0)
    return (x_train - mean) / spread, (x_test - mean) / spread


@standardize.misconception(
    "That maps to 0…1; mean 0 and spread 1 are asked.", look_at="the mean of one training column of your result"
)
def min_max(x_train: Array, x_test: Array) -> Piles:
    low, reach = x_train.min(0), np.ptp(x_train, axis=0)
    return scaled(x_train, low, reach), scaled(x_test, low, reach)


@standardize.misconception("The mean is not 0.", look_at="what happens to a row before it is divided")
def not_centred(x_train: Array, x_test: Array) -> Piles:
    return scaled(x_train, 0, x_train.std(0)), scaled(x_test, 0, x_train.std(0))


@standardize.misconception("The mean is 0, but the spread was left as it came.", look_at="step 2 of the card")
def not_scaled_at_all(x_train: Array, x_test: Array) -> Piles:
    return scaled(x_train, x_train.mean(0), 1), scaled(x_test, x_train.mean(0), 1)


@standardize.misconception("The test rows came back untouched.", look_at="step 2 of the card: how many piles it names")
def train_only(x_train: Array, x_test: Array) -> Piles:
    return scaled(x_train, x_train.mean(0), x_train.std(0)), x_test


# --- 03.2 ------------------------------------------------------------------------------------------------------------

epoch_batches = Exercise(
    "03.2",
    "Every sample once",
    function="epoch_batches",
    difficulty=2,
    minutes=12,
    look_at="ten samples in batches of four, printed for two epochs",
)
MANY = 30  # from so many samples on, two orders that are equal by chance do not happen


@epoch_batches.experiment
def four_epochs(function: Function, n: int, batch_size: int, epoch: int, seed: int) -> Any:
    """One epoch's order and sizes, and its order again, in the next epoch and with the next seed."""
    asked = [(epoch, seed), (epoch, seed), (epoch + 1, seed), (epoch, seed + 1)]
    answers = [function(n, batch_size, *call) for call in asked]
    if any(answer is None or not hasattr(answer, "__iter__") for answer in answers):
        return answers[0]
    cut = [[np.asarray(batch).ravel() for batch in answer] for answer in answers]
    orders = [np.concatenate([np.zeros(0, int), *batches]) for batches in cut]
    sizes = np.array([len(batch) for batch in cut[0]], dtype=int)
    return dict(zip(("sizes", "order", "again", "next epoch", "next seed"), [sizes, *orders], strict=True))


def in_batches(order: Array, batch_size: int) -> list[Array]:
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


@epoch_batches.reference
def cut_permutation(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    return in_batches(np.random.default_rng([seed, epoch]).permutation(n), batch_size)


@epoch_batches.probes
def large_epochs(random: Random) -> Iterator[tuple[int, int, int, int]]:
    """60 to 400 samples in batches of 3 to a sixth of them; most leave a short last batch."""
    for number in range(12):
        n = int(random.integers(60, 400))
        batch_size = int(random.integers(3, n // 6))
        if n % batch_size == 0 and number % 3:
            n += 1
        yield n, batch_size, int(random.integers(0, 20)), int(random.integers(0, 1000))


@epoch_batches.probes
def odd_sizes(random: Random) -> Iterator[tuple[int, int, int, int]]:
    """Fewer samples than a batch, just as many, batches of one, one sample, and whole batches only."""
    for n, batch_size in [(3, 8), (40, 64), (32, 32), (35, 1), (1, 1), (1, 5), (48, 12), (33, 32), (64, 31)]:
        yield n, batch_size, int(random.integers(0, 20)), int(random.integers(0, 1000))


@epoch_batches.fingerprint
def pattern(value: dict[str, Array], n: int, batch_size: int, epoch: int, seed: int) -> dict[str, Any]:
    """Sizes, and what an order is like; which order it is may differ from answer to answer."""
    order, many = value["order"], n >= MANY
    return {
        "sizes": value["sizes"],
        "missing": many and len(np.setdiff1d(np.arange(n), order)) > 0,
        "twice": many and len(np.unique(order)) < len(order),
        "beyond": bool(len(np.setdiff1d(order, np.arange(n)))),
        "neighbours": many and 1 < batch_size <= n // 6 and share_of_neighbours(order, value["sizes"]) > 0.5,
        "equal": [many and np.array_equal(order, value[name]) for name in ("again", "next epoch", "next seed")],
    }


def share_of_neighbours(order: Array, sizes: Array) -> float:
    """How many of the pairs i, i + 1 share a batch."""
    batch_of = dict(zip(order.tolist(), np.repeat(np.arange(len(sizes)), sizes).tolist(), strict=True))
    together = [batch_of.get(i, -1) == batch_of.get(i + 1, -2) for i in range(int(order.max()))]
    return float(np.mean(together))


EVERY_EPOCH = (large_epochs, odd_sizes)
Epoch = dict[str, Array]


@epoch_batches.check("Every index from 0 to n − 1 comes exactly once", points=1, on=EVERY_EPOCH)
def takes_each_once(answer: Epoch, expected: Epoch, n: int, batch_size: int, epoch: int, seed: int) -> None:
    order = answer["order"]
    assert order.dtype.kind in "iu", "your indices are no whole numbers, so they can't pick rows"
    beyond = np.setdiff1d(order, np.arange(n))
    assert not len(beyond), f"your batches hold the index {beyond[-1]}, which no sample has"
    missing, twice = n - len(np.unique(order)), len(order) - len(np.unique(order))
    assert not missing, f"{missing} of {n} samples are in no batch"
    assert not twice, f"{twice} of your indices are repeats"


@epoch_batches.check("Batches hold batch_size indices; only the last may be shorter", points=1, on=EVERY_EPOCH)
def cuts_as_asked(answer: Epoch, expected: Epoch, n: int, batch_size: int, epoch: int, seed: int) -> None:
    told = ", ".join(map(str, answer["sizes"][:4].tolist())) + (" …" if len(answer["sizes"]) > 4 else "")
    assert np.array_equal(answer["sizes"], expected["sizes"]), (
        f"your batches have the sizes {told or 'of an empty list'}"
    )


@epoch_batches.check("Samples are mixed: neighbours in the file seldom share a batch", points=1)
def mixes_neighbours(answer: Epoch, expected: Epoch, n: int, batch_size: int, epoch: int, seed: int) -> None:
    share = share_of_neighbours(answer["order"], answer["sizes"])
    assert share < 0.5, f"{share:.0%} of all neighbours in the file share one of your batches"


@epoch_batches.check("The same seed and epoch repeat; another of either brings another order", points=1)
def repeats_on_demand(answer: Epoch, expected: Epoch, n: int, batch_size: int, epoch: int, seed: int) -> None:
    same = {name: np.array_equal(answer["order"], answer[name]) for name in ("again", "next epoch", "next seed")}
    assert same["again"], "called twice alike, your order differs"
    assert not same["next epoch"], "your next epoch has the same order"
    assert not same["next seed"], "your next seed gives the same order"


@epoch_batches.misconception("The last few samples are never seen.", look_at="what is left when n is no multiple")
def drop_last(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    return [batch for batch in cut_permutation(n, batch_size, epoch, seed) if len(batch) == batch_size]


@epoch_batches.misconception(
    "Some samples come twice, some never: draw without putting back.", look_at="how a sample is kept from coming again"
)
def with_replacement(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    return in_batches(np.random.default_rng([seed, epoch]).integers(0, n, n), batch_size)


@epoch_batches.misconception(
    "Batches are in file order; if the file is sorted by class, each batch holds one class.",
    look_at="step 2 of the card",
)
def no_shuffle(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    return in_batches(np.arange(n), batch_size)


@epoch_batches.misconception(
    "All epochs have the same order: the epoch must enter the generator.", look_at="what your generator is made from"
)
def same_every_epoch(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    return cut_permutation(n, batch_size, 0, seed)


@epoch_batches.misconception(
    "All seeds give the same order: the seed must enter the generator.", look_at="what your generator is made from"
)
def seed_ignored(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    return cut_permutation(n, batch_size, epoch, 0)


@epoch_batches.misconception("Two calls with the same seed differ.", look_at="where your generator's seed comes from")
def not_repeatable(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    return in_batches(np.random.default_rng().permutation(n), batch_size)


@epoch_batches.misconception(
    "Batches come in random order, but neighbours always stay together: shuffle samples, not batches.",
    look_at="whether you shuffle before or after you cut",
)
def blocks_shuffled(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    full = n - n % batch_size
    blocks = np.random.default_rng([seed, epoch]).permutation(np.arange(full).reshape(-1, batch_size))
    return [*blocks, *in_batches(np.arange(full, n), batch_size)]


@epoch_batches.misconception(
    "Batches have other sizes than asked: they were evened out.", look_at="the sizes for ten samples in batches of four"
)
def even_split(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    return np.array_split(np.random.default_rng([seed, epoch]).permutation(n), math.ceil(n / batch_size))


@epoch_batches.misconception(
    "Batches have other sizes than asked: what is left over was shared out among them.",
    look_at="the sizes for ten samples in batches of four",
)
def shared_out(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    return np.array_split(np.random.default_rng([seed, epoch]).permutation(n), max(1, n // batch_size))


@epoch_batches.misconception(
    "Indices run from 1 to n in your batches; rows are counted from 0.", look_at="your smallest and largest index"
)
def off_by_one(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    return [batch + 1 for batch in cut_permutation(n, batch_size, epoch, seed)]


@epoch_batches.misconception(
    "batch_size was taken for the number of batches.", look_at="how many batches ten samples in fours make"
)
def number_of_batches(n: int, batch_size: int, epoch: int, seed: int) -> list[Array]:
    return np.array_split(np.random.default_rng([seed, epoch]).permutation(n), batch_size)


# --- 03.3 ------------------------------------------------------------------------------------------------------------

momentum_path = Exercise(
    "03.3",
    "Momentum",
    function="momentum_path",
    difficulty=2,
    minutes=12,
    look_at="one weight, a slope that is always 1, momentum 0.5: its first three places on paper",
)


def bowl(curvature: Array, goal: Array) -> Slope:
    """The slope of a bowl with its bottom at ``goal``, in the number type of the place asked for."""

    def slope(w: Array) -> Array:
        place = np.asarray(w)
        kind = place.dtype if place.dtype.kind == "f" else np.dtype(float)
        return curvature.astype(kind) * (place - goal.astype(kind))

    return slope


@momentum_path.experiment
def roll(
    function: Function, w: Array, curvature: Array, goal: Array, learning_rate: float, momentum: float, steps: int
) -> Any:
    """What the function returns in a bowl."""
    return function(w, bowl(curvature, goal), learning_rate, momentum, steps)


@momentum_path.reference
def rolled(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    path, velocity = [w], np.zeros_like(w)
    for _ in range(steps):
        velocity = momentum * velocity + slope(path[-1])
        path.append(path[-1] - learning_rate * velocity)
    return np.array(path)


Bowl = tuple[Array, Array, Array]


def drawn_bowls(random: Random, count: int) -> Iterator[Bowl]:
    """(w, curvature, goal) for one to four weights, started away from the bottom."""
    for number in range(count):
        size = number % 4 + 1
        goal = random.normal(size=size)
        away = random.uniform(0.5, 2, size) * random.choice([-1, 1], size)
        yield goal + away, random.uniform(0.5, 3, size), goal


@momentum_path.probes
def rolling(random: Random) -> Iterator[tuple[Any, ...]]:
    """Momentum 0.5, 0.9 or 0.99; one step to eight."""
    for number, place in enumerate(drawn_bowls(random, 18)):
        momentum = (0.5, 0.9, 0.99)[number % 3]
        yield *place, float(random.uniform(0.05, 0.3)), momentum, number % 8 + 1


@momentum_path.probes
def plain_descent(random: Random) -> Iterator[tuple[Any, ...]]:
    """Momentum 0."""
    for number, place in enumerate(drawn_bowls(random, 6)):
        yield *place, float(random.uniform(0.05, 0.3)), 0.0, number + 1


@momentum_path.check("The path begins at w and has a row for each step after it", points=1, on=(rolling, plain_descent))
def keeps_every_place(answer: Array, expected: Array, w: Array, *bowl: Any) -> None:
    assert_shape(answer, expected)
    assert np.allclose(answer[0], w, rtol=1e-4, atol=1e-5), "the first row of your path is another place than w"


@momentum_path.check("With momentum 0 it is gradient descent", points=1, on=plain_descent)
def descends(answer: Array, expected: Array, *bowl: Any) -> None:
    assert_steps(answer, expected)


@momentum_path.check("Each step keeps its share of the velocity and takes the slope in full", points=2)
def rolls(answer: Array, expected: Array, *bowl: Any) -> None:
    assert_steps(answer, expected)


def assert_steps(answer: Array, expected: Array, *, rtol: float = 1e-4) -> None:
    """Asserts equal paths; the first step that goes elsewhere is named."""
    assert_shape(answer, expected)
    assert_finite(answer)
    off = ~np.isclose(answer, expected, rtol=rtol, atol=1e-5).all(axis=1)
    assert not off.any(), f"step {int(off.argmax())} of {len(expected) - 1} is the first to end elsewhere"


Step = Callable[[Array, Array, Array], tuple[Array, Array]]


def path_by(w: Array, slope: Slope, steps: int, step: Step) -> Array:
    """The path of a rule: place, velocity and slope give the next place and velocity."""
    path, velocity = [w], np.zeros_like(w)
    for _ in range(steps):
        place, velocity = step(path[-1], velocity, slope(path[-1]))
        path.append(place)
    return np.array(path)


@momentum_path.misconception(
    "Steps are too short by 1 − momentum: here each slope enters in full.", look_at="what the slope is multiplied by"
)
def averaged(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    return rolled(w, slope, learning_rate * (1 - momentum), momentum, steps)


@momentum_path.misconception(
    "The past has no influence: keep the velocity between steps.", look_at="where the velocity is set to 0"
)
def forgets(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    return rolled(w, slope, learning_rate, 0, steps)


@momentum_path.misconception(
    "You weakened the new slope and kept all of the old velocity; it is the other way round.",
    look_at="what momentum is multiplied with",
)
def decays_gradient(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    def step(place: Array, velocity: Array, uphill: Array) -> tuple[Array, Array]:
        velocity = velocity + momentum * uphill
        return place - learning_rate * velocity, velocity

    return path_by(w, slope, steps, step)


@momentum_path.misconception("The path climbs.", look_at="the sign of the velocity where w moves")
def ascent(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    return rolled(w, slope, -learning_rate, momentum, steps)


@momentum_path.misconception(
    "The first step did nothing: update the velocity before you move.", look_at="the order of steps 1 and 2"
)
def late(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    def step(place: Array, velocity: Array, uphill: Array) -> tuple[Array, Array]:
        return place - learning_rate * velocity, momentum * velocity + uphill

    return path_by(w, slope, steps, step)


@momentum_path.misconception("The learning rate was applied twice.", look_at="every place where the rate stands")
def rate_twice(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    return rolled(w, slope, learning_rate**2, momentum, steps)


@momentum_path.misconception(
    "That is Nesterov's look-ahead; plain momentum is asked.", look_at="how often momentum enters one step"
)
def nesterov(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    def step(place: Array, velocity: Array, uphill: Array) -> tuple[Array, Array]:
        velocity = momentum * velocity + uphill
        return place - learning_rate * (uphill + momentum * velocity), velocity

    return path_by(w, slope, steps, step)


@momentum_path.misconception(
    "You ask for the slope ahead of where you stand, as Nesterov does; plain momentum asks at w.",
    look_at="the place that you hand to slope",
)
def asks_ahead(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    path, velocity = [w], np.zeros_like(w)
    for _ in range(steps):
        velocity = momentum * velocity + slope(path[-1] - learning_rate * momentum * velocity)
        path.append(path[-1] - learning_rate * velocity)
    return np.array(path)


@momentum_path.misconception(
    "Every slope was asked for at the start; ask where you stand.", look_at="the place that you hand to slope"
)
def asks_at_start(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    return rolled(w, lambda _: slope(w), learning_rate, momentum, steps)


@momentum_path.misconception(
    "Every row of your path is the last place: one array was changed in place and kept again and again.",
    look_at="what a list holds after you append an array and then change it",
)
def same_array(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    return np.repeat(rolled(w, slope, learning_rate, momentum, steps)[-1:], steps + 1, axis=0)


@momentum_path.misconception("The path must begin with the starting point.", look_at="how many rows your path has")
def no_start(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    return rolled(w, slope, learning_rate, momentum, steps)[1:]


@momentum_path.misconception("The whole path is asked, not only its end.", look_at="step 3 of the card")
def end_only(w: Array, slope: Slope, learning_rate: float, momentum: float, steps: int) -> Array:
    return rolled(w, slope, learning_rate, momentum, steps)[-1]


# --- 03.4 ------------------------------------------------------------------------------------------------------------

adamw_path = Exercise(
    "03.4",
    "AdamW",
    function="adamw_path",
    difficulty=3,
    minutes=18,
    look_at="one weight whose slope is always 2, without decay: its first two steps on paper",
)
EPSILON = 1e-7


@adamw_path.experiment
def adapt(
    function: Function,
    w: Array,
    curvature: Array,
    goal: Array,
    rates: Array,
    beta1: float,
    beta2: float,
    weight_decay: float,
) -> Any:
    """What the function returns in a bowl."""
    return function(w, bowl(curvature, goal), rates, beta1, beta2, weight_decay)


@adamw_path.reference
def adapted(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    path, mean, square = [w], np.zeros_like(w), np.zeros_like(w)
    for t, rate in enumerate(rates, start=1):
        uphill = slope(path[-1])
        mean = beta1 * mean + (1 - beta1) * uphill
        square = beta2 * square + (1 - beta2) * uphill**2
        step = mean / (1 - beta1**t) / (np.sqrt(square / (1 - beta2**t)) + EPSILON)
        path.append(path[-1] - rate * step - rate * weight_decay * path[-1])
    return np.array(path)


BETAS = [(0.9, 0.999), (0.5, 0.9), (0.8, 0.5), (0.9, 0.95)]


def some_rates(random: Random, steps: int, *, change: bool) -> Array:
    return random.uniform(0.02, 0.2, steps if change else 1) * np.ones(steps)


@adamw_path.probes
def without_decay(random: Random) -> Iterator[tuple[Any, ...]]:
    """Two to seven steps, at one rate or at changing ones."""
    for number, place in enumerate(drawn_bowls(random, 12)):
        yield *place, some_rates(random, number % 6 + 2, change=number % 2 == 1), *BETAS[number % 4], 0.0


@adamw_path.probes
def first_step(random: Random) -> Iterator[tuple[Any, ...]]:
    """One step without decay, slopes from small to large."""
    for number, (w, curvature, goal) in enumerate(drawn_bowls(random, 6)):
        yield w, curvature * 10.0 ** (number - 3), goal, some_rates(random, 1, change=False), *BETAS[number % 4], 0.0


@adamw_path.probes
def with_decay(random: Random) -> Iterator[tuple[Any, ...]]:
    """One to seven steps with decay; far from 0, where it is seen, at one rate or at changing ones."""
    for number, (w, curvature, goal) in enumerate(drawn_bowls(random, 12)):
        rates = some_rates(random, number % 7 + 1, change=number % 2 == 1)
        yield w + 5, curvature, goal + 5, rates, *BETAS[number % 4], float(random.uniform(0.1, 0.5))


@adamw_path.probes
def flat_ground(random: Random) -> Iterator[tuple[Any, ...]]:
    """Some weights have slope 0 all the time."""
    for number, (w, curvature, goal) in enumerate(drawn_bowls(random, 6)):
        curvature[0] = 0
        yield w, curvature, goal, some_rates(random, 3, change=False), *BETAS[number % 4], 0.3 * (number % 2)


def right_path(path: Array, *arguments: Any) -> bool:
    """Whether decay came within the step or right after it, which the literature does not tell apart."""
    return any(close_paths(path, way(*arguments)) for way in (adapted_in_bowl, decayed_after))


def close_paths(one: Array, other: Array) -> bool:
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-3, atol=1e-5)


def adapted_in_bowl(w: Array, curvature: Array, goal: Array, *settings: Any) -> Array:
    return adapted(w, bowl(curvature, goal), *settings)


def decayed_after(
    w: Array, curvature: Array, goal: Array, rates: Array, beta1: float, beta2: float, weight_decay: float
) -> Array:
    path = [w]
    slopes: list[Array] = []
    for t, rate in enumerate(rates, start=1):
        slopes.append(curvature * (path[-1] - goal))
        past = np.arange(t)[::-1, None]
        mean = (1 - beta1) * np.sum(beta1**past * np.array(slopes), axis=0) / (1 - beta1**t)
        square = (1 - beta2) * np.sum(beta2**past * np.array(slopes) ** 2, axis=0) / (1 - beta2**t)
        path.append((path[-1] - rate * mean / (np.sqrt(square) + EPSILON)) * (1 - rate * weight_decay))
    return np.array(path)


@adamw_path.fingerprint
def path_or_right(value: Array, *arguments: Any) -> Array:
    """The path, and the reference's own for every right one."""
    return adapted_in_bowl(*arguments) if right_path(value, *arguments) else value


def assert_path(answer: Array, expected: Array, *arguments: Any) -> None:
    if not right_path(answer, *arguments):
        assert_steps(answer, expected, rtol=1e-3)


@adamw_path.check(
    "Without decay the first step is as long as the rate, for small and large slopes", points=1, on=first_step
)
def first_is_the_rate(answer: Array, expected: Array, w: Array, curvature: Array, goal: Array, *settings: Any) -> None:
    assert_shape(answer, expected)
    assert_finite(answer)
    ratio = np.abs(answer[1] - answer[0]) / settings[0][0]
    worst = ratio.flat[np.abs(ratio - 1).argmax()]
    assert abs(worst - 1) < 1e-2, f"your first step is {worst:.3g} times as long as the rate"


@adamw_path.check("Each step is the corrected mean over the root of the corrected mean square", points=2)
def adapts(answer: Array, expected: Array, *arguments: Any) -> None:
    assert_path(answer, expected, *arguments)


@adamw_path.check("Decay takes rate · weight_decay · w off, beside the step", points=2, on=with_decay)
def decays(answer: Array, expected: Array, *arguments: Any) -> None:
    assert_path(answer, expected, *arguments)


@adamw_path.check("A weight whose slope is 0 is moved by decay alone", points=1, on=flat_ground)
def stays_on_flat_ground(answer: Array, expected: Array, *arguments: Any) -> None:
    assert_shape(answer, expected)
    assert_finite(answer[:, 0])
    moved = np.abs(answer[:, 0] - expected[:, 0]).max()
    assert moved < 1e-3, f"a weight without slope strays by {moved:.3g}"


Rule = Callable[..., tuple[Array, Array]]


def with_slip(
    w: Array,
    slope: Slope,
    rates: Array,
    beta1: float,
    beta2: float,
    weight_decay: float,
    *,
    corrections: Callable[[int], tuple[float, float]] | None = None,
    l2: float = 0.0,
    decay: Callable[[float], float] | None = None,
    adds_up: bool = False,
    root: Callable[[Array], Array] = np.sqrt,
    epsilon: float = EPSILON,
) -> Array:
    """AdamW with one thing another way."""
    path, mean, square = [w], np.zeros_like(w), np.zeros_like(w)
    for t, rate in enumerate(rates, start=1):
        uphill = slope(path[-1]) + l2 * path[-1]
        mean = beta1 * mean + (1 - beta1) * uphill
        square = square + uphill**2 if adds_up else beta2 * square + (1 - beta2) * uphill**2
        first, second = corrections(t) if corrections else (1 - beta1**t, 1 - beta2**t)
        shrink = decay(rate) if decay else rate * weight_decay
        path.append(path[-1] - rate * mean / first / (root(square / second) + epsilon) - shrink * path[-1])
    return np.array(path)


@adamw_path.misconception(
    "Decay was added to the slope, so Adam rescaled it: that is L2, not decoupled decay.",
    look_at="whether decay passes through the running means",
)
def l2_in_gradient(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return with_slip(w, slope, rates, beta1, beta2, 0.0, l2=weight_decay)


@adamw_path.misconception(
    "The first steps are wrong in size: both means start at 0 and must be corrected.", look_at="step 3 of the card"
)
def no_correction(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return with_slip(w, slope, rates, beta1, beta2, weight_decay, corrections=lambda t: (1, 1))


@adamw_path.misconception(
    "Your first step is corrected as if it were the second.", look_at="the number of the first step"
)
def correction_late(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return with_slip(
        w, slope, rates, beta1, beta2, weight_decay, corrections=lambda t: (1 - beta1 ** (t + 1), 1 - beta2 ** (t + 1))
    )


@adamw_path.misconception(
    "The mean of squares needs the correction as well.", look_at="which of the two means your step 3 divides"
)
def only_mean(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return with_slip(w, slope, rates, beta1, beta2, weight_decay, corrections=lambda t: (1 - beta1**t, 1))


@adamw_path.misconception(
    "The mean of slopes needs the correction as well.", look_at="which of the two means your step 3 divides"
)
def only_square(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return with_slip(w, slope, rates, beta1, beta2, weight_decay, corrections=lambda t: (1, 1 - beta2**t))


@adamw_path.misconception(
    "The correction must fade as steps go on.", look_at="what your correction divides by at step 100"
)
def correction_frozen(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return with_slip(w, slope, rates, beta1, beta2, weight_decay, corrections=lambda t: (1 - beta1, 1 - beta2))


@adamw_path.misconception(
    "Divide by the root of the mean square, not by the mean square.", look_at="the units of what you divide by"
)
def no_root(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return with_slip(w, slope, rates, beta1, beta2, weight_decay, root=lambda square: square)


@adamw_path.misconception(
    "The two means have each other's memory.", look_at="which beta belongs to slopes and which to squares"
)
def swapped_betas(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return adapted(w, slope, rates, beta2, beta1, weight_decay)


@adamw_path.misconception("weight_decay has no effect.", look_at="step 4 of the card")
def no_decay(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return adapted(w, slope, rates, beta1, beta2, 0.0)


@adamw_path.misconception(
    "Decay must shrink with the learning rate.", look_at="by how much w decays when the rate is 0"
)
def decay_no_rate(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return with_slip(w, slope, rates, beta1, beta2, weight_decay, decay=lambda rate: weight_decay)


@adamw_path.misconception("Weights grow instead of shrinking.", look_at="the sign of your decay")
def decay_grows(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return adapted(w, slope, rates, beta1, beta2, -weight_decay)


@adamw_path.misconception(
    "Squares are summed for ever; they should fade.", look_at="what is left of the first square after many steps"
)
def adagrad(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return with_slip(w, slope, rates, beta1, beta2, weight_decay, adds_up=True, corrections=lambda t: (1 - beta1**t, 1))


@adamw_path.misconception(
    "Only the squares are averaged; average the slope, too.", look_at="what you divide by the root"
)
def no_momentum(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return adapted(w, slope, rates, 0.0, beta2, weight_decay)


@adamw_path.misconception(
    "The first rate is used in every step; each step has its own.", look_at="which entry of rates a step takes"
)
def first_rate(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return adapted(w, slope, np.full(len(rates), rates[0]), beta1, beta2, weight_decay)


@adamw_path.misconception(
    "A weight whose slope is 0 gave 0/0.", look_at="what keeps your division safe when the mean square is 0"
)
def no_epsilon(w: Array, slope: Slope, rates: Array, beta1: float, beta2: float, weight_decay: float) -> Array:
    return with_slip(w, slope, rates, beta1, beta2, weight_decay, epsilon=0.0)


# --- 03.5 ------------------------------------------------------------------------------------------------------------

dropout = Exercise(
    "03.5",
    "Dropout",
    function="dropout",
    difficulty=2,
    minutes=8,
    look_at="x of four ones with rate 0.5: which numbers may come out, and what they should be on average",
)


@dropout.reference
def dropped(x: Array, u: Array, rate: float, training: bool) -> Array:
    return np.where(u < rate, 0, x / (1 - rate)) if training else x


PLACES = [(12,), (4, 3), (3, 5), (2, 3, 4), (6, 6), (1, 9), (20,), (5, 2)]


def away_from_zero(random: Random, shape: tuple[int, ...]) -> Array:
    return random.uniform(0.5, 3, shape) * random.choice([-1, 1], shape)


@dropout.probes
def in_training(random: Random) -> Iterator[tuple[Any, ...]]:
    """Rates of 0.3 and 0.8, one to three axes; some numbers go and some stay."""
    for number, shape in enumerate(PLACES * 2):
        rate = (0.3, 0.8)[number % 2]
        u = random.random(shape)
        u.flat[:2] = rate / 2, rate + (1 - rate) / 2
        yield away_from_zero(random, shape), u, rate, True


@dropout.probes
def after_training(random: Random) -> Iterator[tuple[Any, ...]]:
    """The same outside training."""
    for number, shape in enumerate(PLACES):
        yield away_from_zero(random, shape), random.random(shape), (0.3, 0.8)[number % 2], False


@dropout.probes
def rate_zero(random: Random) -> Iterator[tuple[Any, ...]]:
    """Nothing to drop, although one u is exactly 0."""
    for shape in PLACES[:3]:
        u = random.random(shape)
        u.flat[0] = 0
        yield away_from_zero(random, shape), u, 0.0, True


@dropout.probes
def on_the_border(random: Random) -> Iterator[tuple[Any, ...]]:
    """Some u are exactly the rate."""
    for shape in PLACES[:3]:
        u = random.random(shape)
        u.flat[::3] = 0.25
        yield away_from_zero(random, shape), u, 0.25, True


@dropout.check("Where u is below rate, x becomes 0; elsewhere it stays in", points=1, on=(in_training, on_the_border))
def drops_below_rate(answer: Array, expected: Array, x: Array, u: Array, rate: float, training: bool) -> None:
    assert_shape(answer, expected)
    kept, gone = int((answer[u < rate] != 0).sum()), int((answer[u >= rate] == 0).sum())
    assert not kept, f"{kept} of {int((u < rate).sum())} numbers that should be dropped are still there"
    assert not gone, f"{gone} of {int((u >= rate).sum())} numbers that should stay are 0"


@dropout.check("What stays is scaled so that the expected value is that of x", points=1)
def keeps_the_mean(answer: Array, expected: Array, x: Array, u: Array, rate: float, training: bool) -> None:
    assert_shape(answer, expected)
    stays = u >= rate
    ratio = answer[stays] / x[stays]
    assert_finite(ratio)
    assert np.ptp(ratio) < 1e-3, "your kept numbers are scaled by different amounts"
    assert np.allclose(ratio, 1 / (1 - rate), rtol=1e-4), f"your kept numbers are {ratio[0]:.3g} times x"


@dropout.check("Outside training x comes back as it is", points=1, on=after_training)
def rests_after_training(answer: Array, expected: Array, x: Array, u: Array, rate: float, training: bool) -> None:
    assert_shape(answer, expected)
    changed = int((~np.isclose(answer, x, rtol=1e-4)).sum())
    assert not changed, f"outside training, {changed} of {x.size} numbers change"


@dropout.check("Rate 0 leaves x as it is", points=1, on=rate_zero)
def rate_zero_is_nothing(answer: Array, expected: Array, x: Array, u: Array, rate: float, training: bool) -> None:
    assert_close(answer, expected)


def masked(x: Array, kept: Array, scale: float) -> Array:
    return np.where(kept, x * scale, 0)


def inverse(share: float) -> float:
    """One over a share; infinity for 0, as in arrays."""
    return 1 / share if share else math.inf


@dropout.misconception(
    "The mean falls by the rate: scale up what is kept.", look_at="the mean of a thousand ones after dropout"
)
def not_scaled(x: Array, u: Array, rate: float, training: bool) -> Array:
    return masked(x, u >= rate, 1) if training else x


@dropout.misconception(
    "You scale at test time; here training scales, so that test time needs nothing.",
    look_at="what comes out when training is False",
)
def scaled_at_test(x: Array, u: Array, rate: float, training: bool) -> Array:
    return masked(x, u >= rate, 1) if training else x * (1 - rate)


@dropout.misconception("It also drops at test time: the flag is ignored.", look_at="where training enters")
def always_on(x: Array, u: Array, rate: float, training: bool) -> Array:
    return dropped(x, u, rate, True)


@dropout.misconception("You kept what should go.", look_at="the direction of your comparison")
def keeps_the_dropped(x: Array, u: Array, rate: float, training: bool) -> Array:
    return masked(x, u < rate, 1 / (1 - rate)) if training else x


@dropout.misconception(
    "You treated rate as the share to keep.", look_at="how many of a thousand numbers go at rate 0.2"
)
def keep_probability(x: Array, u: Array, rate: float, training: bool) -> Array:
    return np.where(u < rate, x * inverse(rate), 0) if training else x


@dropout.misconception(
    "Scaled by the wrong share: divide by what is kept.", look_at="how large a kept 1 becomes at rate 0.2"
)
def scale_by_rate(x: Array, u: Array, rate: float, training: bool) -> Array:
    return masked(x, u >= rate, inverse(rate)) if training else x


@dropout.misconception("It drops at test time only.", look_at="which branch runs when training is True")
def flag_reversed(x: Array, u: Array, rate: float, training: bool) -> Array:
    return dropped(x, u, rate, not training)


@dropout.misconception("Kept values shrank; they should grow.", look_at="how large a kept 1 becomes at rate 0.2")
def scaled_down(x: Array, u: Array, rate: float, training: bool) -> Array:
    return masked(x, u >= rate, 1 - rate) if training else x


@dropout.misconception(
    "The random number decides; it is not a factor.", look_at="what u is used for after the comparison"
)
def multiplied_by_u(x: Array, u: Array, rate: float, training: bool) -> Array:
    return masked(x * u, u >= rate, 1 / (1 - rate)) if training else x


@dropout.misconception(
    "Nothing is dropped: x was multiplied by u, but u only decides.", look_at="which numbers of your result are 0"
)
def weighted_by_u(x: Array, u: Array, rate: float, training: bool) -> Array:
    return x * u / (1 - rate) if training else x


# --- 03.6 ------------------------------------------------------------------------------------------------------------

learning_rate_at = Exercise(
    "03.6",
    "Warm-up and cosine",
    function="learning_rate_at",
    difficulty=2,
    minutes=12,
    look_at="the curve of your rate from step 0 to beyond the last, drawn",
)
Setting = tuple[int, int, float, int, float]


@learning_rate_at.reference
def ramp_and_wave(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / (total - warmup), 1)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2


SETTINGS = [(100, 0.8, 20, 0.1), (50, 0.3, 7, 0.02), (240, 2.0, 60, 0.5)]


@learning_rate_at.probes
def after_warmup(random: Random) -> Iterator[Setting]:
    """From the peak down: just after warm-up, in the middle, near the end."""
    for total, peak, warmup, floor in SETTINGS:
        somewhere = random.integers(warmup + 2, total - 1, 3).tolist()
        for step in (warmup, warmup + 1, (warmup + total) // 2, total - 1, *somewhere):
            yield step, total, peak, warmup, floor


@learning_rate_at.probes
def while_warming_up(random: Random) -> Iterator[Setting]:
    """Steps 0, 1, one in between, and the last before the peak."""
    for total, peak, warmup, floor in SETTINGS:
        for step in (0, 1, int(random.integers(2, warmup - 1)), warmup - 1):
            yield step, total, peak, warmup, floor


@learning_rate_at.probes
def no_warmup(random: Random) -> Iterator[Setting]:
    """A warm-up of 0 steps."""
    for total, peak, _, floor in SETTINGS:
        for step in (0, 1, int(random.integers(2, total - 1))):
            yield step, total, peak, 0, floor


@learning_rate_at.probes
def at_the_end(random: Random) -> Iterator[Setting]:
    """The last step and later ones."""
    for total, peak, warmup, floor in SETTINGS:
        for step in (total, total + 1, total + 30):
            yield step, total, peak, warmup, floor


def assert_rate(answer: float, expected: float) -> None:
    assert np.isfinite(answer), f"your rate is {answer}"
    too = "high" if answer > expected else "low"
    assert np.isclose(answer, expected, rtol=1e-4, atol=1e-5), f"your rate is {answer:.4g}, which is too {too}"


@learning_rate_at.check("It rises in a straight line, from 0 at step 0", points=1, on=while_warming_up)
def rises(answer: float, expected: float, *setting: Any) -> None:
    assert_rate(answer, expected)


@learning_rate_at.check("From the peak it falls along half a cosine wave", points=1)
def falls(answer: float, expected: float, *setting: Any) -> None:
    assert_rate(answer, expected)


@learning_rate_at.check("It reaches the floor at the end and stays there", points=1, on=at_the_end)
def rests_on_the_floor(answer: float, expected: float, *setting: Any) -> None:
    assert_rate(answer, expected)


@learning_rate_at.check("Without warm-up it begins at the peak", points=1, on=no_warmup)
def begins_at_the_peak(answer: float, expected: float, *setting: Any) -> None:
    assert_rate(answer, expected)


Wave = Callable[[float, float, float], float]


def with_wave(setting: Setting, wave: Wave) -> float:
    """The rate with another shape of its descent, given progress, peak and floor."""
    step, total, peak, warmup, floor = setting
    if step < warmup:
        return peak * step / warmup
    return wave(min((step - warmup) / (total - warmup), 1), peak, floor)


def half_wave(progress: float) -> float:
    return (1 + math.cos(math.pi * progress)) / 2


@learning_rate_at.misconception("At step 0 the rate should be 0.", look_at="the first point of your ramp")
def starts_at_one(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    return peak * (step + 1) / warmup if step < warmup else ramp_and_wave(step, total, peak, warmup, floor)


@learning_rate_at.misconception(
    "The ramp starts at the floor; it should start at 0.", look_at="the first point of your ramp"
)
def ramp_from_floor(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    ramp = floor + (peak - floor) * step / max(warmup, 1)
    return ramp if step < warmup else ramp_and_wave(step, total, peak, warmup, floor)


@learning_rate_at.misconception(
    "The ramp is missing: the rate falls from the first step on.", look_at="step 1 of the card"
)
def no_ramp(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    return ramp_and_wave(step, total, peak, 0, floor)


@learning_rate_at.misconception(
    "The rate jumps when warm-up ends: count progress from there.", look_at="progress at the step where the ramp ends"
)
def jump(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    return floor + (peak - floor) * half_wave(min(step / total, 1))


@learning_rate_at.misconception(
    "Your wave is too long: after warm-up, fewer than total steps are left.",
    look_at="what progress is at the last step",
)
def too_long(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    return floor + (peak - floor) * half_wave(min((step - warmup) / total, 1))


@learning_rate_at.misconception("It climbs again: half a wave is enough.", look_at="the angle at the last step")
def full_wave(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    return with_wave((step, total, peak, warmup, floor), lambda p, top, low: low + (top - low) * half_wave(2 * p))


@learning_rate_at.misconception("It ends at 0, not at the floor.", look_at="where floor enters")
def no_floor(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    return with_wave((step, total, peak, warmup, floor), lambda p, top, low: top * half_wave(p))


@learning_rate_at.misconception(
    "The peak is too high by the floor.", look_at="your rate at the step where the ramp ends"
)
def floor_added(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    return with_wave((step, total, peak, warmup, floor), lambda p, top, low: low + top * half_wave(p))


@learning_rate_at.misconception(
    "The curve is cut flat instead of reaching the floor smoothly.", look_at="the last quarter of your curve"
)
def floor_cut(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    return with_wave((step, total, peak, warmup, floor), lambda p, top, low: max(low, top * half_wave(p)))


@learning_rate_at.misconception(
    "That is a quarter wave: it falls off a cliff at the end.", look_at="the angle at the last step"
)
def quarter_wave(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    return with_wave(
        (step, total, peak, warmup, floor), lambda p, top, low: low + (top - low) * math.cos(math.pi / 2 * p)
    )


@learning_rate_at.misconception("That is a straight line.", look_at="step 3 of the card")
def linear(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    return with_wave((step, total, peak, warmup, floor), lambda p, top, low: top - (top - low) * p)


@learning_rate_at.misconception(
    "It starts at twice the peak.", look_at="what 1 plus the cosine is worth at the start of the wave"
)
def no_half(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    return with_wave((step, total, peak, warmup, floor), lambda p, top, low: low + (top - low) * 2 * half_wave(p))


@learning_rate_at.misconception("The cosine takes radians.", look_at="the number that you give to the cosine")
def degrees(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    return with_wave(
        (step, total, peak, warmup, floor), lambda p, top, low: low + (top - low) * (1 + math.cos(180 * p)) / 2
    )


@learning_rate_at.misconception("After the last step the rate moves again.", look_at="progress beyond the last step")
def past_the_end(step: int, total: int, peak: float, warmup: int, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    return floor + (peak - floor) * half_wave((step - warmup) / (total - warmup))


# --- 03.7 ------------------------------------------------------------------------------------------------------------

stop_and_best = Exercise(
    "03.7",
    "When to stop",
    function="stop_and_best",
    difficulty=3,
    minutes=14,
    look_at="the losses 3, 2, 4, 1, 5, 6 with patience 2, epoch by epoch on paper",
)
Stop = tuple[int, int]
Losses = list[float]


@stop_and_best.reference
def patient(val_losses: Losses, patience: int) -> Stop:
    best = 0
    for epoch, loss in enumerate(val_losses):
        if loss < val_losses[best]:
            best = epoch
        if epoch - best >= patience:
            return epoch, best
    return len(val_losses) - 1, best


def rounded(values: Array) -> Losses:
    """As a list, to steps of 0.01: rounding to float32 can't turn a tie into an improvement."""
    return [round(float(value), 2) for value in values]


def valley(random: Random, length: int) -> Losses:
    """Falls, then climbs, with wobbles."""
    at = np.linspace(-1, 1.5, length)
    return rounded(at**2 + 0.6 + 0.25 * random.normal(size=length))


@stop_and_best.probes
def curves(random: Random) -> Iterator[tuple[Losses, int]]:
    """Valleys with wobbles, falls without end, a climb from the start, two epochs, falls with waits between."""
    yield [1.0, 0.8, 0.9, 0.85, 0.95, 0.6, 0.7, 0.75, 0.72, 0.9], 4
    yield rounded(np.linspace(2, 1, 9)), 2
    yield rounded(np.linspace(1, 2, 9)), 3
    yield [1.0, 0.5], 1
    yield [0.5, 1.0], 1
    yield [0.5, 1.0], 4
    yield [1.0, 0.8, 0.9, 0.7, 0.9, 0.6, 0.9, 0.5, 0.9, 0.4], 2
    yield [1.0, 0.5, 0.9, 0.8, 0.7, 0.6, 0.55, 0.9], 3
    for number in range(16):
        yield valley(random, int(random.integers(8, 30))), number % 4 + 1


@stop_and_best.probes
def late_recoveries(random: Random) -> Iterator[tuple[Losses, int]]:
    """A far lower loss comes after training has stopped."""
    for patience in (1, 2, 3, 4):
        waiting = 1.0 + 0.1 * random.permutation(patience + 2)
        yield rounded(np.array([1.2, 0.9, *waiting, 0.3, 0.2, 0.4])), patience


@stop_and_best.probes
def plateaus(random: Random) -> Iterator[tuple[Losses, int]]:
    """Losses that are equal to the best so far, again and again."""
    for patience in (1, 2, 3):
        yield [0.9, 0.7, *[0.7] * (patience + 2), 0.6], patience
        yield [0.9, 0.7, 0.8, 0.7, 0.8, 0.7, 0.8, 0.65, 0.9, 0.9, 0.9, 0.9], patience + 2


@stop_and_best.probes
def broken_epochs(random: Random) -> Iterator[tuple[Losses, int]]:
    """Some losses are not-a-number."""
    for patience in (1, 2, 3):
        yield [0.9, 0.7, math.nan, 0.6, math.nan, math.nan, math.nan, math.nan, 0.5], patience
        yield [0.9, 0.8, *[math.nan] * (patience - 1), 0.85, 0.7, math.nan, 0.75, 0.72, 0.71], patience


EVERY_RUN = (curves, late_recoveries, plateaus)


@stop_and_best.check("Training stops after patience epochs in a row without a new best", points=3, on=EVERY_RUN)
def stops_in_time(answer: Sequence[int], expected: Sequence[int], val_losses: Losses, patience: int) -> None:
    when = "early" if answer[0] < expected[0] else "late"
    assert answer[0] == expected[0], f"you stop at epoch {answer[0]:g}, which is too {when}"


@stop_and_best.check("Best is the epoch of the lowest loss seen until then", points=2, on=EVERY_RUN)
def keeps_the_best(answer: Sequence[int], expected: Sequence[int], val_losses: Losses, patience: int) -> None:
    assert answer[1] == expected[1], f"you call epoch {answer[1]:g} the best"


@stop_and_best.property("Not-a-number is no improvement", points=1, on=broken_epochs)
def survives_nan(call: Function, val_losses: Losses, patience: int) -> None:
    bad = call([9.9 if math.isnan(loss) else loss for loss in val_losses], patience)
    (stop, best), (then, kept) = call(val_losses, patience), bad
    seen = f"you stop at epoch {stop:g} and keep {best:g}; with 9.9 for not-a-number, at {then:g}, and keep {kept:g}"
    assert (stop, best) == (then, kept), seen


def best_until(val_losses: Losses, stop: int) -> int:
    return int(np.nanargmin(val_losses[: stop + 1]))


@stop_and_best.misconception(
    "You wait one epoch more than patience.", look_at="how many bad epochs have passed when you stop"
)
def one_late(val_losses: Losses, patience: int) -> Stop:
    return patient(val_losses, patience + 1)


@stop_and_best.misconception(
    "You stop one epoch early: the best epoch itself is not a bad one.", look_at="the count at the best epoch"
)
def one_early(val_losses: Losses, patience: int) -> Stop:
    return patient(val_losses, patience - 1) if patience > 1 else (0, 0)


@stop_and_best.misconception(
    "Bad epochs are counted over the whole run; a new best should reset the counter.",
    look_at="what a new best does to the counter",
)
def total_count(val_losses: Losses, patience: int) -> Stop:
    best, bad = 0, 0
    for epoch in range(1, len(val_losses)):
        if val_losses[epoch] < val_losses[best]:
            best = epoch
        else:
            bad += 1
        if bad >= patience:
            return epoch, best
    return len(val_losses) - 1, best


@stop_and_best.misconception(
    "You compare with the epoch before; a slow climb that wobbles never stops.",
    look_at="which earlier loss a new one must beat",
)
def previous(val_losses: Losses, patience: int) -> Stop:
    bad = 0
    for epoch in range(1, len(val_losses)):
        bad = 0 if val_losses[epoch] < val_losses[epoch - 1] else bad + 1
        if bad >= patience:
            return epoch, best_until(val_losses, epoch)
    return len(val_losses) - 1, best_until(val_losses, len(val_losses))


@stop_and_best.misconception(
    "The weights to keep are those of the best epoch, not of the last.", look_at="the second number that you return"
)
def last_is_best(val_losses: Losses, patience: int) -> Stop:
    stop, _ = patient(val_losses, patience)
    return stop, stop


@stop_and_best.misconception(
    "The weights to keep are those of the best epoch, not those of patience epochs before the stop.",
    look_at="a run that ends before patience runs out",
)
def counted_back(val_losses: Losses, patience: int) -> Stop:
    stop, _ = patient(val_losses, patience)
    return stop, max(stop - patience, 0)


@stop_and_best.misconception("A loss improves by falling.", look_at="the direction of your comparison")
def maximum(val_losses: Losses, patience: int) -> Stop:
    return patient([-loss for loss in val_losses], patience)


@stop_and_best.misconception(
    "Your best epoch comes after the stop: training never got there.", look_at="which losses your minimum runs over"
)
def saw_the_future(val_losses: Losses, patience: int) -> Stop:
    return patient(val_losses, patience)[0], int(np.nanargmin(val_losses))


@stop_and_best.misconception("It never stops.", look_at="what happens when patience has run out")
def never(val_losses: Losses, patience: int) -> Stop:
    return patient(val_losses, len(val_losses) + 1)


@stop_and_best.misconception(
    "An equal loss is no improvement.", look_at="what your comparison says to two equal losses"
)
def tie(val_losses: Losses, patience: int) -> Stop:
    best = 0
    for epoch in range(1, len(val_losses)):
        if val_losses[epoch] <= val_losses[best]:
            best = epoch
        if epoch - best >= patience:
            return epoch, best
    return len(val_losses) - 1, best


@stop_and_best.misconception(
    "Not-a-number was taken for a new best.", look_at="what any comparison with not-a-number says"
)
def nan_improves(val_losses: Losses, patience: int) -> Stop:
    best = 0
    for epoch in range(1, len(val_losses)):
        if not val_losses[epoch] >= val_losses[best]:
            best = epoch
        if epoch - best >= patience:
            return epoch, best
    return len(val_losses) - 1, best


@stop_and_best.misconception("Epochs count from 0 here.", look_at="the number of the first epoch")
def from_one(val_losses: Losses, patience: int) -> Stop:
    stop, best = patient(val_losses, patience)
    return stop + 1, best + 1
