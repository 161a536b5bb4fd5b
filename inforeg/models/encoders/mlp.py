"""Multi-layer perceptron for feature vectors."""

from itertools import pairwise
from typing import ClassVar

from pydantic.dataclasses import dataclass
from torch import nn

from inforeg.models.encoders.base import Encoder, Width, Widths, in_pairs
from inforeg.registry import OPTIONS


@dataclass(frozen=True, config=OPTIONS)
class MLP(Encoder):
    """Linear layers with ReLU between them; samples are vectors (D,)."""

    name: ClassVar[str] = "mlp"
    rank: ClassVar[int] = 1

    hidden: Widths = (64, 64)
    features: Width = 32

    def network(self, shape: tuple[int, ...]) -> nn.Module:
        """D - hidden - features."""
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise((*shape, *self.hidden)):
            layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear((*shape, *self.hidden)[-1], self.features))

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Of the hidden layers."""
        return self.hidden

    def stages(self, network: nn.Module) -> list[nn.Module]:
        """Each hidden layer with its ReLU, then the last layer."""
        return in_pairs(network.children())
