"""``check`` and ``progress``, as a learner meets them in a notebook and in plain Python."""

import subprocess
import sys

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from layerwise_grader import check, progress
from layerwise_grader.card import card
from layerwise_grader.report import MEDIA_TYPE, Named, Report, Verdict, from_dict


def dense(x, w, b):
    return np.asarray(x) @ np.asarray(w) + np.asarray(b)


def test_a_score_reads_as_its_points():
    score = check("01.3", dense)

    assert repr(score) == "4"
    assert float(score) == 4.0


def test_plain_python_gets_plain_text(capsys):
    check("01.3", dense)

    assert "4 of 4 points" in capsys.readouterr().out


UNUSABLE = {
    "unknown exercise": (("01.77", dense), 'no exercise "01.77"'),
    "unknown chapter": (("77.1", dense), 'no chapter "77"'),
    "near miss": (("01.33", dense), 'Did you mean "01.3"?'),
    "not text": ((None, dense), "no chapter"),
    "the result instead of the function": (("01.3", np.ones(3)), 'check("01.3", dense)'),
}


@pytest.mark.parametrize(("arguments", "sentence"), UNUSABLE.values(), ids=UNUSABLE)
def test_check_never_raises_and_says_what_to_do(arguments, sentence, capsys):
    assert float(check(*arguments)) == 0
    assert sentence in capsys.readouterr().out


def test_strict_mode_raises_for_an_answer_that_is_not_fully_right(monkeypatch):
    monkeypatch.setenv("LAYERWISE_STRICT", "1")

    with pytest.raises(AssertionError, match="of 4 points"):
        check("01.3", lambda x, w, b: x)


def test_progress_remembers_what_was_checked():
    check("01.3", dense)

    assert "✔ 01.3" in repr(progress("01"))
    assert "· 01.6" in repr(progress("01")) or "01.6" in repr(progress("01"))


def test_progress_of_an_unknown_chapter_is_a_sentence():
    assert "no chapter" in repr(progress("77"))


REPORT = Report(
    "05.2",
    "<b>Title</b>",
    4,
    verdicts=(Verdict("<script>alert(1)</script>", 2, 0, "seen <img onerror=x>"), Verdict("fine", 2, 2)),
    misconceptions=(Named("flipped", "Flipped & <i>more</i>", "the <order>"),),
)


def test_a_card_escapes_everything_and_holds_no_script():
    html = card(REPORT)

    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;order&gt;" in html


def test_a_card_tells_right_from_wrong_without_colour():
    assert 'aria-label="wrong">✘' in card(REPORT)
    assert 'aria-label="right">✔' in card(REPORT)


def test_a_report_survives_json():
    assert from_dict(REPORT.as_dict()) == REPORT


def run_cells(*sources):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=60).execute(stderr=subprocess.DEVNULL)
    return [cell.outputs for cell in notebook.cells]


STUB = "from layerwise_grader import check\ndef dense(x, w, b):\n    raise NotImplementedError()"


@pytest.mark.slow
def test_a_notebook_shows_the_card_and_reads_on_past_an_empty_stub():
    """Only a real kernel runs the display hooks and decides whether "Run all" goes on."""
    outputs = run_cells(STUB, 'check("01.3", dense)', "dense(1, 2, 3)", "print('reached')")

    assert outputs[1][0].data["text/plain"] == "0"
    assert "not started yet" in outputs[1][0].data["text/html"]
    assert MEDIA_TYPE in outputs[1][0].data
    assert "uses your dense, which is not started yet" in outputs[2][0].text
    assert outputs[3][0].text == "reached\n"


@pytest.mark.slow
def test_other_errors_of_a_learner_are_shown_as_they_are():
    """The hook for stubs must not swallow a NotImplementedError of a library."""
    from nbclient.exceptions import CellExecutionError

    with pytest.raises(CellExecutionError, match="NotImplementedError"):
        run_cells(STUB, "import numbers, io\nio.IOBase.seek(io.IOBase(), 0)\nraise NotImplementedError('mine')")


def in_fresh_process(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


def test_importing_check_imports_no_backend_and_says_nothing():
    loaded = "[name for name in ('tensorflow', 'keras', 'jax') if name in sys.modules]"
    done = in_fresh_process(f"from layerwise_grader import check; import sys; print({loaded})")

    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.slow
def test_tensorflow_is_silent_when_it_is_imported_after_one_of_our_packages():
    """Its start-up lines go past Python to file descriptor 2, where JupyterLab shows them in red."""
    done = in_fresh_process("import layerwise_datasets, tensorflow as tf; print(int(tf.constant(3)))")

    assert (done.stdout.strip(), done.stderr) == ("3", "")
