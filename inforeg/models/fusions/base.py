"""Late fusion: from the encoders' features to joint and unimodal logits.

A fusion *decomposes* if its logits are the sum of one share per modality; then the shares are the unimodal
logits. Otherwise each modality is measured with the other features set to zero (InfoReg, section 4.5).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from inforeg.batch import Output
from inforeg.errors import UserError

Streams = Callable[[str], torch.Generator]
"""From a layer's name to the generator of its initial weights."""


class Fusion(nn.Module, ABC):
    """A head over the features of all modalities.

    Args:
        widths: number of features d_m per modality, in the model's order.
        classes: C.
        streams: gives the generator for a layer's initial weights.

    Attributes:
        name: as benchmarks name it.
        decomposes: whether the logits are the sum of one share per modality.
        joins: how many modalities it takes; None for any number.
    """

    name: ClassVar[str]
    decomposes: ClassVar[bool]
    joins: ClassVar[int | None] = None

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__()
        self.widths, self.classes = dict(widths), classes

    @abstractmethod
    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """Joint and unimodal logits from features (B, d_m)."""


def blocks(widths: Mapping[str, int], fan_out: int, streams: Streams) -> nn.ParameterDict:
    """Xavier normal weights of one linear layer over all features, as a block (`fan_out`, d_m) of each."""
    std = (2.0 / (sum(widths.values()) + fan_out)) ** 0.5
    drawn = {m: torch.randn((fan_out, width), generator=streams(m)) for m, width in widths.items()}
    return nn.ParameterDict({m: nn.Parameter(block * std) for m, block in drawn.items()})


def reset_blocks(weights: nn.ParameterDict, bias: Tensor | None = None) -> None:
    """Torch's own initial weights of the same layer, in place and from torch's own generator."""
    bound = sum(block.shape[1] for block in weights.values()) ** -0.5
    for parameter in (*weights.values(), *([] if bias is None else [bias])):
        nn.init.uniform_(parameter, -bound, bound)


def reset(module: nn.Module, streams: Streams) -> None:
    """Torch's own initial weights in every layer of `module`, in place, each from a stream of its own."""
    for name, layer in module.named_modules():
        if callable(own := getattr(layer, "reset_parameters", None)):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(streams(f"torch {name}").initial_seed())
                own()


def linear(fan_in: int, fan_out: int, generator: torch.Generator) -> nn.Linear:
    """A linear layer with Xavier normal weights and no bias at first."""
    layer = nn.Linear(fan_in, fan_out)
    nn.init.xavier_normal_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


class Conditioned(Fusion):
    """Two modalities, the first of which conditions the second."""

    decomposes = False
    joins = 2

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        if len(widths) != 2:
            raise UserError(
                f"The fusion {self.name!r} joins two modalities, not {len(widths)}; use 'concat' or 'sum'."
            )
        self.first, self.second = widths

    @abstractmethod
    def logits(self, first: Tensor, second: Tensor) -> Tensor:
        """Logits (B, C) from the two modalities' features."""

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """The joint logits, and those with the other modality's features at zero."""
        first, second = features[self.first], features[self.second]
        unimodal = {
            self.first: self.logits(first, torch.zeros_like(second)),
            self.second: self.logits(torch.zeros_like(first), second),
        }
        return Output(features, self.logits(first, second), unimodal)


class OwnHeads(Fusion):
    """A fusion for the joint logits, and beside it a linear head per modality for the unimodal ones.

    Args:
        joint: the fusion.
        streams: gives the generator for a layer's initial weights.
    """

    decomposes = False

    def __init__(self, joint: Fusion, streams: Streams) -> None:
        super().__init__(joint.widths, joint.classes, streams)
        self.joint = joint
        self.heads = nn.ModuleDict(
            {m: linear(width, joint.classes, streams(f"own {m}")) for m, width in joint.widths.items()}
        )

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """The fusion's joint logits and the heads' unimodal ones."""
        unimodal = {m: self.heads[m](h) for m, h in features.items()}
        return Output(features, self.joint(features).logits, unimodal)


def sum_logits(unimodal: Mapping[str, Tensor]) -> Tensor:
    """Sum of the shares, in the model's order."""
    first, *rest = unimodal.values()
    for share in rest:
        first = first + share
    return first


def mean_logits(unimodal: Mapping[str, Tensor]) -> Tensor:
    """Mean of the modalities' logits (B, C)."""
    return torch.stack(list(unimodal.values())).mean(0)
