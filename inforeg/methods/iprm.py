"""IPRM: multimodal features interpolated towards the modality that agrees less."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from inforeg.batch import Batch, Output
from inforeg.methods.base import Family, Method
from inforeg.methods.state import Blueprint, TrainState
from inforeg.models.fusion import Streams, Sum, linear
from inforeg.models.multimodal import MultimodalModel
from inforeg.registry import OPTIONS


class Slerp(Sum):
    """z = W slerp(h_1, h_2; t) + b, beside a linear head per modality for the unimodal logits.

    Attributes:
        weights: (1 - t, t), the modalities' weights in the interpolation.
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
        first, second = features.values()
        unimodal = super().forward(features).unimodal
        return Output(features, self.joint(slerp(first, second, self.weights)), unimodal)


@dataclass(config=OPTIONS)
class IPRM(Method):
    """Train on features that lean towards the modality whose own prediction is further from the joint one.

    With K_m = KL(p || p_m) between the joint and modality m's prediction, measured without gradient on the
    features of the batch, modality m has weight K_m / sum K in the spherical interpolation, smoothed over
    the batches. The loss is the joint cross-entropy plus one per modality. Which divergence the code takes
    and that the answer uses the last weights are this package's readings.

    Attributes:
        alpha: alpha, weight of the past in the smoothing; 0.8 in the code.
    """

    name: ClassVar[str] = "iprm"
    title: ClassVar[str] = "IPRM"
    family: ClassVar[Family] = "feed-forward"
    reference: ClassVar[str] = "IPRM, released code (main_av.py), 2025"
    most: ClassVar[int | None] = 2
    fusions: ClassVar[tuple[str, ...] | None] = ("concat", "sum")
    same_width: ClassVar[bool] = True

    alpha: Annotated[float, Field(ge=0, le=1)] = 0.8
    unimodal_weight: float = 1.0

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """Encoders under the interpolation."""
        return blueprint.build(fusion=Slerp)

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """Probe, move the weights, then answer; the encoders run once."""
        features = state.model.encode(batch.inputs)
        weights = state.model.fusion.get_buffer("weights")
        with torch.no_grad():
            found = disagreement(state.model.fuse(features))
            weights.mul_(self.alpha).add_((1 - self.alpha) * found)
        for modality, weight in zip(features, weights, strict=True):
            state.log(f"lambda/{modality}", weight)
        return state.model.fuse(features)


def disagreement(output: Output) -> Tensor:
    """K_m / sum K (M,); equal shares where all agree."""
    log_p = output.logits.log_softmax(1)
    log_q = torch.stack(list(output.unimodal.values())).log_softmax(-1)
    divergence = (log_p.exp() * (log_p - log_q)).sum(-1).mean(1).clamp(min=1e-12)
    return divergence / divergence.sum()


def slerp(first: Tensor, second: Tensor, weights: Tensor) -> Tensor:
    """(sin(w_1 a) h_1 + sin(w_2 a) h_2) / sin(a), a (B, 1) being the angle between the two; (B, d)."""
    cosine = F.cosine_similarity(first, second, dim=1).clamp(-1 + 1e-4, 1 - 1e-4)
    angle = torch.acos(cosine).unsqueeze(1)
    mixed: Tensor = torch.sin(weights[0] * angle) * first + torch.sin(weights[1] * angle) * second
    return mixed / torch.sin(angle)
