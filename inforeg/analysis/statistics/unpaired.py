"""The test of two independent samples, as of numbers from elsewhere that share no seeds with the suite's.

Which one is decided by how many numbers there are, never by what they say. Where they are so few that all
relabelings can be counted, the exact permutation test of the difference of means (Pitman, 1937): it takes
the two to be of one distribution but for a shift, and its interval is of the shifts that it does not reject.
Where they are more, or means and deviations alone are known, Welch's t (1947): it takes each to be normal,
with a variance of its own.
"""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from inforeg.analysis.statistics.level import ALPHA, PERMUTATION, RESAMPLES, WELCH
from inforeg.analysis.statistics.paired import TIE
from inforeg.ties import Floats, settled


@dataclass(frozen=True)
class Moments:
    """A sample's mean, standard deviation (ddof = 1; nan where unknown) and size."""

    mean: float
    sd: float
    n: int


@dataclass(frozen=True)
class Unpaired:
    """What two samples say, in their units.

    Attributes:
        n: size of the first.
        m: size of the second.
        difference: mean of the first minus that of the second.
        low: lower end of its interval; nan where nothing can be rejected, or nothing is known.
        high: its upper end.
        p: two-sided; nan where deviations are not known, or are both 0.
        test: PERMUTATION or WELCH, or PAIRED where they are samples of pairs.
    """

    n: int
    m: int
    difference: float
    low: float
    high: float
    p: float
    test: str


def unpaired(ours: ArrayLike, theirs: ArrayLike) -> Unpaired:
    """Test and interval of the difference of the means of two samples, (n,) and (m,), none empty."""
    x, y = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if not is_exact(len(x), len(y)):
        return welch(moments(x), moments(y))
    difference = float(_settled(x.mean() - y.mean(), x, y))
    return Unpaired(len(x), len(y), difference, *permuted_interval(x, y), permuted_p(x, y), PERMUTATION)


def moments(values: ArrayLike) -> Moments:
    """Of a sample, (n,), n >= 1."""
    v = np.asarray(values, dtype=float)
    if len(v) < 2:
        return Moments(float(v.mean()), math.nan, len(v))
    constant = np.ptp(settled(v)) == 0
    return Moments(float(v.mean()), 0.0 if constant else float(v.std(ddof=1)), len(v))


def is_exact(n: int, m: int) -> bool:
    """Whether all relabelings of `n` and `m` numbers are counted."""
    return math.comb(n + m, n) <= RESAMPLES


def smallest_p(n: int, m: int, family: int = 1) -> float:
    """The smallest p that so many can reach, after Holm over `family` tests; Welch's has no such bound."""
    return min(1.0, family * 2 / math.comb(n + m, n)) if is_exact(n, m) else 0.0


def permuted_p(ours: ArrayLike, theirs: ArrayLike) -> float:
    """The two-sided p, twice the smaller side, of the exact permutation test of the difference of means."""
    between = _between(np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float))
    side = min((between <= 0).sum(), (between >= 0).sum())
    return float(min(1.0, 2 * (1 + side) / (1 + len(between))))


def permuted_interval(ours: ArrayLike, theirs: ArrayLike, alpha: float = ALPHA) -> tuple[float, float]:
    """All shifts of the second sample's distribution to the first's that `permuted_p` does not reject.

    Exchanging k numbers of each makes the difference of means at least as large as it is, if and only if the
    shift is at least the difference of these k's means: so the ends are among those (Tritchler, 1984).

    Returns:
        low, high; nan where so few can reject nothing.
    """
    between = _between(np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float))
    if 2 / (1 + len(between)) >= alpha:
        return math.nan, math.nan
    # A shift with r of them at or below it has the two-sided p 2 (1 + r) / (1 + their number).
    place = math.ceil(alpha * (1 + len(between)) / 2) - 1
    return float(between[place - 1]), float(between[-place])


def welch(ours: Moments, theirs: Moments) -> Unpaired:
    """Welch's test and interval; degrees of freedom by Welch and Satterthwaite."""
    difference, (a, b) = ours.mean - theirs.mean, (s.sd**2 / s.n for s in (ours, theirs))
    known = min(ours.n, theirs.n) > 1 and a + b > 0  # not so where a deviation is nan
    if not known:
        return Unpaired(ours.n, theirs.n, difference, math.nan, math.nan, math.nan, WELCH)
    error = math.sqrt(a + b)
    freedom = (a + b) ** 2 / (a**2 / (ours.n - 1) + b**2 / (theirs.n - 1))
    reach = float(stats.t.ppf(1 - ALPHA / 2, freedom)) * error
    p = float(2 * stats.t.sf(abs(difference) / error, freedom))
    return Unpaired(ours.n, theirs.n, difference, difference - reach, difference + reach, p, WELCH)


def _between(x: Floats, y: Floats) -> Floats:
    """Differences of the means of all subsets of `x` and `y` of one size, sorted."""
    found = []
    for size in range(1, min(len(x), len(y)) + 1):
        first, second = (np.array([np.mean(part) for part in combinations(v, size)]) for v in (x, y))
        found.append(np.subtract.outer(first, second).ravel())
    return np.sort(_settled(np.concatenate(found), x, y))


def _settled(differences: ArrayLike, x: Floats, y: Floats) -> Floats:
    """`differences` with those that are 0 but for rounding made 0."""
    largest = max(np.abs(x).max(), np.abs(y).max())
    return np.where(np.abs(differences) <= TIE * largest, 0.0, differences)
