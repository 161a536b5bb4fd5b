"""What seeds can find: by hand, against statsmodels, and by simulation of the sign-flip test."""

import math

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from inforeg.analysis.statistics.level import ALPHA, POWER
from inforeg.analysis.statistics.paired import sign_flip_p
from inforeg.analysis.statistics.power import detectable, seeds_for


def test_six_seeds_find_what_six_differences_of_one_sign_show():
    # 0.8^(1/6) = 0.96349 is the chance of a difference above 0 that is 1.7928 deviations from it.
    assert detectable(2.0, 6) == pytest.approx(2 * 1.7928, rel=1e-4)


@pytest.mark.parametrize(("n", "family"), [(1, 1), (5, 1), (7, 4), (8, 9)])
def test_too_few_seeds_find_nothing(n, family):
    # p is 2 / 2^n at least: 0.0625; times 4, 0.0625; times 9, 0.07.
    assert detectable(0.5, n, family) == detectable(0.0, n, family) == math.inf


def test_rows_that_never_differed_would_be_told_apart_by_anything():
    assert detectable(0.0, 6) == detectable(0.0, 9, 9) == 0


@pytest.mark.parametrize("family", [1, 9])
@pytest.mark.parametrize("n", [20, 40])
def test_many_seeds_find_what_the_t_test_finds(n, family):
    expected = TTestPower().solve_power(nobs=n, alpha=ALPHA / family, power=POWER, alternative="two-sided")
    assert detectable(1.5, n, family) == pytest.approx(1.5 * expected, rel=0.01)


@pytest.mark.parametrize(
    ("n", "family", "draws"),
    [
        (6, 1, 4000),
        (7, 1, 4000),
        (8, 1, 4000),
        (9, 9, 4000),
        (10, 1, 4000),
        (10, 9, 4000),
        (20, 9, 400),
    ],
)
def test_the_sign_flip_test_finds_it_to_within_a_few_percent(n, family, draws):
    scattered = np.random.default_rng(n).standard_normal((draws, n))

    def power(difference):
        return np.mean(sign_flip_p(scattered + difference) * family < ALPHA)

    found = detectable(1.0, n, family)
    assert power(0.94 * found) < POWER < power(1.06 * found)


def test_seeds_that_a_wished_difference_takes():
    for deviation, family in ((0.4, 1), (0.8, 9), (1.9, 9)):
        n = seeds_for(1.0, deviation, family, most=100)
        assert detectable(deviation, n, family) <= 1.0 < detectable(deviation, n - 1, family)
    assert seeds_for(0.5, 0.0, 9, most=40) == 9  # fewer could not reject anything
    assert seeds_for(0.5, 3.0, 9, most=40) == 40  # which find 1.8 alone
    assert detectable(3.0, 40, 9) == pytest.approx(1.82, abs=0.01)
