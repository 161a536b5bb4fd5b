"""How well the weakest modality's features tell the classes apart."""

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.compare import Pair, paired_differences, scores
from inforeg.analysis.statistics.paired import mean_interval
from inforeg.metrics.base import WEAKEST
from inforeg.metrics.recorded import NEIGHBOUR, SILHOUETTE

COLUMNS = [
    "benchmark", "row", "metric", "n", "mean", "ci_low", "ci_high", "difference", "difference_low",
    "difference_high",
]  # fmt: skip


def separations(study: Study) -> pd.DataFrame:
    """Silhouette and nearest neighbours of every row's weakest modality, with 95 % intervals over seeds.

    Returns:
        A line per benchmark, row and metric, in its reported unit: n, mean, ci_low, ci_high, and of rows that
        have another reference the paired difference to it: difference, difference_low, difference_high.
    """
    lines = []
    for metric in (SILHOUETTE.name, NEIGHBOUR.name):
        values = scores(study, f"{metric}/{WEAKEST}")
        for (benchmark, row), found in values.groupby(["benchmark", "row"], sort=False)["value"]:
            reference = study.experiment.own_references[str(row)]
            line = [benchmark, row, metric, len(found), found.mean(), *mean_interval(found)]
            against = paired_differences(values, Pair(str(benchmark), str(row), reference))
            if row != reference and len(against):
                line += [against.mean(), *mean_interval(against)]
            lines.append(dict(zip(COLUMNS, line, strict=False)))
    return pd.DataFrame(lines, columns=COLUMNS)
