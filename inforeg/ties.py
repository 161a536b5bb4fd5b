"""When two numbers are one: equal but for the rounding of the sums and quotients behind them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROUNDING = 1e-12
"""Numbers closer than this, relative to 1 or to their size, are equal; accuracies differ by far more."""

Floats = NDArray[np.float64]


def settled(values: ArrayLike) -> Floats:
    """`values`, (n,), with those that are equal but for rounding made equal: to compare, sort and rank."""
    v = np.asarray(values, dtype=float)
    order = np.argsort(v, kind="stable")
    ascending = v[order]
    tolerance = ROUNDING * np.abs(v[np.isfinite(v)]).max(initial=1.0)
    tied = np.concatenate(([False], ascending[1:] - tolerance <= ascending[:-1]))[: len(v)]
    first = np.maximum.accumulate(np.where(tied, 0, np.arange(len(v))))
    result = np.empty_like(v)
    result[order] = ascending[first]
    return result


def apart(a: ArrayLike, b: ArrayLike) -> Floats:
    """`a` - `b`, which broadcast; 0 where they are equal but for rounding."""
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    difference = x - y
    size = np.maximum(1.0, np.maximum(np.abs(x), np.abs(y)))
    return np.where(np.abs(difference) <= ROUNDING * size, 0.0, difference)
