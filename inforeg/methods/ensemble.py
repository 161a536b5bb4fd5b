"""Late-fusion ensemble of unimodal models, a control."""

import math
from typing import ClassVar

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor

from inforeg.batch import Output
from inforeg.config import RunSpec
from inforeg.data.base import Split
from inforeg.methods.base import Family, Method
from inforeg.methods.state import Blueprint, TrainState, Weights
from inforeg.methods.unimodal import Unimodal
from inforeg.models.fusion import Sum
from inforeg.models.multimodal import MultimodalModel
from inforeg.registry import OPTIONS


@dataclass(config=OPTIONS)
class Ensemble(Method):
    """The mean of the class probabilities of the unimodal models of the same seed; nothing is trained."""

    name: ClassVar[str] = "ensemble"
    title: ClassVar[str] = "Late-fusion ensemble"
    family: ClassVar[Family] = "baseline"
    reference: ClassVar[str] = "Kittler et al., On Combining Classifiers, PAMI 1998 (mean rule)"
    own_losses: ClassVar[bool] = True

    def needs(self, spec: RunSpec) -> list[RunSpec]:
        """One unimodal run per modality."""
        return Unimodal.runs(spec)

    def epochs(self, planned: int) -> int:
        """One, without a batch: only the evaluation."""
        return 1

    def sampler(self, state: TrainState, split: Split) -> list[Tensor]:
        """No batch."""
        return []

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """All encoders, each with a head of its own."""
        return blueprint.build(fusion=Sum)

    def setup(self, state: TrainState, weights: Weights) -> None:
        """Load the unimodal models."""
        state.model.load_state_dict(Unimodal.together(state.spec, weights))

    def predict(self, output: Output) -> Tensor:
        """Logarithm of the mean probability."""
        log_p = torch.stack(list(output.unimodal.values())).log_softmax(-1)
        return log_p.logsumexp(0) - math.log(len(log_p))
