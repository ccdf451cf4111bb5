"""A class whose objects can be called, and one that is built for each call."""


# %% 05.2
class Slide:
    def __init__(self, name="valid"):
        self.name = name

    def __call__(self, image, kernel):
        return np.tensordot(np.lib.stride_tricks.sliding_window_view(image, kernel.shape), kernel, 2)


conv2d = Slide()


# %% 05.6
class receptive_field(int):
    def __new__(cls, layers):
        field, step = 1, 1
        for kernel, stride in layers:
            field, step = field + (kernel - 1) * step, step * stride
        return super().__new__(cls, field)
