"""What a row of a table costs to train, counted in passes."""

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.metrics.cost import COUNTS


def costs(study: Study) -> pd.DataFrame:
    """A line per benchmark and row: mean over seeds of the counts, with those of all runs that it needs.

    A row of several variants, such as `unimodal`, costs all of them. `relative` is the cost in units of the
    reference's, a backward pass counting as two forward passes (it makes two products of the same size).
    Where the reference is left out there is no such unit, and so no line.
    """
    found = study.collected.costs
    counts = found[found["metric"].isin([f"total/{name}" for name in COUNTS])]
    by = ["benchmark", "row", "metric"]
    sums = counts.groupby([*by, "seed"], sort=False)["value"].sum()
    means = sums.groupby(by, sort=False).mean().unstack("metric")
    means.columns = means.columns.str.removeprefix("total/")
    work = means["forward_passes"] + 2 * means["backward_passes"]
    reference = work[work.index.get_level_values("row") == study.experiment.reference].droplevel("row")
    means["relative"] = work / work.index.get_level_values("benchmark").map(reference.to_dict())
    order = pd.MultiIndex.from_product([study.benchmarks, study.labels], names=["benchmark", "row"])
    return means.reindex(order).dropna()[[*COUNTS, "relative"]].reset_index()
