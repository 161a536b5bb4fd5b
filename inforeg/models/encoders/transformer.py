"""A small transformer for sequences (Vaswani et al., 2017), and the blocks that others are made of."""

import math
from typing import Annotated, ClassVar, Self

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from inforeg.errors import UserError
from inforeg.models.encoders.base import Encoder, Reach, Width
from inforeg.registry import OPTIONS


@dataclass(frozen=True, config=OPTIONS)
class Attentive(Encoder):
    """Blocks of self-attention over tokens, and the mean over tokens as features.

    Normalisation comes before each sub-layer (Xiong et al., 2020), which needs no warm-up of the learning
    rate.

    Attributes:
        width: of a token.
        depth: number of blocks.
        heads: of the attention; they share the width.
        dropout: on what each sub-layer adds.
    """

    width: Annotated[Width, Field(multiple_of=2)] = 32
    depth: Annotated[int, Field(ge=1, le=256)] = 2
    heads: Width = 4
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    features: Width = 32

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"heads must divide the width, {self.width}")
        return self

    def blocks(self) -> "list[Block]":
        """The blocks, of which none is joined to another yet."""
        return [Block(self.width, self.heads, self.dropout) for _ in range(self.depth)]


@dataclass(frozen=True, config=OPTIONS)
class Transformer(Attentive):
    """Patches of a sequence (channels, steps) as tokens, blocks of self-attention, the mean over tokens.

    Attributes:
        patch: steps a token; steps that fill no patch are left out.
    """

    name: ClassVar[str] = "transformer"
    rank: ClassVar[int] = 2

    patch: Reach = 4

    def network(self, shape: tuple[int, ...]) -> nn.Module:
        """Tokens, blocks, read-out."""
        if shape[1] < self.patch:
            raise UserError(
                f"patch = {self.patch} is longer than a sequence of {shape[1]} steps; make it shorter."
            )
        tokens = Tokens(shape[0], shape[1] // self.patch, self.patch, self.width)
        return nn.Sequential(tokens, *self.blocks(), Readout(self.width, self.features))

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Of the blocks."""
        return (self.width,) * self.depth

    def stages(self, network: nn.Module) -> list[nn.Module]:
        """The first block with the tokens, the other blocks, the read-out."""
        tokens, first, *others = network.children()
        return [nn.Sequential(tokens, first), *others]


class Tokens(nn.Module):
    """A linear map of each patch, plus sinusoidal positions."""

    positions: Tensor

    def __init__(self, channels: int, count: int, patch: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Conv1d(channels, width, patch, patch)
        self.register_buffer("positions", sinusoids(count, width), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, steps) to (B, width, tokens)."""
        tokens: Tensor = self.embedding(x)
        return tokens + self.positions


def sinusoids(count: int, width: int) -> Tensor:
    """Sines and cosines of the positions 0 to `count` - 1 at wavelengths from 2 pi on, (width, count)."""
    angles = torch.arange(count) * 1e4 ** (-torch.arange(0, width, 2) / width).unsqueeze(1)
    return torch.cat([angles.sin(), angles.cos()])


class Block(nn.Module):
    """Self-attention, then a two-layer perceptron of four times the width."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.inward, self.outward = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.perceptron = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, counted: Tensor | None = None) -> Tensor:
        """(B, width, tokens) to the same; those not `counted`, (B, tokens), reach no other."""
        tokens = x.transpose(1, 2)
        tokens = tokens + self.dropout(self.attend(self.norms[0](tokens), counted))
        mixed: Tensor = tokens + self.dropout(self.perceptron(self.norms[1](tokens)))
        return mixed.transpose(1, 2)

    def attend(self, tokens: Tensor, counted: Tensor | None = None) -> Tensor:
        """Softmax attention of each head over all tokens, (B, tokens, width), or over those `counted`."""
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.inward(tokens).chunk(3, -1)
        )
        scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[-1])
        if counted is not None:
            scores = scores.masked_fill(~counted[:, None, None], -math.inf)
        weights = F.softmax(scores, dim=-1)
        attended: Tensor = self.outward((weights @ value).transpose(1, 2).flatten(2))
        return attended


class Readout(nn.Module):
    """The mean over tokens, normalised, through a linear layer."""

    def __init__(self, width: int, features: int) -> None:
        super().__init__()
        self.norm, self.linear = nn.LayerNorm(width), nn.Linear(width, features)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, tokens) to (B, features)."""
        features: Tensor = self.linear(self.norm(x.mean(2)))
        return features
