"""What a newcomer sees."""

import pytest
from small_course import CHAPTER

from layerwise_grader import cli


# nbgrader leaves a file open when it releases feedback.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
def test_the_demo_shows_scores_misconceptions_and_pages(course, capsys):
    """It plays the whole loop, so only running it shows that a newcomer's first command works."""
    code = cli.main(["demo"])

    output = capsys.readouterr().out
    pages = [line.strip() for line in output.splitlines() if line.strip().startswith("file://")]
    assert code == 0
    for shown in ("32 of 32", "20 of 32", "7 of 32", "05.2 flipped", "05.4 not started yet", "networks do not flip"):
        assert shown in output
    assert len(pages) == 3
    assert not (course / "grader" / "classroom").exists()
    assert (course / "artefacts" / "demo" / "course" / CHAPTER).is_dir()
