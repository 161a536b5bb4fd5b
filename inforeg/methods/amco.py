"""AMCo: adaptive mask co-optimisation."""

import math
from collections.abc import Mapping

import torch
from pydantic import PositiveFloat
from torch import Tensor

from inforeg.methods.base import Batch, Method, Output, TrainState, cross_entropies
from inforeg.models.fusions.base import sum_logits
from inforeg.models.heads import Mixed


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

    name = "amco"
    title = "AMCo"
    family = "feed-forward"
    reference = "Zhou et al., Adaptive Mask Co-optimization, ICASSP 2023"
    head = Mixed
    fusions = ("concat", "sum")
    own_losses = True
    multitask = True

    sigma: PositiveFloat = 0.5
    epsilon: PositiveFloat = 0.3

    def on_epoch_start(self, state: TrainState) -> None:
        """No progress yet; a stream of masks per modality."""
        self._batches = 0
        self._masks = state.generators(self.name)

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """Answer from the masked logits."""
        output = state.model(batch.inputs).float()
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
        order = torch.randperm(classes, generator=self._masks[modality], device=logits.device)
        return (order >= math.floor(share * classes)).to(logits.dtype)

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Of the masked answer and of each modality."""
        return cross_entropies(output, batch)


def masses(unimodal: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each modality's part of a softmax over all modalities' logits (B, C) together, mean over samples."""
    together = torch.cat(list(unimodal.values()), dim=1).softmax(1)
    parts = together.detach().view(len(together), len(unimodal), -1).sum(2).mean(0)
    return dict(zip(unimodal, parts, strict=True))
