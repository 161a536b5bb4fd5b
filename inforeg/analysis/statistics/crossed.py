"""How far a difference in accuracy may be from that over other seeds and test samples, both together."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from inforeg.analysis.statistics.level import ALPHA
from inforeg.metrics.classification import ACCURACY
from inforeg.ties import Floats

CROSSED = ["groups", "samples_se", "total_se", "total_low", "total_high"]
"""What the two together say of a difference, by column."""


@dataclass(frozen=True)
class Crossed:
    """The mean of a table of differences, of seeds by samples; in their units.

    Attributes:
        effect: the mean.
        seeds: how many there are.
        groups: independent groups of samples.
        samples_se: its standard error from the samples, with however many seeds.
        se: from seeds and samples together; nan, as all else, where there is one of either.
    """

    effect: float
    seeds: int
    groups: int
    samples_se: float = math.nan
    se: float = math.nan

    def interval(self) -> tuple[float, float]:
        """By Student's t on one degree of freedom less than there are of the fewer of the two."""
        reach = float(stats.t.ppf(1 - ALPHA / 2, min(self.seeds, self.groups) - 1)) * self.se
        return self.effect - reach, self.effect + reach


def crossed(differences: ArrayLike, groups: ArrayLike) -> Crossed:
    """The error of the mean of `differences`, (n, m), of n seeds by m samples, both drawn at random.

    Each is a sum of an effect of its seed, one of its sample's group and a rest, whose variances are those
    of the analysis of variance, none below 0. Groups weigh by their size, as in errors that are clustered
    both ways (Cameron, Gelbach & Miller, 2011), whose degrees of freedom are taken.

    Args:
        differences: of each seed on each sample.
        groups: that of each sample, (m,): samples of one group, as of one person, may err alike.
    """
    d = np.asarray(differences, dtype=float)
    order = np.argsort(groups, kind="stable")
    _, first, sizes = np.unique(np.asarray(groups)[order], return_index=True, return_counts=True)
    (n, m), g = d.shape, len(sizes)
    parts = np.add.reduceat(d[:, order], first, axis=1) / m  # of each seed's mean, that of each group
    effect = float(parts.sum(1).mean())
    if min(n, g) < 2:
        return Crossed(effect, n, g)
    by_group = parts.mean(0) - effect * sizes / m
    by_seed = parts.sum(1) - effect
    rest = parts - parts.mean(0) - np.outer(by_seed, sizes / m)
    left = _square(rest) * g / ((g - 1) * n * (n - 1))
    from_seeds = max(_square(by_seed) / (n * (n - 1)) - left, 0.0)
    from_groups = max(_square(by_group) * g / (g - 1) - left, 0.0)
    return Crossed(effect, n, g, math.sqrt(from_groups), math.sqrt(from_seeds + from_groups + left))


def _square(values: Floats) -> float:
    return float(np.square(values).sum())


def over_both(row: pd.DataFrame, reference: pd.DataFrame) -> dict[str, float]:
    """`CROSSED` of the difference in accuracy (points) of two rows' answers, over the seeds of both."""
    both = (row.astype(float) - reference.astype(float)).dropna() * ACCURACY.unit.factor
    groups = both.columns.to_frame(index=False)
    alone = groups["group"] < 0
    found = crossed(both, groups["group"].where(~alone, -1 - groups["index"]))
    low, high = found.interval()
    return dict(zip(CROSSED, (found.groups, found.samples_se, found.se, low, high), strict=True))
