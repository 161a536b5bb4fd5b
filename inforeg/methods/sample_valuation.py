"""Sample-level valuation: copies of a sample for the modalities that contribute little to it."""

import math
from abc import abstractmethod
from collections import deque
from collections.abc import Iterable
from itertools import combinations
from typing import Annotated

import torch
from pydantic import Field, NonNegativeInt
from torch import Tensor

from inforeg.data.split import Held
from inforeg.methods.base import Batch, Method, MultimodalModel, Output, Split, TrainState
from inforeg.models.inference import infer
from inforeg.models.multimodal import without

BOUNDS = (-0.1, 0.4, 1 - 1e-6)
"""On phi, between the numbers of copies; the code's, the last one just below a fair share of rounded sums."""


class Resampling(Method):
    """Training on the samples and on copies of some of which only one modality is left.

    Absent modalities have features of zero and are not encoded. Copies are drawn anew for every epoch and
    come in one shuffled order with the samples. A sample has none for a modality that it lacks.

    Attributes:
        warmup: fraction of the epochs before the first copies; 5 of 60 epochs in the code.
    """

    family = "data"
    reference = "Wei et al., Sample-level Modality Valuation, CVPR 2024"

    warmup: Annotated[float, Field(ge=0, le=1)] = 5 / 60

    @abstractmethod
    def copies(self, state: TrainState) -> dict[str, Tensor]:
        """By modality, the training positions (K_m,) of the epoch's copies with this modality alone."""

    def on_epoch_start(self, state: TrainState) -> None:
        """Choose the epoch's copies, after the warm-up."""
        self._copies: dict[str, Tensor] = {}
        self._present: deque[Tensor] = deque()
        if state.epoch >= round(self.warmup * state.epochs):
            self._copies = {m: _having(m, rows, state.train) for m, rows in self.copies(state).items()}
            state.log_each("copies", {m: len(positions) for m, positions in self._copies.items()})

    def sampler(self, state: TrainState, split: Split) -> Iterable[Tensor]:
        """Samples and copies; without copies the order of all other methods."""
        names = state.model.modalities
        rows = [torch.arange(len(split), device=state.device)]
        present = [torch.ones(len(split), len(names), dtype=torch.bool, device=state.device)]
        # By name, so that the order of the modalities changes no batch.
        for modality, positions in sorted(self._copies.items()):
            alone = torch.tensor([name == modality for name in names], device=state.device)
            rows.append(positions)
            present.append(alone.expand(len(positions), -1))
        position, mask = torch.cat(rows), torch.cat(present)
        for index in super().sampler(state, Held({}, split.target[position])):
            self._present.append(mask[index])
            yield position[index]

    def on_batch(self, state: TrainState, batch: Batch) -> Batch:
        """Remember which modalities are present in the batch's rows."""
        self._mask = self._present.popleft()
        return batch

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """Encode the modalities that are present; the features of the others are zero."""
        present = dict(zip(state.model.modalities, self._mask.unbind(1), strict=True))
        return state.model.fuse(state.model.encode_present(batch.inputs, present))


def _having(modality: str, positions: Tensor, split: Split) -> Tensor:
    """Those of the `positions`, (K,), whose samples have the modality."""
    present = split.present(modality)
    return positions if present is None else positions[present[positions]]


class SampleValuation(Resampling):
    """Value each modality for each training sample at every epoch's start, and copy where it is low.

    phi_m (see `valuation`; on the clean view) is 1 for a fair share; below it the sample gets copies with
    modality m alone. The bands are those of two modalities, where phi is 0.5, 0 or -0.5; a fair share is 1
    for any number, so the same bounds are kept for more, this package's reading.

    Attributes:
        few: copies where phi_m is in (0.4, 1); 1 in the code.
        some: copies where phi_m is in (-0.1, 0.4); 2 in the code.
        many: copies where phi_m is below -0.1; 3 in the code.
    """

    name = "sample_valuation"
    title = "Sample-level valuation"
    version = 3
    neutral = {"few": 0, "some": 0, "many": 0}

    few: NonNegativeInt = 1
    some: NonNegativeInt = 2
    many: NonNegativeInt = 3

    def copies(self, state: TrainState) -> dict[str, Tensor]:
        """Each sample as often as its band says."""
        value = valuation(state.model, state.train)
        bounds = torch.tensor(BOUNDS, dtype=value.dtype, device=value.device)
        times = torch.tensor([self.many, self.some, self.few, 0], device=value.device)
        counts = times[torch.bucketize(value, bounds)]
        rows = torch.arange(len(value), device=value.device)
        return {
            modality: rows.repeat_interleave(count)
            for modality, count in zip(state.model.modalities, counts.T, strict=True)
        }


@torch.no_grad()
def valuation(model: MultimodalModel, split: Split) -> Tensor:
    """phi_m of each sample: the Shapley values of the game v.

    v(S) is |S| if the model is right about the sample with the features of the modalities outside S at zero,
    else 0. For two modalities phi_1 = (v(1) + v(12) - v(2)) / 2.

    Returns:
        (N, M), float64, in the model's order; a row sums to M where the model is right, else to 0.
    """
    features, everyone = infer(model, split).features, model.modalities
    zero = torch.zeros(len(split), dtype=torch.float64, device=split.target.device)
    value = {frozenset[str](): zero}
    for coalition in _coalitions(everyone):
        right = model.fuse(without(features, set(everyone) - coalition)).logits.argmax(1) == split.target
        value[coalition] = len(coalition) * right.double()
    shares = dict.fromkeys(everyone, zero)
    for coalition in _coalitions(everyone):
        weight = 1 / (len(everyone) * math.comb(len(everyone) - 1, len(coalition) - 1))
        for modality in coalition:
            shares[modality] = shares[modality] + weight * (value[coalition] - value[coalition - {modality}])
    return torch.stack(list(shares.values()), dim=1)


def _coalitions(modalities: tuple[str, ...]) -> list[frozenset[str]]:
    """All sets of modalities but the empty one."""
    sizes = range(1, len(modalities) + 1)
    return [frozenset(chosen) for size in sizes for chosen in combinations(modalities, size)]
