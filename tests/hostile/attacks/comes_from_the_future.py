"""Claims versions of nbgrader's and the notebook's form that are not written yet, which stops a whole class."""


# %% notebook
def change(notebook):
    notebook.nbformat_minor = 99
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["schema_version"] = 99
