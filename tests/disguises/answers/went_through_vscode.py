"""After a round trip through VS Code: metadata of its own, cell ids kept, nbgrader's lost."""


# %% notebook
def change(notebook):
    notebook.metadata = {"language_info": {"name": "python", "version": "3.12.1"}, "orig_nbformat": 4}
    for cell in notebook.cells:
        cell.metadata = {"vscode": {"languageId": "python"}}
