"""Is an honest stub under a markdown cell full of script: nothing is run, and nothing of it may reach a browser."""

# %% notebook
from nbformat.v4 import new_markdown_cell, new_output

SCRIPT = "<script>document.title = 'layerwise-was-here'</script><img src=x onerror=alert(1)>"


def change(notebook):
    notebook.cells.insert(0, new_markdown_cell(SCRIPT, attachments={"x": {"text/html": SCRIPT}}))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("display_data", {"text/html": SCRIPT, "application/javascript": SCRIPT})]
    notebook.metadata["title"] = SCRIPT


# %% 05.2
def conv2d(image, kernel):
    raise ValueError("<script>document.title = 'layerwise-was-here'</script>")
