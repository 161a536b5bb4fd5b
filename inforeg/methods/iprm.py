"""IPRM: multimodal features interpolated towards the modality that agrees more."""

from typing import Annotated, cast

import torch
from pydantic import Field, NonNegativeFloat
from torch import Tensor

from inforeg.methods.base import Batch, Method, Output, TrainState
from inforeg.models.fusions.base import sum_logits
from inforeg.models.heads import Slerp


class IPRM(Method):
    """Train on features that lean towards the modality whose own prediction is nearer to the joint one.

    A probe without gradient interpolates the batch's features, each of length 1, with weights lambda. With
    K_m = KL(p_m || p) from its joint prediction to modality m's, the batch is then trained on weights
    lambda^_1 = K_2 / (K_1 + K_2) and lambda^_2 = 1 - lambda^_1, and the next probe's lambda is alpha lambda +
    (1 - alpha) lambda^. The answer is the sum of all three logits, interpolated with the last lambda.

    Attributes:
        alpha: alpha, weight of the past in the smoothing; 0.8 in the code.
        unimodal_weight: weight of the unimodal losses; 1 in the code.
    """

    name = "iprm"
    title = "IPRM"
    version = 2
    family = "feed-forward"
    reference = "Yang et al., Instantaneous Probe-and-Rebalance Learning, IJCAI 2025"
    head = Slerp
    most = 2
    fusions = ("concat", "sum")
    same_width = True

    alpha: Annotated[float, Field(ge=0, le=1)] = 0.8
    unimodal_weight: NonNegativeFloat = 1.0

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """Probe, answer with what it found, and move the next probe's weights; the encoders run once."""
        features, fusion = state.model.encode(batch.inputs), cast(Slerp, state.model.fusion)
        with torch.no_grad():
            found = agreement(fusion(features).float())
            fusion.weights.lerp_(found, 1 - self.alpha)
        state.log_each("lambda", dict(zip(features, found, strict=True)))
        return fusion.mixed(features, found)

    def predict(self, output: Output) -> Tensor:
        """Sum of the joint and the unimodal logits."""
        return output.logits + sum_logits(output.unimodal)


def agreement(output: Output) -> Tensor:
    """lambda^ (2,): the other's K over the sum of both; equal shares where all agree."""
    log_p = output.logits.log_softmax(1)
    log_q = torch.stack(list(output.unimodal.values())).log_softmax(-1)
    divergence = (log_q.exp() * (log_q - log_p)).sum(-1).mean(1).clamp(min=1e-12)
    return divergence.flip(0) / divergence.sum()
