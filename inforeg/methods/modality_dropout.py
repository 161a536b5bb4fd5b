"""Modality dropout, a control."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass

from inforeg.batch import Batch, Output
from inforeg.config import Setting
from inforeg.methods.base import Family, Method
from inforeg.methods.state import TrainState
from inforeg.registry import OPTIONS


@dataclass(config=OPTIONS)
class ModalityDropout(Method):
    """Each sample loses each modality's features with probability p in training, but never all of them.

    A sample that would lose every modality keeps one, drawn uniformly.

    Attributes:
        probability: p; 0.2 is this package's, 0 is joint training.
    """

    name: ClassVar[str] = "modality_dropout"
    title: ClassVar[str] = "Modality dropout"
    family: ClassVar[Family] = "feed-forward"
    reference: ClassVar[str] = "Neverova et al., ModDrop, PAMI 2016"
    neutral: ClassVar[Mapping[str, Setting] | None] = {"probability": 0.0}

    probability: Annotated[float, Field(ge=0, lt=1, description="p, per sample and modality")] = 0.2

    def on_epoch_start(self, state: TrainState) -> None:
        """A stream of masks per modality for the epoch."""
        self._masks = state.generators(self.name)

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """Mask the features before the fusion."""
        features = state.model.encode(batch.inputs)
        draws = torch.stack(
            [torch.rand(len(batch), generator=self._masks[m], device=state.device) for m in features]
        )
        keep = (draws >= self.probability) | (draws == draws.max(0).values)
        masked = {m: h * kept.unsqueeze(1) for (m, h), kept in zip(features.items(), keep, strict=True)}
        return replace(state.model.fuse(masked), features=features)
