"""The learner's answers are found wherever they went, and the program holds what they need and nothing else."""

import copy
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from layerwise_grader import catalogue, learners
from layerwise_grader.answer import LocalAnswer
from layerwise_grader.engine import slicing
from layerwise_grader.engine.rebuild import normal, rebuild
from layerwise_grader.judge import judge

ADA = learners.answers(Path(__file__).parents[1] / "learners" / "ada.py")
WRONG = "def conv2d(image, kernel):\n    return image * 0"
SETUP = "import numpy as np\nfrom layerwise_grader import check, progress"
DATA = "import math as m\nphotos = np.zeros((3, 8, 8))\nprint(photos.shape)\nscale = 255\nshades = photos / scale"
DEMO = "from scipy.ndimage import rotate\n\ndef tilted(x):\n    return rotate(x, 3)\n\nraise SystemExit('a demo')"
LATE = "def helper(x):\n    raise SystemExit('the given one')"


def stub(exercise):
    lines = ADA[exercise.id].splitlines()
    head = next(number for number, line in enumerate(lines) if line.endswith(":") and line[0] in "d)") + 1
    return "\n".join([*lines[:head], '    """What to write."""', "    raise NotImplementedError()"])


def released():
    cells = [new_markdown_cell("# 05"), new_code_cell(SETUP), new_code_cell(DATA)]
    cells.append(new_code_cell(DEMO, metadata={"tags": ["demo"]}))
    for exercise in catalogue.exercises("05"):
        id = exercise.id.replace(".", "-")
        settings = {"grade": False, "locked": False, "solution": True, "grade_id": f"{id}-answer"}
        graded = {"grade": True, "locked": True, "solution": False, "grade_id": id, "points": exercise.points}
        check = f'check("{exercise.id}", {exercise.function})'
        cells.append(new_markdown_cell(f"Card of {exercise.id}"))
        cells.append(new_code_cell(stub(exercise), id=f"{id}-answer", metadata={"nbgrader": settings}))
        cells.append(new_code_cell(check, id=id, metadata={"nbgrader": graded}))
    cells += [new_code_cell(LATE), new_code_cell('progress("05")')]
    for number, cell in enumerate(cells):
        cell.id = cell.id if cell.id.startswith("05-") else f"given-{number}"
    return new_notebook(cells=cells)


RELEASED = released()
FILLED = learners.fill(RELEASED, ADA)


def place(notebook, id):
    return next(number for number, cell in enumerate(notebook.cells) if cell.id == id)


def answer(notebook, id):
    return notebook.cells[place(notebook, f"{id.replace('.', '-')}-answer")]


def filled(**own):
    """Ada's notebook, and other answers by their ids: ``filled(**{"05.2": …})``."""
    return learners.fill(RELEASED, {**ADA, **own})


def program(handed_in):
    return rebuild(RELEASED, handed_in).program


def text(handed_in):
    return "\n".join(cell.source for cell in program(handed_in))


def points(handed_in):
    """Exercise → what it earns, with the program run here: only for notebooks that stand in this file."""
    namespace = {}
    for cell in program(handed_in):
        for statement in slicing.of_cell(cell.source) or ():
            if "get_ipython" not in statement.text:
                exec(statement.text, namespace)
    earned = {}
    for exercise in catalogue.exercises("05"):
        report = judge(exercise, LocalAnswer(exercise, namespace[exercise.function]))
        earned[exercise.id] = report.earned
    return earned


FULL = {exercise.id: exercise.points for exercise in catalogue.exercises("05")}


# --- answers are found -----------------------------------------------------------------------------------------------


def without_ids(notebook):
    for cell in notebook.cells:
        del cell["id"]


def without_metadata(notebook):
    for cell in notebook.cells:
        cell.metadata = {}


def bare(notebook):
    without_ids(notebook)
    without_metadata(notebook)


def through_colab(notebook):
    for cell in notebook.cells:
        cell.metadata = {"id": cell.id, "colab": {"base_uri": "https://colab.research.google.com/"}}
        cell.id = f"x{cell.id}"


