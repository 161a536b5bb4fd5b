"""film: the first modality's features scale and shift the second's."""

from collections.abc import Mapping

from torch import Tensor

from inforeg.models.fusions.base import Conditioned, Streams, linear


class FiLM(Conditioned):
    """(gamma, beta) = W_f h_1 + b_f; z = W_o (gamma * h_2 + beta) + b_o (Perez et al., 2018)."""

    name = "film"

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        width = widths[self.second]
        self.condition = linear(widths[self.first], 2 * width, streams("condition"))
        self.head = linear(width, classes, streams("head"))

    def logits(self, first: Tensor, second: Tensor) -> Tensor:
        """Scale and shift the second modality's features by the first's."""
        gamma, beta = self.condition(first).chunk(2, dim=1)
        joint: Tensor = self.head(gamma * second + beta)
        return joint
