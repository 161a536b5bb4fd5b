"""Whether rows are practically equal: within the smallest effect of interest, paired over seeds or folds."""

import math

import pandas as pd

from inforeg.analysis.statistics.compare import Pair, paired_differences
from inforeg.analysis.statistics.level import ALPHA
from inforeg.analysis.statistics.paired import equality_p, holm, mean_interval
from inforeg.metrics.base import POINTS, metric_of

EQUALITY = ["ci90_low", "ci90_high", "p_equal"]
"""What the test of equality says, by column."""


def margin_of(metric: str, smallest_effect: float) -> float:
    """`smallest_effect`, where differences in `metric` are in points; nan where they are not."""
    return smallest_effect if metric_of(metric).unit.difference == POINTS.difference else math.nan


def with_equality(tests: pd.DataFrame, values: pd.DataFrame, margin: float) -> pd.DataFrame:
    """`tests`, as `effects` has them, with the columns `EQUALITY`.

    Args:
        tests: of pairs of rows.
        values: the `scores` that they are of.
        margin: differences this large are of interest, in the unit of `values`; nan: unknown, as p_equal is.
    """
    lines = []
    for line in tests.to_dict("records"):
        delta = paired_differences(values, Pair(*(line[name] for name in Pair._fields)))
        p = math.nan if math.isnan(margin) else float(equality_p(delta, margin))
        lines.append((*mean_interval(delta, 2 * ALPHA), p))
    return tests.join(pd.DataFrame(lines, columns=EQUALITY, index=tests.index, dtype=float))


def corrected_equality(tests: pd.DataFrame, by: str) -> pd.DataFrame:
    """`tests` with Holm's p of equality over each family, the lines with the same value of the column `by`.

    Adds p_equal_holm and equal. The tests of a difference are another family.
    """
    asked = tests["p_equal"].dropna()
    tests = tests.assign(p_equal_holm=asked.groupby(tests[by]).transform(holm))
    return tests.assign(equal=tests["p_equal_holm"] < ALPHA)


def verdict_of(p_holm: float, effect: float, equal: bool) -> str:
    """What tests of a difference and of equality find of a claimed `effect`.

    Args:
        p_holm: two-sided, of a difference; nan where there was nothing to test.
        effect: positive as claimed.
        equal: whether it is within the smallest effect of interest.
    """
    if pd.isna(p_holm):
        return "left out"
    if p_holm >= ALPHA:
        return "practically equal" if equal else "inconclusive"
    return ("reproduced" if effect > 0 else "contradicted") + (", negligible" if equal else "")
