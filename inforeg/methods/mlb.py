"""MLB: multi-loss balanced training."""

from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch import Tensor

from inforeg.methods.base import Batch, Method, Output, TrainState
from inforeg.regulation.scores import confidences


class MLB(Method):
    """Train a head per modality beside the joint one; speed up the encoders that lag, slow those that lead.

    With s_m the true class's probability through modality m's own head, summed over the batch, and
    r_m = mean of the others' s / s_m: k_m = 1 + (beta_m - 1) tanh(alpha (r_m - 1)), where beta_m is beta if
    r_m > 1, else 2. The gradient of all losses together is multiplied by k_m on every parameter of encoder
    m; heads keep theirs (the code also scales one projection of each modality, which is part of no encoder
    here). k_m goes to 1 as the scores draw level, so there is no schedule; in the code, too, it never ends.

    Attributes:
        alpha: alpha, steepness; 2.0 in the code for AVE, UCF and Something-Something (0.5 for CREMA-D).
        beta: beta_max, the largest k_m; 2 in the code for the same three (10 for CREMA-D).
        unimodal_weight: weight of the sum of unimodal cross-entropies; 1 in the code.
    """

    name = "mlb"
    title = "MLB"
    family = "optimisation"
    reference = "Kontras et al., Multi-Loss Gradient Modulation, BMVC 2024"
    own_heads = True

    alpha: NonNegativeFloat = 2.0
    beta: Annotated[float, Field(ge=1)] = 2.0
    unimodal_weight: PositiveFloat = 1.0

    @torch.no_grad()
    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Scale the encoders' gradients."""
        score = confidences(output.unimodal, batch.target)
        state.scale("k", coefficients(score, self.alpha, self.beta))


def coefficients(score: Tensor, alpha: float, beta: float) -> Tensor:
    """k_m (M,), between 0 and `beta`, from the summed probabilities s_m (M,)."""
    # A sum that underflows to 0 would make the ratio of two such modalities undefined.
    score = score.clamp(min=torch.finfo(score.dtype).tiny)
    ratio = (score.sum() - score) / (len(score) - 1) / score
    return 1 + torch.where(ratio > 1, beta - 1, 1.0) * torch.tanh(alpha * (ratio - 1))
