"""What a diagnosis takes beside the statistics of its experiment."""

from collections.abc import Iterator, Mapping

import numpy as np

from inforeg.analysis.collected.diagnosed import Diagnosis, Opening
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.contrasts import validation
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.statistics.windows import BATCH
from inforeg.metrics.classification import ACCURACY
from inforeg.metrics.cost import SECONDS
from inforeg.suite.presentable import INFORMATION
from inforeg.ties import settled


def diagnosed(study: Study, statistics: Statistics, stopped: str = "") -> Diagnosis:
    """The diagnosis of the one benchmark that `study` is on; `stopped` says why it has few seeds."""
    (benchmark,) = study.benchmarks
    accuracies = {row: validation(study, benchmark, row).mean() for row in study.labels}
    means = {row: float(mean) for row, mean in accuracies.items() if np.isfinite(mean)}
    return Diagnosis(
        validation=means,
        seconds=_seconds(study),
        windows=list(_windows(study, statistics)),
        gaining=gaining(study, statistics, means),
        stopped=stopped,
    )


def _seconds(study: Study) -> dict[str, float]:
    """A row of several variants, such as `unimodal`, takes the time of all."""
    costs = study.collected.costs
    whole = costs[costs["metric"] == f"total/{SECONDS}"].groupby(["row", "seed"])["value"].sum()
    return {str(row): float(mean) for row, mean in whole.groupby("row").mean().items()}


def _windows(study: Study, statistics: Statistics) -> Iterator[Opening]:
    """Of the rows whose information is drawn, and of those of methods that go by windows."""
    epochs, traces = study.collected.epochs, statistics.traces
    by_window = set(epochs.loc[epochs["metric"].str.startswith("window/"), "row"])
    courses = dict(list(traces[traces["estimate"] == BATCH].groupby(["label", "modality"])))
    (config,) = study.benchmarks.values()
    for row, label in study.labels.items():
        for modality in config.encoders:
            if (label, modality) in courses and (row in INFORMATION or row in by_window):
                is_open = courses[label, modality].sort_values("epoch")["open"]
                yield Opening(row, modality, float(is_open.mean()), list(is_open >= 0.5))


def gaining(study: Study, statistics: Statistics, means: Mapping[str, float]) -> list[str]:
    """The rows whose gain over joint training is reproduced, best on validation first.

    Holm's correction holds for all rows at once, so that a choice among those that gain is free. A row that
    adds to another one that gains is left out unless what it adds is reproduced too. Equals stay in order.

    Args:
        study: whose claims say what gains over what.
        statistics: with the verdicts on them.
        means: validation accuracy, by row.
    """
    shown = {
        (claim.better, claim.worse): verdict == "reproduced"
        for claim, verdict in zip(study.experiment.claims, statistics.verdicts["verdict"], strict=True)
        if claim.metric == ACCURACY.name
    }
    reference = study.experiment.reference
    gaining = [row for (row, other), holds in shown.items() if other == reference and holds]
    kept = [
        row
        for row in gaining
        if all(holds for (each, other), holds in shown.items() if each == row and other in gaining)
    ]
    order = np.argsort(-settled([means[row] for row in kept]), kind="stable")
    return [kept[place] for place in order]