def with_windows_lines(notebook):
    bare(notebook)
    for cell in notebook.cells:
        cell.source = cell.source.replace("\n", " \r\n") + "\r\n"


def in_lists(notebook):
    for cell in notebook.cells:
        cell["source"] = cell.source.splitlines(keepends=True)


def backwards(notebook):
    notebook.cells.reverse()


def bare_and_backwards(notebook):
    bare(notebook)
    backwards(notebook)


def all_in_one_cell(notebook):
    ids = [exercise.id for exercise in catalogue.exercises("05")]
    answer(notebook, "05.3").source = "\n\n".join(answer(notebook, id).source for id in ids)
    for cell in notebook.cells:
        if cell.id.endswith("-answer") and cell.id != "05-3-answer":
            cell.source = answer(RELEASED, cell.id[:4].replace("-", ".")).source


def all_in_one_cell_of_its_own(notebook):
    sources = [answer(notebook, exercise.id).source for exercise in catalogue.exercises("05")]
    notebook.cells = [*copy.deepcopy(RELEASED.cells), new_code_cell("\n\n".join(sources))]


def only_the_answers(notebook):
    notebook.cells = [new_code_cell("import numpy as np"), *(new_code_cell(source) for source in ADA.values())]


def stubs_left_above(notebook):
    """The learner wrote into new cells below the stubs."""
    for exercise in catalogue.exercises("05"):
        at = place(notebook, f"{exercise.id.replace('.', '-')}-answer")
        notebook.cells.insert(at + 1, new_code_cell(ADA[exercise.id]))
        notebook.cells[at].source = stub(exercise)


def copied_with_its_metadata(notebook):
    at = place(notebook, "05-2-answer")
    other = copy.deepcopy(notebook.cells[at])
    other.id, notebook.cells[at].source = "copy", answer(RELEASED, "05.2").source
    notebook.cells.insert(at + 1, other)


def doubled_ids(notebook):
    at = place(notebook, "05-2-answer")
    older = copy.deepcopy(notebook.cells[at])
    older.source = WRONG
    notebook.cells.insert(at, older)


def answers_in_check_cells(notebook):
    cell = notebook.cells[place(notebook, "05-2")]
    cell.source = f"{ADA['05.2']}\n\n{cell.source}"
    answer(notebook, "05.2").source = answer(RELEASED, "05.2").source


def tried_above(notebook):
    notebook.cells.insert(2, new_code_cell(WRONG))


def tried_below(notebook):
    notebook.cells.append(new_code_cell(f"{WRONG}\nprint(conv2d(photos[0], photos[0, :2, :2]))"))


def an_old_version_in_a_later_answer(notebook):
    answer(notebook, "05.6").source = f"{WRONG}\n\n{ADA['05.6']}"


def with_shows(notebook):
    answer(notebook, "05.2").source = f"show_me_what_a_demo_defined()\n{ADA['05.2']}\ncheck('05.2', conv2d)\nplt.show()"


def with_magics(notebook):
    answer(notebook, "05.2").source = f"%matplotlib inline\n!ls\n{ADA['05.2']}\n%timeit conv2d(photos[0], photos[1])"
    answer(notebook, "05.3").source = f"%%time\n{ADA['05.3']}"


def with_an_import_in_a_given_cell(notebook):
    notebook.cells[1].source += "\nfrom functools import reduce as fold"
    answer(notebook, "05.1").source = f"{ADA['05.1']}\n\noutput_size = fold(lambda f, g: g, [None, output_size])"


def with_a_helper_below(notebook):
    answer(notebook, "05.1").source = "def output_size(*numbers):\n    return helper(*numbers)"
    source = f"raise_me()\n{ADA['05.1'].replace('output_size', 'helper')}"
    notebook.cells.insert(4, new_code_cell(source))


