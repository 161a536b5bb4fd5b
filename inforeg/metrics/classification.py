"""How often, and how surely, the answers are right."""

import torch
import torch.nn.functional as F
from torch import Tensor

from inforeg.metrics.base import NATS, Metric


def accuracy(logits: Tensor, target: Tensor) -> float:
    """Share of the N samples whose class has the largest logit."""
    return (logits.argmax(1) == target).double().mean().item()


def majority_share(target: Tensor) -> float:
    """Share of the N samples that are of the most frequent class: the accuracy of answering it always."""
    return (torch.bincount(target).max().double() / len(target)).item()


def balanced_accuracy(logits: Tensor, target: Tensor) -> float:
    """Mean recall over the classes that `target` has; one without samples does not count."""
    counts = _confusion(logits, target)
    present = counts.sum(1) > 0
    return (counts.diagonal()[present].double() / counts.sum(1)[present]).mean().item()


def macro_f1(logits: Tensor, target: Tensor) -> float:
    """Mean over the C classes of F1 = 2 TP / (2 TP + FP + FN); a class neither present nor predicted is 0."""
    counts = _confusion(logits, target)
    hits = counts.diagonal().double()
    f1 = 2 * hits / (counts.sum(0) + counts.sum(1)).clamp(min=1)
    return f1.mean().item()


def cross_entropy(logits: Tensor, target: Tensor) -> float:
    """Mean negative log-probability of the true class."""
    return F.cross_entropy(logits, target).item()


def _confusion(logits: Tensor, target: Tensor) -> Tensor:
    """How many samples of each class (rows) are taken for each class (columns), (C, C)."""
    classes = logits.shape[1]
    pairs = target * classes + logits.argmax(1)
    return torch.bincount(pairs, minlength=classes * classes).view(classes, classes)


ACCURACY = Metric("accuracy", "accuracy", accuracy, chance=majority_share)
BALANCED_ACCURACY = Metric("balanced_accuracy", "balanced accuracy", balanced_accuracy)
MACRO_F1 = Metric("macro_f1", "macro-F1", macro_f1)
CROSS_ENTROPY = Metric("loss", "loss", cross_entropy, NATS, higher_is_better=False)
