"""Pooled effects against metafor, cases worked out by hand, and simulations of what they promise."""

import math

import numpy as np
import pytest
from scipy import stats

from inforeg.analysis.statistics.level import ALPHA
from inforeg.analysis.statistics.pooling import mean_effect, random_effects

# Made with metafor 3.8-1 in R 4.2.2: r <- rma(y, sei = se, method = "PM", test = "adhoc", control =
# list(tol = 1e-12, maxiter = 1000)); confint(r); t.test(y); and, with k - 2 degrees of freedom as in Higgins
# et al. (2009), r$beta + c(-1, 1) * qt(.975, k - 2) * sqrt(r$tau2 + r$se^2).
METAFOR = [
    {
        "y": [2.1, 0.3, -0.4, 1.2, 3.0],
        "se": [0.5, 0.3, 0.6, 0.4, 0.8],
        "t": [1.24, -0.450214404938, 2.930214404938, 0.111335772836],
        "weighted": [1.17253689986, -0.452996555546, 2.798070355260],
        "tau": [1.19739618921, 0.525156563749, 3.85599329744],
        "i2": 0.868092101878,
        "next": [-3.06924284653, 5.41431664624],
    },
    {
        "y": [0.5, 0.4, 0.7, 0.3],
        "se": [0.5, 0.6, 0.4, 0.7],
        "t": [0.475, 0.2032469116204, 0.7467530883796, 0.0114624325922],
        "weighted": [0.537432752718, -0.282398967367, 1.357264472803],
        "tau": [0, 0, 0.370970809001],
        "i2": 0,
        "next": [-0.570975952404, 1.645841457840],
    },
    {
        "y": [0, 0.6, -0.3, 2.0, 1.1, 0.2],
        "se": [0.1, 0.3, 0.2, 0.4, 0.3, 0.2],
        "t": [0.6, -0.283023858623, 1.483023858623, 0.141127105875],
        "weighted": [0.550336688934, -0.309773870846, 1.410447248714],
        "tau": [0.776831415266, 0.418516566319, 2.03772293020],
        "i2": 0.932153324743,
        "next": [-1.79805439613, 2.89872777400],
    },
    {
        "y": [1, 1, 1, 1],
        "se": [0.5, 0.6, 0.4, 0.7],
        "weighted": [1, 0.180168279915, 1.819831720085],
        "tau": [0, 0, 0],
        "i2": 0,
        "next": [-0.108408705122, 2.108408705122],
    },
]


@pytest.mark.parametrize("case", METAFOR)
def test_random_effects_are_metafors(case):
    found = random_effects(case["y"], case["se"])
    assert [found.effect, found.low, found.high] == pytest.approx(case["weighted"], rel=1e-8)
    assert [found.tau, found.tau_low, found.tau_high] == pytest.approx(case["tau"], rel=1e-5)
    assert found.i2 == pytest.approx(case["i2"], rel=1e-8)
    assert [found.next_low, found.next_high] == pytest.approx(case["next"], rel=1e-8)


@pytest.mark.parametrize("case", METAFOR[:3])
def test_the_mean_is_that_of_the_t_test(case):
    found = mean_effect(case["y"], case["se"])
    assert [found.effect, *found.interval(), found.p] == pytest.approx(case["t"], rel=1e-8)
    sides = (
        stats.ttest_1samp(case["y"], margin, alternative=side).pvalue
        for margin, side in ((-1, "greater"), (1, "less"))
    )
    assert found.equality_p(1) == pytest.approx(max(sides))


def test_the_mean_by_hand():
    # 1 2 3 6: mean 3, squares 4 1 0 9, s = sqrt(14 / 3), se = s / 2; t(3) at 0.975 is 3.1824.
    found = mean_effect([1, 2, 3, 6], [9, 9, 9, 9])
    assert (found.effect, found.se) == pytest.approx((3, math.sqrt(14 / 3) / 2))
    assert found.interval()[0] == pytest.approx(3 - 3.1824 * math.sqrt(14 / 12), abs=1e-4)


