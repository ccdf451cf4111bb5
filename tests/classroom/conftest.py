import shutil

import pytest
from local_pool import LocalPool
from small_course import CHAPTER, course, small_course  # noqa: F401  (fixtures)

from layerwise_grader import classroom, grading
from layerwise_grader.course import open_course
from layerwise_grader.engine import sandbox


@pytest.fixture(scope="session")
def entered(small_course, tmp_path_factory):  # noqa: F811
    """A course whose chapter is in the gradebook, to be copied, never changed."""
    root = tmp_path_factory.mktemp("entered") / "course"
    shutil.copytree(small_course, root)
    classroom.enter_chapter(open_course(root), root, CHAPTER)
    return root


@pytest.fixture
def here(entered, tmp_path, monkeypatch):
    """A copy of it whose submissions are judged in this process; the working directory is in it."""
    root = tmp_path / "here"
    shutil.copytree(entered, root)
    monkeypatch.chdir(root)
    monkeypatch.setattr(grading, "Pool", LocalPool)
    monkeypatch.setattr(sandbox, "level", lambda wanted=None: wanted or "bwrap")
    return root
