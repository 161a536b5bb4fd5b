"""MBSD: self-distillation between modalities."""

from collections.abc import Mapping

import torch
from pydantic import NonNegativeFloat
from torch import Tensor

from inforeg.methods.base import Batch, Method, Output, TrainState


class MBSD(Method):
    """Sample by sample, the modality that knows best teaches the others.

    With p_m modality m's probability of the true class: w_m = p_best - p_m if any modality classifies the
    sample correctly, else 0. L = CE(z) + sum_m CE(u_m) + mean_i sum_m w_m [d^2(u_best, u_m) +
    KL(p_best || p_m)], d^2 the mean squared difference over the classes. The teacher of the divergence has
    no gradient. As BalanceBenchmark has it for two modalities, except that its divergence takes single
    probabilities for distributions; the sum over all but the best is this package's reading for more.

    Attributes:
        distillation: weight of the distillation; 1 in BalanceBenchmark, the only code known.
        unimodal_weight: weight of the unimodal losses; 1 there.
    """

    name = "mbsd"
    title = "MBSD"
    family = "objective"
    reference = "Liu et al., Multimodal Pre-Training with Self-Distillation, WSDM 2023"

    distillation: NonNegativeFloat = 1.0
    unimodal_weight: NonNegativeFloat = 1.0

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Self-distillation beside the joint and the unimodal losses."""
        distances = self_distillation(output.unimodal, batch.target)
        return super().losses(state, batch, output) | {"distillation": self.distillation * distances}


def self_distillation(unimodal: Mapping[str, Tensor], target: Tensor) -> Tensor:
    """mean_i sum_m w_m [d^2(u_best, u_m) + KL(p_best || p_m)] from logits (B, C) per modality."""
    logits = torch.stack(list(unimodal.values()))
    log_p = logits.log_softmax(-1)
    true = log_p.gather(2, target.expand(len(logits), -1).unsqueeze(2)).squeeze(2).exp().detach()
    best = true.argmax(0).view(1, -1, 1).expand(1, -1, logits.shape[2])
    right = (logits.argmax(-1) == target).any(0)
    weight = (true.max(0).values - true) * right
    squares = (logits.gather(0, best) - logits).square().mean(-1)
    taught = log_p.gather(0, best).detach()
    divergence = (taught.exp() * (taught - log_p)).sum(-1)
    return (weight * (squares + divergence)).sum(0).mean()
