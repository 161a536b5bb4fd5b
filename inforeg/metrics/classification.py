"""Accuracy and macro-F1."""

import torch
from torch import Tensor


def accuracy(predicted: Tensor, target: Tensor) -> float:
    """Fraction of (N,) predictions that equal the target."""
    return (predicted == target).double().mean().item()


def macro_f1(predicted: Tensor, target: Tensor, classes: int) -> float:
    """Mean over the C classes of F1 = 2 TP / (2 TP + FP + FN); a class neither present nor predicted is 0."""
    counts = torch.bincount(target * classes + predicted, minlength=classes * classes).view(classes, classes)
    hits = counts.diagonal().double()
    f1 = 2 * hits / (counts.sum(0) + counts.sum(1)).clamp(min=1)
    return f1.mean().item()
