"""Cells of the learner's own that stop with an error, before and after right answers."""

# %% own
image = np.zeros((3, 3))
image[7, 7] = 1


# %% 05.2
def conv2d(image, kernel):
    return np.tensordot(np.lib.stride_tricks.sliding_window_view(image, kernel.shape), kernel, 2)


# %% own
conv2d(image)

# %% own
raise ValueError("I do not understand this yet")

# %% own
# | this is no Python


# %% 05.3
def same_padding(n, kernel, stride):
    total = max(kernel - (n % stride or stride), 0)
    return total // 2, total - total // 2
