"""A perceptron with a normalised hidden layer."""

from typing import ClassVar

from pydantic.dataclasses import dataclass
from torch import nn

from inforeg.models.encoders.base import Encoder, Width
from inforeg.registry import OPTIONS


@dataclass(frozen=True, config=OPTIONS)
class Normed(Encoder):
    """A linear layer, layer normalisation, ReLU and a linear layer; samples are vectors (D,)."""

    name: ClassVar[str] = "normed"
    rank: ClassVar[int] = 1

    hidden: Width = 32
    features: Width = 16

    def network(self, shape: tuple[int, ...]) -> nn.Module:
        """D - hidden - features."""
        hidden = nn.Sequential(nn.Linear(shape[0], self.hidden), nn.LayerNorm(self.hidden), nn.ReLU())
        return nn.Sequential(hidden, nn.Linear(self.hidden, self.features))

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Of the hidden layer."""
        return (self.hidden,)

    def stages(self, network: nn.Module) -> list[nn.Module]:
        """Both layers."""
        return list(network.children())
