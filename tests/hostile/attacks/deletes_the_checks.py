"""Deletes every check and the cells before them, so that nothing is left to be judged."""


# %% notebook
def change(notebook):
    notebook.cells = [cell for cell in notebook.cells if not cell.metadata.get("nbgrader", {}).get("grade")]
