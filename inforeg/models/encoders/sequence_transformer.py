"""A transformer for sequences of features, each with a length of its own."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from inforeg.batch import counted
from inforeg.models.encoders.base import WithLength
from inforeg.models.encoders.transformer import Attentive, Readout, sinusoids
from inforeg.registry import OPTIONS


@dataclass(frozen=True, config=OPTIONS)
class Masked(WithLength, Attentive):
    """A base of transformers that attend to nothing after a sequence's length."""


class MaskedNetwork(nn.Module):
    """Steps embedded at their positions, blocks, and the mean over the steps that count.

    Args:
        recipe: of the encoder.
        embedding: of the content (B, steps, ...) as (B, steps, width).
        steps: of the longest sequence.
    """

    positions: Tensor

    def __init__(self, recipe: Masked, embedding: nn.Module, steps: int) -> None:
        super().__init__()
        self.content, self.embedding = recipe.content, embedding
        self.register_buffer("positions", sinusoids(steps, recipe.width), persistent=False)
        self.blocks = nn.ModuleList(recipe.blocks())
        self.readout = Readout(recipe.width, recipe.features)

    def forward(self, x: Mapping[str, Tensor]) -> Tensor:
        """Content (B, steps, ...) and length (B,) to (B, features); no step at all is one of zeros."""
        content, length = x[self.content], x["length"]
        # Padding may hold anything, NaN included, which a weight of 0 would not silence.
        padding = ~counted(length, content.shape[1])
        known = content.masked_fill(padding.view(*padding.shape, *[1] * (content.dim() - 2)), 0)
        tokens = self.embedding(known).transpose(1, 2) + self.positions
        # Without any step the softmax would be NaN, and features of 0 have no direction for their gradient.
        length = length.clamp(min=1)
        counts = counted(length, content.shape[1])
        for block in self.blocks:
            tokens = block(tokens, counts)
        total = tokens.masked_fill(~counts.unsqueeze(1), 0).sum(2, keepdim=True)
        features: Tensor = self.readout(total / length.view(-1, 1, 1))
        return features


@dataclass(frozen=True, config=OPTIONS)
class SequenceTransformer(Masked):
    """For features by the step with a length, {"values": (steps, channels), "length": ()}."""

    name: ClassVar[str] = "sequence_transformer"
    rank: ClassVar[int] = 2
    content: ClassVar[str] = "values"

    @property
    def takes(self) -> str:
        """What `fits`, in a message."""
        return "sequences of values (steps, channels) with their length"

    def network(self, shape: Any) -> nn.Module:
        """A linear map of the channels, blocks, read-out."""
        steps, channels = shape[self.content]
        return MaskedNetwork(self, nn.Linear(channels, self.width), steps)
