"""Metrics of one split."""

from dataclasses import dataclass

import torch
from torch import Tensor

from inforeg.data.split import Split
from inforeg.methods.base import Method
from inforeg.metrics.classification import ACCURACY
from inforeg.metrics.imbalance import gap
from inforeg.metrics.recorded import ANSWER, DELTA, GAP, SCORE
from inforeg.models.inference import Change, infer
from inforeg.models.multimodal import MultimodalModel
from inforeg.regulation.scores import discrepancy, scores

LOGITS = "logits"
"""What an answer's logits are called; those of a modality are logits/<modality>."""


@dataclass(frozen=True)
class Evaluation:
    """One split as a model sees it.

    Attributes:
        metrics: by name, without the split.
        logits: (N, C), on the CPU: of the method's answer as "logits", of modalities as "logits/<modality>".
    """

    metrics: dict[str, float]
    logits: dict[str, Tensor]


@torch.no_grad()
def evaluate(
    model: MultimodalModel, method: Method, split: Split, change: Change | None = None
) -> Evaluation:
    """Accuracy, macro-F1 and loss of the method's answer; accuracy, score and Delta of each modality.

    A modality is measured through its own logits: its share of the joint ones where the fusion
    decomposes, else the logits with the other features at zero. None depends on the others' inputs.
    Samples that lack a modality count as well: their share is what the head makes of zeros, no better
    than chance.
    `change` is made to each batch before the model sees it.
    """
    output = infer(model, split, change)
    logits, shares = method.predict(output), output.unimodal
    metrics = {metric.name: metric(logits, split.target) for metric in ANSWER}
    score = scores(shares, split.target).tolist()
    unimodal_accuracies = [ACCURACY(share, split.target) for share in shares.values()]
    for metric, values in ((ACCURACY, unimodal_accuracies), (SCORE, score), (DELTA, discrepancy(score))):
        metrics |= {f"{metric.name}/{m}": value for m, value in zip(shares, values, strict=True)}
    if len(shares) > 1:
        metrics[GAP.name] = gap(unimodal_accuracies)
    kept = {LOGITS: logits} | {f"{LOGITS}/{m}": share for m, share in shares.items()}
    return Evaluation(metrics, {name: values.cpu() for name, values in kept.items()})
