"""IPRM: multimodal features interpolated towards the modality that agrees more."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, cast

import torch
import torch.nn.functional as F
from pydantic import Field, NonNegativeFloat
from pydantic.dataclasses import dataclass
from torch import Tensor

from inforeg.batch import Batch, Output
from inforeg.methods.base import Family, Method
from inforeg.methods.state import Blueprint, TrainState
from inforeg.models.fusion import Streams, Sum, linear, sum_logits
from inforeg.models.multimodal import MultimodalModel
from inforeg.registry import OPTIONS


class Slerp(Sum):
    """z = W slerp(h_1, h_2; lambda) + b, beside a linear head per modality for the unimodal logits.

    Attributes:
        weights: lambda, the modalities' weights in the interpolation, unless others are given.
    """

    name = "slerp"
    decomposes = False

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        self.joint = linear(next(iter(widths.values())), classes, streams("joint"))
        self.weights: Tensor
        self.register_buffer("weights", torch.full((2,), 0.5))

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """Logits of the interpolated features, and of each modality's."""
        return self.mixed(features, self.weights)

    def mixed(self, features: Mapping[str, Tensor], weights: Tensor) -> Output:
        """The same with other weights (2,)."""
        first, second = features.values()
        unimodal = super().forward(features).unimodal
        return Output(features, self.joint(slerp(first, second, weights)), unimodal)


@dataclass(config=OPTIONS)
class IPRM(Method):
    """Train on features that lean towards the modality whose own prediction is nearer to the joint one.

    A probe without gradient interpolates the batch's features, each of length 1, with weights lambda. With
    K_m = KL(p_m || p) from its joint prediction to modality m's, the batch is then trained on weights
    lambda^_1 = K_2 / (K_1 + K_2) and lambda^_2 = K_1 / (K_1 + K_2), and lambda goes to
    alpha lambda + (1 - alpha) lambda^ for the next probe. The loss is the joint cross-entropy plus one per
    modality; the answer is the sum of all three logits, interpolated with the last lambda.

    Attributes:
        alpha: alpha, weight of the past in the smoothing; 0.8 in the code.
        unimodal_weight: weight of the unimodal losses; 1 in the code.
    """

    name: ClassVar[str] = "iprm"
    title: ClassVar[str] = "IPRM"
    version: ClassVar[int] = 2
    family: ClassVar[Family] = "feed-forward"
    reference: ClassVar[str] = "Yang et al., Instantaneous Probe-and-Rebalance Learning, IJCAI 2025"
    most: ClassVar[int | None] = 2
    fusions: ClassVar[tuple[str, ...] | None] = ("concat", "sum")
    same_width: ClassVar[bool] = True

    alpha: Annotated[float, Field(ge=0, le=1)] = 0.8
    unimodal_weight: NonNegativeFloat = 1.0

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """Encoders under the interpolation."""
        return blueprint.build(fusion=Slerp)

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """Probe, answer with what it found, and move the next probe's weights; the encoders run once."""
        features, fusion = state.model.encode(batch.inputs), cast(Slerp, state.model.fusion)
        with torch.no_grad():
            found = agreement(fusion(features))
            fusion.weights.lerp_(found, 1 - self.alpha)
        for modality, weight in zip(features, found, strict=True):
            state.log(f"lambda/{modality}", weight)
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


def slerp(first: Tensor, second: Tensor, weights: Tensor) -> Tensor:
    """(sin(w_1 a) e_1 + sin(w_2 a) e_2) / sin(a), e_m = h_m / |h_m| and a (B, 1) their angle; (B, d)."""
    first, second = F.normalize(first, dim=1), F.normalize(second, dim=1)
    # Away from 0 and pi, where the angle has no gradient and the division no value.
    cosine = (first * second).sum(1).clamp(-1 + 1e-4, 1 - 1e-4)
    angle = torch.acos(cosine).unsqueeze(1)
    mixed: Tensor = torch.sin(weights[0] * angle) * first + torch.sin(weights[1] * angle) * second
    return mixed / torch.sin(angle)
