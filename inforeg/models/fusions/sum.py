"""sum: a linear layer for each modality, whose logits are added."""

from collections.abc import Mapping

from torch import Tensor, nn

from inforeg.batch import Output
from inforeg.models.fusions.base import Fusion, Streams, linear, sum_logits


class Sum(Fusion):
    """z = sum_m (W_m h_m + b_m): each modality with a linear head of its own; u_m = W_m h_m + b_m."""

    name = "sum"
    decomposes = True

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        self.heads = nn.ModuleDict({m: linear(width, classes, streams(m)) for m, width in widths.items()})

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """The shares and their sum."""
        unimodal = {m: self.heads[m](h) for m, h in features.items()}
        return Output(features, sum_logits(unimodal), unimodal)
