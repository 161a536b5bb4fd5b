"""Late-fusion ensemble of unimodal models, a control."""

import math
from typing import ClassVar

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor

from inforeg.batch import Output
from inforeg.config import RunSpec, TrialConfig
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

    def supports(self, config: TrialConfig) -> tuple[bool, str]:
        """Two or more modalities; no loss is minimised."""
        if self.unimodal_weight:
            return False, "nothing is trained, so unimodal_weight has no say"
        return len(config.encoders) > 1, "needs two modalities"

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
        """Load the unimodal models: together they hold exactly this model's weights."""
        together: dict[str, Tensor] = {}
        for run in self.needs(state.spec):
            together |= weights(run)
        state.model.load_state_dict(together)

    def predict(self, output: Output) -> Tensor:
        """Logarithm of the mean probability."""
        log_p = torch.stack(list(output.unimodal.values())).log_softmax(-1)
        return log_p.logsumexp(0) - math.log(len(log_p))
