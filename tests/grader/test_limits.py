"""The time limit ends code by alarm where there is one, and by an asynchronous exception elsewhere."""

import contextlib
import signal
import threading
import time

import pytest

from layerwise_grader.limits import TimeIsUp, _by_alarm, _by_thread, within


def loop():
    while True:
        pass


def stubborn_loop():
    try:
        loop()
    except BaseException:
        loop()


def swallowing_loop():
    while True:
        try:
            for _ in range(10_000):
                pass
        except BaseException:
            continue


def swallowing_sleep():
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(0.01)


def swallowing_twice():
    while True:
        with contextlib.suppress(BaseException):
            swallowing_loop()


@pytest.mark.parametrize("limit", [_by_alarm, _by_thread, within], ids=["alarm", "thread", "chosen"])
@pytest.mark.parametrize("call", [loop, stubborn_loop])
def test_an_endless_loop_is_ended(limit, call):
    with pytest.raises(TimeIsUp):
        limit(0.1, call)


@pytest.mark.parametrize("call", [swallowing_loop, swallowing_sleep, swallowing_twice])
def test_a_loop_that_swallows_every_exception_is_ended(call):
    """A learner's ``while True`` around ``try`` and a bare ``except`` would otherwise hang the notebook."""
    with pytest.raises(TimeIsUp):
        within(0.1, call)


@pytest.mark.parametrize("limit", [_by_alarm, _by_thread], ids=["alarm", "thread"])
def test_code_in_time_is_left_alone(limit):
    assert limit(30, lambda: sum(range(10))) == 45


def of_a_library(source):
    """Code that belongs to a library which compiles."""
    namespace = {"__name__": "jax.made_up", "time": time}
    exec(source, namespace)
    return namespace["run"]


@pytest.mark.parametrize("limit", [_by_alarm, _by_thread], ids=["alarm", "thread"])
def test_a_library_that_compiles_gets_more_time(limit):
    """Under JAX on a busy machine, the first call of a Keras model can take longer than an answer may."""
    compiles = of_a_library(
        "def run():\n  end = time.monotonic() + 0.3\n  while time.monotonic() < end: pass\n  return 3"
    )

    assert limit(0.1, compiles) == 3


@pytest.mark.parametrize("limit", [_by_alarm, _by_thread], ids=["alarm", "thread"])
def test_a_library_that_never_ends_is_ended_too(limit):
    with pytest.raises(TimeIsUp):
        limit(0.05, of_a_library("def run():\n  while True: pass"))


def test_the_limit_works_off_the_main_thread():
    met = []

    def work():
        try:
            within(0.1, loop)
        except TimeIsUp:
            met.append("ended")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=10)

    assert met == ["ended"]


def test_the_callers_own_alarm_handler_is_put_back():
    before = signal.getsignal(signal.SIGALRM)
    within(30, lambda: signal.signal(signal.SIGALRM, signal.SIG_IGN))

    assert signal.getsignal(signal.SIGALRM) is before


def test_the_callers_own_alarm_goes_on():
    signal.setitimer(signal.ITIMER_REAL, 100)
    try:
        within(30, lambda: None)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 90
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
