"""How well each modality has learned, and which of them leads."""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from inforeg.regulation.stored import HALF


def scores(unimodal: Mapping[str, Tensor], target: Tensor) -> Tensor:
    """Mean log-probability of the true class through each modality's logits.

    Args:
        unimodal: logits (B, C) per modality.
        target: class indices, (B,).

    Returns:
        (M,) in nats, larger is better (InfoReg, Eq. 8, read as it is used); computed in float32 at least.
    """
    logits = torch.cat(_wide(unimodal))
    losses = F.cross_entropy(logits, torch.cat([target] * len(unimodal)), reduction="none")
    return -losses.view(len(unimodal), -1).mean(1)


def confidences(unimodal: Mapping[str, Tensor], target: Tensor) -> Tensor:
    """Probability of the true class through each modality's logits, summed over the batch.

    Args:
        unimodal: logits (B, C) per modality.
        target: class indices, (B,).

    Returns:
        (M,), each between 0 and B (OGM, Peng et al., 2022; InfoReg's released code); computed in float32
        at least.
    """
    probability = torch.stack(_wide(unimodal)).softmax(-1)
    return probability.gather(2, target.expand(len(unimodal), -1).unsqueeze(2)).sum((1, 2))


def discrepancy(score: Sequence[float]) -> list[float]:
    """Delta_m: mean lead of modality m over the modalities that score less; 0 for the weakest.

    Args:
        score: one per modality.

    Returns:
        One per modality, not negative (InfoReg, Eq. 9-10). A score that is NaN neither leads nor is led.
    """
    return [_lead(own, score) for own in score]


def _lead(own: float, others: Sequence[float]) -> float:
    total, behind = 0.0, 0
    for other in others:
        if own - other > 0:
            total += own - other
            behind += 1
    return total / max(behind, 1)


def leads(score: Tensor) -> Tensor:
    """As `discrepancy`, from and to a tensor (M,) on its device; in float64, where the device knows it."""
    wide = score.to(torch.float32 if score.device.type == "mps" else torch.float64)
    apart = wide.unsqueeze(1) - wide
    ahead = apart > 0
    return torch.where(ahead, apart, 0.0).sum(1) / ahead.sum(1).clamp(min=1)


def _wide(unimodal: Mapping[str, Tensor]) -> list[Tensor]:
    """The mean of a batch in bfloat16 would decide by its rounding who leads."""
    return [u.float() if u.dtype in HALF else u for u in unimodal.values()]
