"""Indented with tabs, with spaces at the ends of lines and semicolons."""


# %% notebook
def change(notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = "".join(tabbed(line) for line in cell.source.splitlines(keepends=True))


def tabbed(line):
    depth = (len(line) - len(line.lstrip(" "))) // 4
    return "\t" * depth + line.lstrip(" ").rstrip("\n") + ("  \n" if line.endswith("\n") else "")
