"""Intervals of shares, so that no number is shown without what it is worth."""

from __future__ import annotations

import math


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The Wilson score interval of a share of ``hits`` in ``n`` (95 % by default); (0, 1) where n is 0.

    Source: Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
    """
    if n == 0:
        return 0.0, 1.0
    share, square = hits / n, z * z
    middle = share + square / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, (middle - half) / (1 + square / n)), min(1.0, (middle + half) / (1 + square / n))
