"""Modality dropout, a control."""

from dataclasses import replace
from typing import Annotated

import torch
from pydantic import Field

from inforeg.methods.base import Batch, Method, Output, TrainState


class ModalityDropout(Method):
    """Each sample loses each modality's features with probability p in training, but never all of them.

    A sample that would lose every modality keeps one, drawn uniformly.

    Attributes:
        probability: p; 0.2 is this package's, 0 is joint training.
    """

    name = "modality_dropout"
    title = "Modality dropout"
    family = "feed-forward"
    reference = "Neverova et al., ModDrop, PAMI 2016"
    neutral = {"probability": 0.0}

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
