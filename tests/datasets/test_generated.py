import time

import numpy as np
import pytest

from layerwise_datasets import load
from layerwise_datasets.generated.drawing import MAX_PARTS
from layerwise_datasets.generated.objects import objects, source_objects
from layerwise_datasets.generated.plans import TARGETS, made_up_things


def ridge_accuracy(train, test, penalty=300.0):
    """Accuracy of a linear head on pixels: what colour and place alone give away."""
    f, g = (data.x.reshape(len(data.x), -1) / 64.0 for data in (train, test))
    t = np.eye(len(train.classes))[train.y]
    centred = f - f.mean(0)
    w = centred.T @ np.linalg.solve(centred @ centred.T + penalty * np.eye(len(f)), t - t.mean(0))
    return (((g - f.mean(0)) @ w + t.mean(0)).argmax(1) == test.y).mean()


def test_every_thing_has_a_plan_of_few_parts():
    things = [*TARGETS.values(), *made_up_things()]

    assert len(things) == 110
    assert all(2 <= len(thing.parts) <= MAX_PARTS for thing in things)


def test_no_target_is_among_the_source_classes():
    assert not {thing.parts for thing in TARGETS.values()} & {thing.parts for thing in made_up_things()}


def test_made_up_things_all_differ():
    assert len({thing.parts for thing in made_up_things()}) == 100


@pytest.mark.parametrize("make", [objects, source_objects])
def test_drawn_pictures_are_no_flat_areas(make):
    found = make("train")
    x = found.read(np.arange(100))

    assert (x.std(axis=(1, 2, 3)) > 5).all()
    assert len(np.unique(x)) > 200


def test_train_and_test_pictures_differ():
    first, second = (objects(split).read(np.arange(50)) for split in ("train", "test"))

    assert not {one.tobytes() for one in first} & {one.tobytes() for one in second}


MEANS = [113.300, 124.352, 116.210]


def test_the_same_pictures_on_every_machine():
    """Numbers of the day the set was made: a change of NumPy or of the code that alters pictures is to be noticed."""
    x = objects("train").read(np.arange(20)).astype(float)

    np.testing.assert_allclose(x.mean(axis=(0, 1, 2)), MEANS, atol=0.01)


# Set: accuracy of ridge on pixels at the given size, lowest and highest. Above chance, and something left to learn.
LEARNABLE = {
    "cifar10": (200, 0.18, 0.36),
    "mnist": (300, 0.6, 0.95),
    "chest_xrays": (300, 0.65, 0.97),
    "silhouettes": (500, 0.08, 0.45),
    "rings": (400, 0.35, 0.65),
}


@pytest.mark.parametrize(("name", "facts"), LEARNABLE.items(), ids=LEARNABLE)
def test_a_generated_set_can_be_learned_but_not_by_a_line(name, facts):
    size, low, high = facts

    assert low < ridge_accuracy(load(name, size=size), load(name, split="test", size=200)) < high


def test_the_distance_from_the_centre_parts_the_rings():
    data = load("rings")

    np.testing.assert_array_equal(np.hypot(*data.x.T) > 1.5, data.y == 1)


def test_a_spoken_word_is_sound_then_silence():
    data = load("spoken_digit", size=10)

    assert (np.abs(data.x).max(axis=1) > 8_000).all()
    assert (data.x[:, -100:] == 0).all()


def test_a_few_pictures_cost_a_small_part_of_all():
    """Time as a ratio: 200 of 50,000 rows must not draw the rest."""

    def seconds(size):
        start = time.perf_counter()
        load("cifar10", size=size)
        return time.perf_counter() - start

    seconds(10)
    assert seconds(200) < 0.5 * seconds(5_000)
