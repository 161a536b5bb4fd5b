"""Encoders that squeeze-and-excitation modules join at several depths."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Self, cast

import torch
from torch import Tensor, nn

from inforeg.batch import Output, Values, present_in
from inforeg.models.encoders.base import Encoder
from inforeg.models.fusions.base import Streams, blocks, linear, reset_blocks
from inforeg.models.heads import Mean
from inforeg.models.multimodal import MultimodalModel, encoded


class MMTM(nn.Module):
    """Squeeze-and-excitation across branches (Joze et al., CVPR 2020).

    With s_m the mean over positions of branch m's values (B, d_m, ...): v = relu(sum_m V_m s_m + c) and
    e_m = gain sigmoid(W_m v + b_m) rescales the channels of branch m.

    Args:
        widths: d_m per branch.
        ratio: v is 2 sum_m d_m / ratio wide.
        gain: the largest excitation.
        leader: branch whose running average rescales any branch that is held; empty: each its own.
        streams: gives the generator for a layer's initial weights.
    """

    def __init__(
        self, widths: Mapping[str, int], streams: Streams, *, ratio: int, gain: float, leader: str
    ) -> None:
        super().__init__()
        self.gain, self.leader = gain, leader
        bottleneck = max(1, 2 * sum(widths.values()) // ratio)
        self.squeeze = blocks(widths, bottleneck, lambda m: streams(f"squeeze {m}"))
        self.bias = nn.Parameter(torch.zeros(bottleneck))
        self.excite = nn.ModuleDict(
            {m: linear(bottleneck, width, streams(f"excite {m}")) for m, width in widths.items()}
        )
        self.register_buffer("passes", torch.zeros(()))
        for modality, width in widths.items():
            self.register_buffer(f"average_{modality}", torch.zeros(width))

    def reset_parameters(self) -> None:
        """Torch's own initial weights of the squeeze."""
        reset_blocks(self.squeeze, self.bias)

    def forward(self, values: Mapping[str, Tensor], held: Collection[str]) -> dict[str, Tensor]:
        """The rescaled values; in training by the running average for the branches `held`."""
        squeezed = [
            h.flatten(1).view(*h.shape[:2], -1).mean(2) @ self.squeeze[m].t() for m, h in values.items()
        ]
        joint = torch.relu(torch.stack(squeezed).sum(0) + self.bias)
        scale = {m: self.gain * torch.sigmoid(layer(joint)) for m, layer in self.excite.items()}
        if self.training:
            self._accumulate(scale)
            scale |= {m: self.average(self.leader or m).expand_as(scale[m]) for m in held}
        return {m: rescaled(h, scale[m]) for m, h in values.items()}

    def alone(self, modality: str, values: Tensor) -> Tensor:
        """One branch's values, rescaled by the running average of its own excitation."""
        return rescaled(values, self.average(modality).expand(len(values), -1))

    def average(self, modality: str) -> Tensor:
        """Running average (d_m,) of the branch's excitation over all training samples, batch by batch."""
        return self.get_buffer(f"average_{modality}")

    def parameters_of(self, modality: str) -> list[nn.Parameter]:
        """What writes into one branch: the squeeze, which all share, and the branch's own excitation."""
        return [*self.squeeze.values(), self.bias, *self.excite[modality].parameters()]

    @torch.no_grad()
    def _accumulate(self, scale: Mapping[str, Tensor]) -> None:
        self.get_buffer("passes").add_(1)
        for modality in scale:
            average = self.average(modality)
            average += (scale[modality].mean(0) - average) / self.get_buffer("passes")


def rescaled(values: Tensor, scale: Tensor) -> Tensor:
    """Values (B, d, ...) by their channels' factors (B, d)."""
    return values * scale.view(*scale.shape, *[1] * (values.dim() - 2))


class Branches(Mean):
    """z = mean_m u_m over the branches' own heads u_m = W_m h_m + b_m; keeps the modules between branches."""

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        self.joints = nn.ModuleList()


class JoinedModel(MultimodalModel):
    """Encoders that modules join at several depths.

    Args:
        encoders: one network per modality.
        fusion: with the modules, shallow to deep.
        pieces: each encoder cut at the depths of the modules.
    """

    def __init__(
        self, encoders: Mapping[str, nn.Module], fusion: Branches, pieces: Mapping[str, Sequence[nn.Module]]
    ) -> None:
        super().__init__(encoders, fusion)
        self._pieces = pieces

    def train(self, mode: bool = True) -> Self:
        """As of any module; a piece is no part of the model, though what is in it is."""
        for piece in chain(*self._pieces.values()):
            piece.train(mode)
        return super().train(mode)

    def encode(self, inputs: Mapping[str, Values], held: Collection[str] = ()) -> dict[str, Tensor]:
        """Features, with the excitation of the branches `held` at its running average in training."""
        joints = cast(Branches, self.fusion).joints
        there = {m: present_in(inputs[m]) for m in self.modalities}
        values = {m: encoded(self._pieces[m][0], inputs[m]) for m in self.modalities}
        for depth, joint in enumerate(joints, start=1):
            rescaled_ones = joint(values, held).items()
            values = {m: encoded(self._pieces[m][depth], h, there[m]) for m, h in rescaled_ones}
        return values

    def answer(self, inputs: Mapping[str, Values]) -> Output:
        """The joint logits of the joined encoders, the rest of each encoder alone.

        At every depth the excitation of a branch alone is held at its running average. To hold the others'
        would not do: their values reach the branch through the squeeze.
        """
        logits = self(inputs).logits
        return replace(self.fuse({m: self._alone(m, inputs[m]) for m in self.modalities}), logits=logits)

    def _alone(self, modality: str, inputs: Values) -> Tensor:
        joints = cast(Branches, self.fusion).joints
        first, *others = self._pieces[modality]
        there, values = present_in(inputs), encoded(first, inputs)
        for joint, piece in zip(joints, others, strict=True):
            values = encoded(piece, cast(MMTM, joint).alone(modality, values), there)
        return values


def join(
    model: MultimodalModel,
    recipes: Mapping[str, Encoder],
    depths: int,
    make: Callable[[Mapping[str, int], Streams], nn.Module],
    streams: Callable[..., torch.Generator],
) -> JoinedModel:
    """A `model` under `Branches` whose encoders are joined after their last `depths` intermediate stages.

    Args:
        model: to be joined.
        recipes: of its encoders.
        depths: how many modules.
        make: a module from the branches' widths at its depth and its source of initial weights.
        streams: gives the generator for a layer's initial weights from the depth and the layer's name.
    """
    fusion, pieces = cast(Branches, model.fusion), {}
    for modality, recipe in recipes.items():
        stages = recipe.stages(model.encoders[modality])
        pieces[modality] = [nn.Sequential(*stages[:-depths]), *stages[-depths:]]
    for depth in range(-depths, 0):
        widths = {m: recipe.stage_widths[depth] for m, recipe in recipes.items()}
        fusion.joints.append(make(widths, partial(streams, depth)))
    return JoinedModel(dict(model.encoders.items()), fusion, pieces)
