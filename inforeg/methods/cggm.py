"""CGGM: classifier-guided gradient modulation."""

from typing import Literal, cast

import torch
import torch.nn.functional as F
from pydantic import NonNegativeFloat, PositiveFloat
from torch import Tensor, nn

from inforeg.methods.base import Batch, LoadWeights, Method, Output, RunConfig, TrainState, cross_entropies
from inforeg.models.fusions.base import Fusion, OwnHeads
from inforeg.models.fusions.concat import Concat
from inforeg.models.fusions.sum import Sum


class CGGM(Method):
    """Classifiers beside the model say how fast each modality improves and where it wants to go.

    A linear classifier per modality learns on the features without reaching the encoders. With D_m the
    change of its accuracy from the last batch to this (before the first it is 0), B_m = sum of the others'
    D / sum of all D, and 1 where that sum is 0, this package's reading. The gradient of encoder m is
    multiplied by rho B_m, and the fusion is trained on CE + lambda L, L = mean_m(|B_m| - B_m cos_m).

    cos_m compares the gradients of the joint and of the classifier's cross-entropy to a linear map of h_m to
    logits, g = (softmax(z) - y)^T h_m. Under `concat` and `sum` that is the gradient of the fusion's own
    weights; for other fusions, which have no layer of that shape, it is this package's reading. In closed
    form it needs no backward pass of second order; L moves the fusion alone, as in the code.

    Attributes:
        rho: rho, factor on the encoders' gradients; 1.3 in the code for Food-101.
        strength: lambda, weight of L; 0.05 in the code for Food-101.
        clip: largest norm of all gradients but the classifiers'; 0.8 in the code.
        direction: cos_m is of `gradients`, as the paper says, or, as the code computes it, of the `weights`
            of fusion and classifier.
    """

    name = "cggm"
    title = "CGGM"
    version = 2
    family = "optimisation"
    reference = "Guo et al., Classifier-guided Gradient Modulation, NeurIPS 2024"
    remembered = ("_accuracy",)
    own_heads = True
    own_losses = True
    variants = {"released": {"direction": "weights"}}

    rho: PositiveFloat = 1.3
    strength: NonNegativeFloat = 0.05
    clip: PositiveFloat = 0.8
    direction: Literal["gradients", "weights"] = "gradients"

    def supports(self, config: RunConfig) -> tuple[bool, str]:
        """The code's weights have one shape only where the fusion is linear."""
        if self.direction == "weights" and config.fusion not in (Concat.name, Sum.name):
            return False, f"no weights of {config.fusion!r} have the shape of a classifier's"
        return True, ""

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """No classifier has been right yet."""
        self._accuracy = torch.zeros(len(state.model.modalities), dtype=torch.float64, device=state.device)

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """The joint answer, and the classifiers' without a way back to the encoders."""
        fusion, features = cast(OwnHeads, state.model.fusion), state.model.encode(batch.inputs)
        detached = {m: h.detach() for m, h in features.items()}
        unimodal = {m: fusion.heads[m](h) for m, h in detached.items()}
        return Output(features, fusion.joint(features).logits, unimodal)

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Of the joint answer, of each classifier, and the direction's."""
        with torch.no_grad():
            right = torch.stack([u.argmax(1) == batch.target for u in output.unimodal.values()])
            accuracy = right.double().mean(1)
            self._balance = balance(accuracy - self._accuracy)
            self._accuracy = accuracy
        factor = self._balance.to(output.logits.dtype)
        turn = (factor.abs() - factor * self.cosines(state, batch, output)).mean()
        return cross_entropies(output, batch) | {"direction": self.strength * turn}

    def cosines(self, state: TrainState, batch: Batch, output: Output) -> Tensor:
        """cos_m (M,), as a function of the fusion's parameters alone."""
        fusion = cast(OwnHeads, state.model.fusion)
        if self.direction == "weights":
            pairs = [(_weights(fusion.joint, m), _weights(fusion, m).detach()) for m in output.unimodal]
        else:
            features = {m: h.detach() for m, h in output.features.items()}
            joint = fusion.joint(features).logits
            pairs = [
                (linear_gradient(joint, batch.target, h), linear_gradient(u.detach(), batch.target, h))
                for h, u in zip(features.values(), output.unimodal.values(), strict=True)
            ]
        return torch.stack([F.cosine_similarity(g.flatten(), own.flatten(), dim=0) for g, own in pairs])

    @torch.no_grad()
    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Scale the encoders' gradients, then clip the model's."""
        fusion = cast(OwnHeads, state.model.fusion)
        state.scale("k", self.rho * self._balance.float())
        nn.utils.clip_grad_norm_([*state.model.encoders.parameters(), *fusion.joint.parameters()], self.clip)


def balance(improvement: Tensor) -> Tensor:
    """B_m (M,) from the changes of accuracy D_m (M,)."""
    total = improvement.sum()
    idle = total.abs() < 1e-8
    return torch.where(idle, 1.0, (total - improvement) / torch.where(idle, 1.0, total))


def linear_gradient(logits: Tensor, target: Tensor, features: Tensor) -> Tensor:
    """Gradient (C, d) of the summed cross-entropy to W, where logits (B, C) = ... + W features (B, d)."""
    error = logits.softmax(1) - F.one_hot(target, logits.shape[1])
    return error.T @ features


def _weights(fusion: Fusion, modality: str) -> Tensor:
    """What multiplies one modality's features, (C, d)."""
    if isinstance(fusion, Concat):
        return cast(Tensor, fusion.weights[modality])
    return cast(Tensor, cast(OwnHeads | Sum, fusion).heads[modality].weight)
