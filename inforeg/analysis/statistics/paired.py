"""The paired test of two methods over seeds or folds, fixed before any data were seen.

Seeds are the paired unit: the methods of one seed share initial weights and batch order. Or folds are, where
the benchmark says so, each with its mean over the seeds. Every random draw comes from a stream of its own, so
that no global seed and no other comparison changes a number.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from inforeg.analysis.statistics.level import ALPHA, MINIMUM, RESAMPLES
from inforeg.random import numpy_stream
from inforeg.ties import Floats, settled

TIE = 1e-10
"""Sums of signed differences closer than this, relative to the sum of their sizes, are equal: rounding parts
those of 100,000 test samples by less, and what is not equal hardly ever comes so near."""


@dataclass(frozen=True)
class Paired:
    """What paired differences say; in the units of the differences.

    Attributes:
        n: number of pairs.
        difference: their mean.
        low: lower end of the mean's interval; nan for fewer than MINIMUM pairs.
        high: its upper end.
        effect_size: Cohen's d_z; nan where all differences are equal.
        p: two-sided, of the sign-flip test.
    """

    n: int
    difference: float
    low: float
    high: float
    effect_size: float
    p: float


def paired(differences: ArrayLike) -> Paired:
    """Test, interval and effect size of the paired `differences`, (n,), n >= 1."""
    d = np.asarray(differences, dtype=float)
    low, high = mean_interval(d)
    return Paired(len(d), float(_mean(d)), low, high, effect_size(d), float(sign_flip_p(d)))


def is_exact(n: int) -> bool:
    """Whether the sign-flip test of `n` pairs enumerates all 2^n flips."""
    return n <= math.log2(RESAMPLES)


def sign_flip_p(differences: ArrayLike, alternative: Literal["two-sided", "greater"] = "two-sided") -> Floats:
    """The p of the paired sign-flip permutation test of the mean along the last axis (Fisher, 1935).

    Zero differences stay in: flipping them changes nothing, so they cost power but not validity. A flip
    whose sum equals the observed one but for rounding is as far out as that.
    """
    d = np.asarray(differences, dtype=float)
    if d.shape[-1] < 2:  # which scipy refuses
        return np.ones(d.shape[:-1])
    observed, tolerance = d.sum(-1), TIE * np.abs(d).sum(-1)

    def side(flipped: Floats, axis: int) -> Floats:
        # scipy's own tolerance is relative to the observed value: nothing where that is near 0.
        beyond = flipped.sum(axis) - observed
        return np.where(np.abs(beyond) <= tolerance, 0.0, np.sign(beyond))

    result = stats.permutation_test(
        (d,),
        side,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=256,
        axis=-1,
        alternative=alternative,
        rng=numpy_stream(None, "statistics", "sign_flip"),
    )
    return np.asarray(result.pvalue, dtype=float)


def reselected_p(gains: ArrayLike, reference: ArrayLike, row: ArrayLike) -> float:
    """The two-sided p of the mean gain in the column in which the reference is best on validation.

    A choice by the reference's own runs favours it there. Without an effect the two runs of a pair could be
    exchanged, in all columns at once: each flip exchanges those of some pairs and chooses the column anew, of
    equals the first. p is twice the share of flips whose mean gain is as high as the observed one, or as low,
    whichever are fewer.

    Args:
        gains: of the row over the reference on test, (n, k), n pairs in k columns.
        reference: its accuracies on validation, (n, k).
        row: those of the other row, (n, k).
    """
    g, r, other = (np.asarray(each, dtype=float) for each in (gains, reference, row))
    flipped = np.vstack([np.zeros(len(g)), _subsets(len(g))])
    accuracy = r.sum(0) + flipped @ (other - r)
    highest = accuracy.max(1, keepdims=True)
    column = (accuracy >= highest - TIE * np.abs(highest)).argmax(1)
    sums = (g.sum(0) - 2 * flipped @ g)[np.arange(len(flipped)), column]
    tolerance = TIE * np.abs(g).sum(0).max()
    above, below = (sums >= sums[0] - tolerance).mean(), (sums <= sums[0] + tolerance).mean()
    return float(min(1, 2 * min(above, below)))


def equality_p(differences: ArrayLike, margin: float) -> Floats:
    """The p of a mean that is `margin` or more from 0: small where it is not (Schuirmann, 1987).

    The larger of two one-sided sign-flip p-values. Below alpha where the interval of confidence 1 - 2 alpha
    lies within ± `margin`.
    """
    d = np.asarray(differences, dtype=float)
    return np.maximum(sign_flip_p(margin + d, "greater"), sign_flip_p(margin - d, "greater"))


def standard_error(differences: ArrayLike) -> float:
    """Of the mean of differences; 0 where all are equal but for rounding, nan for a single one."""
    d = np.asarray(differences, dtype=float)
    if len(d) < 2:
        return math.nan
    return 0.0 if _constant(d) else float(d.std(ddof=1) / math.sqrt(len(d)))


def smallest_p(n: int, family: int = 1) -> float:
    """The smallest p that `n` pairs can reach, after Holm over `family` tests."""
    single = 2 / 2**n if is_exact(n) else 2 / (RESAMPLES + 1)
    return min(1.0, family * single)


def seeds_needed(family: int) -> int:
    """Fewest pairs with which the smallest p of `family` tests can be rejected after Holm."""
    return max(MINIMUM, math.floor(math.log2(2 * family / ALPHA)) + 1)


def holm(p: ArrayLike) -> Floats:
    """Adjusted p-values that keep the family-wise error (Holm, 1979).

    The i-th smallest of m is multiplied by m - i + 1; none is above 1 or below that of a smaller p.
    """
    values = np.asarray(p, dtype=float)
    order = values.argsort()
    adjusted = np.empty_like(values)
    raised = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted[order] = np.minimum(raised, 1)
    return adjusted


def effect_size(differences: ArrayLike) -> float:
    """Cohen's d_z = mean / sd (ddof = 1) of paired differences; nan where all are equal."""
    d = np.asarray(differences, dtype=float)
    return math.nan if _constant(d) else float(_mean(d) / d.std(ddof=1))