def with_edited_checks(notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source, cell.metadata = "1000000.0", {"tags": ["skip-execution"]}


def with_a_round_about_helper(notebook):
    """The answer is only there once a function of the learner's has been called."""
    rules = "RULES = {}\ndef rule(f):\n    RULES[f.__name__] = f\n    return f"
    inner = ADA["05.1"].replace("output_size", "rule_of_sizes")
    answer(
        notebook, "05.1"
    ).source = f"{rules}\n\n@rule\n{inner}\n\ndef output_size(*n):\n    return RULES['rule_of_sizes'](*n)"


def as_lambda(notebook):
    answer(
        notebook, "05.6"
    ).source = f"{ADA['05.6'].replace('receptive_field', 'inner')}\nreceptive_field = lambda layers: inner(layers)"


def as_class(notebook):
    inner = ADA["05.6"].replace("receptive_field(", "__call__(self, ").replace("\n", "\n    ")
    answer(notebook, "05.6").source = f"class Field:\n    {inner}\n\nreceptive_field = Field()"


CHANGES = [
    without_ids, without_metadata, bare, through_colab, with_windows_lines, in_lists, backwards, bare_and_backwards,
    all_in_one_cell, all_in_one_cell_of_its_own, only_the_answers, stubs_left_above, copied_with_its_metadata,
    doubled_ids, answers_in_check_cells, tried_above, tried_below, an_old_version_in_a_later_answer, with_shows,
    with_magics, with_an_import_in_a_given_cell, with_a_helper_below, with_edited_checks, with_a_round_about_helper,
    as_lambda, as_class,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_right_answers_are_found_wherever_they_went(change):
    handed_in = copy.deepcopy(FILLED)
    change(handed_in)

    assert points(handed_in) == FULL


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_the_frame_stays_as_it_was_released(change):
    handed_in = copy.deepcopy(FILLED)
    change(handed_in)

    notebook = rebuild(RELEASED, handed_in).notebook
    frame = [cell for cell in notebook.cells if "layerwise" not in cell.metadata]

    assert [(cell.id, cell.metadata, cell.cell_type) for cell in frame] == [
        (cell.id, cell.metadata, cell.cell_type) for cell in RELEASED.cells
    ]
    unanswered = [cell.source for cell in RELEASED.cells if not cell.id.endswith("-answer")]
    assert [cell.source for cell in frame if not cell.id.endswith("-answer")] == unanswered
    nbformat.validate(notebook)


NOTES = {
    all_in_one_cell: ("05.2", "Your answer to 05.2 was found in the cell of 05.3."),
    stubs_left_above: ("05.2", "Your answer to 05.2 was found in a cell of your own."),
    only_the_answers: ("05.2", "Your answer to 05.2 was found by its name, conv2d."),
}


@pytest.mark.parametrize(("change", "note"), NOTES.items(), ids=lambda part: getattr(part, "__name__", ""))
def test_where_an_answer_was_found_is_noted(change, note):
    handed_in = copy.deepcopy(FILLED)
    change(handed_in)

    assert rebuild(RELEASED, handed_in).notes[note[0]] == note[1]


def test_answers_in_their_own_cells_need_no_note():
    assert rebuild(RELEASED, FILLED).notes == {}


def test_neither_notebook_is_changed():
    before = copy.deepcopy((RELEASED, FILLED))

    rebuild(RELEASED, FILLED)

    assert before == (RELEASED, FILLED)


def test_an_untouched_notebook_gives_the_release():
    assert rebuild(RELEASED, RELEASED).notebook == RELEASED
    assert answer(RELEASED, "05.2").source in text(RELEASED)


def test_an_answer_that_cannot_be_read_stands_in_its_place():
    handed_in = filled(**{"05.2": "def conv2d(image kernel): ..."})

    cell = next(cell for cell in program(handed_in) if cell.exercise == "05.2")

    assert (cell.name, cell.source) == ("your answer to 05.2", "def conv2d(image kernel): ...")


def test_an_unreadable_answer_without_its_id_is_found_as_well():
    handed_in = filled(**{"05.2": "def conv2d(image kernel): ..."})
    bare(handed_in)

    assert "def conv2d(image kernel): ..." in text(handed_in)


def test_an_answer_of_another_name_stands_in_its_place():
    notebook = rebuild(RELEASED, filled(**{"05.2": "def convolve(image, kernel): ..."})).notebook

    assert answer(notebook, "05.2").source == "def convolve(image, kernel): ..."


# --- the program -----------------------------------------------------------------------------------------------------


def test_checks_demos_and_shows_are_not_in_the_program():
    found = text(FILLED)

    assert not [word for word in ('check("', 'progress("', "SystemExit", "print", "photos") if word in found]
    assert "import numpy as np" in found


def test_given_statements_that_an_answer_needs_are_in_the_program():
    found = text(filled(**{"05.6": f"{ADA['05.6']}\n\nbright = shades.max()\nreceptive_field.bright = bright"}))

    assert "photos = np.zeros((3, 8, 8))\n\nscale = 255\n\nshades = photos / scale" in found
    assert "print" not in found


def test_what_a_demo_defines_can_be_called_but_the_demo_does_not_run():
    found = text(filled(**{"05.6": f"{ADA['05.6']}\n\nreceptive_field.other = tilted"}))

    assert "from scipy.ndimage import rotate\n\ndef tilted" in found
    assert "SystemExit" not in found


def test_a_learners_helper_is_not_replaced_by_a_given_function_below():
    found = text(filled(**{"05.1": "def helper(x): ...\n\ndef output_size(n): return helper(n)"}))

    assert "the given one" not in found


LASTING = {
    "a seed": "np.random.seed(0)",
    "an environment variable": "import os\nos.environ['A'] = 'b'",
    "through globals": "globals()['conv2d'] = 1",
    "exec": "exec('a = 1')",
    "a star import": "from math import *",
}


@pytest.mark.parametrize("source", LASTING.values(), ids=LASTING)
def test_what_may_last_is_run(source):
    handed_in = copy.deepcopy(FILLED)
    handed_in.cells.insert(2, new_code_cell(source))

    assert source.splitlines()[-1] in text(handed_in)


FOR_SHOW = {
    "training": "network = build()\nfor epoch in range(100):\n    network.step()",
    "a plot": "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()",
    "a print": "print(conv2d(photos[0], photos[1]))",
    "a check": "from layerwise_grader import check\ncheck('05.2', conv2d)",
    "timing": "%timeit conv2d(photos[0], photos[1])",
    "a shell line": "!pip install something",
    "sleep": "import time\ntime.sleep(1000)",
    "an endless loop": "while True:\n    pass",
    "an assertion": "assert conv2d(photos[0], photos[1]).shape == (1, 1)",
    "another language": "%%bash\nrm -r /",
    "progress bars": "from tqdm import tqdm\nfor i in tqdm(range(10)):\n    total = i",
}


@pytest.mark.parametrize("source", FOR_SHOW.values(), ids=FOR_SHOW)
def test_what_is_for_show_is_kept_in_the_notebook_and_not_run(source):
    handed_in = copy.deepcopy(FILLED)
    handed_in.cells.insert(2, new_code_cell(source))

    rebuilt = rebuild(RELEASED, handed_in)

    assert rebuilt.program == program(FILLED)
    assert source in [cell.source for cell in rebuilt.notebook.cells]


def test_a_call_that_stops_does_not_keep_a_helper_from_being_defined():
    source = "np.testing.assert_equal(photos, elsewhere)\ndef helper(*n):\n    return 7"
    handed_in = filled(**{"05.1": f"{source}\n\ndef output_size(*n):\n    return helper(*n)"})

    assert points(handed_in)["05.2"] == FULL["05.2"]


# --- cells of the learner's own --------------------------------------------------------------------------------------


def test_own_cells_stand_before_the_answer_that_follows_them():
    handed_in = copy.deepcopy(FILLED)
    handed_in.cells.insert(place(handed_in, "05-2-answer") - 1, new_markdown_cell("My thoughts on 05.2"))
    handed_in.cells.append(new_code_cell("after = 'all'"))

    notebook = rebuild(RELEASED, handed_in).notebook

    assert notebook.cells[place(notebook, "05-2-answer") - 1].source == "My thoughts on 05.2"
    assert notebook.cells[-1].source == "after = 'all'"


def test_own_cells_bring_no_metadata_and_no_id_that_is_taken():
    handed_in = copy.deepcopy(FILLED)
    settings = {"nbgrader": {"grade": True, "grade_id": "own-1", "points": 1000}, "tags": ["demo"]}
    for id in ("05-2", "own-1"):
        handed_in.cells.append(new_code_cell(f"x = '{id}'", id=id, metadata=settings))

    notebook = rebuild(RELEASED, handed_in).notebook
    own = [cell for cell in notebook.cells if "x = '" in cell.source]

    assert [cell.metadata for cell in own] == [{"layerwise": "own"}] * 2
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_outputs_are_dropped():
    handed_in = copy.deepcopy(FILLED)
    for cell in handed_in.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="<script>")], 3

    assert "<script>" not in str(rebuild(RELEASED, handed_in).notebook)


