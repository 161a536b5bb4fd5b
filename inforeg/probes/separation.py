"""How well features tell the classes apart, without a classifier: silhouette and nearest neighbours."""

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from inforeg.metrics.recorded import NEIGHBOUR, SILHOUETTE
from inforeg.models.inference import infer
from inforeg.probes.base import Answer, Probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inforeg.probes.restore import Restored

ROWS = 512
"""Samples whose distances to all others are held at a time."""


class Separation(Probe):
    """Silhouette of the classes in each encoder's test features, and how often a nearest neighbour agrees."""

    name = "separation"

    def examine(self, run: "Restored") -> Answer:
        """`test/silhouette/MODALITY` and `test/neighbour/MODALITY`, of standardised features."""
        train, test = run.data.train, run.data.test
        seen, unseen = infer(run.model, train).features, infer(run.model, test).features
        known, target = train.target.cpu(), test.target.cpu()
        metrics: dict[str, float] = {}
        for modality in run.model.modalities:
            fitted = seen[modality].double().cpu()
            mean, scale = fitted.mean(0), fitted.std(0).clamp(min=1e-8)
            features = (unseen[modality].double().cpu() - mean) / scale
            metrics[f"test/{SILHOUETTE.name}/{modality}"] = silhouette(features, target)
            nearest = neighbours(features, (fitted - mean) / scale)
            metrics[f"test/{NEIGHBOUR.name}/{modality}"] = (known[nearest] == target).double().mean().item()
        return Answer(metrics)


def silhouette(features: Tensor, target: Tensor) -> float:
    """Mean silhouette (Rousseeuw, 1987) of features (N, d) whose clusters are the classes (N,).

    (b - a) / max(a, b) of a sample with the mean distances a to the others of its class and b to those of the
    nearest other class; 0 of one alone in its class. NaN where there is one class.
    """
    member = F.one_hot(target).to(features.dtype)
    member = member[:, member.any(0)]
    if member.shape[1] < 2:
        return math.nan
    means = torch.cat([distances @ member for distances in _distances(features, features)])
    own = member.bool()
    others = (means / member.sum(0)).masked_fill(own, math.inf).amin(1)
    count = (member.sum(0) * member).sum(1)
    within = means[own] / (count - 1).clamp(min=1)
    values = (others - within) / torch.maximum(within, others).clamp(min=torch.finfo(means.dtype).tiny)
    return values.masked_fill(count == 1, 0.0).mean().item()


def neighbours(features: Tensor, known: Tensor) -> Tensor:
    """Index (N,) of the one of `known` (M, d) that is nearest to each of the features (N, d)."""
    return torch.cat([distances.argmin(1) for distances in _distances(features, known)])


def _distances(features: Tensor, others: Tensor) -> "Iterator[Tensor]":
    """Euclidean distances of all features (N, d) to all others (M, d), some rows at a time.

    Not by products of matrices, which lose what is nearly equal.
    """
    for first in range(0, len(features), ROWS):
        part = features[first : first + ROWS]
        yield torch.cdist(part, others, compute_mode="donot_use_mm_for_euclid_dist")
