"""CML: calibrated multimodal learning."""

import torch
import torch.nn.functional as F
from pydantic import NonNegativeFloat
from torch import Tensor

from inforeg.methods.base import Batch, Method, Output, TrainState
from inforeg.models.multimodal import without


class CML(Method):
    """Confidence must not grow when a modality is removed.

    For each batch the modalities leave in a random order, features at zero, down to one: S_1 (all) to S_M.
    L = mean_k CE(S_k) + lambda sum_k sum_i max(0, conf_i(S_{k+1}) - conf_i(S_k)), with conf the largest
    probability, sample by sample. The penalty is a sum over the batch, unlike the cross-entropy: so
    lambda is of the size that the code gives it.

    Attributes:
        weight: lambda; 0.1 in BalanceBenchmark, the only code known.
    """

    name = "cml"
    title = "CML"
    version = 2
    family = "objective"
    reference = "Ma et al., Calibrating Multimodal Learning, ICML 2023"
    own_losses = True

    weight: NonNegativeFloat = 0.1

    def on_epoch_start(self, state: TrainState) -> None:
        """A stream per modality that decides its place in the order."""
        self._places = state.generators(self.name)

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Cross-entropy of the nested subsets and the ranking penalty."""
        draws = {m: torch.rand((), generator=g, device=g.device).item() for m, g in self._places.items()}
        order = sorted(draws, key=draws.__getitem__)
        removals = [order[:count] for count in range(1, len(order))]
        nested = [
            output.logits,
            *(state.model.fuse(without(output.features, gone)).logits for gone in removals),
        ]
        classification = torch.stack([F.cross_entropy(logits, batch.target) for logits in nested]).mean()
        return {"joint": classification, "ranking": self.weight * ranking(nested)}


def ranking(nested: list[Tensor]) -> Tensor:
    """sum_k sum_i max(0, conf_i(S_{k+1}) - conf_i(S_k)) from logits (B, C) of shrinking subsets."""
    confidence = torch.stack([logits.softmax(1).max(1).values for logits in nested])
    return torch.relu(confidence[1:] - confidence[:-1]).sum()
