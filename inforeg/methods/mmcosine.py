"""MMCosine: multimodal cosine loss."""

from typing import cast

from pydantic import PositiveFloat

from inforeg.methods.base import Blueprint, Method, MultimodalModel
from inforeg.models.heads import Cosine


class MMCosine(Method):
    """Joint training under a head that sees only directions, so that no modality wins by its norm.

    Attributes:
        scale: s; 10 in the code.
    """

    name = "mmcosine"
    title = "MMCosine"
    family = "objective"
    reference = "Xu et al., MMCosine: Multi-Modal Cosine Loss, ICASSP 2023"
    fusions = ("concat", "sum")

    scale: PositiveFloat = 10.0

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """Encoders under the cosine head."""
        model = blueprint.build(fusion=Cosine)
        cast(Cosine, model.fusion).scale = self.scale
        return model