def mean_interval(values: ArrayLike, alpha: float = ALPHA) -> tuple[float, float]:
    """Interval of the mean over seeds or folds: all means that `sign_flip_p` does not reject at `alpha`.

    Its ends are among the means of all non-empty subsets of the values (of RESAMPLES random ones, where the
    test is not exact either; then they agree but for the error of both). Drawn from a symmetric distribution,
    the values have its centre at any rank among these with equal chance (Hartigan, 1969), so the interval
    holds it at least as often as it says, however few the seeds.

    Returns:
        low, high; nan for fewer values than can reject anything (MINIMUM at ALPHA), which bound nothing.
    """
    v = np.asarray(values, dtype=float)
    if smallest_p(len(v)) >= alpha:
        return math.nan, math.nan
    if _constant(v):
        return float(v.mean()), float(v.mean())
    chosen = _subsets(len(v))
    means = np.sort(_centred(chosen @ v / chosen.sum(1), v))
    # A mean with r subset means at or below it has the two-sided p 2 (1 + r) / (1 + number of subsets).
    place = math.ceil(alpha * (1 + len(means)) / 2) - 1
    return float(means[place - 1]), float(means[-place])


def _subsets(n: int) -> Floats:
    """Non-empty subsets of n values, a row of 0 and 1 each."""
    if is_exact(n):
        numbers = np.arange(1, 2**n)[:, np.newaxis]
        return (numbers >> np.arange(n) & 1).astype(float)
    drawn = numpy_stream(None, "statistics", "mean_interval").integers(0, 2, (RESAMPLES, n))
    return drawn[drawn.any(1)].astype(float)


def resampled_interval(values: ArrayLike) -> tuple[float, float]:
    """BCa bootstrap interval of the mean of many values (Efron, 1987), such as one per test sample."""
    v = np.asarray(values, dtype=float)
    if _constant(v):
        return float(v.mean()), float(v.mean())
    result = stats.bootstrap(
        (v,),
        np.mean,
        confidence_level=1 - ALPHA,
        n_resamples=RESAMPLES,
        batch=512,
        method="BCa",
        rng=numpy_stream(None, "statistics", "resampled_interval"),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


def _mean(values: Floats) -> Floats:
    return _centred(values.mean(), values)


def _centred(means: ArrayLike, values: Floats) -> Floats:
    """`means` of some of `values`, with those that are 0 but for rounding made 0."""
    return np.where(np.abs(means) <= TIE * np.abs(values).max(), 0.0, means)


def _constant(values: Floats) -> bool:
    return bool(np.ptp(settled(values)) == 0)
