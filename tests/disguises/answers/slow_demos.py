"""Trains for an hour in cells of its own, which nobody waits for in grading."""

# %% notebook
from nbformat.v4 import new_code_cell

TRAINING = """for epoch in range(1000):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(np.ones((1000, 10)), np.ones(1000), epochs=100, verbose=1)"""


def change(notebook):
    notebook.cells.insert(12, new_code_cell(TRAINING))
    notebook.cells.append(new_code_cell("import time\n\nfor _ in range(3600):\n    time.sleep(1)"))
