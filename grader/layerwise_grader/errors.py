"""Everything that Layerwise raises on purpose.

LayerwiseError
├── UnknownExercise   there is no exercise, or no chapter, of that name
├── BrokenExercise    an exercise's own definition contradicts itself
├── BuildFailed       a chapter could not be built from its source
├── ClassroomError    releasing, collecting, grading or feedback could not go on
└── Refused           one submission can't be graded, and the message is what its learner is told
"""

from __future__ import annotations


class LayerwiseError(Exception):
    """Base of all errors whose message is meant to be read by a person."""


class UnknownExercise(LayerwiseError):
    """There is no exercise, or no chapter, of that name."""


class BrokenExercise(LayerwiseError):
    """An exercise's own definition contradicts itself."""


class BuildFailed(LayerwiseError):
    """A chapter could not be built from its source."""


class ClassroomError(LayerwiseError):
    """Releasing, collecting, grading or feedback could not go on."""


class Refused(LayerwiseError):
    """One submission can't be graded; the message says what the learner can do."""
