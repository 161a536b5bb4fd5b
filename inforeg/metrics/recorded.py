"""What runs record of themselves, and with it the names of all metrics that an experiment may ask for."""

from collections.abc import Collection

from inforeg.metrics.base import NATS, POINTS, WEAKEST, Metric, metrics
from inforeg.metrics.classification import ACCURACY, CROSS_ENTROPY, MACRO_F1

ANSWER = (ACCURACY, MACRO_F1, CROSS_ENTROPY)
"""Measured of the method's answer in every epoch; of each modality the accuracy alone."""

GAP = Metric("imbalance_gap", "imbalance gap", unit=POINTS, higher_is_better=False, by_modality=False)
SCORE = Metric("score", "score", unit=NATS, whole=False)
DELTA = Metric("delta", "delta", unit=NATS, whole=False)

PROBE = Metric("probe", "linear probe", whole=False)
PROBE_GAP = Metric("probe_gap", "probe gap", unit=POINTS, higher_is_better=False, by_modality=False)

DROPPED = Metric("dropped", "accuracy without a modality", part="accuracy without {modality}")
NOISE = Metric("noise", "accuracy under noise")
MASKING = Metric("masking", "accuracy under masking")


def every_epoch(modalities: Collection[str]) -> set[str]:
    """What is recorded of a split in every epoch."""
    parts = {name for metric in (ACCURACY, SCORE, DELTA) for name in metric.names(modalities)}
    return parts.union(metric.name for metric in (*ANSWER, GAP))


def known(modalities: Collection[str], *, selected: bool, corrupted: bool) -> set[str]:
    """Test metrics of runs on these modalities, known before anything is trained.

    Args:
        modalities: of the benchmark.
        selected: whether they are of the epoch that validation selects, of whose model alone there are probes
            and corrupted inputs.
        corrupted: whether inputs are corrupted at all.
    """
    listed = [metric for metric in metrics().values() if metric.function]
    listed += [GAP, SCORE, DELTA]
    if selected:
        listed += [PROBE, PROBE_GAP]
    if selected and corrupted:
        listed += [DROPPED, NOISE, MASKING]
    return {name for metric in listed for name in metric.names([*modalities, WEAKEST])}
