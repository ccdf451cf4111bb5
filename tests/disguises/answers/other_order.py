"""Its cells stand in reverse order."""


# %% notebook
def change(notebook):
    notebook.cells.reverse()
