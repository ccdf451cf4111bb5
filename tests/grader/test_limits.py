"""The time limit ends code by alarm where there is one, and by an asynchronous exception elsewhere."""

import signal
import threading

import pytest

from layerwise_grader.limits import TimeIsUp, _by_alarm, _by_thread, time_limit


def loop():
    while True:
        pass


def stubborn_loop():
    try:
        loop()
    except BaseException:
        loop()


@pytest.mark.parametrize("limit", [_by_alarm, _by_thread, time_limit], ids=["alarm", "thread", "chosen"])
def test_an_endless_loop_is_ended(limit):
    with pytest.raises(TimeIsUp), limit(0.1):
        loop()


@pytest.mark.parametrize("limit", [_by_alarm, _by_thread], ids=["alarm", "thread"])
def test_code_in_time_is_left_alone(limit):
    with limit(30):
        done = sum(range(10))

    assert done == 45


def test_the_limit_works_off_the_main_thread():
    met = []

    def work():
        try:
            with time_limit(0.1):
                loop()
        except TimeIsUp:
            met.append("ended")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=10)

    assert met == ["ended"]


def test_the_callers_own_alarm_handler_is_put_back():
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(30):
        pass

    assert signal.getsignal(signal.SIGALRM) is before


def test_swallowing_the_first_alarm_does_not_help():
    with pytest.raises(TimeIsUp), _by_alarm(0.1):
        stubborn_loop()
