"""A main guard, a docstring with examples and doctest.testmod(), as in a script."""

# %% 05.3
import doctest


def same_padding(n, kernel, stride):
    """Zeros before and after.

    >>> same_padding(7, 3, 1)
    (1, 1)
    """
    total = max(kernel - (n % stride or stride), 0)
    return total // 2, total - total // 2


if __name__ == "__main__":
    doctest.testmod()
    print(same_padding(8, 2, 1))
