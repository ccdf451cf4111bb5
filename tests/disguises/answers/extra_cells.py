"""A cell of its own between any two cells: notes, sums, plots and questions."""

# %% notebook
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell


def change(notebook):
    cells = []
    for number, cell in enumerate(notebook.cells):
        own = [new_code_cell(f"x{number} = {number} + 1\nx{number}"), new_markdown_cell("?"), new_raw_cell("note")]
        cells += [own[number % 3], cell]
    notebook.cells = cells
