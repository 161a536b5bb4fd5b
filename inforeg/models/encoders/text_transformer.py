"""A transformer for words, whose embedding is learned from scratch."""

from typing import Annotated, Any, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from inforeg.models.encoders.sequence_transformer import Masked, MaskedNetwork
from inforeg.registry import OPTIONS

Vocabulary = Annotated[int, Field(ge=2, le=1_000_000)]
"""How many words are told apart, the unknown one among them."""


@dataclass(frozen=True, config=OPTIONS)
class TextTransformer(Masked):
    """For words by their number with a length, {"tokens": (steps,) integers, "length": ()}.

    Word 0 stands for all that are not known.

    Attributes:
        vocabulary: words that are told apart; those from this number on are not known.
    """

    name: ClassVar[str] = "text_transformer"
    rank: ClassVar[int] = 1
    content: ClassVar[str] = "tokens"

    vocabulary: Vocabulary = 8192

    @property
    def takes(self) -> str:
        """What `fits`, in a message."""
        return "sequences of tokens (steps,) with their length"

    def network(self, shape: Any) -> nn.Module:
        """An embedding, blocks, read-out."""
        return MaskedNetwork(self, Words(self.vocabulary, self.width), *shape[self.content])


class Words(nn.Module):
    """A vector for each word, drawn from N(0, 1), the size of what tells its position."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(vocabulary, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, steps) to (B, steps, width)."""
        known = tokens < self.vectors.num_embeddings
        vectors: Tensor = self.vectors(tokens.where(known, 0).long())
        return vectors
