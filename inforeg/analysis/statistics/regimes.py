"""What is to be known of each cell in which a gain is measured: its baseline, and whether that converges."""

import math
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.compare import Pair, paired_differences
from inforeg.analysis.statistics.contrasts import paired_rows, validation
from inforeg.analysis.statistics.paired import holm, mean_interval
from inforeg.analysis.statistics.relation import apart, rank_correlation
from inforeg.engine.selection import CHOOSING

REGIMES = [
    "benchmark", "column", "n", "validation", "baseline", "gain", "gain_low", "gain_high", "epochs",
    "best_epoch", "late", "late_low", "late_high",
]  # fmt: skip


def regimes(study: Study, values: pd.DataFrame) -> pd.DataFrame:
    """Of the experiment's first contrast, a line per benchmark and column that has both of its rows.

    Args:
        study: whose contrast.
        values: the `scores` of its metric.

    Returns:
        n seeds; validation: mean validation accuracy of the reference, and its baseline, the same over every
        other seed; gain over the seeds between, with its interval; epochs of a run; best_epoch: mean of those
        that validation selects, from 1 on; late: how much more accurate on validation the reference is in the
        last tenth of its epochs than in the tenth before, with its interval.
    """
    lines = [
        {"benchmark": benchmark, "column": column, **_cell(study, values, Pair(benchmark, *keys))}
        for benchmark in study.benchmarks
        for column, keys in paired_rows(study, benchmark).items()
    ]
    return pd.DataFrame(lines, columns=REGIMES)


def relation(cells: pd.DataFrame) -> pd.DataFrame:
    """The rank correlation of gain and baseline over the `regimes` of each benchmark.

    Returns:
        benchmark, cells, rho, p; p_holm over the benchmarks.
    """
    lines = [
        (benchmark, len(here), *rank_correlation(here["baseline"], here["gain"]))
        for benchmark, here in cells.dropna(subset=["baseline", "gain"]).groupby("benchmark", sort=False)
    ]
    found = pd.DataFrame(lines, columns=["benchmark", "cells", "rho", "p"])
    return found.assign(p_holm=holm(found["p"]))


def _cell(study: Study, values: pd.DataFrame, pair: Pair) -> dict[str, Any]:
    accuracy = validation(study, pair.benchmark, pair.reference)
    baseline, gain = apart(accuracy, paired_differences(values, pair))
    runs, course = study.collected.runs, _course(study, pair.benchmark, pair.reference)
    mine = (runs["benchmark"] == pair.benchmark) & (runs["row"] == pair.reference)
    kept = runs[mine & (runs["selection"] == "val") & ~runs["diverged"].astype(bool)]
    late = _late(course)
    return {
        "n": len(accuracy),
        "validation": accuracy.mean(),
        "baseline": baseline.mean(),
        "gain": gain.mean(),
        **dict(zip(("gain_low", "gain_high"), mean_interval(gain), strict=True)),
        "epochs": len(course),
        "best_epoch": kept.groupby("seed")["epoch"].first().mean() + 1,
        "late": late.mean(),
        **dict(zip(("late_low", "late_high"), mean_interval(late), strict=True)),
    }


def _course(study: Study, benchmark: str, row: str) -> pd.DataFrame:
    """Validation accuracy in the reported unit, epochs by seeds."""
    epochs = study.collected.epochs
    mine = epochs[(epochs["benchmark"] == benchmark) & (epochs["row"] == row)]
    accuracy = mine[mine["metric"] == f"val/{CHOOSING.name}"]
    return accuracy.pivot_table("value", "epoch", "seed").sort_index() * CHOOSING.unit.factor


def _late(course: pd.DataFrame) -> pd.Series:
    """The mean of the last tenth of the epochs minus that of the tenth before, by seed."""
    tenth = math.ceil(len(course) / 10)
    return course.iloc[-tenth:].mean() - course.iloc[-2 * tenth : -tenth].mean()
