"""Takes the alarm away, ignores and blocks all signals, and never ends."""

# %% 05.2
import contextlib
import signal


def conv2d(image, kernel):
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in signal.valid_signals():
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        pass
