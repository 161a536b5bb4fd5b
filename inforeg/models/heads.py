"""Heads that methods bring along in place of the benchmark's fusion."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inforeg.batch import Output
from inforeg.models.fusions.base import Fusion, Streams, blocks, linear, mean_logits, reset_blocks, sum_logits
from inforeg.models.fusions.sum import Sum


class Mean(Sum):
    """z = mean_m u_m over each modality's own logits u_m = W_m h_m + b_m."""

    decomposes = False

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """The logits and their mean."""
        unimodal = super().forward(features).unimodal
        return Output(features, mean_logits(unimodal), unimodal)


class Cosine(Fusion):
    """z = sum_m u_m with u_{m,c} = s cos(h_m, W_{m,c}); without bias."""

    decomposes = True
    scale = 1.0

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        self.weights = blocks(widths, classes, streams)

    def reset_parameters(self) -> None:
        """Torch's own initial weights."""
        reset_blocks(self.weights)

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """The shares and their sum; a feature vector of zeros has cosine 0."""
        unimodal = {
            m: self.scale * F.linear(F.normalize(h, dim=1), F.normalize(self.weights[m], dim=1))
            for m, h in features.items()
        }
        return Output(features, sum_logits(unimodal), unimodal)


class Shared(Fusion):
    """u_m = W h_m + b under one head for all modalities; z is their mean."""

    decomposes = False

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        self.head = linear(next(iter(widths.values())), classes, streams("head"))

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """Each modality's logits and their mean."""
        unimodal = {m: self.head(h) for m, h in features.items()}
        return Output(features, mean_logits(unimodal), unimodal)


HIDDEN = 256  # of the shared head, in ReconBoost's code


class SharedMLP(Fusion):
    """u_m = W_2 relu(W_1 h_m + b_1) + b_2 under one head for all modalities; z = boost sum_m u_m."""

    decomposes = False

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        width = next(iter(widths.values()))
        hidden, out = linear(width, HIDDEN, streams("hidden")), linear(HIDDEN, classes, streams("out"))
        self.head = nn.Sequential(hidden, nn.ReLU(), out)
        self.boost = nn.Parameter(torch.ones(()))

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """Each modality's logits and their boosted sum."""
        unimodal = {m: self.head(h) for m, h in features.items()}
        return Output(features, self.boost * sum_logits(unimodal), unimodal)


class Mixed(Sum):
    """z = W sum_m u_m + b, W (C, C), over each modality's own logits u_m = W_m h_m + b_m."""

    decomposes = False

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        self.mix = linear(classes, classes, streams("mix"))

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """The mixed sum and the own logits."""
        output = super().forward(features)
        return replace(output, logits=self.mix(output.logits))


class Boosted(Fusion):
    """u_m = sum of the first n_m of modality m's heads; z is the mean of the u_m.

    Args:
        most: heads that a modality has, active or not.

    Attributes:
        active: n_m (M,), in the model's order.
    """

    decomposes = False
    most = 11

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        self.heads = nn.ModuleDict(
            {
                m: nn.ModuleList(linear(width, classes, streams(f"{m} {k}")) for k in range(self.most))
                for m, width in widths.items()
            }
        )
        self.active: Tensor
        self.register_buffer("active", torch.ones(len(widths), dtype=torch.int64))

    def count(self, modality: str) -> int:
        """n_m."""
        return int(self.active[list(self.widths).index(modality)])

    def residuals(self, modality: str, features: Tensor) -> list[Tensor]:
        """Logits (B, C) of each active head."""
        heads = cast(nn.ModuleList, self.heads[modality])
        return [head(features) for head in heads[: self.count(modality)]]

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """Each modality's logits and their mean."""
        unimodal = {m: torch.stack(self.residuals(m, h)).sum(0) for m, h in features.items()}
        return Output(features, mean_logits(unimodal), unimodal)


class Slerp(Sum):
    """z = W slerp(h_1, h_2; lambda) + b, beside a linear head per modality for the unimodal logits.

    Attributes:
        weights: lambda, the modalities' weights in the interpolation, unless others are given.
    """

    decomposes = False

    def __init__(self, widths: Mapping[str, int], classes: int, streams: Streams) -> None:
        super().__init__(widths, classes, streams)
        self.joint = linear(next(iter(widths.values())), classes, streams("joint"))
        self.weights: Tensor
        self.register_buffer("weights", torch.full((2,), 0.5))

    def forward(self, features: Mapping[str, Tensor]) -> Output:
        """Logits of the interpolated features, and of each modality's."""
        return self.mixed(features, self.weights)

    def mixed(self, features: Mapping[str, Tensor], weights: Tensor) -> Output:
        """The same with other weights (2,)."""
        first, second = features.values()
        unimodal = super().forward(features).unimodal
        return Output(features, self.joint(slerp(first, second, weights)), unimodal)


def slerp(first: Tensor, second: Tensor, weights: Tensor) -> Tensor:
    """(sin(w_1 a) e_1 + sin(w_2 a) e_2) / sin(a), e_m = h_m / |h_m| and a (B, 1) their angle; (B, d)."""
    first, second = F.normalize(first, dim=1), F.normalize(second, dim=1)
    # Away from 0 and pi, where the angle has no gradient and the division no value.
    cosine = (first * second).sum(1).clamp(-1 + 1e-4, 1 - 1e-4)
    angle = torch.acos(cosine).unsqueeze(1)
    mixed: Tensor = torch.sin(weights[0] * angle) * first + torch.sin(weights[1] * angle) * second
    return mixed / torch.sin(angle)
