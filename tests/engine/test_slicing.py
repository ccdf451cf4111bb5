"""What some names need, read from the source."""

import inspect
import sys

import pytest

from layerwise_grader import catalogue
from layerwise_grader.engine import slicing

MODULE = '''
from __future__ import annotations

import functools
from math import pi, tau

from layerwise_grader.exercise import Exercise

area = Exercise("01.1", "Area", function="area", difficulty=1, minutes=1, look_at="")
UNITS = 2
TABLE = {}
TABLE["circle"] = pi


@area.reference
def right(r: Radius) -> float:
    return pi * r**2


@area.experiment
@functools.cache
def watch(function, r):
    """Looks."""
    return scaled(function(r))


def scaled(value):
    return value * UNITS * TABLE["circle"]


def unused():
    return tau
'''


def texts(source, *roots):
    found = slicing.statements(source)
    return [found[place].text for place in sorted(slicing.needed(found, set(roots)))]


def test_a_slice_holds_what_its_roots_need_and_nothing_else():
    assert (
        slicing.source_of(MODULE, {"watch"})
        == '''\
from __future__ import annotations

import functools

from math import pi

UNITS = 2

TABLE = {}

TABLE["circle"] = pi

@functools.cache
def watch(function, r):
    """Looks."""
    return scaled(function(r))

def scaled(value):
    return value * UNITS * TABLE["circle"]
'''
    )


def test_names_in_a_slice_are_those_that_it_defines():
    assert slicing.names_in(slicing.source_of(MODULE, {"watch"})) == {"UNITS", "TABLE", "watch", "scaled"}


def test_a_slice_tells_when_a_reference_is_in_it():
    leaking = MODULE.replace("value * UNITS", "right(1) * UNITS")

    assert "right" in slicing.names_in(slicing.source_of(leaking, {"watch"}))


def test_a_name_that_the_module_lacks_is_named():
    with pytest.raises(ValueError, match="does not define look"):
        slicing.source_of(MODULE, {"look"})


def observed():
    return [
        exercise for chapter in catalogue.chapters() for exercise in catalogue.exercises(chapter) if exercise.observe
    ]


@pytest.mark.parametrize("exercise", observed(), ids=lambda exercise: exercise.id)
def test_an_experiment_can_be_cut_out_without_what_is_right(exercise):
    name = exercise.observe.__name__
    whole = inspect.getsource(sys.modules[exercise.observe.__module__])
    secret = {one.trusted.__name__ for one in catalogue.exercises(exercise.chapter)}
    secret |= {wrong.wrong.__name__ for one in catalogue.exercises(exercise.chapter) for wrong in one.misconceptions}

    cut = slicing.source_of(whole, {name})
    namespace = {"__name__": "experiment"}
    exec(compile(cut, "experiment", "exec"), namespace)

    assert callable(namespace[name])
    assert not slicing.names_in(cut) & secret
    assert "layerwise_grader.exercise" not in cut


NEEDED = {
    "a function and what it reads": ("a = 1\nb = 2\ndef f(x): return x + a", ["a = 1", "def f(x): return x + a"]),
    "not a parameter of that name": ("x = 1\ndef f(x): return x", ["def f(x): return x"]),
    "not a local name": ("y = 1\ndef f():\n    y = 2\n    return y", ["def f():\n    y = 2\n    return y"]),
    "defaults": ("k = 3\ndef f(n=k): return n", ["k = 3", "def f(n=k): return n"]),
    "decorators": ("def d(g): return g\n@d\ndef f(): ...", ["def d(g): return g", "@d\ndef f(): ..."]),
    "an item that is set": ("t = {}\nt[1] = 2\nf = t.get", ["t = {}", "t[1] = 2", "f = t.get"]),
    "an attribute": ("class f: ...\nf.size = 1\nother.size = 2", ["class f: ...", "f.size = 1"]),
    "a method called for its effect": ("f = []\nf.append(1)\nprint(f)", ["f = []", "f.append(1)"]),
    "a list that is shuffled": ("f = [1]\nrandom.shuffle(f)", ["f = [1]", "random.shuffle(f)"]),
    "either branch": ("if a:\n    f = 1\nelse:\n    f = 2", ["if a:\n    f = 1\nelse:\n    f = 2"]),
    "on one line": ("a = 1; b = 2; f = a", ["a = 1", "f = a"]),
    "after letters of two bytes": ('a = "é"; f = "ü" + a', ['a = "é"', 'f = "ü" + a']),
    "a star import": ("from math import *\ng = 1\ndef f(): return pi", ["from math import *", "def f(): return pi"]),
    "through global": ("def make():\n    global f\n    f = 1", ["def make():\n    global f\n    f = 1"]),
    "not another loop's variable": ("for i in a: print(i)\nfor i in b: f = i", ["for i in b: f = i"]),
    "one over several lines": ("f = [\n    1,\n]\ng = 2", ["f = [\n    1,\n]"]),
    "a comprehension": ("n = 3\nk = 4\nf = [k for k in range(n)]", ["n = 3", "f = [k for k in range(n)]"]),
}  # fmt: skip


@pytest.mark.parametrize(("source", "kept"), NEEDED.values(), ids=NEEDED)
def test_needed_statements_are_kept(source, kept):
    assert texts(source, "f") == kept


IPYTHON = {
    "a line magic": ("%matplotlib inline\nf = 1", {"f"}),
    "a shell line": ("!ls -l | head\nf = 1", {"f"}),
    "what a shell line gives": ("f = !ls", {"f"}),
    "a question": ("f?\nf = 1", {"f"}),
    "a cell magic around Python": ("%%time\nf = 1", {"f"}),
    "two cell magics": ("%%time\n%%capture\nf = 1", {"f"}),
    "a cell of another language": ("%%bash\nf=1", set()),
    "prompts": (">>> f = 1\n>>> g = 2", {"f", "g"}),
    "an await": ("f = await g()", {"f"}),
    "an indented cell": ("    f = 1\n    g = 2", {"f", "g"}),
    "an unknown escape in a string": ('f = "\\d"', {"f"}),
}


@pytest.mark.parametrize(("source", "names"), IPYTHON.values(), ids=IPYTHON)
def test_cells_are_read_as_ipython_would(source, names):
    found = slicing.of_cell(source)

    assert {name for statement in found for name in statement.binds} == names


UNREADABLE = {
    "a slip": "def f(:",
    "NUL": "f = 1\0",
    "half a surrogate": "f = '\ud800'",
    "brackets without end": "(" * 5_000,
    "minus signs without end": "-" * 200_000 + "1",
    "attributes without end": "a" + ".b" * 100_000,
    "statements without end": "a;" * 100_000,
    "magics without end": "%time 1\n" * 1_000,
    "a question without end": "a" * 49_000 + " ?",
    "a number without end": "9" * 5_000,
}


@pytest.mark.parametrize("source", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_told_not_raised(source):
    assert slicing.of_cell(source) is None


def test_a_long_chain_is_followed_in_one_go():
    """Each statement needs the one below: passing over all of them for each would take minutes."""
    source = "\n".join(f"a{number} = a{number + 1}" for number in range(1_900))

    assert len(texts(source, "a0")) == 1_900
