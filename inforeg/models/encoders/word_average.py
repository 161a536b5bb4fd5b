"""The mean of words, whose embedding is learned from scratch, for short texts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from inforeg.batch import counted
from inforeg.models.encoders.base import Width, WithLength
from inforeg.models.encoders.text_transformer import Vocabulary, Words
from inforeg.registry import OPTIONS


@dataclass(frozen=True, config=OPTIONS)
class WordAverage(WithLength):
    """For words by their number with a length, {"tokens": (steps,) integers, "length": ()}, in any order.

    Word 0 stands for all that are not known.

    Attributes:
        vocabulary: words that are told apart; those from this number on are not known.
        width: of a word's vector.
    """

    name: ClassVar[str] = "word_average"
    rank: ClassVar[int] = 1
    content: ClassVar[str] = "tokens"

    vocabulary: Vocabulary = 8192
    width: Width = 32
    features: Width = 32

    @property
    def takes(self) -> str:
        """What `fits`, in a message."""
        return "sequences of tokens (steps,) with their length"

    def network(self, shape: Any) -> nn.Module:
        """An embedding, the mean, a linear layer."""
        return _WordAverage(Words(self.vocabulary, self.width), nn.Linear(self.width, self.features))


class _WordAverage(nn.Module):
    def __init__(self, words: nn.Module, linear: nn.Module) -> None:
        super().__init__()
        self.words, self.linear = words, linear

    def forward(self, x: Mapping[str, Tensor]) -> Tensor:
        """Tokens (B, steps) and length (B,) to (B, features); no word at all is the unknown one."""
        tokens, length = x["tokens"], x["length"]
        known = tokens.masked_fill(~counted(length, tokens.shape[1]), 0)
        length = length.clamp(min=1)
        padding = ~counted(length, tokens.shape[1])
        total = self.words(known).masked_fill(padding.unsqueeze(2), 0).sum(1)
        features: Tensor = self.linear(total / length.unsqueeze(1))
        return features
