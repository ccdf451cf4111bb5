"""Checks and progress edited, run with other arguments, commented out or deleted."""


# %% notebook
def change(notebook):
    checks = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    checks[0].source = f"# {checks[0].source}"
    checks[1].source = "print(check('05.2', conv2d))\nimport time; time.sleep(100)"
    checks[2].source = "assert False"
    notebook.cells.remove(checks[3])
    notebook.cells.remove(notebook.cells[-1])
