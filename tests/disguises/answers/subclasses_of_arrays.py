"""A matrix, a masked array without a mask, a read-only view and Fortran's order."""


# %% 05.2
def conv2d(image, kernel):
    result = np.tensordot(np.lib.stride_tricks.sliding_window_view(np.matrix(image).A, kernel.shape), kernel, 2)
    result = np.asfortranarray(np.ma.array(result))
    result.flags.writeable = False
    return np.matrix(result)
