"""How often the tests reject: never more than alpha by chance, as often as predicted otherwise."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from inforeg.analysis.statistics.paired import ALPHA, holm, paired, sign_flip_p


@pytest.mark.parametrize("n", [6, 8])
def test_size_is_at_most_alpha_whatever_the_differences(n):
    # Under the null every sign pattern of the same magnitudes is equally likely: count the rejected ones.
    magnitudes = np.random.default_rng(n).exponential(size=n)
    every = np.array(list(product((-1, 1), repeat=n))) * magnitudes
    rejected = np.mean(sign_flip_p(every) < ALPHA)
    assert 0 < rejected <= ALPHA


def test_one_method_under_two_seed_sets_is_rarely_declared_different():
    # A/A: accuracies of one method under seeds 0-9 and 10-19, paired in order, in 2000 simulated sweeps.
    runs = np.random.default_rng(3).binomial(1000, 0.7, (2000, 20)) / 1000
    rejected = np.mean(sign_flip_p(runs[:, :10] - runs[:, 10:]) < ALPHA)
    assert rejected <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / 2000)
    assert rejected > 0


def test_holm_keeps_the_family_wise_error():
    # Six methods equal to one reference: they share its noise, so the tests are dependent.
    rng = np.random.default_rng(4)
    differences = rng.normal(size=(800, 6, 10)) - rng.normal(size=(800, 1, 10))
    p = sign_flip_p(differences)
    families = np.mean([(holm(family) < ALPHA).any() for family in p])
    assert families <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / 800)
    assert (p < ALPHA).any(axis=1).mean() > 2 * ALPHA  # uncorrected, the error would be far above


def test_folds_hold_alpha_where_folds_times_seeds_do_not():
    # No effect on average, but each person's own (sd 1.5) beside the noise of three seeds (sd 1). A person's
    # mean has the variance 1.5² + 1 / 3; that of three independent runs would be 2.4 times less.
    rng = np.random.default_rng(7)
    runs = rng.normal(0, 1.5, (2000, 10, 1)) + rng.normal(0, 1, (2000, 10, 3))
    people = np.mean(sign_flip_p(runs.mean(axis=2)) < ALPHA)
    assert 0 < people <= ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / 2000)
    every = np.mean(sign_flip_p(runs[:300].reshape(300, 30)) < ALPHA)
    assert every == pytest.approx(2 * stats.norm.sf(1.96 / np.sqrt(2.4)), abs=0.06)
    assert every > 3 * ALPHA


@pytest.mark.parametrize("effect", [0.8, 1.2])
def test_power_is_that_of_the_t_test(effect):
    n = 10
    differences = np.random.default_rng(5).normal(effect, 1, (2000, n))
    critical = stats.t.ppf(1 - ALPHA / 2, n - 1)
    distribution = stats.nct(n - 1, effect * np.sqrt(n))
    predicted = 1 - distribution.cdf(critical) + distribution.cdf(-critical)
    assert np.mean(sign_flip_p(differences) < ALPHA) == pytest.approx(predicted, abs=0.04)


def test_no_global_seed_changes_a_number():
    d = np.random.default_rng(6).normal(0.3, 1, 20)
    results = []
    for seed in (0, 1):
        np.random.seed(seed)
        results.append(paired(d))
    assert results[0] == results[1]
