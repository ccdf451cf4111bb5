"""How long ``check`` takes: every exercise, answered right and in every known wrong way. Run by ``make bench``.

Seconds drift with the machine, so each is also given in units of one fixed piece of NumPy work timed in the same run.
"""

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

from layerwise_grader import catalogue
from layerwise_grader.answer import LocalAnswer
from layerwise_grader.exercise import Exercise, Function
from layerwise_grader.judge import judge

MEDIAN_GOAL, WORST_GOAL = 0.2, 0.5


def seconds(work: Callable[[], object]) -> float:
    """The median of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def unit() -> float:
    """Seconds for a fixed piece of work: a 400×400 matrix multiplied with itself ten times."""
    matrix = np.ones((400, 400)) / 400
    return seconds(lambda: [matrix @ matrix for _ in range(10)])


def latencies(exercise: Exercise) -> Iterator[tuple[str, float]]:
    """(answer, seconds) for the reference and every misconception, after one call that warms the backend up."""
    answers: list[tuple[str, Function]] = [("right", exercise.trusted)]
    answers += [(wrong.name, wrong.wrong) for wrong in exercise.misconceptions]
    for name, function in answers:
        answer = LocalAnswer(exercise, function, seconds=None)
        judge(exercise, answer)
        yield name, seconds(lambda answer=answer: judge(exercise, answer))  # type: ignore[misc]


def main() -> None:
    """Prints a line an exercise, then median and worst against the goals."""
    one_unit = unit()
    found: list[float] = []
    print(f"{'exercise':10}{'right':>9}{'slowest wrong':>16}   (seconds; in brackets: units of {one_unit:.4f} s)")
    for chapter in catalogue.chapters():
        for exercise in catalogue.exercises(chapter):
            times = dict(latencies(exercise))
            found += times.values()
            name, worst = max(times.items(), key=lambda item: item[1])
            print(f"{exercise.id:10}{times['right']:9.3f}{worst:16.3f}   ({worst / one_unit:.0f}, {name})")
    print(f"median {statistics.median(found):.3f} (goal {MEDIAN_GOAL}), worst {max(found):.3f} (goal {WORST_GOAL})")


if __name__ == "__main__":
    main()