def test_a_given_cell_that_only_lost_lines_is_not_an_own_cell():
    handed_in = copy.deepcopy(FILLED)
    handed_in.cells[2].source = "# I don't need this\nscale = 255"

    assert rebuild(RELEASED, handed_in).notebook == rebuild(RELEASED, FILLED).notebook


STRANGE_CELLS = {
    "no source": {"cell_type": "code", "metadata": {}},
    "a number for source": {"cell_type": "code", "source": 5},
    "a list of anything": {"cell_type": "code", "source": ["a = 1\n", None, 3, ["b"]]},
    "an unknown kind": {"cell_type": "poem", "source": "roses"},
    "a list for kind": {"cell_type": [], "source": "a"},
    "metadata of text": {"cell_type": "code", "source": "a = 1", "metadata": "no"},
    "settings of text": {"cell_type": "code", "source": "a = 1", "metadata": {"nbgrader": "no"}},
    "a list for grade_id": {"cell_type": "code", "source": "a = 1", "metadata": {"nbgrader": {"grade_id": []}}},
    "a dictionary for id": {"cell_type": "code", "source": "a = 1", "id": {"05-2": 1}},
    "half a surrogate": {"cell_type": "code", "source": "a = '\ud800'"},
    "NUL": {"cell_type": "code", "source": "a = '\0'"},
    "nothing": {},
}


