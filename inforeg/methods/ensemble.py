"""Late-fusion ensemble of unimodal models, a control."""

import math

import torch
from torch import Tensor

from inforeg.methods.base import LoadWeights, Method, Output, RunSpec, Split, TrainState
from inforeg.methods.teachers import joined_weights, unimodal_runs
from inforeg.models.fusions.sum import Sum


class Ensemble(Method):
    """The mean of the class probabilities of the unimodal models of the same seed; nothing is trained."""

    name = "ensemble"
    title = "Late-fusion ensemble"
    family = "baseline"
    reference = "Kittler et al., On Combining Classifiers, PAMI 1998 (mean rule)"
    head = Sum
    own_losses = True

    def needs(self, spec: RunSpec) -> list[RunSpec]:
        """One unimodal run per modality."""
        return unimodal_runs(spec)

    def epochs(self, planned: int) -> int:
        """One, without a batch: only the evaluation."""
        return 1

    def sampler(self, state: TrainState, split: Split) -> list[Tensor]:
        """No batch."""
        return []

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """Load the unimodal models."""
        state.model.load_state_dict(joined_weights(state.spec, weights))

    def predict(self, output: Output) -> Tensor:
        """Logarithm of the mean probability."""
        log_p = torch.stack(list(output.unimodal.values())).log_softmax(-1)
        return log_p.logsumexp(0) - math.log(len(log_p))
