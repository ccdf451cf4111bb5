"""Values cross the border between a learner's code and the judge in one plain form."""

from decimal import Decimal
from fractions import Fraction

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise_grader.values import NotAValue, alike, describe_argument, plain, shaped_like

NUMBERS = st.floats(-1e6, 1e6) | st.integers(-(10**9), 10**9) | st.booleans()
TREES = st.recursive(
    NUMBERS | st.text() | arrays.arrays(np.float64, arrays.array_shapes(max_side=4)),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(), parts, max_size=3),
)


@given(TREES)
def test_plain_values_are_like_what_they_came_from(value):
    assert alike(plain(value), value)


@given(TREES)
def test_making_a_value_plain_twice_changes_nothing(value):
    assert alike(plain(plain(value)), plain(value))


@given(arrays.arrays(np.float64, arrays.array_shapes(max_side=5), elements=st.floats(-1e3, 1e3)))
def test_nested_lists_are_read_as_the_array_that_is_expected(array):
    assert alike(shaped_like(plain(array.tolist()), array), array)


REFUSED = {
    "a function": (len, "builtin_function_or_method"),
    "a generator": ((n for n in range(3)), "generator"),
    "a complex array": (np.ones(2, complex), "complex numbers; real ones"),
    "a complex number": (1j, "complex numbers; real ones"),
    "an array of functions": (np.array([len, len], object), "builtin_function_or_method"),
    "an array that holds itself": ((lambda array: array.fill(array) or array)(np.empty(1, object)), "20 levels"),
    "a number of 400 digits": (10**400, "more than 300 digits"),
    "endless nesting": ((lambda row: row.append(row) or row)([]), "20 levels"),
    "a huge array": (np.broadcast_to(np.float32(1), (10_000, 10_000)), "100,000,000"),
}


@pytest.mark.parametrize(("value", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_value_is_refused_in_words(value, words):
    with pytest.raises(NotAValue, match=words):
        plain(value)


class LyingFloat(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


class LyingInt(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize("value", [LyingFloat(3), LyingInt(3)])
def test_a_number_that_claims_to_equal_every_other_is_an_ordinary_number(value):
    assert plain(value) == 3
    assert plain(value) != 4


ACCEPTED = {
    "an array of Python numbers": (np.frompyfunc(lambda n: n / 2, 1, 1)(np.arange(3)), [0.0, 0.5, 1.0]),
    "an array of arrays": (np.array([np.ones((2, 2)), np.ones(2), 0], object), [np.ones((2, 2)), np.ones(2), 0]),
    "a fraction": (Fraction(1, 4), 0.25),
    "a decimal": (Decimal("0.25"), 0.25),
}


@pytest.mark.parametrize(("value", "expected"), ACCEPTED.values(), ids=ACCEPTED)
def test_numbers_in_unusual_clothes_are_accepted(value, expected):
    assert alike(plain(value), expected)


def test_whole_numbers_beyond_64_bits_are_numbers():
    assert alike(shaped_like([10**30, 1], np.ones(2)), np.array([1e30, 1]))


MISFITS = {
    "text in a list": ([[1.0, "2"]], np.ones((1, 2)), "a list of 1 that holds the text '2'; an array of numbers"),
    "None in a list": ([1.0, None], np.ones(2), "a list of 2 that holds None; an array of numbers"),
    "text for an array": ("hello", np.ones(2), "the text 'hello'"),
    "rows of different lengths": ([[1], [1, 2]], np.ones((2, 2)), "rows differ in length"),
    "a list for a number": ([1, 2], 3, "one number is expected"),
    "three parts for two": ([1, 2, 3], [1, 2], "2 values are expected"),
    "a dictionary without a key": ({"a": 1}, {"b": 1}, "keys 'b'"),
    "None for text": (None, "text", "None"),
}


@pytest.mark.parametrize(("value", "model", "words"), MISFITS.values(), ids=MISFITS)
def test_a_value_of_another_form_is_refused_in_words(value, model, words):
    with pytest.raises(NotAValue, match=words):
        shaped_like(value, model)


UNLIKE = {
    "another shape": (np.ones((2, 1)), np.ones((1, 2))),
    "a nan for a number": (np.array([np.nan]), np.array([1.0])),
    "one entry more": ([1, 2], [1, 2, 3]),
    "text for a number": ("1", 1),
    "infinity for a large number": (np.array([np.inf]), np.array([1e308])),
}


@pytest.mark.parametrize(("one", "other"), UNLIKE.values(), ids=UNLIKE)
def test_unlike_values_are_told_apart(one, other):
    assert not alike(one, other)
    assert not alike(other, one)


DESCRIBED = {
    "array": (("image", np.ones((7, 5))), "image (7, 5)"),
    "number": (("stride", 2), "stride 2"),
    "text": (("kind", "max"), 'kind "max"'),
    "layers": (("layers", [(3, 1), (2, 2)]), "layers [(3, 1), (2, 2)]"),
    "weights": (("params", {"w": np.ones(3)}), "params with w"),
}


@pytest.mark.parametrize(("argument", "words"), DESCRIBED.values(), ids=DESCRIBED)
def test_a_probe_is_described_in_a_few_words(argument, words):
    assert describe_argument(*argument) == words
