"""Answers with an object that lies about being a function: signature, code, name, globals and truth are made up."""


# %% 05.2
class Pretender:
    __name__ = "cross_correlation"
    __module__ = "layerwise_grader.exercises.ch05_convolutions"

    @property
    def __signature__(self):
        raise SystemExit(0)

    @property
    def __wrapped__(self):
        return self

    @property
    def __globals__(self):
        return {"conv2d": self}

    def __bool__(self):
        raise MemoryError

    def __deepcopy__(self, memory):
        raise KeyboardInterrupt

    def __call__(self, image, kernel):
        return self


conv2d = Pretender()
