"""MMPareto: Pareto integration of multimodal and unimodal gradients."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import torch
from pydantic import Field, PositiveFloat
from torch import Tensor

from inforeg.methods.base import Batch, Method, Output, TrainState, cross_entropies


class MMPareto(Method):
    """Combine each encoder's gradients of the joint loss and of its own unimodal loss without conflict.

    With g and g_m the two gradients of encoder m as single vectors: if cos(g, g_m) > 0, h = g + g_m; else
    h = 2 w g + 2 (1 - w) g_m of least norm, w = (|g_m|^2 - <g, g_m>) / |g - g_m|^2 clipped to
    [0.001, 0.999]. Where that made the gradient shorter than g + g_m, its length is restored; then
    it is multiplied by gamma. Heads get the plain sum. Two backward passes: each unimodal loss reaches only
    its own encoder, so that their sum takes one.

    Attributes:
        gamma: gamma; 1.5 in the paper and the code.
        clip: how near w may come to 0 and 1; 0.001 in the code.
        lengths: compared over the whole `encoder`, as the paper has it, or, as the code does, by `tensor`.
    """

    name = "mmpareto"
    title = "MMPareto"
    version = 2
    family = "optimisation"
    reference = "Wei and Hu, MMPareto, ICML 2024"
    own_heads = True
    own_losses = True
    multitask = True
    variants = {"released": {"lengths": "tensor"}}

    gamma: PositiveFloat = 1.5
    clip: Annotated[float, Field(ge=0, lt=0.5)] = 0.001
    lengths: Literal["encoder", "tensor"] = "encoder"

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """The joint loss and one per modality, all of weight 1."""
        return cross_entropies(output, batch)

    def backward(self, state: TrainState, losses: Mapping[str, Tensor]) -> None:
        """Both gradients of every encoder; their plain sum is there to be measured."""
        state.backward({"joint": losses["joint"]}, retain=True)
        self._multimodal = {m: state.gradients(m) for m in state.model.modalities}
        state.zero(state.model.encoders.parameters())
        state.backward({m: losses[m] for m in self._multimodal})
        self._unimodal = {m: [gradient.clone() for gradient in state.gradients(m)] for m in self._multimodal}
        for modality, gradients in self._multimodal.items():
            torch._foreach_add_(state.gradients(modality), gradients)

    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Integrate them."""
        for modality, gradients in self._multimodal.items():
            weight = self._integrate(state.gradients(modality), gradients, self._unimodal[modality])
            state.log(f"w/{modality}", weight)

    @torch.no_grad()
    def _integrate(
        self, plain: list[Tensor], multimodal: Sequence[Tensor], unimodal: Sequence[Tensor]
    ) -> Tensor:
        """Put h in the place of the plain sums; w of the multimodal gradients."""
        weight = multimodal_weight(multimodal, unimodal, self.clip)
        wanted = torch.stack(torch._foreach_norm(plain))
        for half, g, g_m in zip(plain, multimodal, unimodal, strict=True):
            torch.lerp(g_m, g, weight, out=half)
        found = 2 * torch.stack(torch._foreach_norm(plain))
        if self.lengths == "encoder":
            wanted, found = wanted.norm().expand_as(wanted), found.norm().expand_as(found)
        restored = (wanted / found.clamp(min=torch.finfo(found.dtype).tiny)).clamp(min=1)
        torch._foreach_mul_(plain, list(2 * self.gamma * restored))
        return weight


def multimodal_weight(multimodal: Sequence[Tensor], unimodal: Sequence[Tensor], clip: float) -> Tensor:
    """w: one half where the gradients agree, else that of the point of least norm between them."""
    pairs = list(zip(multimodal, unimodal, strict=True))
    inner = torch.stack([torch.dot(g.flatten(), g_m.flatten()) for g, g_m in pairs]).sum()
    joint, own = (
        torch.stack(torch._foreach_norm(group)).square().sum() for group in zip(*pairs, strict=True)
    )
    # |g - g_m|^2, which loses no digits here: where the gradients agree it is not asked for.
    apart = joint + own - 2 * inner
    shortest = ((own - inner) / apart.clamp(min=1e-30)).clamp(clip, 1 - clip)
    return torch.where(inner > 0, 0.5, shortest)
