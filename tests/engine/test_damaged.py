"""Notebooks damaged at random: each is rebuilt or refused with one sentence, and nothing else is ever raised.

``LAYERWISE_SOAK=1`` tries 12,000 of them, from real chapters as well; CI some 1,100 in a few seconds.
"""

import copy
import json
import os
import random
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise_grader import build, learners
from layerwise_grader.engine import reading
from layerwise_grader.engine.rebuild import rebuild
from layerwise_grader.errors import Refused

ROOT = Path(__file__).parents[2]
SOAK = os.environ.get("LAYERWISE_SOAK") == "1"
ROUNDS = 1000 if SOAK else 100
RELEASED = build.read(ROOT / "course" / "05-convolutions" / "05-convolutions.ipynb")


def small():
    """The first two exercises of chapter 05, answered, with a cell of the learner's own."""
    release = copy.deepcopy(RELEASED)
    graded = [number for number, cell in enumerate(release.cells) if cell.get("id") in ("05-1", "05-2")]
    release.cells = [
        release.cells[1],
        *release.cells[graded[0] - 2 : graded[0] + 1],
        *release.cells[graded[1] - 2 :][:3],
    ]
    filled = learners.fill(release, learners.answers(ROOT / "tests" / "learners" / "ada.py"))
    filled.cells.insert(2, nbformat.v4.new_code_cell("%time helper = lambda n: n\n!ls\nhelper?"))
    return release, filled


SMALL, FILLED = small()
WHOLE = nbformat.writes(FILLED).encode()
JUNK = [
    None, True, -1, 10**400, 1e308, "", "\ud800", "\0", "05-2-answer", "def conv2d(image, kernel): return 1", "{",
    "import os\n" * 300, "(" * 300, "%%time\n%%capture\n%%bash", "%time 1\n" * 60, "é" * 2000, [], {}, [[]],
    ["a", 1, None],
    {"cells": []}, {"nbgrader": {"grade_id": "05-2-answer", "solution": True}}, {"nbgrader": 3},
    [{"cell_type": "code"}],
    json.loads("[" * 400 + "]" * 400),
]  # fmt: skip


# --- damage ----------------------------------------------------------------------------------------------------------


def places(value, path=()):
    """Every place in a notebook, as the keys that lead there."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def at(notebook, path):
    for key in path:
        notebook = notebook[key]
    return notebook


def a_place(draw, notebook):
    """One that is not the whole, and its parent."""
    path = draw.choice([path for path in places(notebook) if path])
    return at(notebook, path[:-1]), path[-1]


def flip_bits(draw, content):
    content = bytearray(content)
    for _ in range(draw.choice((1, 2, 30))):
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    return bytes(content)


def cut_short(draw, content):
    return content[: draw.randrange(len(content))]


def cut_out(draw, content):
    start = draw.randrange(len(content))
    return content[:start] + content[start + draw.randrange(1, 300) :]


def put_in(draw, content):
    start = draw.randrange(len(content))
    odd = (
        b"\0",
        b"\xff\xfe",
        b"\\ud800",
        b'"',
        b"[" * 5_000,
        b"9" * 5_000,
        b"\xef\xbb\xbf",
        draw.randbytes(20),
        b"NaN",
    )
    return content[:start] + draw.choice(odd) + content[start:]


def other_encoding(draw, content):
    text = content.decode()
    return text.encode(draw.choice(("utf-16", "utf-16-be", "utf-32", "utf-7", "utf-8-sig")))


def keys_twice(draw, content):
    key = draw.choice((b'"cells": ', b'"source": ', b'"id": ', b'"metadata": ', b'"nbformat": '))
    return content.replace(key, key + draw.choice((b"1, ", b"[], ", b'"x", ', b"null, ")) + key, draw.randrange(1, 9))


def other_values(draw, content):
    notebook = json.loads(content)
    for _ in range(draw.choice((1, 1, 5))):
        parent, key = a_place(draw, notebook)
        parent[key] = copy.deepcopy(draw.choice(JUNK))
    return json.dumps(notebook).encode()


def less(draw, content):
    notebook = json.loads(content)
    for _ in range(draw.choice((1, 1, 5))):
        parent, key = a_place(draw, notebook)
        del parent[key]
    return json.dumps(notebook).encode()


def things_swapped(draw, content):
    notebook = json.loads(content)
    (one, key), (other, place) = a_place(draw, notebook), a_place(draw, notebook)
    first, second = copy.deepcopy(one[key]), copy.deepcopy(other[place])
    one[key] = second
    other[place] = first
    return json.dumps(notebook).encode()


def other_order(draw, content):
    notebook = json.loads(content)
    notebook["cells"] = draw.choices(notebook["cells"], k=draw.randrange(20))
    return json.dumps(notebook).encode()


def letters_changed(draw, content):
    """Inside the cells' text, so that it is still a notebook, but no Python, or another."""
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        letters = list("".join(cell["source"]))
        for _ in range(draw.choice((0, 1, 4))):
            place = draw.randrange(len(letters) + 1)
            letters[place : place + draw.randrange(3)] = draw.choice("()[]{}:'\"\\\n\t %!?;@#=*é\0\r\f\ud800")
        cell["source"] = "".join(letters)
    return json.dumps(notebook).encode()


