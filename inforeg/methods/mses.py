"""MSES: modality-specific early stopping."""

from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass as plain
from typing import Annotated, Any, ClassVar

from pydantic import Field, NonNegativeFloat
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from inforeg.data.base import Split
from inforeg.methods.base import Family, Method
from inforeg.methods.state import Blueprint, TrainState, Weights
from inforeg.models.fusion import Sum
from inforeg.models.multimodal import MultimodalModel
from inforeg.registry import OPTIONS


@plain
class _Progress:
    """How one branch does on validation.

    Attributes:
        loss: of the last epoch; None before the first.
        best: lowest smoothed loss.
        waited: epochs since then.
        weights: of the branch, then.
    """

    loss: float | None = None
    best: float = float("inf")
    waited: int = 0
    weights: dict[str, Tensor] | None = None


@dataclass(config=OPTIONS)
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

    name: ClassVar[str] = "mses"
    title: ClassVar[str] = "MSES"
    family: ClassVar[Family] = "optimisation"
    reference: ClassVar[str] = "Fujimori et al., Modality-Specific Learning Rate Control, ACPR 2019"
    fusions: ClassVar[tuple[str, ...] | None] = ("concat", "sum")

    patience: Annotated[float, Field(gt=0, le=1)] = 0.2
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.6
    unimodal_weight: NonNegativeFloat = 1.0

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """All encoders, each with a head of its own, under the sum of the heads."""
        return blueprint.build(fusion=Sum)

    def setup(self, state: TrainState, weights: Weights) -> None:
        """No branch has stopped."""
        self._patience = max(1, round(self.patience * self.epochs(state.spec.config.training.epochs)))
        self._progress = {m: _Progress() for m in state.model.modalities}

    def stopped(self, modality: str) -> bool:
        """Whether the branch's patience is at its end."""
        return self._progress[modality].waited >= self._patience

    def on_epoch_start(self, state: TrainState) -> None:
        """Put the stopped branches back to their best weights and hold them there."""
        for modality, progress in self._progress.items():
            state.log(f"stopped/{modality}", float(self.stopped(modality)))
            if self.stopped(modality) and progress.weights is not None:
                stopped = branch(state.model, modality).requires_grad_(False).eval()
                stopped.load_state_dict(progress.weights)

    def sampler(self, state: TrainState, split: Split) -> list[Tensor]:
        """No batch when all branches have stopped."""
        if all(self.stopped(modality) for modality in self._progress):
            return []
        return list(super().sampler(state, split))

    def on_epoch_end(self, state: TrainState, metrics: dict[str, float]) -> None:
        """Take in the validation losses of the branches that still train."""
        for modality, progress in self._progress.items():
            if self.stopped(modality):
                continue
            loss = -metrics[f"val/score/{modality}"]
            before = loss if progress.loss is None else progress.loss
            smoothed = self.smoothing * before + (1 - self.smoothing) * loss
            progress.loss, progress.waited = loss, progress.waited + 1
            if smoothed < progress.best:
                kept = branch(state.model, modality).state_dict()
                progress.best, progress.waited = smoothed, 0
                progress.weights = {name: value.clone() for name, value in kept.items()}

    def state_dict(self) -> dict[str, Any]:
        """Each branch's progress."""
        return {modality: asdict(progress) for modality, progress in self._progress.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from the progress of a `state_dict`."""
        self._progress = {modality: _Progress(**progress) for modality, progress in state.items()}


def branch(model: MultimodalModel, modality: str) -> nn.ModuleDict:
    """One encoder and its own head in a model whose fusion keeps `heads`, as `Sum` does."""
    head = model.fusion.get_submodule(f"heads.{modality}")
    return nn.ModuleDict({"encoder": model.encoders[modality], "head": head})
