"""What runs and probes record, and with it the names of all metrics that an experiment may ask for."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from inforeg.metrics.base import NATS, NO_UNIT, POINTS, WEAKEST, Metric, metrics
from inforeg.metrics.classification import ACCURACY, CROSS_ENTROPY, MACRO_F1, majority_share

ANSWER = (ACCURACY, MACRO_F1, CROSS_ENTROPY)
"""Measured of the method's answer in every epoch; of each modality the accuracy alone."""

GAP = Metric("imbalance_gap", "imbalance gap", unit=POINTS, higher_is_better=False, by_modality=False)
SCORE = Metric("score", "score", unit=NATS, whole=False)
DELTA = Metric("delta", "delta", unit=NATS, whole=False)

PROBE = Metric("probe", "linear probe", whole=False, probe="linear", chance=majority_share)
PROBE_GAP = Metric(
    "probe_gap", "probe gap", unit=POINTS, higher_is_better=False, by_modality=False, probe="linear"
)

SILHOUETTE = Metric("silhouette", "silhouette", unit=NO_UNIT, whole=False, probe="separation")
NEIGHBOUR = Metric("neighbour", "nearest neighbour", whole=False, probe="separation")

DROPPED = Metric(
    "dropped",
    "accuracy without a modality",
    part="accuracy without {modality}",
    probe="corruption",
    chance=majority_share,
)
NOISE = Metric("noise", "accuracy under noise", probe="corruption", chance=majority_share)
MASKING = Metric("masking", "accuracy under masking", probe="corruption", chance=majority_share)

LOST_DROPPED = Metric(
    "lost_dropped",
    "accuracy lost without a modality",
    unit=POINTS,
    higher_is_better=False,
    by_modality=False,
    probe="corruption",
)
LOST_NOISE = replace(LOST_DROPPED, name="lost_noise", title="accuracy lost under noise")
LOST_MASKING = replace(LOST_DROPPED, name="lost_masking", title="accuracy lost under masking")
LOST = {DROPPED.name: LOST_DROPPED, NOISE.name: LOST_NOISE, MASKING.name: LOST_MASKING}
"""What each corruption takes of the accuracy of the same run, by the metric that is left."""


def lost(numbers: Mapping[str, float]) -> dict[str, float]:
    """The metrics in `LOST` of a run's `numbers`, by name with the split, as far as it was examined so."""
    return {
        f"test/{metric.name}": numbers[f"test/{ACCURACY.name}"] - numbers[f"test/{left}"]
        for left, metric in LOST.items()
        if f"test/{left}" in numbers
    }


def every_epoch(modalities: Collection[str]) -> set[str]:
    """What is recorded of a split in every epoch."""
    parts = {name for metric in (ACCURACY, SCORE, DELTA) for name in metric.names(modalities)}
    return parts.union(metric.name for metric in (*ANSWER, GAP))


def known(modalities: Collection[str], probes: Collection[str]) -> set[str]:
    """Test metrics of runs on these modalities, known before anything is trained.

    Args:
        modalities: of the benchmark.
        probes: that examine the runs.
    """
    listed = [metric for metric in metrics().values() if metric.function or metric.probe in probes]
    listed += [GAP, SCORE, DELTA]
    return {name for metric in listed for name in metric.names([*modalities, WEAKEST])}
