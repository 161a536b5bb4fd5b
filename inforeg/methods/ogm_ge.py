"""OGM-GE: OGM with generalisation enhancement."""

import torch
from torch import Tensor

from inforeg.methods.base import TrainState
from inforeg.methods.ogm import OGM


class OGMGE(OGM):
    """OGM plus Gaussian noise on every modulated gradient, also of the modalities that are not damped.

    g <- k_m g + N(0, (std(g) + 1e-8)^2), the deviation being that of the gradient before it is scaled.
    """

    name = "ogm_ge"
    title = "OGM-GE"
    neutral = None

    def on_epoch_start(self, state: TrainState) -> None:
        """A noise stream per modality for the epoch."""
        super().on_epoch_start(state)
        self._noise = state.generators(self.name)

    def modulate(self, modality: str, gradients: list[Tensor], factor: Tensor) -> bool:
        """Scale one encoder's gradients in place and add the noise, which always changes them."""
        for gradient in gradients:
            deviation = gradient.std(correction=min(1, gradient.numel() - 1)) + 1e-8
            noise = torch.randn(gradient.shape, generator=self._noise[modality], device=gradient.device)
            gradient.mul_(factor).add_(noise * deviation)
        return True
