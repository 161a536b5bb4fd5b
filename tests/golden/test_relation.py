"""Whether a gain goes with its baseline: by hand, against scipy, and by simulation where it does not."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from inforeg.analysis.statistics.level import ALPHA
from inforeg.analysis.statistics.relation import apart, rank_correlation
from inforeg.random import numpy_stream

CELLS, SEEDS, STUDIES = 6, 12, 400


def test_four_cells_by_hand():
    # Squares of rank differences 0 1 1 0: rho = 1 - 6 * 2 / (4 * 15) = 0.8. Of 24 pairings the one in order
    # and the 3 that swap neighbours are at least so far up, and as many so far down: p = 8 / 24.
    assert rank_correlation([10, 20, 30, 40], [0.1, 0.3, 0.2, 0.4]) == pytest.approx((0.8, 8 / 24))


def test_six_cells_in_order_are_the_least_p():
    assert rank_correlation(range(6), range(6, 0, -1)) == pytest.approx((-1, 2 / 720))


@pytest.mark.parametrize("cells", [4, 6])
def test_against_scipy(cells):
    generator = np.random.default_rng(cells)
    x, y = generator.integers(0, 4, cells) / 10, generator.integers(0, 4, cells) / 7  # with ties
    rho = stats.spearmanr(x, y).statistic
    reference = stats.permutation_test(
        (x,), lambda permuted: stats.spearmanr(permuted, y).statistic, permutation_type="pairings",
        n_resamples=math.factorial(cells),
    )  # fmt: skip
    assert rank_correlation(x, y) == pytest.approx((rho, reference.pvalue))


def test_many_cells_agree_with_the_t_approximation():
    x, y = np.random.default_rng(1).normal(size=(2, 40))
    reference = stats.spearmanr(x, x + 2 * y)
    rho, p = rank_correlation(x, x + 2 * y)
    assert rho == pytest.approx(reference.statistic)
    assert p == pytest.approx(reference.pvalue, abs=0.01)
    assert (rho, p) == rank_correlation(x, x + 2 * y)


@pytest.mark.parametrize(
    ("x", "y"), [([], []), ([1, 2], [2, 1]), ([3, 3, 3], [1, 2, 3]), ([1, 2, 3], [0, 0, 0])]
)
def test_what_has_no_order_has_no_correlation(x, y):
    rho, p = rank_correlation(x, y)
    assert math.isnan(rho)
    assert p == 1


def test_rounding_makes_no_order():
    assert rank_correlation([0.1 + 0.2, 0.3, 0.5], [1, 2, 3]) == rank_correlation([0.3, 0.3, 0.5], [1, 2, 3])


def test_seeds_are_divided_among_those_that_both_have():
    baseline = pd.Series({0: 10.0, 1: 11.0, 2: 12.0, 4: 14.0, 5: 15.0})
    gain = pd.Series({5: 0.5, 4: 0.4, 2: 0.2, 0: 0.0})
    left, right = apart(baseline, gain)
    assert left.to_dict() == {0: 10.0, 4: 14.0}
    assert right.to_dict() == {2: 0.2, 5: 0.5}


def correlations(name, spread, divided):
    """Correlation and p of STUDIES without any effect on any seed.

    Cells have baselines that scatter by `spread`, and a seed's chance is partly that of all cells.
    """
    generator = numpy_stream(None, "simulation", name)
    found = []
    for _ in range(STUDIES):
        level = generator.normal(80, spread, (CELLS, 1))
        seed = generator.normal(0, 1, SEEDS)
        joint, other = level + seed + generator.normal(0, 1, (2, CELLS, SEEDS))
        validation = joint + generator.normal(0, 0.5, (CELLS, SEEDS))
        cells = [(pd.Series(v), pd.Series(o - j)) for v, o, j in zip(validation, other, joint, strict=True)]
        if divided:
            cells = [apart(*each) for each in cells]
        means = [[series.mean() for series in cell] for cell in cells]
        found.append(rank_correlation(*zip(*means, strict=True)))
    return np.array(found).T


def test_of_the_same_seeds_chance_alone_correlates_gain_and_baseline():
    rho, p = correlations("same seeds", 0.0, divided=False)
    # A cell's chance is in both: -1 / √(2 · 1.25) = -0.63, a little less of ranks and of few cells.
    assert np.mean(rho) < -0.5
    assert np.mean(p < ALPHA) > 2 * ALPHA


@pytest.mark.parametrize("spread", [0.0, 3.0])
def test_of_different_seeds_it_does_not(spread):
    rho, p = correlations(f"different seeds {spread}", spread, divided=True)
    assert abs(np.mean(rho)) < 3 * np.std(rho) / math.sqrt(STUDIES)
    assert np.mean(p < ALPHA) <= ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / STUDIES)


def test_a_relation_that_is_there_is_found():
    rank = np.arange(CELLS)
    noise = numpy_stream(None, "simulation", "relation").normal(0, 0.5, (200, 2, CELLS))
    found = [rank_correlation(rank + one, -rank + other) for one, other in noise]
    assert np.mean([p < ALPHA and rho < 0 for rho, p in found]) > 0.8
