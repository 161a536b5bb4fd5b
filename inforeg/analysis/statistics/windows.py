"""Prime learning windows of the same runs under several estimates of Tr(F)."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.paired import holm, paired
from inforeg.regulation.window import THRESHOLD, Criterion, by_epoch, released, single

MEMORY = 10
"""Epochs of the mean in InfoReg's released code, behind as many zeros."""

BATCH, SAMPLE, MEAN = "batch", "sample", "mean of ten epochs"
ESTIMATES: dict[str, tuple[str, Criterion]] = {
    BATCH: ("batch", single),
    SAMPLE: ("sample", single),
    MEAN: ("batch", released),
}
"""What is recorded and what opens the window, by what is shown; all with the same THRESHOLD."""


def traces(study: Study) -> pd.DataFrame:
    """Tr(F) per epoch of all rows that record it by both estimates, or, where none does, of all rows.

    Returns:
        benchmark, label and column of the row, estimate, modality, epoch; mean, low and high over the n
        seeds; open: the share of them whose window is open in the epoch.
    """
    runs = _runs(study)
    found = [
        {**name, "epoch": epoch, "value": value, "open": is_open}
        for name, trace in runs
        for epoch, (value, is_open) in enumerate(
            zip(_shown(name["estimate"], trace), opened(name["estimate"], trace), strict=True)
        )
    ]
    by = ["benchmark", "label", "column", "estimate", "modality", "epoch"]
    frame = pd.DataFrame(found, columns=[*by, "seed", "value", "open"])
    numbers = frame.groupby(by, sort=False)
    return numbers.agg(
        mean=("value", "mean"), low=("value", "min"), high=("value", "max"), n=("value", "size"),
        open=("open", "mean"),
    ).reset_index()  # fmt: skip


def windows(study: Study) -> pd.DataFrame:
    """How much of a run's epochs windows are open by one estimate and by the other, paired over seeds.

    Returns:
        benchmark, label, column, modality; batch, sample and mean: percent of the epochs; difference (batch
        minus sample, in points) with ci_low, ci_high and p; p_holm over the lines of a benchmark.
    """
    shares = pd.DataFrame([
        {**name, "share": 100 * fmean(opened(name["estimate"], trace))} for name, trace in _runs(study)
    ])  # fmt: skip
    by = ["benchmark", "label", "column", "modality"]
    if shares.empty or SAMPLE not in set(shares["estimate"]):
        return pd.DataFrame(columns=by)
    lines = []
    for key, group in shares.groupby(by, sort=False):
        table = group.pivot_table("share", "seed", "estimate")
        test = paired(table[BATCH] - table[SAMPLE])
        means = {"batch": table[BATCH].mean(), "sample": table[SAMPLE].mean(), "mean": table[MEAN].mean()}
        ends = {"n": test.n, "difference": test.difference, "ci_low": test.low, "ci_high": test.high}
        lines.append({**dict(zip(by, key, strict=True)), **means, **ends, "p": test.p})
    frame = pd.DataFrame(lines)
    return frame.assign(p_holm=frame.groupby("benchmark")["p"].transform(holm))


def opened(estimate: str, trace: Sequence[float]) -> list[bool]:
    """Whether the window is open in each epoch of a run, by the traces of the epochs before."""
    return by_epoch(ESTIMATES[estimate][1], trace, THRESHOLD)


def _shown(estimate: str, trace: Sequence[float]) -> Sequence[float]:
    return means_of_ten(trace) if estimate == MEAN else trace


def means_of_ten(trace: Sequence[float]) -> list[float]:
    """The mean over an epoch and the nine before it, of which those before the first are zeros."""
    padded = [0.0] * MEMORY + list(trace)
    return [fmean(padded[epoch + 1 : epoch + 1 + MEMORY]) for epoch in range(len(trace))]


def _runs(study: Study) -> list[tuple[dict[str, Any], list[float]]]:
    """Each run's trace of each encoder under each of ESTIMATES, by what it is of."""
    epochs = study.collected.epochs
    words = epochs["metric"].str.extract("^trace/(.+)/(.+)$")
    recorded = epochs.assign(kind=words[0], modality=words[1]).sort_values("epoch")
    recorded = recorded[~recorded["modality"].isin(["whole", "head"])]
    sampled = recorded["kind"].eq("sample").groupby([recorded["benchmark"], recorded["row"]]).transform("any")
    recorded = recorded[sampled] if sampled.any() else recorded
    by = ["benchmark", "row", "kind", "modality", "seed"]
    courses = {key: group["value"].tolist() for key, group in recorded.groupby(by, sort=False)}
    found = []
    for row in study.experiment.rows:
        for estimate, (wanted, _) in ESTIMATES.items():
            found += [
                ({"benchmark": benchmark, "label": row.label, "column": row.column, "estimate": estimate,
                  "modality": modality, "seed": seed}, trace)
                for (benchmark, key, kind, modality, seed), trace in courses.items()
                if key == row.key and kind == wanted
            ]  # fmt: skip
    return found
