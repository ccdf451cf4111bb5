"""The matrix over all exercises: right answers are accepted, wrong ones rejected and named, slips caught."""

import json

import numpy as np
import pytest

from layerwise_grader import answers, catalogue, mutants
from layerwise_grader.cli import main

EXERCISES = [exercise for chapter in catalogue.chapters() for exercise in catalogue.exercises(chapter)]
IDS = [exercise.id for exercise in EXERCISES]


def slow_with_keras(exercise):
    """A case of its own; where every answer builds Keras models, the matrix takes most of a minute."""
    return pytest.param(exercise, id=exercise.id, marks=[pytest.mark.slow] if exercise.observe else [])


@pytest.mark.parametrize("exercise", map(slow_with_keras, EXERCISES))
def test_every_known_answer_is_judged_as_it_should_be(exercise):
    assert [row for row in answers.matrix(exercise) if not row.is_well] == []


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES, ids=IDS)
def test_every_slip_in_a_right_answer_is_caught(exercise):
    """Slips made by a program, which no author thought of; minutes, since each is judged on every seed."""
    run = mutants.run(exercise)

    assert run.tried > 0
    assert run.survived == ()
    assert run.stale == ()


def test_sentences_give_no_answer_away_and_are_sentences():
    for exercise in EXERCISES:
        for misconception in exercise.misconceptions:
            assert misconception.sentence.endswith((".", "?")), misconception.sentence
            assert not misconception.look_at.endswith("."), misconception.look_at
            assert "np." not in misconception.sentence + misconception.look_at, misconception.name


SLIPS = {
    "a + b": {"a - b", "a", "b"},
    "a < b": {"a <= b"},
    "x[1:]": {"x[2:]", "x[0:]", "x[:]"},
    "x.sum(axis=-1)": {"x.sum(axis=1)", "x.sum(axis=-2)", "x.sum(axis=-0)"},
    "f(x, keepdims=True)": {"f(x, keepdims=False)"},
    "np.maximum(x, 0)": {"np.minimum(x, 0)", "np.maximum(x, 1)", "np.maximum(x, -1)"},
}


@pytest.mark.parametrize(("right", "wrong"), SLIPS.items(), ids=SLIPS)
def test_standard_slips_are_made_at_every_place(right, wrong):
    names = [mutant.name for mutant in mutants.mutants("99.1", f"def f(x):\n    return {right}", {"np": np})]

    assert {name.partition("→ ")[2] for name in names} == wrong


def test_defaults_and_annotations_are_left_alone():
    source = "def f(x: int = 3 + 4) -> int:\n    return x"

    assert list(mutants.mutants("99.1", source, {})) == []


@pytest.mark.slow
def test_the_command_prints_one_json_document(capsys):
    assert main(["answers", "05", "--json"]) == 0

    printed = json.loads(capsys.readouterr().out)
    assert printed["version"] == 1
    assert all(row["is_well"] for row in printed["answers"])
