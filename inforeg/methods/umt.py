"""UMT: unimodal teachers."""

from typing import ClassVar

import torch.nn.functional as F
from pydantic import NonNegativeFloat
from torch import Tensor

from inforeg.methods.base import Batch, Family, LoadWeights, Method, Output, RunSpec, TrainState
from inforeg.methods.teachers import ask_teachers, unimodal_runs


class UMT(Method):
    """Joint training whose features are pulled to those of frozen unimodal models of the same seed.

    L = CE(z) + lambda sum_m mean ||h_m - h_m^teacher||^2, the mean being over samples and features. The
    teachers see the clean view, once.

    Attributes:
        weight: lambda; 10 in BalanceBenchmark (the paper's own code is not public).
    """

    name = "umt"
    title = "UMT"
    family: ClassVar[Family] = "objective"
    reference = "Du et al., On Uni-Modal Feature Learning, ICML 2023"
    neutral = {"weight": 0.0}

    weight: NonNegativeFloat = 10.0

    def needs(self, spec: RunSpec) -> list[RunSpec]:
        """The teachers."""
        return unimodal_runs(spec)

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """Ask the teachers."""
        self._teachers = ask_teachers(state, weights)

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Distillation beside the joint loss."""
        terms = super().losses(state, batch, output)
        if self.weight:
            terms |= {f"distillation/{m}": self.weight * loss for m, loss in self._distances(batch, output)}
        return terms

    def _distances(self, batch: Batch, output: Output) -> list[tuple[str, Tensor]]:
        taught = self._teachers.features
        return [(m, F.mse_loss(h, taught[m][batch.index])) for m, h in output.features.items()]
