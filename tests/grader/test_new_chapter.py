"""A new chapter starts as something whole that an author changes."""

import subprocess
import sys

import pytest

from layerwise_grader import house
from layerwise_grader.cli import main


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of the packages and an empty course."""
    (tmp_path / "course").mkdir()
    (tmp_path / "pyproject.toml").touch()
    subprocess.run(["cp", "-r", house.root() / "grader", house.root() / "datasets", tmp_path], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_new_chapter_is_judged_well_and_builds(checkout):
    """The whole road of an author, in a checkout of its own."""
    path = f"{checkout / 'grader'}:{checkout / 'datasets'}"
    for arguments in (
        ["new-chapter", "97-trial"],
        ["answers", "97", "--mutants"],
        ["build", "97"],
        ["build", "--check"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "layerwise_grader.cli", *arguments],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "HOME": str(checkout)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("slug", ["trial", "9-trial", "97_trial", "97-Trial", "../97-trial"])
def test_a_name_of_another_form_is_refused(checkout, slug, capsys):
    assert main(["new-chapter", slug]) == 1
    assert "is no chapter name" in capsys.readouterr().err


def test_nothing_is_written_over(checkout, capsys):
    assert main(["new-chapter", "97-trial"]) == 0
    assert main(["new-chapter", "97-trial"]) == 1
    assert "is there already" in capsys.readouterr().err
