"""Tests of two independent samples against cases worked out by hand and against scipy."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from inforeg.analysis.statistics.unpaired import (
    Moments,
    is_exact,
    moments,
    permuted_interval,
    permuted_p,
    smallest_p,
    unpaired,
    welch,
)


def test_permutation_counts_all_relabelings():
    # Of the 6 ways to take two of 1, 2, 4, 6, their sums are 3, 5, 7, 6, 8, 10: one is as small as 1 + 2.
    assert permuted_p([1, 2], [4, 6]) == pytest.approx(2 / 6)
    # 1 + 4 = 5: those of sum 5 and 3 are as small, and the other side has 5 of 6.
    assert permuted_p([1, 4], [2, 6]) == pytest.approx(4 / 6)
    assert permuted_p([4, 6], [1, 2]) == pytest.approx(2 / 6)
    assert permuted_p([5, 5], [5, 5, 5]) == 1


def test_interval_of_a_shift_by_hand():
    # Differences of means of subsets of one size: 1 - 4, 1 - 6, 2 - 4, 2 - 6 and 1.5 - 5, which sorted are
    # -5, -4, -3.5, -3, -2. A shift below -5 has p = 2 (1 + 0) / 6 = 1/3, one between -5 and -4 has 2/3.
    assert permuted_interval([1, 2], [4, 6], alpha=0.5) == (-5, -2)
    # Between -4 and -3.5 it is 2 (1 + 2) / 6 = 1, on both sides alike.
    assert permuted_interval([1, 2], [4, 6], alpha=0.7) == (-4, -3)
    assert all(map(math.isnan, permuted_interval([1, 2], [4, 6])))  # 2/6 can reject nothing at 0.05


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("n", "m"), [(5, 6), (4, 9), (7, 5)])
def test_permutation_is_scipys(n, m, seed):
    draw = np.random.default_rng(seed)
    x, y = draw.integers(0, 9, n) / 10, draw.integers(3, 12, m) / 10
    found = stats.permutation_test(
        (x, y), lambda a, b, axis: a.mean(axis) - b.mean(axis), vectorized=True, n_resamples=math.inf
    )
    assert permuted_p(x, y) == pytest.approx(found.pvalue)


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_holds_the_shifts_that_the_test_does_not_reject(seed):
    draw = np.random.default_rng(seed)
    x, y = draw.normal(0, 1, 5), draw.normal(1, 3, 6)
    low, high = permuted_interval(x, y)
    for shift, rejected in (
        (low - 1e-6, True),
        (low + 1e-6, False),
        (high - 1e-6, False),
        (high + 1e-6, True),
    ):
        assert (permuted_p(x - shift, y) < 0.05) == rejected


def test_welch_by_hand():
    # x = 1, 2, 3 and y = 2, 4, 6, 8: variances 1 and 20/3, errors 1/3 and 5/3, so that t = -3 / sqrt(2) and
    # nu = 2^2 / ((1/3)^2 / 2 + (5/3)^2 / 3) = 4 / (1/18 + 25/27) = 216 / 53.
    found = welch(moments([1, 2, 3]), moments([2, 4, 6, 8]))
    nu = 216 / 53
    assert found.difference == pytest.approx(-3)
    assert found.p == pytest.approx(2 * stats.t.sf(3 / math.sqrt(2), nu))
    assert found.high - found.difference == pytest.approx(stats.t.ppf(0.975, nu) * math.sqrt(2))


@pytest.mark.parametrize("seed", range(4))
def test_welch_is_scipys(seed):
    draw = np.random.default_rng(seed)
    x, y = draw.normal(70, 2, 12), draw.normal(71, 0.5, 9)
    expected = stats.ttest_ind(x, y, equal_var=False)
    interval = expected.confidence_interval(0.95)
    found = unpaired(x, y)
    assert (found.test, found.n, found.m) == ("Welch", 12, 9)
    assert (found.p, found.low, found.high) == pytest.approx((expected.pvalue, *interval))
    told = [Moments(float(v.mean()), float(v.std(ddof=1)), len(v)) for v in (x, y)]
    assert welch(*told).p == pytest.approx(expected.pvalue)


def test_what_says_nothing_of_its_scatter_has_no_test():
    for ours in (Moments(70.0, math.nan, 1), Moments(70.0, 1.0, 1)):
        found = welch(ours, moments([70.0, 71.0]))
        assert math.isnan(found.p)
        assert math.isnan(found.low)
    constant = moments([0.1 + 0.2] * 4 + [0.3] * 5)
    assert constant.sd == 0  # equal but for rounding
    assert math.isnan(welch(constant, Moments(0.7, 0.0, 5)).p)


def test_few_are_those_whose_relabelings_are_counted():
    assert is_exact(7, 7)  # 3432
    assert not is_exact(8, 8)  # 12870
    assert unpaired([1.0] * 3, [2.0] * 10).test == "permutation"
    assert smallest_p(3, 10) == pytest.approx(2 / math.comb(13, 3))
    assert smallest_p(3, 3, family=4) == pytest.approx(8 / 20)
    assert smallest_p(9, 9) == 0


def test_the_test_keeps_its_level():
    """Of all ways to part ten values into five and five, at most 5 % have p below 0.05."""
    values = np.random.default_rng(0).normal(0, 1, 10)
    p = [permuted_p(values[list(part)], np.delete(values, list(part))) for part in combinations(range(10), 5)]
    assert np.mean(np.array(p) < 0.05) <= 0.05
