"""AMCo: adaptive mask co-optimisation."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import PositiveFloat
from pydantic.dataclasses import dataclass
from torch import Tensor

from inforeg.batch import Batch, Output
from inforeg.methods.base import Family, Method, unimodal_losses
from inforeg.methods.state import Blueprint, TrainState
from inforeg.models.fusion import Streams, Sum, linear, sum_logits
from inforeg.models.multimodal import MultimodalModel
from inforeg.registry import OPTIONS


class Mixed(Sum):
    """z = W sum_m u_m + b, W (C, C), over each modality's own logits u_m = W_m h_m + b_m."""

    name = "mixed"
    decomposes = False

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        self.mix = linear(classes, classes, streams("mix"))

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """The mixed sum and the own logits."""
        output = super().forward(features)
        return replace(output, logits=self.mix(output.logits))


@dataclass(config=OPTIONS)
class AMCo(Method):
    """Mask class logits of the modalities that the answer depends on.

    Modality m is depended on in a batch if its share of a softmax over all modalities' logits together,
    mean over the samples, exceeds sigma. In batch k of epoch e (both from 0), l = k e / 10 and
    p = sin(pi/2 min(epsilon, l) / epsilon): floor(p C) random classes of its logits are set to 0 in the sum
    that the joint answer is made from. L = CE(W sum_m u_m + b) + sum_m CE(u_m). Known from BalanceBenchmark
    alone; that the unimodal losses see whole logits is this package's reading.

    Attributes:
        sigma: sigma, threshold of dependence; 0.5 in BalanceBenchmark.
        epsilon: epsilon, progress at which masks are full; 0.3 there.
    """

    name: ClassVar[str] = "amco"
    title: ClassVar[str] = "AMCo"
    family: ClassVar[Family] = "feed-forward"
    reference: ClassVar[str] = "Zhou et al., Adaptive Mask Co-optimization, ICASSP 2023"
    fusions: ClassVar[tuple[str, ...] | None] = ("concat", "sum")
    own_losses: ClassVar[bool] = True

    sigma: PositiveFloat = 0.5
    epsilon: PositiveFloat = 0.3

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """Encoders under the mixed sum."""
        return blueprint.build(fusion=Mixed)

    def on_epoch_start(self, state: TrainState) -> None:
        """No progress yet; a stream of masks per modality."""
        self._batches = 0
        self._masks = state.generators(self.name)

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """Answer from the masked logits."""
        output = state.model(batch.inputs)
        progress = self._batches * state.epoch / 10
        self._batches += 1
        share = math.sin(math.pi / 2 * min(self.epsilon, progress) / self.epsilon)
        masked = dict(output.unimodal)
        for modality, mass in masses(output.unimodal).items():
            depended = bool(mass > self.sigma)
            state.log(f"masked/{modality}", share * depended)
            if depended:
                kept = self._kept(modality, share, output.logits)
                masked[modality] = output.unimodal[modality] * kept
        joint: Tensor = state.model.fusion.get_submodule("mix")(sum_logits(masked))
        return Output(output.features, joint, output.unimodal)

    def _kept(self, modality: str, share: float, logits: Tensor) -> Tensor:
        """0 for floor(share C) random classes, 1 for the others; (C,)."""
        classes = logits.shape[1]
        generator = self._masks[modality]
        order = torch.randperm(classes, generator=generator, device=logits.device)
        return (order >= math.floor(share * classes)).to(logits.dtype)

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Of the masked answer and of each modality."""
        joint = F.cross_entropy(output.logits, batch.target)
        return {"joint": joint, **unimodal_losses(output, batch)}


def masses(unimodal: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each modality's part of a softmax over all modalities' logits (B, C) together, mean over samples."""
    together = torch.cat(list(unimodal.values()), dim=1).softmax(1)
    parts = together.detach().view(len(together), len(unimodal), -1).sum(2).mean(0)
    return dict(zip(unimodal, parts, strict=True))
