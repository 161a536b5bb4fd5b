"""OGM-GE: OGM with generalisation enhancement."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor

from inforeg.config import Setting
from inforeg.methods.ogm import OGM
from inforeg.methods.state import TrainState
from inforeg.registry import OPTIONS


@dataclass(config=OPTIONS)
class OGMGE(OGM):
    """OGM plus Gaussian noise on every modulated gradient, also of the modalities that are not damped.

    g <- k_m g + N(0, (std(g) + 1e-8)^2), the deviation being that of the gradient before it is scaled.
    """

    name: ClassVar[str] = "ogm_ge"
    title: ClassVar[str] = "OGM-GE"
    neutral: ClassVar[Mapping[str, Setting] | None] = None

    def on_epoch_start(self, state: TrainState) -> None:
        """A noise stream per modality for the epoch."""
        super().on_epoch_start(state)
        self._noise = state.generators(self.name)

    def modulate(self, modality: str, gradients: list[Tensor], factor: Tensor) -> None:
        """Scale one encoder's gradients in place and add the noise."""
        for gradient in gradients:
            deviation = gradient.std(correction=min(1, gradient.numel() - 1)) + 1e-8
            noise = torch.randn(gradient.shape, generator=self._noise[modality], device=gradient.device)
            gradient.mul_(factor).add_(noise * deviation)
