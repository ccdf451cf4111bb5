"""The command line: exit codes, help, and one sentence where something is wrong."""

import subprocess
import sys

import pytest

from layerwise_grader import house
from layerwise_grader.cli import main, parser

COMMANDS = sorted(next(iter(parser()._subparsers._group_actions)).choices)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert f"Example: layerwise {command}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command):
    assert f"layerwise {command}" in (house.root() / "README.md").read_text(encoding="utf-8")


WRONG_USE = {"no command": [], "unknown command": ["gradee"], "unknown option": ["answers", "--fast"]}


@pytest.mark.parametrize("arguments", WRONG_USE.values(), ids=WRONG_USE)
def test_wrong_use_exits_with_2(arguments):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)


PROBLEMS = {
    "a chapter that isn't there": (["check", "44"], 'There is no chapter "44"'),
    "a notebook that isn't there": (["check", "nothing.ipynb"], "There is no notebook nothing.ipynb"),
    "a file that is no notebook": (["check", "broken.ipynb"], "can't be read as a notebook"),
    "answers of no chapter": (["answers", "44"], 'There is no chapter "44"'),
}


@pytest.mark.parametrize(("arguments", "sentence"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_problem_is_one_sentence_and_exits_with_1(arguments, sentence, tmp_path, capsys, monkeypatch):
    (tmp_path / "broken.ipynb").write_text("hello")
    monkeypatch.chdir(tmp_path)

    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.out == ""


def test_help_starts_where_nothing_but_python_is_installed():
    """``layerwise doctor`` must be able to start in a broken environment."""
    path = f"{house.root() / 'grader'}:{house.root() / 'datasets'}"
    code = f"import sys; sys.path[:0] = {path.split(':')}; from layerwise_grader.cli import main; main(['--help'])"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_a_reader_that_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m layerwise_grader.cli data | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""
