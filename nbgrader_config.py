"""How nbgrader runs this course: from the command line and from JupyterLab's panels alike.

Everything is named from this file's own folder, so a copy of the file beside a copy of ``solutions/`` and ``course/``
is a class of its own (``layerwise demo`` and the tests make such copies). nbgrader finds it when it is started in this
folder, and from anywhere else through JUPYTER_CONFIG_PATH, which ``layerwise lab`` sets.
"""

import contextlib
import os
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import AssignLatePenalties, GetGrades, SaveAutoGrades

from layerwise_grader import build, house
from layerwise_grader.engine.bridge import Judge, MakeHarmless, Submission, stamp
from layerwise_grader.engine.collecting import Collect
from layerwise_grader.engine.pages import FeedbackPage

c = get_config()  # noqa: F821  (nbgrader puts it here)
project = Path(__file__).absolute().parent
classroom = project / "grader" / "classroom"

# --- where things are ------------------------------------------------------------------------------------------------

c.CourseDirectory.course_id = "layerwise"
c.CourseDirectory.root = str(project)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
c.CourseDirectory.submitted_directory = "grader/classroom/submitted"
c.CourseDirectory.autograded_directory = "grader/classroom/autograded"
c.CourseDirectory.feedback_directory = "grader/classroom/feedback"
c.CourseDirectory.source_with_tests_directory = "grader/classroom/source_with_tests"
c.CourseDirectory.solution_directory = "grader/classroom/solution"
c.CourseDirectory.db_url = f"sqlite:///{classroom / 'gradebook.db'}"
# A chapter's source stands beside its notebook: copied into a release, it would hand out the solutions.
c.CourseDirectory.ignore = ["*.py", "*.pyc", "__pycache__", ".*", "*.part", "*.new-release*.ipynb", "feedback"]

c.Exchange.root = str(classroom / "exchange")
c.Exchange.cache = str(classroom / "cache")
# Absolute, so that the Assignment List panel finds learners' copies wherever JupyterLab's root is.
c.Exchange.assignment_dir = str(project / "work")
c.ExchangeReleaseAssignment.force = True
c.NbGrader.logfile = str(classroom / "nbgrader.log")

house.find_own_programs()
# nbgrader's panels fail on folders that aren't there yet.
for folder in (classroom / "exchange", project / "work"):
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)

# --- how submissions are graded --------------------------------------------------------------------------------------

# Two steps of nbgrader's: read and rebuild what was handed in; have it judged in the sandbox and enter the scores.
c.Autograde.exporter_class = Submission
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = [Judge, SaveAutoGrades, AssignLatePenalties, MakeHarmless]
c.Autograde.post_convert_hook = stamp
c.ExchangeFactory.collect = Collect
c.GenerateFeedback.preprocessors = [MakeHarmless, GetGrades, CSSHTMLHeaderPreprocessor]
c.GenerateFeedback.exporter_class = FeedbackPage

# --- how learners validate -------------------------------------------------------------------------------------------

# nbgrader counts any text on stderr as a failure, and TensorFlow writes there when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
c.Execute.timeout = 60
# A learner need not wait for the training.
c.Execute.skip_cells_with_tag = "demo"
c.ClearSolutions.code_stub = {"python": build.STUB}
