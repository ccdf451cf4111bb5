"""Every chapter runs: solutions strictly on both backends, released notebooks untouched."""

import json
import os
import subprocess
import sys

import pytest

from layerwise_grader import build, coverage, house, terminal
from layerwise_grader.report import NOT_STARTED

CHAPTERS = coverage.written()
STRICT = {"COURSE_PROFILE": "smoke", "LAYERWISE_STRICT": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize("name", CHAPTERS)
def test_a_solution_runs_with_full_points_and_within_its_bands(name, backend, tmp_path):
    """nbval runs the committed notebook as a reader would; strict mode stops at a lost point or a missed band."""
    notebook = json.loads(house.solution(name).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if backend != "tensorflow" and "tensorflow-only" in cell["metadata"].get("tags", []):
            cell["metadata"]["tags"].append("nbval-skip")
    path = tmp_path / f"{name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")

    done = run_nbval(path, KERAS_BACKEND=backend)

    assert done.returncode == 0, done.stdout[-6000:]


def run_nbval(path, **environment):
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-cell-timeout=300", "-q", "-x"]
    command += ["-p", "no:cacheprovider", "-c", os.devnull, str(path)]
    return subprocess.run(command, env={**os.environ, **STRICT, **environment}, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAPTERS)
def test_an_untouched_notebook_runs_to_its_end_with_nothing_started(name, monkeypatch):
    """A learner can read on and leave an exercise for later: no cell may stop."""
    for key, value in STRICT.items():
        monkeypatch.setenv(key, value)
    monkeypatch.delenv("LAYERWISE_STRICT")
    notebook = build.read(house.released(name))

    terminal.execute(notebook, house.released(name).parent, allow_errors=False)

    reports = terminal.reports_in(notebook)
    assert reports
    assert {report.problem for report in reports} == {NOT_STARTED}
