"""Linear probes: what a frozen encoder knows, apart from the head it was trained with."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from inforeg.data.split import Split
from inforeg.metrics.classification import ACCURACY
from inforeg.metrics.imbalance import gap
from inforeg.metrics.recorded import PROBE, PROBE_GAP
from inforeg.models.inference import infer
from inforeg.models.multimodal import MultimodalModel
from inforeg.probes.base import Answer, Probe

if TYPE_CHECKING:
    from inforeg.probes.restore import Restored

PENALTY = 1e-3
ITERATIONS = 50


class Linear(Probe):
    """Accuracy of a linear probe on each frozen encoder, fitted to the labels that the run was trained on."""

    name = "linear"

    def examine(self, run: "Restored") -> Answer:
        """`val/probe/MODALITY` and `test/probe/MODALITY`, and each split's `probe_gap`."""
        return Answer(probe(run.model, run.data.train, {"val": run.data.val, "test": run.data.test}))


def probe(model: MultimodalModel, train: Split, held_out: Mapping[str, Split]) -> dict[str, float]:
    """Accuracy of a linear probe on each frozen encoder on the splits `held_out`, and best minus worst.

    The probe is a multinomial logistic regression on the training split's standardised features, fitted in
    double precision by L-BFGS from zero, so it draws no random number.
    """
    metrics: dict[str, float] = {}
    fitted = infer(model, train).features
    features = {name: infer(model, split).features for name, split in held_out.items()}
    for modality in model.modalities:
        seen = fitted[modality].double()
        mean, scale = seen.mean(0), seen.std(0).clamp(min=1e-8)
        weights = _fit((seen - mean) / scale, train.target, model.fusion.classes)
        for name, split in held_out.items():
            unseen = (features[name][modality].double() - mean) / scale
            logits = F.linear(unseen, weights[:, :-1], weights[:, -1])
            metrics[f"{name}/{PROBE.name}/{modality}"] = ACCURACY(logits, split.target)
    if len(model.modalities) > 1:
        for name in held_out:
            found = [metrics[f"{name}/{PROBE.name}/{m}"] for m in model.modalities]
            metrics[f"{name}/{PROBE_GAP.name}"] = gap(found)
    return metrics


def _fit(features: Tensor, target: Tensor, classes: int) -> Tensor:
    """Weights and, in the last column, bias (C, d + 1) of the penalised logistic regression."""
    weights = torch.zeros(classes, features.shape[1] + 1, dtype=features.dtype, device=features.device)
    weights.requires_grad_()
    optimizer = _LBFGS([weights], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        logits = F.linear(features, weights[:, :-1], weights[:, -1])
        loss = F.cross_entropy(logits, target) + PENALTY * weights[:, :-1].square().sum()
        (weights.grad,) = torch.autograd.grad(loss, weights)
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weights.detach()


class _LBFGS(torch.optim.LBFGS):
    """Without torch's compiler, which `add_param_group` and `zero_grad` import: a second of every process."""

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        self.param_groups.append({**self.defaults, **param_group})
