"""The whole loop as people do it, in JupyterLab's own panels."""

import pytest
from desk import Desk
from playwright.sync_api import expect

from layerwise_grader import classroom
from layerwise_grader.course import open_course

CHAPTER = "05-convolutions"
MENDED = """\
def conv2d(image, kernel):
    height, width = kernel.shape
    result = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for row in range(result.shape[0]):
        for column in range(result.shape[1]):
            patch = image[row : row + height, column : column + width]
            result[row, column] = np.sum(patch * kernel)
    return result"""
FLIPPED = MENDED.replace("    result = ", "    kernel = kernel[::-1, ::-1]\n    result = ", 1)
ONE_SIDED = """\
def output_size(n, kernel, stride, padding, dilation):
    return (n + padding - dilation * (kernel - 1) - 1) // stride + 1"""


@pytest.mark.slow
@pytest.mark.browser
def test_a_learner_mends_an_answer_and_reads_the_feedback(course, chromium, jupyterlab, shots):
    """Only this shows that JupyterLab's panels find the course, and what people see there."""
    classroom.release_chapter(open_course(course), course, CHAPTER)
    desk = Desk(chromium, jupyterlab, shots)

    fetches_and_opens(desk)
    is_told_and_mends(desk)
    validates_and_submits(desk)
    is_graded(desk)
    reads_the_feedback(desk)


def fetches_and_opens(desk):
    desk.menu("Nbgrader", "Assignment List")
    desk.assignments("released").get_by_role("button", name="Fetch").click()
    desk.assignments("fetched").get_by_role("button", name=CHAPTER).click()
    desk.assignments("fetched").locator(".nested_list_item").get_by_text(CHAPTER).click()
    expect(desk.page.locator(".jp-Notebook")).to_contain_text("Convolutions")
    expect(desk.page.locator("#jp-main-statusbar")).to_contain_text("Idle")  # what is run before is dropped
    expect(desk.page.get_by_text("Jupyter news")).to_have_count(0)
    desk.shoot("opened")


def is_told_and_mends(desk):
    desk.run("import numpy as np")
    desk.write("def output_size(", ONE_SIDED)
    expect(desk.run('check("05.1"')).to_contain_text("Padding is on both sides")
    desk.write("def conv2d(", FLIPPED)
    expect(desk.run('check("05.2"')).to_contain_text("a flipped kernel")
    desk.shoot("told")
    desk.menu("Settings", "Theme", "JupyterLab Dark")
    expect(desk.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    desk.shoot("told-dark")
    desk.menu("Settings", "Theme", "JupyterLab Light")
    desk.write("def conv2d(", MENDED)
    expect(desk.run('check("05.2"')).to_contain_text("4 of 4 points")
    desk.shoot("mended")
    expect(desk.run('progress("05")')).to_contain_text("4 of 32 points")
    desk.shoot("progress")


def validates_and_submits(desk):
    desk.save()
    dialog = desk.validate()
    expect(dialog).to_contain_text('check("05.1", output_size)')
    expect(dialog).not_to_contain_text('check("05.2", conv2d)')
    desk.shoot("validated")
    dialog.get_by_role("button", name="Ok").click()
    desk.menu("Nbgrader", "Assignment List")
    desk.assignments("fetched").get_by_role("button", name="Submit").click()
    expect(desk.assignments("submitted")).to_contain_text("UTC")
    desk.shoot("submitted")


def is_graded(desk):
    desk.menu("Nbgrader", "Formgrader")
    desk.press("collect", "Successfully collected")
    desk.shoot("collected")
    desk.formgrader().locator("td.num-submissions a").click()
    desk.press("autograde", "Successfully autograded")
    expect(desk.formgrader().locator("td.score")).to_contain_text("4 / 32")
    desk.press("generate-feedback", "Successfully generated")
    desk.press("release-feedback", "Successfully released")
    desk.shoot("graded")
    desk.formgrader().get_by_text("Manual Grading").first.click()
    for page in ("td.duedate", "td.avg-score", "td.code-score"):  # chapters, its notebooks, their submissions
        desk.formgrader().locator(f"tr:has({page}) td.name a").first.click()
    expect(desk.formgrader().get_by_text("Padding is on both sides").first).to_be_visible()
    desk.shoot("formgrader")


def reads_the_feedback(desk):
    desk.menu("Nbgrader", "Assignment List")
    desk.assignments("submitted").get_by_role("button", name="Fetch Feedback").click()
    desk.assignments("submitted").get_by_text("view feedback").click()
    desk.page.locator(".jp-DirListing-item", has_text=f"{CHAPTER}.html").dblclick()
    page = desk.page.frame_locator(".jp-HTMLViewer iframe, iframe.jp-HTMLViewer")
    expect(page.get_by_text("Padding is on both sides").first).to_be_visible()
    desk.shoot("feedback")
