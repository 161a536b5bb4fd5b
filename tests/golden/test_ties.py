"""The sign-flip test and its interval against rational arithmetic, on differences that have ties."""

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from inforeg.analysis.statistics import across, paired
from inforeg.ties import apart, settled

SIZES = (30, 139, 700, 1000, 2947, 99991)
"""Test samples: accuracies are multiples of one over these."""


def enumerated(differences):
    """The exact p of rational differences: all sums of flips are counted."""
    sums = Counter({Fraction(0): 1})
    for d in differences:
        sums = sum((Counter({s + flip: count for s, count in sums.items()}) for flip in (d, -d)), Counter())
    observed = abs(sum(differences))
    return float(
        Fraction(sum(count for s, count in sums.items() if abs(s) >= observed), 2 ** len(differences))
    )


def accuracies(rng, n):
    """Of two rows, a few samples apart."""
    size = int(rng.choice(SIZES))
    base = rng.integers(size // 2, size - 8, n)
    return [[Fraction(int(k), size) for k in base + rng.integers(-4, 5, n)] for _ in range(2)]


def gaps(rng, n):
    """Largest minus smallest accuracy of three modalities."""
    size = int(rng.choice(SIZES))
    counts = rng.integers(size // 2, size // 2 + 4, (2, n, 3))
    return [[Fraction(int(k.max()), size) - Fraction(int(k.min()), size) for k in row] for row in counts]


def f1(rng, n):
    """Macro-F1 of three classes, each 2 tp / (2 tp + errors)."""

    def one():
        classes = ((int(rng.integers(6, 8)), int(rng.integers(0, 2))) for _ in range(3))
        return sum(Fraction(2 * tp, 2 * tp + errors) for tp, errors in classes) / 3

    return [[one() for _ in range(n)] for _ in range(2)]


def cancelling(rng, n):
    """Differences that nearly or quite cancel, the observed mean being 0 or one sample's share."""
    size = int(rng.choice(SIZES))
    counts = rng.integers(-3, 4, n)
    counts[-1] -= counts.sum() - rng.integers(0, 2)
    base = rng.integers(size // 2, size // 2 + 9, n)
    return [[Fraction(int(k), size) for k in row] for row in (base, base + counts)]


MAKERS = (accuracies, gaps, f1, cancelling)


def reported(make, values):
    """`values` as tables compute them: floats, a gap from its accuracies, in points."""
    if make is gaps:
        return [100 * (0.3 + float(v) - 0.3) for v in values]
    return [100 * (v.numerator / v.denominator) for v in values]


def drawn(make, n, cases):
    rng = np.random.default_rng([n, MAKERS.index(make)])
    for _ in range(cases):
        row, reference = make(rng, n)
        exact = [a - b for a, b in zip(row, reference, strict=True)]
        yield exact, apart(reported(make, row), reported(make, reference))


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("n", range(2, 14))
def test_p_is_that_of_rational_arithmetic(make, n):
    for exact, floats in drawn(make, n, 40 if n < 10 else 6):
        assert float(paired.sign_flip_p(floats)) == enumerated(exact), exact


@pytest.mark.parametrize("make", [accuracies, cancelling])
@pytest.mark.parametrize("n", [14, 20])
def test_monte_carlo_counts_the_same_ties(make, n):
    for exact, floats in drawn(make, n, 4):
        unit = math.lcm(*(d.denominator for d in exact))
        # The same draws of integers, whose sums are without rounding.
        counts = [float(d * unit) for d in exact]
        assert paired.sign_flip_p(floats) == paired.sign_flip_p(counts)
        assert float(paired.sign_flip_p(floats)) == pytest.approx(enumerated(exact), abs=0.02)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_ties_have_no_unit(scale):
    # 0.1 + 0.2 - 0.3 is not 0 in floats; of the 8 sums all are as far out as it: p = 1.
    assert paired.sign_flip_p(scale * np.array([0.1, 0.2, -0.3])) == 1
    # Sums of the flips of 1, 2, 4 and 8: the odd numbers to 15, no two alike. 11 to 15, and back: 6 of 16.
    assert paired.sign_flip_p(scale * np.array([1, -2, 4, 8]) / 7) == 6 / 16


def test_differences_that_nearly_cancel():
    # AV-digits, InfoReg* against Joint*, ten seeds of 1000 samples: the sum is one sample.
    samples = [-9, 9, -4, 3, -1, 2, 3, -4, 1, 1]
    floats = [(900 + k) / 1000 * 100 - 90.0 for k in samples]
    assert float(paired.sign_flip_p(floats)) == enumerated([Fraction(k) for k in samples])


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("n", [6, 7, 9])
def test_interval_is_that_of_rational_arithmetic(make, n):
    for exact, floats in drawn(make, n, 6):
        subsets = (part for size in range(1, n + 1) for part in combinations(exact, size))
        means = sorted(sum(part) / len(part) for part in subsets)
        place = math.ceil(Fraction(5, 100) * 2**n / 2) - 1
        low, high = paired.mean_interval(floats)
        assert (low, high) == pytest.approx((100 * float(means[place - 1]), 100 * float(means[-place])))
        # An end is 0 where it should be, and 0 is inside where the test does not reject it.
        assert (low <= 0 <= high) == (means[place - 1] <= 0 <= means[-place]) == (enumerated(exact) >= 0.05)


@pytest.mark.parametrize("n", [6, 7, 10, 13])
def test_the_ends_of_an_interval_are_not_rejected(n):
    d = np.random.default_rng(n).integers(-3, 9, n) / 7
    assert all(paired.sign_flip_p(d - end) >= paired.ALPHA for end in paired.mean_interval(d))


def test_what_is_equal_but_for_rounding_is_settled():
    values = settled([0.3, 0.1 + 0.2, 0.7, -np.inf, -np.inf, 0.3 + 1e-9])
    assert values[0] == values[1] < values[5] < values[2]
    assert values[3] == values[4] == -np.inf
    assert settled([]).shape == (0,)
    assert apart([0.9 - 0.7, 0.5], 0.8 - 0.6).tolist() == [0, pytest.approx(0.3)]


def test_rounding_decides_no_rank():
    # 0.1 + 0.2 and 0.3 share the ranks 2 and 3 on both benchmarks.
    scores = pd.DataFrame({"a": [0.1 + 0.2, 0.3], "b": [0.3, 0.1 + 0.2], "c": [0.9, 0.8]})
    found, equal = across.ranks(scores), across.ranks(pd.DataFrame({"a": [1, 1], "b": [1, 1], "c": [2, 2]}))
    assert found.mean_rank.to_dict() == {"a": 2.5, "b": 2.5, "c": 1}
    assert (found.statistic, found.p) == (equal.statistic, equal.p)
    assert found.nemenyi.equals(equal.nemenyi)


def test_rounding_is_no_improvement():
    result = across.probability_of_improvement([[0.1 + 0.2, 0.3]], [[0.3, 0.3]])
    assert (result.value, result.low, result.high) == (0.5, 0.5, 0.5)
