"""MSES: modality-specific early stopping."""

import math
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, NonNegativeFloat
from torch import Tensor

from inforeg.methods.base import LoadWeights, Method, Split, TrainState
from inforeg.models.fusions.sum import Sum
from inforeg.models.multimodal import branch


class MSES(Method):
    """Stop each branch (an encoder and its own head) when its own validation loss stops falling.

    The logits are the sum of one head per modality. With l_m(t) the validation cross-entropy of head m after
    epoch t, a branch whose smoothed loss w l_m(t - 1) + (1 - w) l_m(t) has found no new minimum for P epochs
    goes back to its weights of the minimum and stays there, batch statistics included, while the others train
    on. It gets no gradient at all: re-implementations multiply it by 0, which leaves momentum and weight
    decay at work. It goes back when the next epoch starts, so that an epoch's metrics are of one model. When
    all branches have stopped, the remaining epochs only evaluate.

    Attributes:
        patience: P, as a fraction of the epochs; 80 epochs in AGM's re-implementation, in runs of unknown
            length, so 0.2 is this package's.
        smoothing: w, weight of the epoch before; 0.6 in AGM's re-implementation.
        unimodal_weight: weight of the sum of unimodal cross-entropies; 1, since the paper learns the
            modalities' classifiers and the multimodal one as tasks side by side.
    """

    name = "mses"
    title = "MSES"
    family = "optimisation"
    reference = "Fujimori et al., Modality-Specific Learning Rate Control, ACPR 2019"
    remembered = ("_losses", "_best", "_waited", "_kept")
    head = Sum
    fusions = ("concat", "sum")

    patience: Annotated[float, Field(gt=0, le=1)] = 0.2
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.6
    unimodal_weight: NonNegativeFloat = 1.0

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """No branch has stopped."""
        self._patience = max(1, round(self.patience * state.epochs))
        self._losses: dict[str, float] = {}
        self._best = dict.fromkeys(state.model.modalities, math.inf)
        self._waited = dict.fromkeys(state.model.modalities, 0)
        self._kept: dict[str, dict[str, Tensor]] = {}

    def stopped(self, modality: str) -> bool:
        """Whether the branch's patience is at its end."""
        return self._waited[modality] >= self._patience

    def on_epoch_start(self, state: TrainState) -> None:
        """Put the stopped branches back to their best weights and hold them there."""
        state.log_each("stopped", {m: self.stopped(m) for m in state.model.modalities})
        for modality in filter(self.stopped, state.model.modalities):
            stopped = branch(state.model, modality).requires_grad_(False).eval()
            stopped.load_state_dict(self._kept[modality])

    def sampler(self, state: TrainState, split: Split) -> Iterable[Tensor]:
        """No batch when all branches have stopped."""
        return [] if all(map(self.stopped, state.model.modalities)) else super().sampler(state, split)

    def on_epoch_end(self, state: TrainState, metrics: dict[str, float]) -> None:
        """Take in the validation losses of the branches that still train."""
        for modality in state.model.modalities:
            if self.stopped(modality):
                continue
            loss = -metrics[f"val/score/{modality}"]
            smoothed = self.smoothing * self._losses.get(modality, loss) + (1 - self.smoothing) * loss
            self._losses[modality] = loss
            self._waited[modality] += 1
            if smoothed < self._best[modality]:
                self._best[modality], self._waited[modality] = smoothed, 0
                kept = branch(state.model, modality).state_dict()
                self._kept[modality] = {name: value.clone() for name, value in kept.items()}
