"""Unimodal training."""

from typing import ClassVar

from pydantic.dataclasses import dataclass
from torch import Tensor

from inforeg.batch import Output
from inforeg.config import RunSpec, Setting, TrialConfig
from inforeg.methods.base import Family, Method
from inforeg.methods.state import Blueprint, TrainState, Weights
from inforeg.models.fusion import Sum
from inforeg.models.multimodal import MultimodalModel, answers
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
    fewest: ClassVar[int] = 1
    own_losses: ClassVar[bool] = True

    modality: str = ""

    def supports(self, config: TrialConfig) -> tuple[bool, str]:
        """One of the benchmark's modalities."""
        if self.modality not in config.encoders:
            known = " or ".join(config.encoders)
            return False, f"there is no modality {self.modality!r}; set modality to {known}"
        return True, ""

    @classmethod
    def expand(cls, modalities: tuple[str, ...]) -> dict[str, dict[str, Setting]]:
        """One run per modality."""
        return {modality: {"modality": modality} for modality in modalities}

    @classmethod
    def runs(cls, spec: RunSpec) -> list[RunSpec]:
        """The unimodal runs of all modalities beside the run `spec`: same benchmark, training and seed.

        A variant that is not the method's own may be of another training, so its unimodal runs are too.
        """
        own = spec.variant in ("default", *METHODS.get(spec.method).variants)
        prefix = "" if own else f"{spec.variant}_"
        return [
            spec.model_copy(
                update={
                    "method": cls.name,
                    "variant": f"{prefix}{modality}",
                    "versions": {**spec.versions, "method": cls.version},
                    "settings": METHODS.options(cls(modality=modality)),
                }
            )
            for modality in spec.config.encoders
        ]

    @classmethod
    def together(cls, spec: RunSpec, weights: Weights) -> dict[str, Tensor]:
        """The weights of `runs(spec)`, which are those of one model of all modalities under `Sum`."""
        return {name: tensor for run in cls.runs(spec) for name, tensor in weights(run).items()}

    @classmethod
    def answers(cls, state: TrainState, weights: Weights) -> Output:
        """Features and logits, without gradient, of `runs(state.spec)` for the whole training split in order.

        Frozen teachers say the same of a sample in every epoch, so they are asked once.
        """
        teachers = state.blueprint.build(fusion=Sum).to(state.device).eval()
        teachers.load_state_dict(cls.together(state.spec, weights))
        state.cost.watch(teachers)
        return answers(teachers, state.train)

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """The one encoder and its head."""
        return blueprint.build((self.modality,), fusion=Sum)
