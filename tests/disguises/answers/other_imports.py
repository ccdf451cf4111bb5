"""Imports under other names, star imports and imports within functions."""

# %% 05.2
import numpy
from math import *
from numpy.lib import stride_tricks as tricks


def conv2d(image, kernel):
    import scipy.signal as signal

    return signal.correlate2d(numpy.asarray(image) * exp(0), kernel, mode="valid") + numpy.zeros(1)


# %% 05.1
from math import *


def output_size(n, kernel, stride, padding, dilation):
    return floor((n + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1
