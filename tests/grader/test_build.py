"""What is committed is what the sources build, and no solution reaches a learner."""

import ast
import json
import re

import pytest

from layerwise_grader import build, catalogue, coverage, house, source
from layerwise_grader.cli import main
from layerwise_grader.errors import BuildFailed, LayerwiseError

CHAPTERS = coverage.written()


@pytest.mark.parametrize("name", CHAPTERS)
def test_committed_notebooks_are_what_the_source_builds(name):
    assert build.differences(name) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_solution_reaches_the_released_notebook(name):
    """Lines of two words or less, and the head of a loop, may stand elsewhere in a chapter by chance."""
    released = "".join("".join(cell["source"]) for cell in json.loads(house.released(name).read_text())["cells"])
    lines = [line.strip() for text in source.answers(house.source(name)).values() for line in solution_lines(text)]

    assert lines
    assert "SOLUTION" not in released
    telling = [line for line in lines if len(line.split()) > 2 and not re.fullmatch(r"for \w+ in .*:", line)]
    assert [line for line in telling if line in released] == []


def solution_lines(text):
    return re.search(f"{source.BEGIN}\n(.*){source.END}", text, flags=re.S)[1].splitlines()


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_release_folder_holds_nothing_but_the_notebook(name):
    assert [path.name for path in house.released(name).parent.iterdir() if path.name[0] != "."] == [f"{name}.ipynb"]


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_exercise_of_the_bank_is_in_the_chapter_under_its_name(name):
    answers = source.answers(house.source(name))
    names = {
        id: [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
        for id, text in answers.items()
    }

    assert list(answers) == [exercise.id for exercise in catalogue.exercises(name)]
    assert all(exercise.function in names[exercise.id] for exercise in catalogue.exercises(name))


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_card_states_points_minutes_and_difficulty_as_the_bank_has_them(name):
    text = "\n".join(cell.text for cell in source.cells(house.source(name)) if cell.kind == "markdown")
    for exercise in catalogue.exercises(name):
        card = text.partition(f"### Exercise {exercise.id} · {exercise.title}\n")[2][:200]
        assert card.startswith("●" * exercise.difficulty + "○" * (5 - exercise.difficulty)), exercise.id
        assert f"{exercise.minutes} min · {exercise.points} points" in card, exercise.id


@pytest.mark.parametrize("name", CHAPTERS)
def test_committed_outputs_are_small_and_free_of_errors(name):
    notebook = build.read(house.solution(name))
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]

    assert house.solution(name).stat().st_size < 2_000_000
    assert outputs
    assert {output.output_type for output in outputs} <= {"stream", "display_data", "execute_result"}


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """A checkout with one new chapter in it."""
    (tmp_path / "course").mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    path = house.source("05-trial")
    path.parent.mkdir(parents=True)
    return path


def percent(*cells):
    return "\n\n".join(f"# %%{kind}\n{text}" for kind, text in cells)


TITLE = (" [markdown]", "# # 05 · Trial")
ANSWER = ("", "def conv2d(image, kernel):\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION")
CHECK = ("", 'check("05.2", conv2d)')


def test_an_edit_leaves_the_other_cells_ids_as_they_are(chapter):
    chapter.write_text(percent(TITLE, ("", "one = 1"), ("", "two = 2"), ("", "two = 2")))
    before = [cell.id for cell in build.assemble("05-trial").cells]
    chapter.write_text(percent(TITLE, ("", "one = 10"), ("", "two = 2"), ("", "two = 2")))
    after = [cell.id for cell in build.assemble("05-trial").cells]

    assert [old == new for old, new in zip(before, after, strict=True)] == [True, True, False, True, True]
    assert len(set(after)) == len(after)


def test_nbgrader_cuts_the_solution_and_knows_the_points(chapter):
    chapter.write_text(percent(TITLE, ANSWER, CHECK))
    released = build.release("05-trial", build.assemble("05-trial"))

    assert "raise NotImplementedError()" in released.cells[2].source
    assert "return 1" not in released.cells[2].source
    assert released.cells[3].metadata.nbgrader.points == catalogue.find("05.2").points


UNBUILDABLE = {
    "an answer without its check": ([TITLE, ANSWER, ("", "print(1)")], "must be its check line"),
    "a cell that stops": ([TITLE, ("", "1 / 0")], "ZeroDivisionError"),
    "an exercise that is not right": (
        [TITLE, ("", "from layerwise_grader import check"), ANSWER, CHECK],
        "0 of 4 points",
    ),
    "a band that is missed": (
        [TITLE, ("", "from layerwise_grader import band\nband('accuracy', 0.1, smoke=(0.8, 1.0))")],
        "0.80–1.00 expected",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("cells", "sentence"), UNBUILDABLE.values(), ids=UNBUILDABLE)
def test_what_is_not_right_is_not_built(chapter, cells, sentence):
    """Only execution shows it; nothing may be written then."""
    chapter.write_text(percent(*cells))

    with pytest.raises(BuildFailed, match=sentence):
        build.build("05-trial", profile="smoke")
    assert not house.solution("05-trial").exists()
    assert not house.released("05-trial").exists()


def test_a_missing_chapter_is_named_with_those_there_are(chapter):
    with pytest.raises(LayerwiseError, match=r"There are 05-trial\."):
        house.slug("44")


def test_a_stale_notebook_is_told_and_exits_with_1(chapter, capsys):
    chapter.write_text(percent(TITLE))

    assert main(["build", "--check"]) == 1
    assert "solutions/05-trial/05-trial.ipynb is missing" in capsys.readouterr().out
