"""Means over seeds or folds: of every number of a row, and of one metric with its interval."""

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.paired import mean_interval
from inforeg.registry import METHODS


def means(study: Study) -> pd.DataFrame:
    """Mean and sd (ddof = 1) of the test metrics: benchmark, row, variant, selection, metric, mean, sd.

    As runs store them: what is reported in percent is a fraction.
    """
    runs = study.collected.runs
    test = runs[runs["split"] == "test"]
    by = ["benchmark", "row", "variant", "selection", "metric"]
    return test.groupby(by)["value"].agg(mean="mean", sd="std").reset_index()


def intervals(study: Study, values: pd.DataFrame) -> pd.DataFrame:
    """Mean of the scores with its 95 % interval: benchmark, row, label, x, n, mean, ci_low, ci_high.

    Args:
        study: whose rows, with the `x` at which they stand.
        values: the `scores` of its metric.
    """
    lines = [
        {
            "benchmark": name,
            "row": row.key,
            "label": METHODS.get(row.method).title,
            "x": row.x,
            "n": len(found),
            "mean": found.mean(),
            **dict(zip(("ci_low", "ci_high"), mean_interval(found), strict=True)),
        }
        for name in study.benchmarks
        for row in study.experiment.rows
        if len(found := values.query("benchmark == @name and row == @row.key")["value"])
    ]
    columns = ["benchmark", "row", "label", "x", "n", "mean", "ci_low", "ci_high"]
    return pd.DataFrame(lines, columns=columns)
