"""UMT: unimodal teachers."""

from collections.abc import Mapping
from typing import ClassVar

import torch.nn.functional as F
from pydantic import NonNegativeFloat
from pydantic.dataclasses import dataclass
from torch import Tensor

from inforeg.batch import Batch, Output
from inforeg.config import RunSpec, Setting
from inforeg.methods.base import Family, Method
from inforeg.methods.state import TrainState, Weights
from inforeg.methods.unimodal import Unimodal
from inforeg.registry import OPTIONS


@dataclass(config=OPTIONS)
class UMT(Method):
    """Joint training whose features are pulled to those of frozen unimodal models of the same seed.

    L = CE(z) + lambda sum_m mean ||h_m - h_m^teacher||^2, the mean being over samples and features.

    Attributes:
        weight: lambda; 10 in BalanceBenchmark (the paper's own code is not public).
    """

    name: ClassVar[str] = "umt"
    title: ClassVar[str] = "UMT"
    family: ClassVar[Family] = "objective"
    reference: ClassVar[str] = "Du et al., On Uni-Modal Feature Learning, ICML 2023"
    neutral: ClassVar[Mapping[str, Setting] | None] = {"weight": 0.0}

    weight: NonNegativeFloat = 10.0

    def needs(self, spec: RunSpec) -> list[RunSpec]:
        """The teachers."""
        return Unimodal.runs(spec)

    def setup(self, state: TrainState, weights: Weights) -> None:
        """Ask the teachers."""
        self._teachers = Unimodal.answers(state, weights)

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Distillation beside the joint loss."""
        terms = super().losses(state, batch, output)
        if self.weight:
            terms |= {f"distillation/{m}": self.weight * loss for m, loss in self._distances(batch, output)}
        return terms

    def _distances(self, batch: Batch, output: Output) -> list[tuple[str, Tensor]]:
        taught = self._teachers.features
        return [(m, F.mse_loss(h, taught[m][batch.index])) for m, h in output.features.items()]
