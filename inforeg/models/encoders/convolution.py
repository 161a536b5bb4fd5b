"""Small strided convolutions for sequences and images."""

import math
from itertools import pairwise
from typing import ClassVar

import torch
from pydantic.dataclasses import dataclass
from torch import nn

from inforeg.models.encoders.base import Encoder, Reach, Width, Widths, in_pairs
from inforeg.registry import OPTIONS


@dataclass(frozen=True, config=OPTIONS)
class _Convolution(Encoder):
    """Strided convolutions with ReLU, flattened into one linear layer; without batch normalisation."""

    layer: ClassVar[type[nn.Conv1d] | type[nn.Conv2d]]

    channels: Widths = (16, 32)
    kernel: Reach = 5
    stride: Reach = 2
    features: Width = 32

    def network(self, shape: tuple[int, ...]) -> nn.Module:
        """Convolutions with padding kernel // 2, then flattened - features."""
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((shape[0], *self.channels)):
            layers += [self.layer(inputs, outputs, self.kernel, self.stride, self.kernel // 2), nn.ReLU()]
        body = nn.Sequential(*layers, nn.Flatten())
        flat = math.prod(body(torch.zeros(1, *shape)).shape)
        return nn.Sequential(body, nn.Linear(flat, self.features))

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Of the convolutions."""
        return self.channels

    def stages(self, network: nn.Module) -> list[nn.Module]:
        """Each convolution with its ReLU, then flattening and the linear layer."""
        body, linear = network.children()
        *layers, flatten = body.children()
        return [*in_pairs(layers), nn.Sequential(flatten, linear)]


@dataclass(frozen=True, config=OPTIONS)
class Convolution1d(_Convolution):
    """For sequences, (channels, steps)."""

    name: ClassVar[str] = "conv1d"
    rank: ClassVar[int] = 2
    layer: ClassVar[type[nn.Conv1d]] = nn.Conv1d


@dataclass(frozen=True, config=OPTIONS)
class Convolution2d(_Convolution):
    """For images, (channels, height, width)."""

    name: ClassVar[str] = "conv2d"
    rank: ClassVar[int] = 3
    layer: ClassVar[type[nn.Conv2d]] = nn.Conv2d
