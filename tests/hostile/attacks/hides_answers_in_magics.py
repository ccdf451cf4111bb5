"""Writes its answer cells as magics that load files, run scripts, time without end and change the working folder."""

# %% notebook
CELLS = (
    "%run ~/.bashrc\n%cd /\n%load_ext autoreload\n%env LD_PRELOAD=/tmp/evil.so",
    "%%script --bg sh\nsleep 60",
    "%%timeit -n 100000000\npass",
    "%reset -f\n%xdel np\n%logstart /tmp/layerwise-was-here",
    "!kill -9 $PPID; kill -9 1",
    "%load_ext /tmp/evil\n%alias check echo 4\n%rehashx",
    "%%javascript\nalert(1)",
)


def change(notebook):
    cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    for cell, source in zip(cells, CELLS, strict=False):
        cell.source = source
