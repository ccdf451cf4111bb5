"""Script in every place where a learner can write reaches neither feedback nor Formgrader."""

import json
import re
import shutil

import pytest
from hostile_page import IMAGE, MARKDOWN, SCRIPT, acts, notebook
from local_pool import LocalPool
from small_course import CHAPTER

from layerwise_grader import build, cli, grading
from layerwise_grader.course import autograded, feedback_page, open_course
from layerwise_grader.engine import graded, pages, sandbox
from layerwise_grader.report import MEDIA_TYPE, NOT_STARTED, Report, Verdict

# nbgrader leaves a file open when it releases feedback.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def attacked(entered, tmp_path_factory):
    """A course in which mallory's notebook is graded and answered; a person has commented on it, in script as well."""
    root = tmp_path_factory.mktemp("attacked") / "course"
    shutil.copytree(entered, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr(grading, "Pool", LocalPool)
        patch.setattr(sandbox, "level", lambda wanted=None: "bwrap")
        cli.main(["grade", "05", "--folder", str(notebook(root).parent)])
        comment(root, f"**well** {SCRIPT} {IMAGE} [here](javascript:alert)")
        cli.main(["feedback", "05"])
    return root


def comment(root, text):
    with open_course(root).gradebook as gradebook:
        for one in gradebook.find_submission_notebook(CHAPTER, CHAPTER, "mallory").comments:
            one.manual_comment = text
        gradebook.db.commit()


def test_the_feedback_page_does_nothing_and_loads_nothing(attacked):
    page = feedback_page(attacked, CHAPTER, "mallory").read_text()

    assert acts(page) == []
    (policy,) = re.findall(r'<meta content="([^"]*)" http-equiv="Content-Security-Policy"', page)
    assert policy == pages.POLICY
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert page.index("Content-Security-Policy") < page.index("<style")
    assert "<strong>well</strong>" in page


def test_what_they_wrote_is_still_to_be_read(attacked):
    page = feedback_page(attacked, CHAPTER, "mallory").read_text()

    assert "&lt;script&gt;window.hacked=1&lt;/script&gt;" in page
    assert "[press](javascript:window.hacked=1)" in re.sub(r"<[^>]*>", "", page)


def test_formgraders_page_has_nothing_of_theirs_that_acts(attacked):
    """Its own scripts stay; compared with the same page of a notebook in which nothing is written."""
    theirs = formgraders_page(autograded(attacked, CHAPTER, "mallory"))
    blank = attacked / "blank.ipynb"
    nbformat_write(graded.ungraded(released(attacked), "nothing"), blank)

    assert sorted(set(acts(theirs))) == sorted(set(acts(formgraders_page(blank))))
    assert theirs.count("<script") == formgraders_page(blank).count("<script")


def formgraders_page(path):
    from nbconvert.exporters import HTMLExporter
    from nbgrader.server_extensions.formgrader import handlers
    from traitlets.config import Config

    settings = Config()
    settings.HTMLExporter.template_name = "formgrade"
    settings.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    names = ("assignment_id", "notebook_id", "submission_id", "base_url", "student", "last_name", "first_name")
    resources = {**dict.fromkeys([*names, "notebook_path", "mathjax_url"], "x"), "index": 0, "total": 1}
    return HTMLExporter(config=settings).from_filename(str(path), resources=resources)[0]


def nbformat_write(made, path):
    import nbformat

    nbformat.write(made, path)


def released(root):
    return build.read(root / "course" / CHAPTER / f"{CHAPTER}.ipynb")


def test_the_graded_notebook_keeps_nothing_of_theirs_but_text(attacked):
    made = build.read(autograded(attacked, CHAPTER, "mallory"))
    frame = released(attacked).metadata

    assert made.metadata == {**frame, "layerwise": {"isolation": "bwrap", "engine": "layerwise 0.1.0"}}
    assert not any("attachments" in cell for cell in made.cells)
    assert not any(cell.cell_type == "raw" for cell in made.cells)
    assert SCRIPT not in json.dumps([cell.metadata for cell in made.cells])
    shown = [output["data"] for cell in made.cells for output in cell.get("outputs", [])]
    assert len(shown) == 7
    assert all(set(data) == {"text/plain", "text/html", MEDIA_TYPE} for data in shown)
    assert not any(acts(data["text/html"]) for data in shown)


def test_maths_in_what_is_quoted_stays_text(attacked):
    """Formgrader loads MathJax, which would make a link of it."""
    page = formgraders_page(autograded(attacked, CHAPTER, "mallory"))

    before, _, _ = page.partition("\\href{javascript")
    assert before.rfind("tex2jax_ignore") > before.rfind("</pre>")


# --- the parts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*MARKDOWN, "", "`", "\n```\n", "````\n`````\n``````"])
def test_prose_is_shown_as_typed_whatever_it_is(text):
    from nbconvert.filters import markdown2html

    made = markdown2html(graded.as_typed(text))

    assert acts(made) == []
    assert re.sub(r"<[^>]*>", "", made).strip() or not text.strip()


def test_making_harmless_twice_changes_nothing(attacked):
    once = build.read(autograded(attacked, CHAPTER, "mallory"))

    assert graded.harmless(once) == once


def test_a_note_where_an_answer_was_found_stands_on_its_card(small_course):
    reports = [Report("05.1", "Size", 2, (Verdict("counts", 2, 2),))]
    made = graded.graded(
        released(small_course), reports, {"05.1": "Your answer to 05.1 was found in a cell of your own."}
    )

    first, second, *_ = [
        cell.outputs[0]["data"] for cell in made.cells if cell.metadata.get("nbgrader", {}).get("grade")
    ]
    assert "found in a cell of your own" in first["text/html"]
    assert (first["text/plain"], second["text/plain"]) == ("2", "0")
    assert "there is no verdict" in second["text/html"]


def test_a_submission_without_a_verdict_earns_nothing_and_says_why(small_course):
    made = graded.ungraded(released(small_course), "ada.ipynb is empty.")

    texts = [output["data"] for cell in made.cells for output in cell.get("outputs", [])]
    assert {data["text/plain"] for data in texts} == {"0"}
    assert all("ada.ipynb is empty." in data["text/html"] for data in texts)
    assert NOT_STARTED not in str(texts)


CLEANED = {
    "script": ("<p>a<script>b()</script></p>", "<p>ab()</p>"),
    "handler": ("<b onclick='x()'>a</b>", "<b>a</b>"),
    "javascript": ('<a href="javascript:x">a</a>', "<a>a</a>"),
    "a page as data": ('<a href="data:text/html,x">a</a>', "<a>a</a>"),
    "a drawing as data": ('<img src="data:image/svg+xml,x">', "<img>"),
    "a picture": ('<img src="data:image/png;base64,x">', '<img src="data:image/png;base64,x">'),
    "a heading's place": ('<h2 id="Where">a</h2>', '<h2 id="Where">a</h2>'),
}


@pytest.mark.parametrize(("made", "left"), CLEANED.values(), ids=CLEANED)
def test_what_is_made_from_markdown_is_cleaned(made, left):
    assert pages.clean(made) == left


# --- the class's secret ----------------------------------------------------------------------------------------------


def test_feedback_does_not_tell_the_class_s_secret_probes():
    """Whoever read them could answer by a table the next time."""
    from layerwise_grader import catalogue
    from layerwise_grader.answer import LocalAnswer
    from layerwise_grader.judge import judge
    from layerwise_grader.trials import ELSEWHERE, probes

    size = catalogue.find("05.1")
    wrong = LocalAnswer(size, lambda n, kernel, stride, padding, dilation: -1)
    public = {probe.arguments for probe in probes(size, 0)}
    secret = {probe.arguments for probe in probes(size, 7)} - public

    told = " ".join(verdict.seen for verdict in judge(size, wrong, seed=7).verdicts)
    at_home = " ".join(verdict.seen for verdict in judge(size, wrong, seed=0).verdicts)
    assert ELSEWHERE not in at_home
    assert not any(f"(n {n}, kernel {kernel}, stride {stride}, padding" in told for n, kernel, stride, *_ in secret)
