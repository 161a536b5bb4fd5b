"""concat: one linear layer over all features."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from inforeg.batch import Output
from inforeg.models.fusions.base import Fusion, Streams, blocks, reset_blocks, sum_logits


class Concat(Fusion):
    """z = W [h_1; ...; h_M] + b, kept as one block W_m per modality; u_m = W_m h_m + b / M."""

    name = "concat"
    decomposes = True

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        self.weights = blocks(widths, classes, streams)
        self.bias = nn.Parameter(torch.zeros(classes))

    def reset_parameters(self) -> None:
        """Torch's own initial weights."""
        reset_blocks(self.weights, self.bias)

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """The shares and their sum."""
        share = self.bias / len(features)
        unimodal = {m: torch.addmm(share, h, self.weights[m].t()) for m, h in features.items()}
        return Output(features, sum_logits(unimodal), unimodal)
