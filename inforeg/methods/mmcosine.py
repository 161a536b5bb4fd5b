"""MMCosine: multimodal cosine loss."""

from collections.abc import Mapping
from typing import ClassVar, cast

import torch.nn.functional as F
from pydantic import PositiveFloat
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from inforeg.batch import Output
from inforeg.methods.base import Family, Method
from inforeg.methods.state import Blueprint
from inforeg.models.fusion import Fusion, Streams, sum_logits, xavier
from inforeg.models.multimodal import MultimodalModel
from inforeg.registry import OPTIONS


class Cosine(Fusion):
    """z = sum_m u_m with u_{m,c} = s cos(h_m, W_{m,c}); without bias."""

    name = "cosine"
    decomposes = True
    scale = 1.0

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        total = sum(widths.values())
        self.weights = nn.ParameterDict(
            {m: xavier((classes, width), total, streams(m)) for m, width in widths.items()}
        )

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """The shares and their sum; a feature vector of zeros has cosine 0."""
        unimodal = {
            m: self.scale * F.linear(F.normalize(h, dim=1), F.normalize(self.weights[m], dim=1))
            for m, h in features.items()
        }
        return Output(features, sum_logits(unimodal), unimodal)


@dataclass(config=OPTIONS)
class MMCosine(Method):
    """Joint training under a head that sees only directions, so that no modality wins by its norm.

    Attributes:
        scale: s; 10 in the code.
    """

    name: ClassVar[str] = "mmcosine"
    title: ClassVar[str] = "MMCosine"
    family: ClassVar[Family] = "objective"
    reference: ClassVar[str] = "Xu et al., MMCosine: Multi-Modal Cosine Loss, ICASSP 2023"
    fusions: ClassVar[tuple[str, ...] | None] = ("concat", "sum")

    scale: PositiveFloat = 10.0

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """Encoders under the cosine head."""
        model = blueprint.build(fusion=Cosine)
        cast(Cosine, model.fusion).scale = self.scale
        return model
