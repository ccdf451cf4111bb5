"""Copied cells: empty answers' copies carry the ids of the answers they were copied from."""

# %% notebook
import copy


def change(notebook):
    answers = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    for cell in answers:
        double = copy.deepcopy(cell)
        double.source = "# tried something here and deleted it"
        notebook.cells.insert(notebook.cells.index(cell) + 1, double)
