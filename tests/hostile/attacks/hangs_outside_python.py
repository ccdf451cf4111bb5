"""Spends its time in a single step that no Python signal handler interrupts."""

# %% 05.2
import re


def conv2d(image, kernel):
    re.match(r"(a*)*$", "a" * 40 + "b")
    return 10**10**9
