"""The names of all metrics that an experiment may ask for, known before anything is trained."""

from collections.abc import Iterable

WEAKEST = "weakest"
"""Stands in a metric, as in accuracy/weakest, for each benchmark's weakest modality."""

WHOLE = ("accuracy", "macro_f1", "loss", "imbalance_gap")
BY_MODALITY = ("accuracy", "score", "delta")
PROBE, PROBE_GAP = "probe", "probe_gap"
CORRUPTED = ("dropped", "noise", "masking")


def known(modalities: Iterable[str], *, selected: bool, corrupted: bool) -> set[str]:
    """Test metrics of runs on these modalities.

    Args:
        modalities: of the benchmark.
        selected: whether they are of the epoch that validation selects, of whose model alone there are probes
            and corrupted inputs.
        corrupted: whether inputs are corrupted at all.
    """
    whole, by_modality = list(WHOLE), list(BY_MODALITY)
    if selected:
        whole.append(PROBE_GAP)
        by_modality.append(PROBE)
    if selected and corrupted:
        whole += CORRUPTED
        by_modality += CORRUPTED
    return {*whole, *(f"{kind}/{name}" for kind in by_modality for name in (*modalities, WEAKEST))}
