"""Modality-level valuation: copies for the modality that contributes least on average."""

from collections.abc import Mapping
from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat
from torch import Tensor

from inforeg.methods.base import TrainState
from inforeg.methods.sample_valuation import Resampling, valuation


class ModalityValuation(Resampling):
    """Value the modalities on a part of the training split, and copy for the one that is worth least.

    With phi_m the mean over a random part, on the clean view, p = 2/3 alpha (phi_strong - phi_weak), at most
    1: a random p N samples get one copy each with the weak modality alone. For more than two modalities the
    weak one is the least valued, `phi_strong` the mean of all others, this package's reading. Samples are
    drawn without replacement, so that p is a probability (the code draws with).

    Attributes:
        part: fraction of the training split on which the modalities are valued; 0.2 in the code.
        alpha: alpha, factor on p; 1 in the code.
    """

    name = "modality_valuation"
    title = "Modality-level valuation"
    version = 2
    neutral = {"alpha": 0.0}

    part: Annotated[float, Field(gt=0, le=1)] = 0.2
    alpha: NonNegativeFloat = 1.0

    def copies(self, state: TrainState) -> dict[str, Tensor]:
        """A random part of the samples, for the weak modality."""
        size = len(state.train)
        shuffled = torch.randperm(size, generator=state.generator("valued")).to(state.device)
        valued = state.train.part(shuffled[: max(1, round(self.part * size))])
        means = valuation(state.model, valued).mean(0).tolist()
        mean = dict(zip(state.model.modalities, means, strict=True))
        weak, p = resampled(mean, self.alpha)
        drawn = torch.randperm(size, generator=state.generator("copied")).to(state.device)
        state.log_each("phi", mean)
        return {weak: drawn[: round(p * size)]}


def resampled(mean: Mapping[str, float], alpha: float) -> tuple[str, float]:
    """The weak modality (of equals the first by name) and the fraction p of the samples to be copied."""
    weak = min(mean, key=lambda modality: (mean[modality], modality))
    others = [value for modality, value in mean.items() if modality != weak]
    gap = sum(others) / len(others) - mean[weak]
    return weak, min(1.0, 2 / 3 * gap * alpha)
