"""Hands in cells whose source, tags and metadata hold halves of letters, NULs and marks that turn text around."""

# %% notebook
HALF = "\ud800\x00\u202e\x1b[2J"


def change(notebook):
    for cell in notebook.cells:
        cell.source = f"{cell.source}\n# {HALF}"
        cell.metadata["tags"] = [HALF]
        cell.metadata[HALF] = HALF
    notebook.metadata[HALF] = HALF
