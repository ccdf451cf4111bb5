"""A check leaves the process as it found it, whatever the learner's code does to it."""

import os
import random
import signal
import sys
import warnings

import numpy as np
import pytest

from layerwise_grader import check

SIZES = "05.1"


def right(n, kernel, stride, padding, dilation):
    return (n + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def state():
    return {
        "np.random": np.random.get_state()[1].tolist(),
        "random": random.getstate(),
        "folder": os.getcwd(),
        "warnings": list(warnings.filters),
        "floating point": np.geterr(),
        "printing": str(np.get_printoptions()),
        "interrupt key": signal.getsignal(signal.SIGINT),
        "alarm": signal.getsignal(signal.SIGALRM),
        "stdout": sys.stdout,
        "stdout is closed": sys.stdout.closed,
    }


DEEDS = {
    "seeds NumPy": lambda: np.random.seed(0),
    "seeds Python": lambda: random.seed(0),
    "moves to another folder": lambda: os.chdir("/"),
    "makes warnings errors": lambda: warnings.simplefilter("error"),
    "makes rounding an error": lambda: np.seterr(all="raise"),
    "prints fewer digits": lambda: np.set_printoptions(precision=1),
    "takes the interrupt key": lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    "takes the alarm": lambda: signal.signal(signal.SIGALRM, signal.SIG_IGN),
    "closes stdout": lambda: sys.stdout.close(),
    "replaces stdout": lambda: setattr(sys, "stdout", None),
    "writes bytes to stdout": lambda: sys.stdout.buffer.write(b"x"),
    "warns": lambda: warnings.warn("hello", stacklevel=1),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_a_right_answer_that_changes_its_surroundings_is_right_and_changes_nothing(deed):
    before = state()

    score = check(SIZES, lambda *setting: (deed(), right(*setting))[1])

    assert float(score) == 2
    assert state() == before


def test_a_right_answer_is_right_where_the_learner_made_rounding_an_error():
    """Learners look for nan with np.seterr(all="raise"); the judge's own arithmetic must not trip over it."""
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        score = check("01.5", stable_softmax)

    assert float(score) == 4


def test_a_check_works_in_a_folder_that_is_gone(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert float(check(SIZES, right)) == 2


def stable_softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
