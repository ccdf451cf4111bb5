"""The desk's own decisions; what it does with whole submissions stands in ``test_pool.py`` and ``tests/hostile``."""

import dataclasses

import pytest

from layerwise_grader.engine.desk import own_seed
from layerwise_grader.engine.rebuild import Rebuilt
from layerwise_grader.engine.wire import Cell


@pytest.fixture
def rebuilt():
    return Rebuilt(None, (Cell("your answer to 05.2", "def conv2d(image, kernel): ...", "05.2"),), {})


def test_a_regrade_draws_the_same_probes(rebuilt):
    assert own_seed(1, rebuilt) == own_seed(1, dataclasses.replace(rebuilt, notebook="again"))


def test_another_program_or_class_draws_other_probes(rebuilt):
    changed = dataclasses.replace(rebuilt, program=(*rebuilt.program, Cell("a cell of your own", "")))

    assert len({own_seed(1, rebuilt), own_seed(1, changed), own_seed(2, rebuilt)}) == 3
