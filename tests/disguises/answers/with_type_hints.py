"""Type hints of every kind, aliases and a TypeVar."""

# %% own
from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple, TypeAlias

Image: TypeAlias = np.ndarray
LAST: Final[int] = 1


class Zeros(NamedTuple):
    before: int
    after: int


# %% 05.2
def conv2d(image: "Image", kernel: Annotated[Image, "small"]) -> Image:
    rows: int = image.shape[0] - kernel.shape[0] + LAST
    columns: int = image.shape[1] - kernel.shape[1] + LAST
    result: Image = np.zeros((rows, columns))
    for (row, column), tap in np.ndenumerate(kernel):
        result += tap * image[row : row + rows, column : column + columns]
    return result


# %% 05.3
def same_padding(n: int, kernel: int, stride: int) -> Zeros:
    total: int = max(kernel - (n % stride or stride), 0)
    return Zeros(total // 2, total - total // 2)


# %% 05.6
def receptive_field(layers: Sequence[tuple[int, int]]) -> int:
    field, step = 1, 1
    for kernel, stride in layers:
        field, step = field + (kernel - 1) * step, step * stride
    return field
