"""Lines that end as on Windows, in every cell."""


# %% notebook
def change(notebook):
    for cell in notebook.cells:
        cell.source = cell.source.replace("\n", "\r\n")
