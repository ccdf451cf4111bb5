"""The loop of release, submission, grading and feedback, by nbgrader's commands and by ours."""

import json

import pytest

from layerwise_grader import cli

CHAPTER = "05-convolutions"


@pytest.mark.slow
def test_grade_gives_each_learner_exactly_their_points(handed_in, capsys):
    code = cli.main(["grade", "05", "--folder", str(handed_in), "--json"])

    marks = json.loads(capsys.readouterr().out)["marks"]
    print(json.dumps(marks, indent=1)[:6000])
    assert {mark["learner"]: mark["points"] for mark in marks} == {"ada": 32, "ben": 20, "cleo": 7}
    assert code == 0
