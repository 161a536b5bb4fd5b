"""Statistics across benchmarks: ranks, interquartile means, probabilities of improvement."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from inforeg.analysis.canvas import undisturbed
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.level import ALPHA, RESAMPLES
from inforeg.analysis.statistics.stored import Ranks
from inforeg.metrics.base import metric_of
from inforeg.random import numpy_stream
from inforeg.ties import Floats, apart, settled

with undisturbed():
    import scikit_posthocs


@dataclass(frozen=True)
class Estimate:
    """A value with its stratified bootstrap interval; nan where a sample is of one run."""

    value: float
    low: float
    high: float


def compared(study: Study, values: pd.DataFrame) -> tuple[pd.DataFrame, Ranks | None]:
    """The `overview` of an experiment on several benchmarks, and the `ranks` of three rows or more.

    Args:
        study: whose rows.
        values: the `scores` of its metric.
    """
    if len(study.benchmarks) < 2:
        return pd.DataFrame(), None
    sign = 1 if metric_of(study.experiment.metric).higher_is_better else -1
    means = sign * mean_scores(values)
    placed = ranks(means) if means.shape[1] >= 3 else None
    return overview(values, study.experiment.reference, sign, study.folded), placed


def mean_scores(values: pd.DataFrame) -> pd.DataFrame:
    """Means of `compare.scores`, benchmarks by rows; only rows that no benchmark lacks."""
    means = values.pivot_table("value", "benchmark", "row", sort=False)
    return means.dropna(axis="columns")


def overview(
    values: pd.DataFrame, reference: str, sign: int = 1, folded: Collection[str] = ()
) -> pd.DataFrame:
    """One line per row that no benchmark lacks.

    Args:
        values: as from `compare.scores`.
        reference: key of the row over which the others may improve.
        sign: -1 where small values are good.
        folded: benchmarks whose unit is the fold.

    Returns:
        row, mean_rank, iqm with its interval, improvement (its probability) with its interval.
    """
    means = mean_scores(values)
    mean_rank = _placed(sign * means).mean()
    samples = {key: _samples(values, key, means.index) for key in means.columns}
    lines = []
    for key, sample in samples.items():
        line = {"row": key, "mean_rank": mean_rank[key], **_columns("iqm", interquartile_mean(sample))}
        if key != reference and reference in samples:
            better, worse = (sample, samples[reference])[::sign]
            paired = [name in folded for name in means.index]
            line |= _columns("improvement", probability_of_improvement(better, worse, paired))
        lines.append(line)
    return pd.DataFrame(lines)


def ranks(scores: pd.DataFrame) -> Ranks:
    """Ranks of methods (columns, k >= 3) over benchmarks (rows, N >= 2); larger scores are better."""
    blocks, methods = scores.shape
    placed = _placed(scores)
    ascending = -placed.to_numpy()
    tied = np.ptp(ascending, axis=1).max() == 0  # the statistic is 0 / 0
    statistic, p = (math.nan, 1.0) if tied else stats.friedmanchisquare(*ascending.T)
    nemenyi = scikit_posthocs.posthoc_nemenyi_friedman(ascending)
    nemenyi.index = nemenyi.columns = scores.columns
    quantile = stats.studentized_range.ppf(1 - ALPHA, methods, np.inf) / np.sqrt(2)
    critical = quantile * np.sqrt(methods * (methods + 1) / (6 * blocks))
    return Ranks(placed.mean(), float(statistic), float(p), nemenyi, float(critical), blocks)


def interquartile_mean(samples: Sequence[ArrayLike]) -> Estimate:
    """Mean of the middle half of all scores; one sample of runs per benchmark (Agarwal et al., 2021)."""
    return _bootstrap(samples, _middle_mean, "interquartile_mean")


def probability_of_improvement(
    better: Sequence[ArrayLike], worse: Sequence[ArrayLike], paired: Sequence[bool] = ()
) -> Estimate:
    """P(a run of `better` beats a run of `worse`), averaged over benchmarks; a tie counts one half.

    One sample of runs per benchmark, in the same order of benchmarks (Agarwal et al., 2021). Of samples that
    are `paired`, as those of folds, runs are compared in their pairs alone: folds differ more than methods.
    """
    pairs = list(zip(better, worse, paired or [False] * len(better), strict=True))
    free = [(x, y) for x, y, same in pairs if not same]
    wins = [(np.sign(apart(x, y)) + 1) / 2 for x, y, same in pairs if same]
    samples = [*(x for x, _ in free), *(y for _, y in free), *wins]
    return _bootstrap(samples, partial(_improvement, free=len(free)), "probability_of_improvement")


def _placed(scores: pd.DataFrame) -> pd.DataFrame:
    """The rank of each method within its benchmark, 1 for the largest score."""
    rows = [settled(row) for row in scores.to_numpy()]
    return pd.DataFrame(rows, scores.index, scores.columns).rank(axis=1, ascending=False)


def _samples(values: pd.DataFrame, row: str, benchmarks: pd.Index) -> list[Floats]:
    mine = values[values["row"] == row]
    return [mine.loc[mine["benchmark"] == name, "value"].to_numpy() for name in benchmarks]


def _columns(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _middle_mean(*samples: Floats, axis: int) -> Any:
    return stats.trim_mean(np.concatenate(samples, axis=axis), 0.25, axis=axis)


def _improvement(*samples: Floats, axis: int, free: int) -> Any:
    chances = [wins.mean(axis) for wins in samples[2 * free :]]
    for x, y in zip(samples[:free], samples[free : 2 * free], strict=True):
        gap = apart(
            np.expand_dims(np.moveaxis(x, axis, -1), -1), np.expand_dims(np.moveaxis(y, axis, -1), -2)
        )
        chances.append((np.sign(gap).mean(axis=(-1, -2)) + 1) / 2)
    return np.mean(chances, axis=0)


def _bootstrap(samples: Sequence[ArrayLike], statistic: Any, name: str) -> Estimate:
    data = [np.asarray(sample, dtype=float) for sample in samples]
    value = float(statistic(*data, axis=-1))
    if min(map(len, data)) < 2:
        return Estimate(value, math.nan, math.nan)
    interval = stats.bootstrap(
        data,
        statistic,
        confidence_level=1 - ALPHA,
        n_resamples=RESAMPLES,
        batch=512,
        vectorized=True,
        method="percentile",
        rng=numpy_stream(None, "statistics", name),
    ).confidence_interval
    return Estimate(value, float(interval.low), float(interval.high))
