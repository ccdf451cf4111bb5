"""What runs inside the sandbox, tried without its walls: only for cells that stand in this file."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from layerwise_grader.engine import wire, worker

ANSWERS = {
    "a helper of the same name below": (
        ["def helper():\n    return 1\ndef f():\n    return helper()", "def helper():\n    return 2"],
        1,
    ),
    "a number of the same name below": (["k = 1\ndef f():\n    return k", "k = 2"], 1),
    "a helper that comes only later": (["def f():\n    return helper()", "def helper():\n    return 2"], 2),
    "a helper that a default needs": (["def f(n=k):\n    return n", "k = 3"], 3),
    "the function itself once more": (["def f():\n    return 1", "def f():\n    return 2"], 1),
    "a counter of its own": (["k = []\ndef f():\n    k.append(1)\n    return len(k)", "f()"], 2),
}


@pytest.fixture
def shell():
    config = Config()
    config.HistoryManager.enabled = False
    return InteractiveShell(config=config)


@pytest.mark.parametrize(("cells", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_finds_what_its_names_stood_for(shell, cells, expected):
    first, *others = cells
    program = (wire.Cell("your answer to 1.1", first, "1.1"), *(wire.Cell("a cell of your own", one) for one in others))

    _, earlier = worker.run(shell, program)
    returned = worker.answer(None, shell.user_ns, wire.Call("f", (), ()), earlier.get("f", {}))

    assert (returned.value, returned.failure) == (expected, None)


def test_what_answers_find_is_put_back(shell):
    program = (
        wire.Cell("", "k = 1\ndef f():\n    return k", "1.1"),
        wire.Cell("", "k = 2\ndef g():\n    return k", "1.2"),
    )

    _, earlier = worker.run(shell, program)
    given = [
        worker.answer(None, shell.user_ns, wire.Call(name, (), ()), earlier.get(name, {})).value for name in "fgfg"
    ]

    assert given == [1, 2, 1, 2]
