"""Statistics against cases worked out by hand and against scipy and scikit-posthocs."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from scipy import stats

from inforeg.analysis.statistics import across, paired


def test_sign_flip_counts_all_sign_patterns():
    # d = (1, 2, 3): the sums of the 8 flips are ±6, ±4, ±2, 0, 0; only ±6 is as far out as 6: p = 2 / 8.
    assert paired.sign_flip_p([1, 2, 3]) == pytest.approx(2 / 8)
    # d = (-1, 2, 3) sums to 4: of the 8, ±6 and ±4 are at least as far out: p = 4 / 8.
    assert paired.sign_flip_p([-1, 2, 3]) == pytest.approx(4 / 8)


def test_improvement_on_folds_compares_each_with_itself():
    # `a` beats `b` on three of four folds and ties on the other. Of all 16 pairs of folds it also wins the 6
    # in which its fold is the easier one.
    b = np.array([10.0, 20.0, 30.0, 40.0])
    a = np.array([11.0, 21.0, 31.0, 40.0])
    assert across.probability_of_improvement([a], [b], [True]).value == pytest.approx(3.5 / 4)
    assert across.probability_of_improvement([a], [b]).value == pytest.approx((6 + 3 + 0.5) / 16)
    # Beside a benchmark with seeds, on which `a` always wins, the mean of both.
    both = across.probability_of_improvement([[2.0, 3.0], a], [[0.0, 1.0], b], [False, True])
    assert both.value == pytest.approx((1 + 3.5 / 4) / 2)
    # Resampled folds keep their pairs, so that each draw wins or ties.
    alone = across.probability_of_improvement([a], [b], [True])
    assert (alone.low, alone.high) == (0.625, 1.0)


def test_sign_flip_with_zeros_and_ties():
    # d = (0, 1, 1): flipping 0 changes nothing; sums are ±2 (twice each) and 0 (four times): p = 4 / 8.
    assert paired.sign_flip_p([0, 1, 1]) == pytest.approx(4 / 8)
    assert paired.sign_flip_p([0.0] * 8) == 1


@pytest.mark.parametrize("seed", range(5))
def test_sign_flip_equals_enumeration(seed):
    d = np.random.default_rng(seed).integers(-5, 6, 9) / 1000
    sums = [np.dot(signs, d) for signs in product((-1, 1), repeat=9)]
    expected = np.mean(np.abs(sums) >= abs(d.sum()) - 1e-12)
    assert paired.sign_flip_p(d) == pytest.approx(expected)


def test_six_seeds_are_the_fewest_that_can_be_significant():
    assert paired.sign_flip_p([1.0] * 6) == pytest.approx(0.03125) == paired.smallest_p(6)
    assert paired.sign_flip_p([1.0] * 5) == pytest.approx(0.0625) == paired.smallest_p(5)
    assert paired.smallest_p(5) > paired.ALPHA > paired.smallest_p(paired.MINIMUM)


@pytest.mark.parametrize(
    ("family", "needed"), [(1, 6), (2, 7), (6, 8), (12, 9), (13, 10), (24, 10), (26, 11)]
)
def test_seeds_needed_for_a_family(family, needed):
    assert paired.seeds_needed(family) == needed
    assert paired.smallest_p(needed, family) < paired.ALPHA
    assert family == 1 or paired.smallest_p(needed - 1, family) >= paired.ALPHA


def test_many_seeds_fall_back_on_monte_carlo():
    d = np.random.default_rng(0).normal(0.5, 1, 20)
    assert not paired.is_exact(20)
    assert paired.is_exact(13)
    assert paired.sign_flip_p(d) == pytest.approx(stats.ttest_1samp(d, 0).pvalue, abs=0.01)


def test_holm_by_hand():
    # Sorted .01 .02 .03 .2 times 4 3 2 1 = .04 .06 .06 .2, kept from falling.
    assert paired.holm([0.03, 0.2, 0.01, 0.02]) == pytest.approx([0.06, 0.2, 0.04, 0.06])
    assert paired.holm([0.9, 0.8]) == pytest.approx([1, 1])
    assert len(paired.holm([])) == 0


def test_effect_size_by_hand():
    # Mean 2, deviations -1, 0, 1: sd = sqrt(2 / 2) = 1.
    assert paired.effect_size([1, 2, 3]) == pytest.approx(2)
    assert math.isnan(paired.effect_size([0.1] * 6))


def test_interval_of_equal_differences_has_no_width():
    assert paired.mean_interval([0.25] * 6) == (0.25, 0.25)
    # 0.72 - 0.70 by different roads: equal but for rounding.
    low, high = paired.mean_interval([0.72 - 0.70, 0.52 - 0.50, 0.32 - 0.30] * 2)
    assert low == high == pytest.approx(0.02)


def test_interval_by_hand():
    # Six values: a mean is rejected only if all flips but two are less far out, beyond the values' ends.
    assert paired.mean_interval([4, 1, 6, 2, 5, 3]) == pytest.approx((1, 6))
    # Seven: 0.05 * 2^7 / 2 = 3.2, so the third of the means of subsets: 1, 3/2, 2 = {2} or {1, 3}, ...
    assert paired.mean_interval([1, 2, 3, 4, 5, 6, 7]) == pytest.approx((2, 6))
    # From below 1, 3/2, 2 = {2}; from above 30, 59/2, 29 = {29}, {28, 30} or all three.
    assert paired.mean_interval([1, 2, 9, 11, 28, 29, 30]) == pytest.approx((2, 29))


def test_fewer_than_six_values_bound_nothing():
    assert np.isnan(paired.mean_interval([1, 2, 3, 4, 5])).all()


@pytest.mark.parametrize("n", [6, 7, 10, 13])
def test_interval_holds_the_means_that_the_test_does_not_reject(n):
    d = np.random.default_rng(n).normal(1, 1, n)
    low, high = paired.mean_interval(d)
    within, beyond = (low + 1e-9, d.mean(), high - 1e-9), (low - 1e-9, high + 1e-9)
    assert all(paired.sign_flip_p(d - mean) >= paired.ALPHA for mean in within)
    assert all(paired.sign_flip_p(d - mean) < paired.ALPHA for mean in beyond)


@pytest.mark.parametrize("draw", ["normal", "laplace", "uniform"])
@pytest.mark.parametrize(("n", "share"), [(6, 1 - 2 / 64), (10, 1 - 50 / 1024), (16, 0.95)])
def test_interval_covers_the_mean_as_often_as_it_says(draw, n, share):
    samples = getattr(np.random.default_rng(n), draw)(size=(1000, n))
    centre = 0.5 if draw == "uniform" else 0.0
    intervals = [paired.mean_interval(sample) for sample in samples]
    covered = np.mean([low <= centre <= high for low, high in intervals])
    assert covered == pytest.approx(share, abs=3 * math.sqrt(share * (1 - share) / 1000))


def test_interval_is_near_students_for_normal_data():
    d = np.random.default_rng(2).normal(3, 1, 200)
    student = tuple(stats.ttest_1samp(d, 0).confidence_interval())
    assert paired.mean_interval(d) == pytest.approx(student, abs=0.02)
    assert paired.resampled_interval(d) == pytest.approx(student, abs=0.02)


def test_ranks_by_hand():
    scores = pd.DataFrame({"a": [0.9, 0.8, 0.7], "b": [0.8, 0.7, 0.6], "c": [0.7, 0.6, 0.6]})
    result = across.ranks(scores)
    assert result.mean_rank.to_dict() == pytest.approx({"a": 1, "b": 6.5 / 3, "c": 8.5 / 3})
    assert result.p == stats.friedmanchisquare(scores["a"], scores["b"], scores["c"]).pvalue
    # Demšar (2006), Table 5: q = 2.343 for three classifiers at 0.05; CD = q sqrt(3 * 4 / (6 * 3)).
    assert result.critical_difference == pytest.approx(2.343 * math.sqrt(12 / 18), abs=2e-3)
    expected = scikit_posthocs.posthoc_nemenyi_friedman(scores.to_numpy()).to_numpy()
    assert result.nemenyi.to_numpy() == pytest.approx(expected)
    assert list(result.nemenyi.columns) == ["a", "b", "c"]


def test_interquartile_mean_by_hand():
    # Of 0 1 2 3 | 4 5 6 100 sorted, the middle four are 2 3 4 5.
    assert across.interquartile_mean([[3, 1, 2, 0], [100, 6, 5, 4]]).value == pytest.approx(3.5)
    exact = across.interquartile_mean([[0.5] * 4, [0.5] * 4])
    assert (exact.value, exact.low, exact.high) == (0.5, 0.5, 0.5)


def test_probability_of_improvement_by_hand():
    # First benchmark: (2, 3) against (1, 2) wins 3 of 4 and ties 1: 3.5 / 4. Second: always loses.
    result = across.probability_of_improvement([[2, 3], [0, 0]], [[1, 2], [1, 1]])
    assert result.value == pytest.approx((3.5 / 4 + 0) / 2)
    assert result.low <= result.value <= result.high


def test_bootstrap_is_stratified():
    # Each benchmark keeps its own runs: its constant scores cannot leak into the other's sample.
    result = across.probability_of_improvement([[1, 1, 1], [5, 5, 5]], [[2, 2, 2], [4, 4, 4]])
    assert (result.low, result.value, result.high) == (0.5, 0.5, 0.5)
