"""Modality dropout, a control."""

from typing import Annotated

import torch
from pydantic import Field

from inforeg.batch import present_in
from inforeg.methods.base import Batch, Method, Output, TrainState


class ModalityDropout(Method):
    """Each sample loses each modality's features with probability p in training, but never all of them.

    A sample that would lose every modality keeps one, drawn uniformly of those that it has. What is lost is
    not encoded.

    Attributes:
        probability: p; 0.2 is this package's, 0 is joint training.
    """

    name = "modality_dropout"
    title = "Modality dropout"
    version = 2
    family = "feed-forward"
    reference = "Neverova et al., ModDrop, PAMI 2016"
    neutral = {"probability": 0.0}

    probability: Annotated[float, Field(ge=0, lt=1, description="p, per sample and modality")] = 0.2

    def on_epoch_start(self, state: TrainState) -> None:
        """A stream of masks per modality for the epoch."""
        self._masks = state.generators(self.name)

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """Encode what is kept."""
        draws = torch.stack(
            [torch.rand(len(batch), generator=mask, device=state.device) for mask in self._masks.values()]
        )
        for row, modality in zip(draws, self._masks, strict=True):
            if (own := present_in(batch.inputs[modality])) is not None:
                row[~own] = -1  # below all others: what a sample lacks is not what it keeps
        keep = (draws >= self.probability) | (draws == draws.max(0).values)
        present = dict(zip(self._masks, keep, strict=True))
        return state.model.fuse(state.model.encode_present(batch.inputs, present))
