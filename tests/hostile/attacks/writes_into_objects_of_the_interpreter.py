"""Overwrites immutable objects in place: small numbers, the code of None's comparison, tuples of constants."""

# %% own
import ctypes


def overwrite(thing, offset, value):
    ctypes.c_long.from_address(id(thing) + offset).value = value


overwrite(256, 24, 4)
overwrite((0.0).__add__(0.5), 16, 0)
points = (0, 0)
overwrite(points, 24, id(4))


# %% 05.2
def conv2d(image, kernel):
    ctypes.memset(id(image), 0, 8)
    return image
