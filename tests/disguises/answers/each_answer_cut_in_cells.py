"""Imports and helpers cut out of the answers into cells of their own, in front of everything."""

# %% notebook
from nbformat.v4 import new_code_cell


def change(notebook):
    for cell in notebook.cells:
        if "05-2-answer" == cell.metadata.get("nbgrader", {}).get("grade_id"):
            cell.source = "conv2d = slide_and_sum"
    helper = """def slide_and_sum(image, kernel):
    return np.tensordot(np.lib.stride_tricks.sliding_window_view(image, kernel.shape), kernel, 2)"""
    notebook.cells.insert(0, new_code_cell(helper))
