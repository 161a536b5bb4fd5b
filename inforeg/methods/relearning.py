"""Diagnosing and re-learning: encoders that fit the training split alone go back towards their start."""

from typing import Annotated

import numpy as np
import torch
from pydantic import Field, NonNegativeFloat, NonNegativeInt
from torch import Tensor

from inforeg.methods.base import LoadWeights, Method, Split, TrainState
from inforeg.metrics.clusters import clusters, purity
from inforeg.models.inference import infer
from inforeg.random import derive


class Relearning(Method):
    """Diagnose how separable each modality's features are, and partly reset its encoder by the difference.

    Every T epochs, at most N times: P is the purity of K-means clusters (as many as classes) of the min-max
    scaled features (of the clean view) of the training and, on its own, of the validation split; s_m =
    tanh(lambda |P_train - P_val|) and theta_m becomes s_m theta_m_init + (1 - s_m) theta_m. Parameters alone
    are reset, as in the code: buffers (batch statistics), the optimiser's momentum and the fusion stay.

    Attributes:
        strength: lambda; 3 in the code. 0 is joint training.
        every: T, as a fraction of the epochs; 20 of 90 in the code.
        times: N; 3 in the code.
    """

    name = "relearning"
    title = "Diagnosing & Re-learning"
    family = "optimisation"
    reference = "Wei et al., Diagnosing and Re-learning, ECCV 2024"
    asks_validation = True
    neutral = {"strength": 0.0}

    strength: NonNegativeFloat = 3.0
    every: Annotated[float, Field(gt=0, le=1)] = 20 / 90
    times: NonNegativeInt = 3

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """Keep the encoders' initial parameters, which the run's seed gives again after a resume."""
        initial = state.blueprint.build().to(state.device)
        self._initial = {m: list(initial.parameters_of(m)) for m in initial.modalities}

    def on_epoch_start(self, state: TrainState) -> None:
        """Diagnose and reset where it is time; after an epoch its metrics would be of another model."""
        period = max(1, round(self.every * state.epochs))
        if state.epoch % period == 0 and 1 <= state.epoch // period <= self.times:
            for modality, gap in self.diagnose(state).items():
                self.reset(state, modality, gap)

    def diagnose(self, state: TrainState) -> dict[str, float]:
        """|P_train - P_val| of each modality."""
        purities = []
        for split in (state.train, state.val):
            features = infer(state.model, split).features
            purities.append({m: self.purity(state, m, h, split) for m, h in features.items()})
        return {m: abs(purities[0][m] - purities[1][m]) for m in purities[0]}

    def purity(self, state: TrainState, modality: str, features: Tensor, split: Split) -> float:
        """Of the clusters of features (N, d)."""
        seed = derive(state.spec.seed, "method", self.name, modality, state.epoch) % 2**32
        return purity(clusters(features, state.blueprint.classes, seed), split.target.cpu().numpy())

    @torch.no_grad()
    def reset(self, state: TrainState, modality: str, gap: float) -> None:
        """Move one encoder's parameters towards their start, in place."""
        share = float(np.tanh(self.strength * gap))
        state.log(f"reset/{modality}", share)
        pairs = zip(state.model.parameters_of(modality), self._initial[modality], strict=True)
        for parameter, initial in pairs:
            parameter.lerp_(initial, share)
