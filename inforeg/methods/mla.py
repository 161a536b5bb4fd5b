"""MLA: multimodal learning with alternating unimodal adaptation."""

from typing import Annotated, Literal, cast

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from inforeg.methods.base import Batch, LoadWeights, Output, TrainState
from inforeg.methods.shared.alternating import Alternating
from inforeg.models.heads import Shared


class MLA(Alternating):
    """Alternate between the modalities under a shared head whose gradient is kept off what others need.

    In each turn r is the mean of h_m over the batch, P <- P - (P r)(P r)^T / (alpha_t + r^T P r), divided by
    its Frobenius norm, and the head's weight gradient G <- G P^T; alpha_t = decay^(1 + t), t the share of the
    epoch's batches that are done. The answer weighs each sample's u_m by lambda_m ~ exp(max_k H_k - H_m), H
    the entropy of its prediction.

    Attributes:
        decay: base of alpha_t; 0.1 in the code.
        definition: `paper`, or `released`: the projection never acts, since the code looks for a parameter
            of another name, and the answer is the plain mean, its default (the code's entropy is taken over
            the batch, so that an answer would depend on its batch mates; it is not offered).
    """

    name = "mla"
    title = "MLA"
    version = 2
    family = "optimisation"
    reference = "Zhang et al., MLA: Alternating Unimodal Adaptation, CVPR 2024"
    remembered = ("_projection",)
    head = Shared
    same_width = True
    variants = {"released": {"definition": "released"}}

    decay: Annotated[float, Field(gt=0, le=1)] = 0.1
    definition: Literal["paper", "released"] = "paper"

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """Nothing is projected out yet."""
        width = cast(Shared, state.model.fusion).head.in_features
        self._projection = torch.eye(width, device=state.device)
        self._batches = len(list(self.sampler(state, state.train)))

    def on_epoch_start(self, state: TrainState) -> None:
        """No batch is done."""
        self._turns = 0

    def loss(self, state: TrainState, batch: Batch, output: Output) -> Tensor:
        """Cross-entropy of the modality's logits."""
        return F.cross_entropy(output.logits, batch.target)

    @torch.no_grad()
    def on_turn(self, state: TrainState, output: Output) -> None:
        """Project the head's gradient."""
        if self.definition == "released":
            return
        done = self._turns // len(state.model.modalities) / self._batches
        self._turns += 1
        (features,) = output.features.values()
        self._projection = projected_out(self._projection, features.mean(0), self.decay ** (1 + done))
        gradient = cast(Shared, state.model.fusion).head.weight.grad
        if gradient is not None:
            gradient.copy_(gradient @ self._projection.t())

    def predict(self, output: Output) -> Tensor:
        """The logits weighed by certainty, sample by sample."""
        if self.definition == "released":
            return output.logits
        logits = torch.stack(list(output.unimodal.values()))
        log_p = logits.log_softmax(-1)
        entropy = -(log_p.exp() * log_p).sum(-1, keepdim=True)
        return (torch.softmax(-entropy, dim=0) * logits).sum(0)


def projected_out(projection: Tensor, direction: Tensor, alpha: float) -> Tensor:
    """P (d, d) after `direction` r (d,) has been taken out of it, of Frobenius norm 1."""
    seen = projection @ direction
    smaller = projection - torch.outer(seen, seen) / (alpha + direction @ seen)
    unit: Tensor = smaller / smaller.norm()
    return unit
