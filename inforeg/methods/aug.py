"""AUG: sustained boosting of the weaker modality's classifier."""

from typing import Annotated, cast

import torch
import torch.nn.functional as F
from pydantic import Field, PositiveInt
from torch import Tensor

from inforeg.methods.base import Batch, Output, TrainState
from inforeg.methods.shared.alternating import Alternating
from inforeg.models.heads import Boosted


class AUG(Alternating):
    """Alternate between the modalities; now and then the weaker one gets another head, fitted to the rest.

    With r_{m,1}, ..., r_{m,n} the logits of modality m's heads, its loss is the mean over j of the
    cross-entropy of r_{m,1} + ... + r_{m,j}, in which the heads before j have no gradient, and of their whole
    sum: each head learns what those before it left over. `additions` times in the training, evenly, the
    modality with the lowest score (mean log-probability of the true class on training samples) gets a head.
    Modalities weigh the same in the answer; how the paper weighs them and its residual loss are this
    package's readings.

    Attributes:
        additions: how often a head is added; 10 in the code, each 10 % of the training.
        residual: weight of the heads' own losses beside that of their sum; 1 is this package's.
    """

    name = "aug"
    title = "AUG"
    family = "feed-forward"
    reference = "Jiang et al., Classification Ability Disproportion, NeurIPS 2025"
    head = Boosted

    additions: Annotated[PositiveInt, Field(lt=Boosted.most)] = 10
    residual: Annotated[float, Field(ge=0)] = 1.0

    def loss(self, state: TrainState, batch: Batch, output: Output) -> Tensor:
        """Of the heads' sum, and of each head on top of those before it."""
        ((modality, features),) = output.features.items()
        heads = cast(Boosted, state.model.fusion).residuals(modality, features)
        before = torch.stack(heads).detach().cumsum(0)
        own = [F.cross_entropy(heads[0], batch.target)]
        own += [F.cross_entropy(r + b, batch.target) for r, b in zip(heads[1:], before, strict=False)]
        return F.cross_entropy(output.logits, batch.target) + self.residual * torch.stack(own).mean()

    def on_epoch_end(self, state: TrainState, metrics: dict[str, float]) -> None:
        """Add heads, if it is time."""
        fusion = cast(Boosted, state.model.fusion)
        epochs = state.epochs
        due = self.additions * (state.epoch + 1) // epochs - self.additions * state.epoch // epochs
        scores = {m: metrics[f"train/score/{m}"] for m in state.model.modalities}
        if state.epoch + 1 < epochs:
            weakest = torch.tensor([score == min(scores.values()) for score in scores.values()])
            fusion.active += due * weakest.to(fusion.active)
        state.log_each("heads", {m: fusion.count(m) for m in scores})
