"""What an encoder is: options that build a network from one sample's shape to d features."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

import torch
from pydantic import Field
from torch import nn

from inforeg.batch import Shape
from inforeg.errors import UserError
from inforeg.runspec import InitialWeights

Width = Annotated[int, Field(ge=1, le=16_384)]
"""Of a layer, in channels or units."""

Widths = Annotated[tuple[Width, ...], Field(max_length=64)]
Reach = Annotated[int, Field(ge=1, le=1024)]
"""Of a kernel, a stride or a patch, in positions."""


class Encoder(ABC):
    """The recipe of one modality's encoder phi^m; its dataclass fields are the options.

    Attributes:
        name: the registered name, `kind` in a benchmark's YAML.
        rank: number of dimensions of one sample, e.g. 1 for a vector, 3 for an image; of a sequence with
            its length, those of the sequence.
        normalises: whether it normalises by batch, and so takes no batch of one sample.
        own_weights: whether its network comes with the weights to start from, such as pretrained ones.
    """

    name: ClassVar[str]
    rank: ClassVar[int]
    normalises: ClassVar[bool] = False
    own_weights: ClassVar[bool] = False
    features: int

    @abstractmethod
    def network(self, shape: Any) -> nn.Module:
        """A network from samples of `shape`, which `fits`, to `features` values."""

    @property
    @abstractmethod
    def stage_widths(self) -> tuple[int, ...]:
        """Channels after each stage but the last; none of an encoder that cannot be cut."""

    @abstractmethod
    def stages(self, network: nn.Module) -> list[nn.Module]:
        """Views of a `network` of this recipe that, one after the other, are the network.

        Values between them are (B, channels, ...), with any number of positions; the last gives the features.
        """

    @property
    def takes(self) -> str:
        """What `fits`, in a message."""
        return f"samples with {self.rank} dimensions"

    def fits(self, shape: Shape) -> bool:
        """Whether it takes samples of `shape`: a tensor of its rank, if it says nothing else."""
        return not isinstance(shape, Mapping) and len(shape) == self.rank

    def build(self, shape: Shape, generator: torch.Generator, initial: InitialWeights = "paper") -> nn.Module:
        """The network with its own initial weights, or with those that are drawn from `generator`."""
        if not self.fits(shape):
            raise UserError(
                f"The encoder {self.name!r} takes {self.takes}, not of shape {shape}; "
                "choose another kind in the benchmark's YAML."
            )
        # What torch or the encoder itself draws comes from the run's seed as well.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(generator.initial_seed())
            network = self.network(shape)
        return network if self.own_weights or initial == "torch" else initialise(network, generator)


class WithLength(Encoder):
    """A base for sequences with a length, after which nothing is read.

    Their stages would need the lengths as well, so they are not cut into any.

    Attributes:
        content: name of the tensor that the length belongs to.
    """

    content: ClassVar[str]

    def fits(self, shape: Shape) -> bool:
        """Whether a sample is the content, of its rank, and a length."""
        wanted = {self.content: self.rank, "length": 0}
        return isinstance(shape, Mapping) and {name: len(each) for name, each in shape.items()} == wanted

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """None."""
        return ()

    def stages(self, network: nn.Module) -> list[nn.Module]:
        """The network as a whole."""
        return [network]


def initialise(network: nn.Module, generator: torch.Generator) -> nn.Module:
    """The field's common initial weights, drawn from `generator`, in place.

    Linear: Xavier normal; convolution: Kaiming normal, fan-out; batch norm: 1 and 0; biases: 0
    (OGM-GE's recipe, used by InfoReg's code).
    """
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_normal_(module.weight, generator=generator)
        elif isinstance(module, nn.Conv1d | nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    return network


def in_pairs(layers: Iterable[nn.Module]) -> list[nn.Module]:
    """A stage for every two layers, e.g. a convolution and its ReLU; an odd one ends alone."""
    listed = list(layers)
    return [nn.Sequential(*listed[start : start + 2]) for start in range(0, len(listed), 2)]
