"""Whether a gain goes with the baseline that it is over, cells being the unit."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from inforeg.analysis.statistics.level import RESAMPLES
from inforeg.random import numpy_stream
from inforeg.ties import Floats, settled


def apart(baseline: pd.Series, gain: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The baseline of every other seed of a cell, and the gain of those between.

    A gain is a difference to the baseline, so that whatever chance adds to the baseline of a seed it takes
    from that seed's gain: over cells that do not differ the two are correlated negatively (Oldham, 1962; Tu
    and Gilthorpe, 2007). Of different seeds they are not.

    Args:
        baseline: by seed.
        gain: by seed; the seeds that both have are divided.
    """
    seeds = sorted(set(baseline.index) & set(gain.index))
    return baseline[seeds[::2]], gain[seeds[1::2]]


def rank_correlation(baseline: ArrayLike, gain: ArrayLike) -> tuple[float, float]:
    """Spearman's rank correlation over cells, and its two-sided p.

    The p is of all pairings of the gains with the baselines, or of RESAMPLES random ones where there are
    more.

    Returns:
        rho, p; nan and 1 where either is the same in all cells, or there are fewer than three.
    """
    x, y = (_placed(values) for values in (baseline, gain))
    if len(x) < 3 or not (x.any() and y.any()):
        return float("nan"), 1.0
    result = stats.permutation_test(
        (x,),
        lambda permuted, axis: np.sum(permuted * y, axis=axis),
        permutation_type="pairings",
        vectorized=True,
        n_resamples=RESAMPLES,
        rng=numpy_stream(None, "statistics", "rank_correlation"),
    )
    rho = float(result.statistic) / float(np.sqrt((x @ x) * (y @ y)))
    return rho, float(result.pvalue)


def _placed(values: ArrayLike) -> Floats:
    """Ranks, of equals the mean, around 0: halves, whose sums of products are exact."""
    ranks = stats.rankdata(settled(values))
    return np.asarray(ranks - (len(ranks) + 1) / 2, dtype=float)
