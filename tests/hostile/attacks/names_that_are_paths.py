"""Gives its cells ids, names and attachments that are paths out of any folder they are written to."""

# %% notebook
PATH = "../../../../../../tmp/layerwise-was-here"


def change(notebook):
    for cell in notebook.cells:
        cell.metadata["name"] = PATH
        cell["attachments"] = {PATH: {"image/png": "aGVsbG8="}}
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["grade_id"] = PATH
