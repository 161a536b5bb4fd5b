"""The error over seeds and test samples together: by hand, by the analysis of variance, and by simulation."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from inforeg.analysis.collected.answers import answers
from inforeg.analysis.statistics.crossed import crossed, over_both
from inforeg.analysis.statistics.level import ALPHA


def test_two_seeds_and_two_samples_by_hand():
    # Means of rows 1 7, of columns 2 6, of all 4. Squared errors: of rows (9 + 9) / 2 = 9, of columns
    # 8 / 2 = 4; what is left of the cells, 1 -1 -1 1, has 4 / 4 = 1. Together 9 + 4 - 1 = 12, of the samples
    # 4 - 1 = 3.
    found = crossed([[0, 2], [4, 10]], [0, 1])
    assert (found.effect, found.groups) == (4, 2)
    assert (found.se, found.samples_se) == pytest.approx((math.sqrt(12), math.sqrt(3)))
    # Student's t on 1 degree of freedom: 12.7062.
    assert found.interval() == pytest.approx((4 - 12.7062 * 12**0.5, 4 + 12.7062 * 12**0.5), abs=1e-3)


def test_samples_of_one_group_by_hand():
    # Groups of 2 and 1 with means 2 4 and 4 10. Rows 8/3 and 6, all 13/3: (5/3)² = 25/9. The groups' means
    # 3 7 are -4/3 and 8/3 off, by their shares -8/9 and 8/9: 2 · 64/81 · 2 = 256/81. What is left, 2/3 and
    # -4/3, by shares 4/9 and -4/9: 4 · 16/81 · 2 / 2 = 64/81.
    found = crossed([[1, 3, 4], [3, 5, 10]], [7, 7, 9])
    assert (found.effect, found.groups) == (pytest.approx(13 / 3), 2)
    assert found.se**2 == pytest.approx((225 + 256 - 64) / 81)
    assert found.samples_se**2 == pytest.approx((256 - 64) / 81)


@pytest.mark.parametrize("seed", range(3))
def test_the_components_are_those_of_the_analysis_of_variance(seed):
    n, m = 5, 9
    generator = np.random.default_rng(seed)
    d = generator.normal(0, 3, (n, m)) + generator.normal(0, 2, (n, 1)) + generator.normal(0, 4, m)
    long = pd.DataFrame(d).stack().rename("d").rename_axis(["seed", "sample"]).reset_index()
    squares = anova_lm(ols("d ~ C(seed) + C(sample)", long).fit())["mean_sq"]
    parts = [(squares[name] - squares["Residual"]) / (n * m) for name in ("C(seed)", "C(sample)")]
    assert min(parts) > 0
    found = crossed(d, range(m))
    assert found.samples_se**2 == pytest.approx(parts[1])
    assert found.se**2 == pytest.approx(sum(parts) + squares["Residual"] / (n * m))


def test_no_component_is_below_nothing():
    # Rows and columns have one mean each, and only what is left scatters: 4 cells of 1, 4 / 4.
    found = crossed([[1, -1], [-1, 1]], [0, 1])
    assert (found.effect, found.samples_se, found.se) == (0, 0, 1)
    assert crossed(np.zeros((3, 4)), range(4)).interval() == (0, 0)


def test_one_seed_or_one_group_tells_nothing():
    for found in (crossed([[1, 2, 3]], [0, 1, 2]), crossed([[1, 2], [3, 5]], [4, 4])):
        assert np.isnan([found.se, found.samples_se, *found.interval()]).all()


CASES = {
    "seeds and samples": (10, 60, 1, {"seed": 1, "sample": 5, "rest": 10}),
    "samples": (10, 60, 1, {"sample": 5, "rest": 10}),
    "nothing but noise": (10, 60, 1, {"rest": 10}),
    "people": (10, 12, 10, {"seed": 1, "person": 3, "sample": 5, "both": 1, "rest": 10}),
    "two people": (10, 2, 30, {"seed": 1, "person": 3, "sample": 5, "both": 1, "rest": 10}),
    "three seeds": (3, 60, 1, {"seed": 1, "sample": 5, "rest": 3}),
}
DRAWS = 400


def tables(case: str):
    """Simulated differences whose true mean is 0, and the groups of their samples."""
    seeds, people, each, deviations = CASES[case]
    generator = np.random.default_rng(3)
    person = np.repeat(np.arange(people), each)
    shapes = {"seed": (seeds, 1), "person": (1, people), "both": (seeds, people), "sample": (1, len(person))}
    for _ in range(DRAWS):
        total = np.zeros((seeds, len(person)))
        for what, deviation in deviations.items():
            effect = generator.normal(0, deviation, shapes.get(what, total.shape))
            total += effect[:, person] if what in ("person", "both") else effect
        yield total, person


def covering(intervals) -> float:
    return float(np.mean([low <= 0 <= high for low, high in intervals]))


LEAST = 1 - ALPHA - 2 * math.sqrt(ALPHA * (1 - ALPHA) / DRAWS)


@pytest.mark.parametrize("case", CASES)
def test_the_interval_holds_the_true_difference_as_often_as_it_says(case):
    assert covering(crossed(*table).interval() for table in tables(case)) >= LEAST


def test_neither_seeds_alone_nor_samples_for_themselves_would():
    over_seeds = []
    for d, _ in tables("samples"):
        means = d.mean(1)
        over_seeds.append(stats.t.interval(1 - ALPHA, len(means) - 1, means.mean(), stats.sem(means)))
    assert covering(over_seeds) < 0.85
    alone = (crossed(d, np.arange(d.shape[1])).interval() for d, _ in tables("people"))
    assert covering(alone) < 0.9


def predicted(row: str, correct: np.ndarray, groups) -> pd.DataFrame:
    """The frame of answers (seeds, samples)."""
    lines = [
        {"seed": seed, "index": index, "group": groups[index], "correct": bool(value)}
        for seed, values in enumerate(correct)
        for index, value in enumerate(values)
    ]
    return pd.DataFrame(lines).assign(benchmark="toy", row=row, variant="default")


def test_answers_of_two_rows():
    first, second = np.array([[1, 1, 0], [1, 0, 1]]), np.array([[1, 0, 0], [0, 0, 0]])
    for groups, people in (([-1, -1, -1], [0, 1, 2]), ([4, 4, 9], [4, 4, 9])):
        both = pd.concat([predicted("a", first, groups), predicted("b", second, groups)])
        found = answers(both)
        told = over_both(found["toy", "a", "default"], found["toy", "b", "default"])
        expected = crossed(100 * (first - second), people)
        assert told["groups"] == len(set(people))
        assert (told["total_se"], told["samples_se"]) == pytest.approx((expected.se, expected.samples_se))
        assert (told["total_low"], told["total_high"]) == pytest.approx(expected.interval())


def test_only_seeds_that_both_rows_have_count():
    first, second = np.array([[1, 1, 0], [1, 0, 1], [0, 0, 0]]), np.array([[1, 0, 0], [0, 0, 0]])
    found = answers(pd.concat([predicted("a", first, [-1] * 3), predicted("b", second, [-1] * 3)]))
    told = over_both(found["toy", "a", "default"], found["toy", "b", "default"])
    assert told["total_se"] == pytest.approx(crossed(100 * (first[:2] - second), range(3)).se)


def test_folds_as_units_hold_the_scatter_of_samples_already():
    both = predicted("a", np.array([[1, 1, 0], [1, 0, 1]]), [-1] * 3)
    assert answers(both).keys() == {("toy", "a", "default")}
    assert not answers(both, folded=["toy"])
