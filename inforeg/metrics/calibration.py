"""Whether the answers are as sure as they are right."""

import torch
from torch import Tensor

from inforeg.metrics.base import Metric

BINS = 15


def calibration_error(logits: Tensor, target: Tensor) -> float:
    """Expected calibration error: Σ_b n_b / N |accuracy_b - confidence_b| (Guo et al., ICML 2017, Eq. 3).

    The confidence of a sample is its largest probability; b are 15 equal bins (k / 15, (k + 1) / 15] of it.
    An empty bin counts nothing, and so does the want of a class.
    """
    confidence, predicted = logits.double().softmax(1).max(1)
    edges = torch.arange(1, BINS, dtype=torch.float64, device=logits.device) / BINS
    excess = (predicted == target).double() - confidence
    total = torch.zeros(BINS, dtype=torch.float64, device=logits.device)
    # n_b (accuracy_b - confidence_b) is the sum of what its samples are right beyond their confidence.
    total.index_add_(0, torch.bucketize(confidence, edges), excess)
    return (total.abs().sum() / len(target)).item()


CALIBRATION_ERROR = Metric(
    "calibration_error", "expected calibration error", calibration_error, higher_is_better=False
)
