"""What crosses between judge and sandbox: values unchanged, all else refused in words, and no wait without an end."""

import socket
import struct
import threading

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, floating_dtypes, integer_dtypes

from layerwise_grader.engine import wire
from layerwise_grader.values import NotAValue

numbers = st.one_of(floating_dtypes(sizes=(32, 64)), integer_dtypes(), st.just(np.dtype(bool)))
atoms = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8"))
values = st.recursive(
    atoms | arrays(numbers, array_shapes(min_dims=0, min_side=0)),
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(st.text("abc"), inner)
    ),
    max_leaves=8,
)


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield wire.Line(ours), theirs


def crossed(value):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = threading.Thread(target=wire.Line(ours).send, args=(wire.Returned(wire.packed(value)), 1))
        sender.start()
        returned = wire.Line(theirs).receive(wire.Returned, 5)
        sender.join()
    return returned.value


def same(one, other):
    if isinstance(one, np.ndarray):
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        )
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


@given(values)
def test_values_arrive_as_they_were_sent(value):
    assert same(value, crossed(value))


def test_scalars_and_random_generators_keep_their_kind():
    random = np.random.default_rng(5)
    random.random(3)

    assert type(crossed(np.float32(0.5))) is np.float32
    assert crossed(random).random() == np.random.default_rng(5).random(4)[3]


@pytest.mark.parametrize("value", [object(), print, {1, 2}, np.array([object()]), np.array(["text"]), 1j], ids=repr)
def test_what_is_no_value_is_not_packed(value):
    with pytest.raises(NotAValue):
        wire.packed([value])


def array(dtype="<f8", shape=(2,), content=bytes(16), code=1):
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode((dtype, shape, content)))


LIES = {
    "a shape larger than the content": array(shape=(10**9,)),
    "a negative shape": array(shape=(-2,)),
    "a product that overflows": array(shape=(2**40, 2**40)),
    "objects": array(dtype="|O"),
    "a dtype with fields": array(dtype="f4,f4"),
    "forty axes": array(shape=(1,) * 40, content=bytes(8)),
    "an unknown extension": msgspec.msgpack.Ext(99, b"x"),
    "a number of ten thousand digits": msgspec.msgpack.Ext(3, b"9" * 10**4),
    "no array at all": msgspec.msgpack.Ext(1, b"\x93"),
    "a random generator of its own": msgspec.msgpack.Ext(5, b'{"bit_generator": "os.system"}'),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_lying_values_are_refused(ends, lie):
    line, other = ends
    content = msgspec.msgpack.encode({"type": "Returned", "value": lie})
    other.sendall(struct.pack(">I", len(content)) + content)

    with pytest.raises(wire.Broken, match="another form"):
        line.receive(wire.Returned, 5)


BABBLE = {
    "another message": msgspec.msgpack.encode(wire.Loaded((), {})),
    "no message": b"\xc1\xc1\xc1",
    "nesting without end": b"\x91" * 50_000,
    "text that is no UTF-8": b"\xa4\xff\xff\xff\xff",
    "nothing": b"",
    "fields of other types": msgspec.msgpack.encode({"type": "Returned", "changed": 7}),
}


@pytest.mark.parametrize("content", BABBLE.values(), ids=BABBLE)
def test_babble_is_refused(ends, content):
    line, other = ends
    other.sendall(struct.pack(">I", len(content)) + content)

    with pytest.raises(wire.Broken):
        line.receive(wire.Returned | wire.Ask, 5)


def test_a_long_frame_is_refused_before_it_is_read(ends):
    line, other = ends
    other.sendall(struct.pack(">I", 2**31))

    with pytest.raises(wire.Broken, match="more than 16 MiB"):
        line.receive(wire.Returned, 5)


def test_a_slow_drip_ends_with_the_time_limit(ends):
    line, other = ends
    other.sendall(struct.pack(">I", 100) + b"x")

    with pytest.raises(wire.Broken, match="nothing in time"):
        line.receive(wire.Returned, 0.2)


def test_nobody_there_is_said(ends):
    line, other = ends
    other.close()

    with pytest.raises(wire.Broken, match="nobody"):
        line.receive(wire.Returned, 5)


def test_a_value_that_is_too_large_is_not_sent(ends):
    line, _ = ends

    with pytest.raises(wire.Broken, match="more than 16 MiB"):
        line.send(wire.Returned(wire.packed(np.zeros(3 * 2**20))), 1)
