"""Raises NotImplementedError after it has looked at the arguments, hoping that a stub is not counted as wrong."""


# %% 05.2
def conv2d(image, kernel):
    raise NotImplementedError()
