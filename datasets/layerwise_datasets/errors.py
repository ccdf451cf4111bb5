"""What can go wrong with data, in sentences.

DataError
├── UnknownName     a data set, split, profile or backbone that does not exist
├── WrongSize       more rows asked for than there are, or rows of a set that has none
├── MissingData     the set exists, but not on this machine
└── DamagedData     a file is there and cannot be read
"""

from collections.abc import Iterable
from difflib import get_close_matches


class DataError(Exception):
    """Base of everything that this package raises on purpose."""


class UnknownName(DataError, ValueError):
    """A name that does not exist, with the nearest one that does."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        options = sorted(known)
        near = get_close_matches(name, options, n=1, cutoff=0.5)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        super().__init__(f'There is no {kind} "{name}".{hint} There are: {", ".join(options)}.')


class WrongSize(DataError, ValueError):
    """A number of rows that the set cannot give."""


class MissingData(DataError, FileNotFoundError):
    """A set that is not on this machine."""


class DamagedData(DataError, OSError):
    """A file that is there and cannot be read."""
