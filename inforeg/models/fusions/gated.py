"""gated: the first modality's features gate the second's."""

from collections.abc import Mapping

import torch
from torch import Tensor

from inforeg.models.fusions.base import Conditioned, Streams, linear


class Gated(Conditioned):
    """z = W_o (sigmoid(W_1 h_1 + b_1) * (W_2 h_2 + b_2)) + b_o (Kiela et al., 2018)."""

    name = "gated"

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        width = widths[self.second]
        self.gate = linear(widths[self.first], width, streams("gate"))
        self.value = linear(width, width, streams("value"))
        self.head = linear(width, classes, streams("head"))

    def logits(self, first: Tensor, second: Tensor) -> Tensor:
        """Gate the second modality's features by the first's."""
        joint: Tensor = self.head(torch.sigmoid(self.gate(first)) * self.value(second))
        return joint
