"""G2D: gradient-guided distillation."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from inforeg.batch import Batch, Output
from inforeg.config import Setting
from inforeg.methods.base import Family
from inforeg.methods.state import TrainState
from inforeg.methods.umt import UMT
from inforeg.metrics.imbalance import confidences
from inforeg.registry import OPTIONS


@dataclass(config=OPTIONS)
class G2D(UMT):
    """Distil unimodal teachers, and let the modality whose teacher is surest wait for the others.

    L = CE(z) + lambda sum_m MSE(h_m, h_m^teacher) + sum_m KL(p_m^teacher || p_m), temperature 1. While the
    prioritisation lasts, the gradients of the convolution and linear weights of the modality with the
    highest teacher confidence on the batch (the true class's probability, summed) are set to 0; where all
    teachers are equally sure, nobody waits. This package's readings: the student's unimodal logits are the
    model's (shares, where the fusion decomposes), and of more than two modalities the surest alone waits.

    Attributes:
        weight: lambda, weight of the features' distance; 1 in the code.
        logit_weight: weight of the divergence of the logits; 1 in the code.
        end: end of the prioritisation, as a fraction of the epochs; 150 of 300 in the code.
    """

    name: ClassVar[str] = "g2d"
    title: ClassVar[str] = "G2D"
    version: ClassVar[int] = 2
    family: ClassVar[Family] = "optimisation"
    reference: ClassVar[str] = "Rakib and Bagavathi, G2D: Gradient-Guided Distillation, ICCV 2025"
    neutral: ClassVar[Mapping[str, Setting] | None] = {"weight": 0.0, "logit_weight": 0.0, "end": 0.0}

    weight: Annotated[float, Field(ge=0)] = 1.0
    logit_weight: Annotated[float, Field(ge=0)] = 1.0
    end: Annotated[float, Field(ge=0, le=1)] = 0.5

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Both distillations beside the joint loss."""
        terms = super().losses(state, batch, output)
        if self.logit_weight:
            for modality, logits in output.unimodal.items():
                taught = self._teachers.unimodal[modality][batch.index].log_softmax(1)
                divergence = F.kl_div(logits.log_softmax(1), taught, reduction="batchmean", log_target=True)
                terms[f"divergence/{modality}"] = self.logit_weight * divergence
        return terms

    @torch.no_grad()
    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Stop the modality with the surest teacher."""
        if state.epoch >= round(self.end * self.epochs(state.spec.config.training.epochs)):
            return
        taught = {m: logits[batch.index] for m, logits in self._teachers.unimodal.items()}
        score = confidences(taught, batch.target)
        # Teachers that are all certain tie at the batch size; then there is nobody to wait for.
        surest = (score == score.max()) & (score > score.min())
        for modality, waits in zip(taught, surest.tolist(), strict=True):
            state.log(f"waits/{modality}", float(waits))
            if waits:
                torch._foreach_zero_(state.gradients(modality, dimensions=2))
