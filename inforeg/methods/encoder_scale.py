"""Larger encoder gradients, a control."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from pydantic import NonNegativeFloat, PositiveFloat
from pydantic.dataclasses import dataclass

from inforeg.batch import Batch, Output
from inforeg.config import Setting
from inforeg.methods.base import Family, Method
from inforeg.methods.state import Blueprint, TrainState
from inforeg.models.multimodal import MultimodalModel
from inforeg.registry import OPTIONS


@dataclass(config=OPTIONS)
class EncoderScale(Method):
    """Joint training* whose encoders' gradients are multiplied by one factor.

    With 1.5 and own heads it is what MMPareto does wherever no gradients conflict.

    Attributes:
        heads: `own` as MMPareto has them, or `shares` of the joint head as Joint training* here.
        factor: 1.5, MMPareto's gamma.
        unimodal_weight: weight of the sum of unimodal cross-entropies; 1 in MMPareto.
    """

    name: ClassVar[str] = "encoder_scale"
    title: ClassVar[str] = "Joint training*, encoder gradients × 1.5"
    family: ClassVar[Family] = "baseline"
    reference: ClassVar[str] = "Wei and Hu, MMPareto, ICML 2024 (its gamma alone)"
    neutral: ClassVar[Mapping[str, Setting] | None] = {
        "factor": 1.0,
        "unimodal_weight": 0.0,
        "heads": "shares",
    }

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
