"""Linear probes: what a frozen encoder knows, apart from the head it was trained with."""

import torch
import torch.nn.functional as F
from torch import Tensor

from inforeg.data.base import Data, Split
from inforeg.engine.evaluate import EVALUATION_BATCH
from inforeg.metrics.classification import accuracy
from inforeg.metrics.imbalance import gap
from inforeg.models.multimodal import MultimodalModel

PENALTY = 1e-3
ITERATIONS = 50


def probe(model: MultimodalModel, data: Data) -> dict[str, float]:
    """Validation and test accuracy of a linear probe on each frozen encoder, and best minus worst.

    The probe is a multinomial logistic regression on the training split's standardised features, fitted in
    double precision by L-BFGS from zero, so it draws no random number.
    """
    model.eval()
    metrics: dict[str, float] = {}
    splits = {"train": data.train, "val": data.val, "test": data.test}
    features = {name: _features(model, split) for name, split in splits.items()}
    for modality in model.modalities:
        train = features["train"][modality]
        mean, scale = train.mean(0), train.std(0).clamp(min=1e-8)
        weights = _fit((train - mean) / scale, data.train.target, len(data.classes))
        for name in ("val", "test"):
            logits = F.linear((features[name][modality] - mean) / scale, weights[:, :-1], weights[:, -1])
            metrics[f"{name}/probe/{modality}"] = accuracy(logits.argmax(1), splits[name].target)
    if len(model.modalities) > 1:
        for name in ("val", "test"):
            metrics[f"{name}/probe_gap"] = gap(metrics[f"{name}/probe/{m}"] for m in model.modalities)
    return metrics


@torch.no_grad()
def _features(model: MultimodalModel, split: Split) -> dict[str, Tensor]:
    parts = [model.encode(batch.inputs) for batch in split.batches(EVALUATION_BATCH)]
    return {m: torch.cat([part[m] for part in parts]).double() for m in model.modalities}


def _fit(features: Tensor, target: Tensor, classes: int) -> Tensor:
    """Weights and, in the last column, bias (C, d + 1) of the penalised logistic regression."""
    weights = torch.zeros(classes, features.shape[1] + 1, dtype=features.dtype, device=features.device)
    weights.requires_grad_()
    optimizer = torch.optim.LBFGS([weights], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        logits = F.linear(features, weights[:, :-1], weights[:, -1])
        loss = F.cross_entropy(logits, target) + PENALTY * weights[:, :-1].square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weights.detach()
