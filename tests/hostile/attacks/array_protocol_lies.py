"""Returns objects whose __array__, __array_interface__ and __dlpack__ name memory that is not theirs."""


# %% own
class Interface:
    def __init__(self, address, shape):
        self.__array_interface__ = {"shape": shape, "typestr": "<f8", "data": (address, False), "version": 3}


class Endless:
    def __array__(self, dtype=None, copy=None):
        return np.array([self, self], dtype=object)


CALLS = []


# %% 05.2
def conv2d(image, kernel):
    CALLS.append(1)
    if len(CALLS) % 2:
        return Endless()
    return Interface(8, (10**6, 10**6))
