"""State at the top: a counter, a cache by shape, a global, a random generator with a seed."""

# %% own
CALLS, CACHE = 0, {}
rng = np.random.default_rng(0)
np.random.seed(0)


# %% 05.2
def conv2d(image, kernel):
    global CALLS
    CALLS += 1
    rng.normal()
    shape = (image.shape, kernel.shape)
    if shape not in CACHE:
        CACHE[shape] = np.zeros([a - b + 1 for a, b in zip(*shape)])
    result = CACHE[shape]
    result[...] = 0
    for (row, column), tap in np.ndenumerate(kernel):
        result += tap * image[row : row + result.shape[0], column : column + result.shape[1]]
    return result
