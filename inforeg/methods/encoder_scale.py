"""Larger encoder gradients, a control."""

from typing import Literal

import torch
from pydantic import NonNegativeFloat, PositiveFloat

from inforeg.methods.base import Batch, Blueprint, Method, MultimodalModel, Output, TrainState


class EncoderScale(Method):
    """Joint training* whose encoders' gradients are multiplied by one factor.

    With 1.5 and own heads it is what MMPareto does wherever no gradients conflict.

    Attributes:
        heads: `own` as MMPareto has them, or `shares` of the joint head as Joint training* here.
        factor: 1.5, MMPareto's gamma.
        unimodal_weight: weight of the sum of unimodal cross-entropies; 1 in MMPareto.
    """

    name = "encoder_scale"
    title = "Joint training*, encoder gradients × 1.5"
    family = "baseline"
    reference = "Wei and Hu, MMPareto, ICML 2024 (its gamma alone)"
    neutral = {"factor": 1.0, "unimodal_weight": 0.0, "heads": "shares"}

    heads: Literal["own", "shares"] = "own"
    factor: PositiveFloat = 1.5
    unimodal_weight: NonNegativeFloat = 1.0

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """With or without heads of its own."""
        return blueprint.build(own_heads=self.heads == "own")

    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Scale."""
        for modality in state.model.modalities:
            torch._foreach_mul_(state.gradients(modality), self.factor)
