"""Unimodal training."""

from inforeg.methods.base import Blueprint, Method, MultimodalModel, RunConfig, Settings
from inforeg.models.fusions.sum import Sum


class Unimodal(Method):
    """One modality's encoder with a linear head of its own; a table row stands for one run per modality.

    Attributes:
        modality: which modality to train.
    """

    name = "unimodal"
    title = "Unimodal"
    family = "baseline"
    reference = "Huang et al., InfoReg, CVPR 2025, Figure 1b"
    fewest = 1
    own_losses = True

    modality: str = ""

    def supports(self, config: RunConfig) -> tuple[bool, str]:
        """One of the benchmark's modalities."""
        if self.modality not in config.encoders:
            known = " or ".join(config.encoders)
            return False, f"there is no modality {self.modality!r}; set modality to {known}"
        return True, ""

    @classmethod
    def expand(cls, modalities: tuple[str, ...]) -> dict[str, Settings]:
        """One run per modality."""
        return {modality: {"modality": modality} for modality in modalities}

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """The one encoder and its head."""
        return blueprint.build((self.modality,), fusion=Sum)
