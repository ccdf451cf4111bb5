"""After a round trip through classic Jupyter: older minor version, no ids, tags gone, collapsed outputs."""


# %% notebook
def change(notebook):
    notebook.nbformat_minor = 2
    for cell in notebook.cells:
        cell.pop("id", None)
        cell.metadata.pop("tags", None)
        cell.metadata["collapsed"] = True
