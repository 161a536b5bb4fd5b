"""OGM: on-the-fly gradient modulation."""

from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from inforeg.methods.base import Batch, Output, Settings, TrainState
from inforeg.methods.shared.windowed import Windowed
from inforeg.regulation.scores import confidences


class OGM(Windowed):
    """Damp the gradients of the modalities that lead, batch by batch.

    With s_m the true class's probability through modality m's logits, summed over the batch, and
    rho_m = s_m / min_k s_k: k_m = 1 - tanh(alpha rho_m) where rho_m > 1, else 1, on the weights of
    convolutions and linear layers of encoder m. For two modalities rho of the stronger is s_m / s_other,
    the paper's; the minimum is this package's reading for more. In a ResNet-18 these weights are the
    4-dimensional ones that the code modulates.

    Attributes:
        alpha: alpha, strength of the modulation; 0.3 in the code's example (0.1 in its README).
        start: first epoch of the modulation; 0 in the code.
        end: last epoch of the modulation; 50 in the code.
    """

    name = "ogm"
    title = "OGM"
    family = "optimisation"
    reference = "Peng et al., Balanced Multimodal Learning via OGM-GE, CVPR 2022"
    neutral: ClassVar[Settings | None] = {"alpha": 0.0}

    alpha: Annotated[float, Field(ge=0, description="strength of the modulation")] = 0.3
    start: Annotated[int, Field(ge=0, description="first epoch of the modulation")] = 0
    end: Annotated[int, Field(ge=0, description="last epoch of the modulation")] = 50

    @torch.no_grad()
    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Modulate, while the epoch is in range."""
        changed: dict[str, Tensor | bool] = {}
        if self.start <= state.epoch <= self.end:
            factors = coefficients(confidences(output.unimodal, batch.target), self.alpha)
            for modality, factor in zip(output.unimodal, factors, strict=True):
                if self.acts_on(modality):
                    state.log(f"k/{modality}", factor)
                    gradients = state.gradients(modality, dimensions=2)
                    changed[modality] = self.modulate(modality, gradients, factor)
        state.log_acted(changed)

    def modulate(self, modality: str, gradients: list[Tensor], factor: Tensor) -> Tensor | bool:
        """Scale one encoder's gradients in place; whether that changes them."""
        torch._foreach_mul_(gradients, factor)
        return factor != 1


def coefficients(score: Tensor, alpha: float) -> Tensor:
    """k_m (M,) from the summed probabilities s_m (M,)."""
    ratio = score / score.min().clamp(min=torch.finfo(score.dtype).tiny)
    return torch.where(ratio > 1, 1 - torch.tanh(alpha * ratio), 1.0)
