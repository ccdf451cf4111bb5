"""Which chapters and exercises there are, read from the files in ``exercises/``."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from functools import cache
from types import ModuleType

from layerwise_grader import exercises as _folder
from layerwise_grader.errors import UnknownExercise
from layerwise_grader.exercise import Exercise


@cache
def chapters() -> dict[str, str]:
    """Chapter number → module name, for every chapter that has exercises: ``{"05": "ch05_convolutions"}``."""
    names = (module.name for module in pkgutil.iter_modules(_folder.__path__))
    return {match[1]: name for name in sorted(names) if (match := re.match(r"ch(\d\d)_", name))}


def module(chapter: str) -> ModuleType:
    """The module that holds a chapter's exercises; ``chapter`` may be "5", "05" or "05-convolutions"."""
    number = chapter.partition("-")[0].zfill(2)
    if number not in chapters():
        raise UnknownExercise(f'There is no chapter "{chapter}" with exercises. There are {", ".join(chapters())}.')
    return importlib.import_module(f"{_folder.__name__}.{chapters()[number]}")


@cache
def exercises(chapter: str) -> tuple[Exercise, ...]:
    """A chapter's exercises in order."""
    found = [value for value in vars(module(chapter)).values() if isinstance(value, Exercise)]
    return tuple(sorted(found, key=lambda exercise: [int(part) for part in exercise.id.split(".")]))


def find(id: str) -> Exercise:
    """The exercise of that id.

    Raises:
        UnknownExercise: naming the nearest id.
    """
    chapter, _, number = id.partition(".")
    id = f"{chapter.zfill(2)}.{number}"
    by_id = {exercise.id: exercise for exercise in exercises(chapter)}
    if id in by_id:
        return by_id[id]
    nearest = difflib.get_close_matches(id, by_id, n=1)
    hint = f' Did you mean "{nearest[0]}"?' if nearest else ""
    raise UnknownExercise(f'There is no exercise "{id}".{hint} Chapter {chapter} has {", ".join(by_id)}.')