def test_paule_mandel_by_hand():
    # Equal errors of 1: the weighted mean is 2, squares 1 1 9 9 = 20, and 20 / (1 + tau²) = 3: tau² = 17 / 3.
    found = random_effects([1, 3, 5, -1], [1, 1, 1, 1])
    assert found.tau**2 == pytest.approx(17 / 3)
    assert found.i2 == pytest.approx((20 - 3) / 20)
    assert (found.low, found.high) == pytest.approx(mean_effect([1, 3, 5, -1], [1, 1, 1, 1]).interval())


@pytest.mark.parametrize(
    ("effects", "errors"),
    [
        ([0, 1, 0.5, 0.2], [0, 0.3, 0.2, 0.4]),
        ([0, 0, 1, 2], [0, 0, 0.5, 0.5]),
        ([0, 0, 0, 0.1], [0, 0, 0, 0.5]),
        ([1, 1, 1, 1], [0.1, 0.2, 0.3, 0.4]),
        ([0.3, 0.1 + 0.2, 0.3, 0.3], [0.1, 0.2, 0.3, 0.4]),
        ([0, 1, 2, 3], [0, 0, 0, 0]),
        ([0, 0, 0, 0], [0, 0, 0, 0]),
    ],
)
def test_what_does_not_scatter_has_an_interval_of_some_width(effects, errors):
    mean, model = mean_effect(effects, errors), random_effects(effects, errors)
    intervals = [mean.interval(), mean.interval(2 * ALPHA), (model.low, model.high)]
    for low, high in [*intervals, (model.next_low, model.next_high)]:
        assert high - low > 0.01
    told = [mean.effect, mean.p, mean.equality_p(1), model.effect, model.tau, model.tau_low, model.tau_high]
    assert not any(map(math.isnan, [*told, model.i2]))
    assert 0 <= model.i2 <= 1


def test_where_nothing_tells_the_scatter_nothing_is_bounded():
    mean, model = mean_effect([0] * 4, [0] * 4), random_effects([0] * 4, [0] * 4)
    assert mean.interval() == (model.low, model.high) == (-math.inf, math.inf)
    assert (mean.p, mean.equality_p(1)) == (1, 0.5)


K, DRAWS = 4, 4000


def simulated(name: int, centre: float, tau: float) -> tuple[np.ndarray, np.ndarray]:
    """Effects of DRAWS claims on K data sets whose standard errors differ by a factor of 8."""
    generator = np.random.default_rng(name)
    errors = np.array([0.1, 0.2, 0.4, 0.8])
    return generator.normal(centre, np.hypot(tau, errors), (DRAWS, K)), np.broadcast_to(errors, (DRAWS, K))


MOST = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / DRAWS)


@pytest.mark.parametrize("tau", [0.0, 0.5, 2.0])
def test_the_mean_is_seldom_wrong_under_the_null_and_at_the_margin(tau):
    null = [mean_effect(*each) for each in zip(*simulated(1, 0.0, tau), strict=True)]
    assert np.mean([each.p < ALPHA for each in null]) <= MOST
    margin = [mean_effect(*each) for each in zip(*simulated(2, 1.0, tau), strict=True)]
    assert np.mean([each.equality_p(1.0) < ALPHA for each in margin]) <= MOST
    covered = [low <= 1 <= high for low, high in (each.interval() for each in margin)]
    assert np.mean(covered) >= 1 - MOST


def test_an_effect_is_not_found_equal_nor_on_the_other_side():
    found = [mean_effect(*each) for each in zip(*simulated(3, 3.0, 0.5), strict=True)]
    assert np.mean([each.equality_p(1.0) < ALPHA for each in found]) <= MOST
    assert np.mean([each.p < ALPHA and each.effect < 0 for each in found]) <= MOST
    assert np.mean([each.p < ALPHA for each in found]) > 0.8
