"""Leans on names of the given cells: the picture, a kernel, an import and a helper of the chapter's own."""


# %% 05.2
def conv2d(image, kernel):
    assert vertical.shape == (3, 3)
    assert photo.ndim == 2
    return np.tensordot(sliding_window_view(image, kernel.shape), kernel, 2)
