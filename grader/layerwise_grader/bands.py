"""Results as bands: the range a number fell in when the course measured it, for each profile."""

from __future__ import annotations

import os


def band(what: str, value: float, **ranges: tuple[float, float]) -> None:
    """Prints a result beside the range that it should fall in, such as ``smoke=(0.80, 0.99), cpu=(0.91, 0.99)``.

    Args:
        what: what was measured, such as ``"test accuracy"``.
        value: what this run gave.
        **ranges: lowest and highest expected value for each profile; a profile without one is only reported.

    Raises:
        AssertionError: outside the range, and only where ``LAYERWISE_STRICT`` is set, as in CI. A learner is told.
    """
    from layerwise_datasets import profile

    now = profile()
    if now not in ranges:
        print(f"{what}: {value:.3f} ({now}: no band was measured)")
        return
    low, high = ranges[now]
    inside = low <= value <= high
    sentence = f"{what}: {value:.3f} ({now}: {low:.2f}–{high:.2f} expected)"
    print(f"✔ {sentence}" if inside else f"✘ {sentence}; this run fell outside")
    if os.environ.get("LAYERWISE_STRICT") and not inside:
        raise AssertionError(sentence)
