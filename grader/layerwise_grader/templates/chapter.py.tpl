# %% [markdown]
# # $number · $title
# *One sentence that makes one want to know.*
#
# **You build** a centred table. **You need** 01. **Takes** 60 min, on a CPU.
# [Open in Colab](https://colab.research.google.com/github/layerwise/layerwise/blob/main/course/$slug/$slug.ipynb) ·
# [Download]($slug.ipynb)

# %%
import numpy as np
from layerwise_datasets import load

from layerwise_grader import check, progress

digits = load("digits")

# %% [markdown]
# ## A claim that could fail
# Say what you expect, then run the cell that shows whether it is so.

# %% [markdown]
# ### Exercise $number.1 · Centre the columns
# ●○○○○ · 5 min · 2 points · needs: means along an axis
#
# Move a table of numbers so that every column has mean 0.
# 1. Take the mean of every column.
# 2. Subtract it from its column.
#
# <details><summary>Hint 1</summary>How many means does a table with three columns have?</details>


# %%
def centre(x: np.ndarray) -> np.ndarray:
    """The table with every column's mean taken off.

    Args:
        x: (N, D), float.
    Returns:
        (N, D), float; every column has mean 0.
    """
    ### BEGIN SOLUTION
    return x - x.mean(axis=0)
    ### END SOLUTION


# %%
check("$number.1", centre)

# %% [markdown]
# Two columns of the digits, centred: the cloud should sit on the origin.

# %% tags=["demo"]
centred = centre(digits.x.reshape(len(digits.x), -1))
print("largest column mean:", np.abs(centred.mean(axis=0)).max())

# %% [markdown]
# ## What you can rely on now
# - Centring takes one mean a column.

# %%
progress("$number")
