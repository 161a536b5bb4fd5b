"""Unimodal training."""

from typing import ClassVar

from pydantic.dataclasses import dataclass

from inforeg.config import RunSpec, Setting, TrialConfig
from inforeg.methods.base import Family, Method
from inforeg.methods.state import Blueprint
from inforeg.models.fusion import Sum
from inforeg.models.multimodal import MultimodalModel
from inforeg.registry import METHODS, OPTIONS


@dataclass(config=OPTIONS)
class Unimodal(Method):
    """One modality's encoder with a linear head of its own; a table row stands for one run per modality.

    Attributes:
        modality: which modality to train.
    """

    name: ClassVar[str] = "unimodal"
    title: ClassVar[str] = "Unimodal"
    family: ClassVar[Family] = "baseline"
    reference: ClassVar[str] = "Huang et al., InfoReg, CVPR 2025, Figure 1b"

    modality: str = ""

    def supports(self, config: TrialConfig) -> tuple[bool, str]:
        """One of the benchmark's modalities; its loss is unimodal as it is."""
        if self.modality not in config.encoders:
            known = " or ".join(config.encoders)
            return False, f"there is no modality {self.modality!r}; set modality to {known}"
        return not self.unimodal_weight, "its loss is unimodal already, so unimodal_weight has no say"

    @classmethod
    def expand(cls, modalities: tuple[str, ...]) -> dict[str, dict[str, Setting]]:
        """One run per modality."""
        return {modality: {"modality": modality} for modality in modalities}

    @classmethod
    def runs(cls, spec: RunSpec) -> list[RunSpec]:
        """The unimodal runs of all modalities beside the run `spec`: same benchmark, training and seed."""
        return [
            spec.model_copy(
                update={
                    "method": cls.name,
                    "variant": modality,
                    "versions": {**spec.versions, "method": cls.version},
                    "settings": METHODS.options(cls(modality=modality)),
                }
            )
            for modality in spec.config.encoders
        ]

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """The one encoder and its head."""
        return blueprint.build((self.modality,), fusion=Sum)