@pytest.mark.parametrize("cell", STRANGE_CELLS.values(), ids=STRANGE_CELLS)
def test_strange_cells_harm_nothing(cell):
    handed_in = copy.deepcopy(FILLED)
    handed_in.cells.insert(3, nbformat.from_dict(cell))

    rebuilt = rebuild(RELEASED, handed_in)

    assert rebuilt.program == program(FILLED)
    nbformat.writes(rebuilt.notebook).encode()


def test_texts_are_the_same_whatever_ends_their_lines():
    assert normal(["\n", "a = 1  \r\n", "\r\n", "b\r"]) == normal("a = 1\n\nb") == "a = 1\n\nb"


# --- the real course -------------------------------------------------------------------------------------------------


COURSE = sorted((Path(__file__).parents[2] / "course").glob("*/*.ipynb"))


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_every_chapter_is_rebuilt_from_its_solution(path):
    """With all that was lost on the way, as well."""
    release = nbformat.read(path, as_version=4)
    solution = nbformat.read(path.parents[2] / "solutions" / path.parent.name / path.name, as_version=4)
    lost = copy.deepcopy(solution)
    bare(lost)

    whole, found = rebuild(release, solution), rebuild(release, lost)

    assert [cell for cell in whole.notebook.cells if "layerwise" in cell.metadata] == []
    assert found.program == whole.program
    assert len(found.notes) == sum(cell.metadata.get("nbgrader", {}).get("grade", False) for cell in release.cells)
    assert whole.notes == {}
