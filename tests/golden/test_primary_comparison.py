"""A comparison in the column where its reference is best: by hand, and by simulation without any effect."""

import numpy as np
import pytest

from inforeg.analysis.statistics.level import ALPHA
from inforeg.analysis.statistics.paired import reselected_p, sign_flip_p
from inforeg.random import numpy_stream

COLUMNS, SEEDS, STUDIES = 6, 12, 600


def test_two_pairs_in_two_columns_by_hand():
    gains, reference, row = [[1, 5], [1, 7]], [[2, 0], [2, 0]], [[0, 0], [0, 3]]
    # As it is the reference sums to 4 and 0: the first column, whose gains sum to 2. With the first pair
    # exchanged 2 and 0: there -1 + 1. With the second one 2 and 3: 5 - 7. With both 0 and 3: -12.
    assert reselected_p(gains, reference, row) == 2 * 1 / 4


def test_of_equal_columns_the_first_counts_whatever_rounding_does():
    gains = [[3, 0], [3, 0], [3, 0]]
    for noise in (1e-14, -1e-14):
        equal = np.array([[1, 1 + noise]] * 3)
        assert reselected_p(gains, equal, equal) == 2 / 8


@pytest.mark.parametrize("n", [2, 5, 12, 20])
def test_one_column_is_the_sign_flip_test(n):
    gains = np.random.default_rng(n).normal(0.5, 1, (n, 1))
    p = reselected_p(gains, np.zeros((n, 1)), np.zeros((n, 1)))
    assert p == pytest.approx(float(sign_flip_p(gains[:, 0])), abs=0 if n <= 12 else 0.02)


def simulated(effect, choose_anew=True):
    """The share of studies in which p is below the level; a run is good on validation and test alike."""
    generator, p = numpy_stream(None, "simulation", "primary"), []
    for _ in range(STUDIES):
        joint, inforeg = generator.normal(70, 1, (2, SEEDS, COLUMNS))
        inforeg += effect
        reference, row = (each + generator.normal(0, 0.5, each.shape) for each in (joint, inforeg))
        gains = inforeg - joint
        one = gains[:, reference.mean(0).argmax()]
        p.append(reselected_p(gains, reference, row) if choose_anew else float(sign_flip_p(one)))
    return float(np.mean(np.array(p) < ALPHA))


def test_the_level_is_kept_and_an_effect_is_found():
    bound = ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / STUDIES)
    assert simulated(0.0) <= bound
    assert simulated(0.0, choose_anew=False) > bound  # so that the simulation would notice
    assert simulated(2.0) > 0.8
