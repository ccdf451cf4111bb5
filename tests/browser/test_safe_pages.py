"""A notebook with script everywhere, looked at in a real browser: as feedback, and as Formgrader shows it."""

import re

import pytest
from desk import Desk
from hostile_page import RUN, notebook
from local_pool import LocalPool
from playwright.sync_api import expect
from small_course import CHAPTER

from layerwise_grader import cli, grading
from layerwise_grader.course import feedback_page
from layerwise_grader.engine import sandbox

HACKED = RUN.partition("=")[0]


@pytest.mark.slow
@pytest.mark.browser
# nbgrader leaves a file open when it releases feedback.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_that_a_learner_wrote_runs_or_loads(course, chromium, jupyterlab, shots, monkeypatch):
    """Only a browser knows what it would run; each place is opened, and each link of theirs is pressed."""
    monkeypatch.setattr(grading, "Pool", LocalPool)
    monkeypatch.setattr(sandbox, "level", lambda wanted=None: "bwrap")
    cli.main(["grade", "05", "--folder", str(notebook(course).parent)])
    cli.main(["feedback", "05"])

    is_clean_as_feedback(chromium, feedback_page(course, CHAPTER, "mallory"), shots)
    is_clean_in_formgrader(Desk(chromium, jupyterlab, shots))


def is_clean_as_feedback(browser, path, shots):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    expect(page.get_by_text("Score: 22.0 / 32.0")).to_be_visible()
    for link in page.locator("a:not([href^='#'])").all():
        link.click(force=True)
    page.screenshot(path=shots / "feedback-hostile.png", full_page=True)
    assert page.evaluate(f"() => {HACKED}") is None
    assert asked == [path.as_uri()]
    # The policy alone would hold as well.
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked=2\">')")
    page.evaluate("fetch('https://evil.example').catch(() => window.refused = true)")
    page.wait_for_function("window.refused")
    assert page.evaluate("() => window.hacked") is None
    page.close()


def is_clean_in_formgrader(desk):
    asked = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.menu("Nbgrader", "Formgrader")
    desk.formgrader().get_by_text("Manual Grading").first.click()
    for page in ("td.duedate", "td.avg-score", "td.code-score"):  # chapters, its notebooks, their submissions
        desk.formgrader().locator(f"tr:has({page}) td.name a").first.click()
    expect(desk.formgrader().get_by_text("the text '<img src=x").first).to_be_visible()
    desk.shoot("formgrader-hostile")
    assert not [frame.url for frame in desk.page.frames if frame.evaluate("() => window.hacked") is not None]
    assert not [url for url in asked if re.search(r"evil\.example|page\.html|/x$", url)]
