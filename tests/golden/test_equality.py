"""Practical equality: two one-sided sign-flip tests by hand, by enumeration and against statsmodels."""

from itertools import product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from inforeg.analysis.statistics.paired import (
    ALPHA,
    equality_p,
    mean_interval,
    sign_flip_p,
    standard_error,
)


def test_equality_by_hand():
    # 1 + d = 1.1 1.2 0.9 and 1 - d = 0.9 0.8 1.1: of 8 flips only the observed sums to as much. p = 1 / 8.
    assert equality_p([0.1, 0.2, -0.1], 1) == pytest.approx(1 / 8)
    # 1 + d = 1 3 2: 1 / 8. 1 - d = 1 -1 0 sums to 0, as 2 2 0 0 0 0 of the flips reach: 6 / 8, the larger.
    assert equality_p([0, 2, 1], 1) == pytest.approx(6 / 8)
    # At the margin itself 1 - d is 0 whatever its signs: p = 1.
    assert equality_p([1.0] * 8, 1) == 1
    assert equality_p([0.0] * 8, 1) == pytest.approx(1 / 256)


def test_one_sided_flips_by_hand():
    # d = (-1, 2, 3) sums to 4: of the 8 flips 6 and 4 reach it, one each.
    assert sign_flip_p([-1, 2, 3], "greater") == pytest.approx(2 / 8)
    assert sign_flip_p([1, -2, -3], "greater") == pytest.approx(7 / 8)


@pytest.mark.parametrize("seed", range(5))
def test_equality_is_the_larger_of_two_enumerations(seed):
    d = np.random.default_rng(seed).normal(0.2, 0.7, 8)
    signs = np.array(list(product((-1, 1), repeat=8)))
    sides = [np.mean(signs @ shifted >= shifted.sum() - 1e-12) for shifted in (1 + d, 1 - d)]
    assert equality_p(d, 1) == pytest.approx(max(sides))


def test_equality_of_many_is_that_of_the_t_test():
    d = np.random.default_rng(0).normal(0.1, 0.5, 13)
    expected, *_ = ttost_paired(d, np.zeros(13), -0.35, 0.35)
    assert equality_p(d, 0.35) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("seed", range(20))
def test_equality_is_found_where_the_interval_of_90_percent_lies_within(seed):
    d = np.random.default_rng(seed).normal(0.3, 1, 10)
    low, high = mean_interval(d, 2 * ALPHA)
    assert max(-low, high) == pytest.approx(
        next(m for m in sorted([-low, high]) if equality_p(d, m + 1e-9) < ALPHA)
    )
    assert equality_p(d, max(-low, high) - 1e-9) >= ALPHA


def test_the_interval_of_90_percent_by_hand():
    # Five values: 0.1 * 2^5 / 2 = 1.6, so the first of the means of subsets, the value itself.
    assert mean_interval([1, 2, 3, 4, 5], 0.1) == pytest.approx((1, 5))
    # Eight: 12.8, so the 12th: 1, 3/2, 2 of three subsets, 7/3, 5/2 of three, 8/3 of two, 11/4 = {1 2 3 5}.
    assert mean_interval([1, 2, 3, 4, 5, 6, 7, 8], 0.1) == pytest.approx((11 / 4, 9 - 11 / 4))
    assert np.isnan(mean_interval([1, 2, 3, 4], 0.1)).all()


def test_standard_error_by_hand():
    # 1 2 3: sd 1, over sqrt(3).
    assert standard_error([1, 2, 3]) == pytest.approx(stats.sem([1, 2, 3])) == pytest.approx(1 / 3**0.5)
    assert standard_error([0.72 - 0.70, 0.52 - 0.50, 0.32 - 0.30]) == 0
    assert np.isnan(standard_error([1.0]))


@pytest.mark.parametrize("centre", [1.0, -1.0])
def test_equality_is_seldom_found_at_the_margin(centre):
    # The least favourable of unequal means: at most alpha, and, as the test is exact, not far below it.
    d = np.random.default_rng(7).normal(centre, 1, (2000, 8))
    rate = np.mean(equality_p(d, 1) < ALPHA)
    assert rate <= ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / 2000)
    narrow = np.random.default_rng(8).normal(centre, 0.1, (2000, 8))
    assert 0.02 < np.mean(equality_p(narrow, 1) < ALPHA) <= ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / 2000)
