"""What is read from a chapter's source besides its cells."""

from layerwise_grader import source

CHAPTER = """\
# %%
import math
import no_such_module

raise SystemExit("nothing but imports and functions may run")

# %%
def given(x: float) -> float:
    return helper(x) + 1


def helper(x: float) -> float:
    return math.floor(x)


def demo() -> no_such_module.Figure:
    return given(1)

# %%
def answer(x: float) -> float:
    ### BEGIN SOLUTION
    return 2 * given(x)
    ### END SOLUTION

# %%
check("99.1", answer)
"""


def test_solutions_see_the_given_functions_and_imports_that_they_use(tmp_path):
    path = tmp_path / "99-trial.py"
    path.write_text(CHAPTER)

    assert source.solutions(path)["99.1"](2.5) == 6
