"""Every data set with what this machine has of it, as `layerwise data` prints it."""

from layerwise_datasets.catalogue import CATALOGUE
from layerwise_datasets.errors import DataError
from layerwise_datasets.ladder import first_found


def listing() -> str:
    """One line for each set: its name, then where `load` would take it from, or why it can't."""
    width = max(map(len, CATALOGUE))
    return "\n".join(f"{name:<{width}}  {_source(name)}" for name in CATALOGUE)


def _source(name: str) -> str:
    try:
        found = first_found(name, CATALOGUE[name].splits[0])
    except DataError as error:  # one damaged folder must not hide the other sets
        return str(error)
    return f"{found.source} ({found.licence})"
