"""Asks to be run by a shell, by a program of its own and in another language."""


# %% notebook
def change(notebook):
    notebook.metadata.kernelspec = {"name": "bash", "display_name": "sh", "language": "bash"}
    notebook.metadata["jupytext"] = {"main_language": "bash"}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = "%%bash\nkill -9 $PPID\ntouch ~/layerwise-was-here /tmp/layerwise-was-here"
