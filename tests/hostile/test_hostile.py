"""Attacks on the grading engine, one file each in ``attacks/``: none gains a point, reads a secret or harms another.

All of them are run once, in two sandboxes side by side, and after each attack an honest submission in the same sandbox.
The whole takes about a minute, because limits of time are shortened; ``make soak`` keeps those of a real class.
"""

import os

import battlefield
import pytest
from battlefield import BREACH, attacks, honest_points
from walls import require_walls

from layerwise_grader import catalogue

ATTACKS = attacks()
# What gets through: exercise → points beyond what the answer deserves. What happens to models and to arguments can be
# seen only where they live, beside the learner's code, which can write into what was seen. Numbers that only a right
# answer gives can't be forged like that.
GETS_THROUGH: dict[str, dict[str, int]] = {"forges_the_observation": {"07.4": 2}, "hides_what_it_changed": {"02.2": 1}}
MIB = 2**20


def test_each_attack_says_what_it_tries():
    assert len(ATTACKS) >= 60
    for attack in ATTACKS.values():
        assert attack.sentence.endswith("."), attack.name
        assert attack.cells or attack.change, attack.name


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory):
    """What is known when all attacks are over."""
    require_walls()
    root = tmp_path_factory.mktemp("hostile")
    return battlefield.battle(root, list(ATTACKS.values()), is_hurried="LAYERWISE_SOAK" not in os.environ)


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gains_nothing(aftermath, name):
    deserved = honest_points(ATTACKS[name])
    for exercise, points in GETS_THROUGH.get(name, {}).items():
        deserved[exercise] += points

    earned = {report.exercise: report.earned for report in aftermath.graded[name].reports}

    assert {id: points for id, points in earned.items() if points > deserved[id]} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_reads_no_secret(aftermath, name):
    graded = aftermath.graded[name]
    said = f"{graded.reports} {graded.problem} {graded.notes} {[cell.get('outputs') for cell in cells(graded)]}"

    assert aftermath.canary not in said
    assert str(aftermath.seed) not in said
    assert BREACH not in said


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_in_sentences(aftermath, name):
    graded = aftermath.graded[name]

    for said in filter(None, [graded.problem, *(report.problem for report in graded.reports)]):
        assert "Traceback" not in said
        assert "grader itself failed" not in said.lower()
        assert len(said) < 1000
        assert "\n" not in said


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_the_next_submission_gets_its_full_points(aftermath, name):
    earned = {report.exercise: report.earned for report in aftermath.honest[name].reports}

    assert earned == {exercise.id: exercise.points for exercise in catalogue.exercises("05")}


@pytest.mark.slow
def test_what_was_judged_before_a_crash_is_kept(aftermath):
    for name in ("kills_itself_in_a_call", "crashes_in_a_call", "exits_in_a_cell", "closes_every_descriptor"):
        earned = {report.exercise: report.earned for report in aftermath.graded[name].reports}

        assert (earned["05.1"], earned["05.6"]) == (2, 6), name


@pytest.mark.slow
def test_what_feedback_tells_is_worth_nothing_in_the_next_submission(aftermath):
    """The first one is lent the trusted 05.3 for its 05.4, and has the error it stops with say what that answers."""
    earned = {report.exercise: report.earned for report in aftermath.retold.reports}

    assert len(aftermath.told) > 20
    assert earned["05.3"] <= 2  # of 4: some probes are the same for all


@pytest.mark.slow
def test_nothing_is_left_on_the_machine(aftermath):
    """Processes that outlive their submission, files outside the sandbox, and words to listeners of this machine."""
    assert aftermath.left == []
    assert battlefield.left_behind() == []
    assert aftermath.heard == []


@pytest.mark.slow
def test_memory_and_disk_stay_bounded(aftermath):
    assert aftermath.most_memory < 9000 * MIB  # two sandboxes of 3 GiB, two desks
    assert aftermath.least_disk > 100 * MIB


def cells(graded):
    return graded.notebook.cells if graded.notebook is not None else []
