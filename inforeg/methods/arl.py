"""ARL: asymmetric representation learning."""

from collections.abc import Mapping
from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch import Tensor

from inforeg.methods.base import Batch, Method, Output, TrainState


class ARL(Method):
    """Let the surer modality learn faster: scale what flows back into each encoder by its certainty.

    With H_m the entropy of modality m's prediction, mean over the batch, and r_m = (1 / H_m) / sum 1 / H:
    w_m = M softmax_m(T r_m), and the gradient that reaches h_m, from all losses, is multiplied by w_m. An
    encoder's gradient is linear in it, so the encoder's own gradient is scaled. Entropy stands for the
    variance of the paper's bias-variance argument, as in its code. This package's readings: the weights have
    mean 1, and r_m is not multiplied by the others' share of the logits' size, as it is there.

    Attributes:
        temperature: T, sharpness of the weights: it multiplies; 8 in the code.
        start: first epoch that is scaled, as a fraction of the epochs; 5 of 100 in the code.
        unimodal_weight: gamma, weight of the unimodal losses; 4 in the code for CREMA-D.
    """

    name = "arl"
    title = "ARL"
    version = 2
    family = "optimisation"
    reference = "Wei et al., Improving Multimodal Learning via Imbalanced Learning, ICCV 2025"
    own_heads = True

    temperature: PositiveFloat = 8.0
    start: Annotated[float, Field(ge=0, le=1)] = 0.05
    unimodal_weight: NonNegativeFloat = 4.0

    @torch.no_grad()
    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Scale, once past the start."""
        if state.epoch < round(self.start * state.epochs):
            return
        state.scale("w", certainties(output.unimodal, self.temperature))


def certainties(unimodal: Mapping[str, Tensor], temperature: float) -> Tensor:
    """w_m (M,), which sum to M, from logits (B, C) per modality."""
    log_p = torch.stack(list(unimodal.values())).log_softmax(-1)
    entropy = -(log_p.exp() * log_p).sum(-1).mean(1)
    inverse = 1 / entropy.clamp(min=1e-6)
    return len(entropy) * torch.softmax(temperature * inverse / inverse.sum(), dim=0)
