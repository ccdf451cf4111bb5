"""Returns arrays of dates, records, texts, complex numbers and raw bytes."""

# %% own
import itertools

ODD = itertools.cycle(
    [
        np.zeros((2, 2), "M8[s]"),
        np.zeros((2, 2), [("a", "f8"), ("b", "O")]),
        np.array([["1", "2"]]),
        np.ones((2, 2), complex),
        np.zeros((2, 2), "V16"),
        np.zeros((2, 2), "S100000"),
        np.array(None),
        np.matrix([[1, 2]]),
    ]
)


# %% 05.2
def conv2d(image, kernel):
    return next(ODD)


# %% 05.5
def pool(x, size, stride, kind):
    return next(ODD)
