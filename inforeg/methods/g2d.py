"""G2D: gradient-guided distillation."""

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from inforeg.methods.base import Batch, Output, TrainState
from inforeg.methods.umt import UMT
from inforeg.regulation.scores import confidences


class G2D(UMT):
    """Distil unimodal teachers, and let the modality whose teacher is surest wait for the others.

    L = CE(z) + lambda sum_m MSE(h_m, h_m^teacher) + sum_m KL(p_m^teacher || p_m), temperature 1. While the
    prioritisation lasts, the convolution and linear weights of the modality whose teacher is the surest on
    the batch (the true class's probability, summed) get gradient 0; where all are equally sure, nobody waits.
    This package's readings: the student's unimodal logits are the model's; of more than two, one waits.

    Attributes:
        weight: lambda, weight of the features' distance; 1 in the code.
        logit_weight: weight of the divergence of the logits; 1 in the code.
        end: end of the prioritisation, as a fraction of the epochs; 150 of 300 in the code.
    """

    name = "g2d"
    title = "G2D"
    version = 2
    family = "optimisation"
    reference = "Rakib and Bagavathi, G2D: Gradient-Guided Distillation, ICCV 2025"
    neutral = {"weight": 0.0, "logit_weight": 0.0, "end": 0.0}

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

    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Stop the modality with the surest teacher."""
        if state.epoch >= round(self.end * state.epochs):
            return
        score = confidences({m: u[batch.index] for m, u in self._teachers.unimodal.items()}, batch.target)
        surest = ((score == score.max()) & (score > score.min())).tolist()
        waits = dict(zip(self._teachers.unimodal, surest, strict=True))
        state.log_each("waits", waits)
        for modality in filter(waits.get, waits):
            torch._foreach_zero_(state.gradients(modality, dimensions=2))
