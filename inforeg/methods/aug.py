"""AUG: sustained boosting of the weaker modality's classifier."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, cast

import torch
import torch.nn.functional as F
from pydantic import Field, PositiveInt
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from inforeg.batch import Batch, Output
from inforeg.methods.alternating import Alternating, mean_logits
from inforeg.methods.base import Family
from inforeg.methods.state import Blueprint, TrainState
from inforeg.models.fusion import Fusion, Streams, linear
from inforeg.models.multimodal import MultimodalModel
from inforeg.registry import OPTIONS


class Boosted(Fusion):
    """u_m = sum of the first n_m of modality m's heads; z is the mean of the u_m.

    Args:
        most: heads that a modality has, active or not.

    Attributes:
        active: n_m (M,), in the model's order.
    """

    name = "boosted"
    decomposes = False
    most = 11

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        self.heads = nn.ModuleDict(
            {
                m: nn.ModuleList(linear(width, classes, streams(f"{m} {k}")) for k in range(self.most))
                for m, width in widths.items()
            }
        )
        self.active: Tensor
        self.register_buffer("active", torch.ones(len(widths), dtype=torch.int64))

    def count(self, modality: str) -> int:
        """n_m."""
        return int(self.active[list(self.widths).index(modality)])

    def residuals(self, modality: str, features: Tensor) -> list[Tensor]:
        """Logits (B, C) of each active head."""
        heads = cast(nn.ModuleList, self.heads[modality])
        return [head(features) for head in heads[: self.count(modality)]]

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """Each modality's logits and their mean."""
        unimodal = {m: torch.stack(self.residuals(m, h)).sum(0) for m, h in features.items()}
        return Output(features, mean_logits(unimodal), unimodal)


@dataclass(config=OPTIONS)
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

    name: ClassVar[str] = "aug"
    title: ClassVar[str] = "AUG"
    family: ClassVar[Family] = "feed-forward"
    reference: ClassVar[str] = "Jiang et al., Classification Ability Disproportion, NeurIPS 2025"

    additions: Annotated[PositiveInt, Field(lt=Boosted.most)] = 10
    residual: Annotated[float, Field(ge=0)] = 1.0

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """Encoders with stacks of heads, of which one is active."""
        return blueprint.build(fusion=Boosted)

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
        epochs = self.epochs(state.spec.config.training.epochs)
        due = self.additions * (state.epoch + 1) // epochs - self.additions * state.epoch // epochs
        scores = {m: metrics[f"train/score/{m}"] for m in state.model.modalities}
        if state.epoch + 1 < epochs:
            weakest = torch.tensor([score == min(scores.values()) for score in scores.values()])
            fusion.active += due * weakest.to(fusion.active)
        for modality in scores:
            state.log(f"heads/{modality}", fusion.count(modality))