DAMAGE = [
    flip_bits, cut_short, cut_out, put_in, other_encoding, keys_twice, other_values, less, things_swapped, other_order,
    letters_changed,
]  # fmt: skip


# --- what must hold --------------------------------------------------------------------------------------------------


def outcome(content, release=SMALL):
    """What became of a file: "rebuilt", or the sentence it was refused with."""
    try:
        handed_in = reading.notebook(content, "ada.ipynb")
    except Refused as refused:
        sentence = str(refused)
        assert sentence.startswith("ada.ipynb")
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert len(sentence) < 300
        return sentence
    rebuilt = rebuild(release, handed_in)
    nbformat.writes(rebuilt.notebook).encode()
    assert [cell.id for cell in rebuilt.notebook.cells if "layerwise" not in cell.metadata] == [
        cell.id for cell in release.cells
    ]
    assert all(cell.name and isinstance(cell.source, str) for cell in rebuilt.program)
    return "rebuilt"


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_damaged_notebooks_are_rebuilt_or_refused_with_one_sentence(damage):
    draw = random.Random(damage.__name__)

    for number in range(ROUNDS):
        content = damage(draw, WHOLE)
        for _ in range(draw.choice((0, 0, 0, 3)) if damage is flip_bits else 0):
            content = draw.choice((flip_bits, put_in, cut_out))(draw, content)
        try:
            outcome(content)
        except Exception as error:
            raise AssertionError(f"{damage.__name__}, number {number}: {content[:2000]!r}") from error


def test_much_of_what_is_damaged_is_rebuilt():
    """Otherwise the test above would say little about rebuilding."""
    draw = random.Random(0)

    rebuilt = [outcome(damage(draw, WHOLE)) == "rebuilt" for damage in DAMAGE[5:] for _ in range(8)]

    assert sum(rebuilt) > len(rebuilt) / 3


@pytest.mark.skipif(not SOAK, reason="LAYERWISE_SOAK=1 damages whole chapters, which takes minutes")
@pytest.mark.parametrize("path", sorted((ROOT / "course").glob("*/*.ipynb")), ids=lambda path: path.stem)
def test_damaged_chapters_are_rebuilt_or_refused_with_one_sentence(path):
    """Real chapters have what the small one lacks: long cells, tags, data, given code that answers need."""
    draw = random.Random(path.stem)
    solution = (ROOT / "solutions" / path.parent.name / path.name).read_bytes()
    release = build.read(path)

    for damage in DAMAGE:
        for _ in range(25):
            outcome(damage(draw, solution), release)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)
CELLS = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "code", "markdown", "raw"]) | ANYTHING},
    optional={
        "source": st.text() | st.lists(st.text()) | ANYTHING,
        "id": st.sampled_from(["05-1-answer", "05-2", "own-1"]) | ANYTHING,
        "metadata": st.fixed_dictionaries({"nbgrader": st.fixed_dictionaries({"grade_id": ANYTHING})}) | ANYTHING,
    },
)


@settings(max_examples=2000 if SOAK else 60, deadline=None)
@given(st.lists(CELLS, max_size=5))
def test_any_cells_are_rebuilt_or_refused(cells):
    outcome(json.dumps({"cells": cells, "nbformat": 4}).encode())


@settings(max_examples=2000 if SOAK else 100, deadline=None)
@given(st.binary())
def test_any_bytes_are_refused(content):
    assert outcome(content) != "rebuilt"
