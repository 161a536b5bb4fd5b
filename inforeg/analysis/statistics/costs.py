"""What a row of a table costs to train, counted in passes, and what it buys."""

import numpy as np
import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.metrics.base import metric_of
from inforeg.metrics.cost import COUNTS
from inforeg.ties import settled


def efficiency(study: Study, comparison: pd.DataFrame) -> pd.DataFrame:
    """The `costs` of each row with its mean, sd and n, and whether no other row is `efficient` in its place.

    Args:
        study: whose rows.
        comparison: of the rows with their own references.
    """
    numbers = costs(study).merge(comparison[["benchmark", "row", "mean", "sd", "n"]], on=["benchmark", "row"])
    numbers["efficient"] = False
    lower = not metric_of(study.experiment.metric).higher_is_better
    for _, here in numbers.groupby("benchmark", sort=False):
        numbers.loc[here.index, "efficient"] = efficient(here["relative"], here["mean"], lower=lower)
    return numbers


def costs(study: Study) -> pd.DataFrame:
    """A line per benchmark and row: mean over seeds of the counts, with those of all runs that it needs.

    A row of several variants, such as `unimodal`, costs all of them. `relative` is the cost in units of the
    reference's, a backward pass counting as two forward passes (it makes two products of the same size).
    Where the reference is left out there is no such unit, and so no line.
    """
    found = study.collected.costs
    counts = found[found["metric"].isin([f"total/{name}" for name in COUNTS])]
    by = ["benchmark", "row", "metric"]
    sums = counts.groupby([*by, "seed"], sort=False)["value"].sum(min_count=1)
    means = sums.groupby(by, sort=False).mean().unstack("metric")
    means.columns = means.columns.str.removeprefix("total/")
    work = means["forward_passes"] + 2 * means["backward_passes"]
    reference = work[work.index.get_level_values("row") == study.experiment.reference].droplevel("row")
    means["relative"] = work / work.index.get_level_values("benchmark").map(reference.to_dict())
    order = pd.MultiIndex.from_product([study.benchmarks, study.labels], names=["benchmark", "row"])
    return means.reindex(order).dropna()[[*COUNTS, "relative"]].reset_index()


def efficient(cost: pd.Series, value: pd.Series, *, lower: bool) -> pd.Series:
    """Whether no other point is at most as dear and better, or as good and cheaper."""
    price, quality = settled(cost), settled(-value if lower else value)
    beaten = [
        bool(np.any((price <= c) & (quality >= q) & ((price < c) | (quality > q))))
        for c, q in zip(price, quality, strict=True)
    ]
    return ~pd.Series(beaten, index=cost.index, dtype=bool)
