"""The sets of chapter 08: streets with masks, drawn people, real faces, and photographs without any."""

import numpy as np
import pytest
from scipy.ndimage import find_objects, label

from layerwise_datasets import load
from layerwise_datasets.generated.streets import _SIZES, KINDS

STREETS = 129.698


def things(mask):
    """(kind, rows, columns) of every component of a mask."""
    for kind in range(1, len(KINDS) + 1):
        islands, _ = label(mask == kind, structure=np.ones((3, 3)))
        for down, across in find_objects(islands):
            yield KINDS[kind - 1], down.stop - down.start, across.stop - across.start


@pytest.fixture(scope="module")
def streets():
    return load("streets", split="test")


def test_a_street_comes_with_the_kind_of_every_pixel(streets):
    assert streets.x.shape == (300, 48, 48, 3)
    assert streets.y.shape == (300, 48, 48)
    assert streets.classes == ("ground", *KINDS)
    assert set(np.unique(streets.y)) == set(range(5))


def test_every_component_is_one_whole_thing(streets):
    sizes = [thing for mask in streets.y for thing in things(mask)]

    for name, height, width in sizes:
        narrow, wide, low, high = _SIZES[name]
        assert narrow - 2 <= width <= wide
        assert low - 2 <= height <= high
    assert {name for name, *_ in sizes} == set(KINDS)


def test_a_street_holds_one_to_three_things(streets):
    counts = [len(list(things(mask))) for mask in streets.y]

    assert min(counts) == 1
    assert max(counts) == 3


def test_ground_is_most_of_a_street(streets):
    assert 0.9 < (streets.y == 0).mean() < 0.94


def test_things_differ_from_their_ground(streets):
    things, ground = streets.x[streets.y > 0], streets.x[streets.y == 0]

    assert abs(things.std(axis=0) - ground.std(axis=0)).min() > 5  # colours of their own, drawn by chance


def test_a_subset_of_streets_keeps_pictures_and_masks_together():
    whole, part = load("streets"), load("streets", size=20, seed=3)

    rows = [int(np.flatnonzero((whole.x == one).all(axis=(1, 2, 3)))[0]) for one in part.x]
    np.testing.assert_array_equal(part.y, whole.y[rows])


def test_the_same_streets_on_every_machine(streets):
    """A number of the day the set was made: a change that alters pictures is to be noticed."""
    assert streets.x[:20].astype(float).mean() == pytest.approx(STREETS, abs=0.01)


def test_people_of_the_test_split_were_never_met():
    train, test = load("drawn_faces"), load("drawn_faces", split="test")

    assert not set(train.y) & set(test.y)
    assert np.bincount(train.y).tolist() == [12] * 80
    assert np.bincount(test.y)[80:].tolist() == [12] * 30


def test_some_drawn_faces_are_the_same_as_among_all():
    whole, part = load("drawn_faces", split="test"), load("drawn_faces", split="test", size=30)

    assert {one.tobytes() for one in part.x} <= {one.tobytes() for one in whole.x}


def test_pixels_say_little_about_who_is_drawn():
    data = load("drawn_faces", split="test")
    x = data.x.reshape(len(data), -1) / 255.0
    nearest = [np.argsort(((x - one) ** 2).sum(axis=1))[1] for one in x]

    assert (data.y[nearest] == data.y).mean() < 0.5


def test_faces_are_halved_and_never_in_both_splits():
    train, test = load("faces"), load("faces", split="test")

    assert (train.x.shape, test.x.shape) == ((150, 25, 25, 1), (50, 25, 25, 1))
    assert train.y.mean() == test.y.mean() == 0.5
    assert not {one.tobytes() for one in train.x} & {one.tobytes() for one in test.x}


def test_photographs_are_grey_or_coloured_between_0_and_1():
    scenery, portrait = load("scenery"), load("portrait")

    assert scenery.x.shape == (10, 192, 192, 1)
    assert portrait.x.shape == (512, 512, 3)
    assert all(0 <= data.x.min() < data.x.max() <= 1 for data in (scenery, portrait))
