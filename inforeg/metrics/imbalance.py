"""How unequally the modalities have learned."""

from collections.abc import Iterable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor


def scores(unimodal: Mapping[str, Tensor], target: Tensor) -> Tensor:
    """Mean log-probability of the true class through each modality's logits.

    Args:
        unimodal: logits (B, C) per modality.
        target: class indices, (B,).

    Returns:
        (M,) in nats, larger is better (InfoReg, Eq. 8, read as it is used).
    """
    logits = torch.stack(list(unimodal.values()))
    losses = F.cross_entropy(logits.flatten(0, 1), target.repeat(len(logits)), reduction="none")
    return -losses.view(len(logits), -1).mean(1)


def discrepancy(score: Tensor) -> Tensor:
    """Delta_m: mean lead of modality m over the modalities that score less; 0 for the weakest.

    Args:
        score: (M,).

    Returns:
        (M,), not negative (InfoReg, Eq. 9-10).
    """
    lead = (score[:, None] - score[None, :]).clamp(min=0)
    return lead.sum(1) / (lead > 0).sum(1).clamp(min=1)


def gap(values: Iterable[float]) -> float:
    """Best minus worst of the modalities' accuracies: 0 when they are in balance."""
    listed = list(values)
    return max(listed) - min(listed)
