"""MSLR: modality-specific learning rates."""

from statistics import fmean

import torch
from pydantic import Field, PositiveFloat, PositiveInt

from inforeg.methods.base import Batch, LoadWeights, Method, Output, RunConfig, TrainState
from inforeg.models.fusions.sum import Sum
from inforeg.models.multimodal import branch


class MSLR(Method):
    """Scale each branch's learning rate by how its own validation accuracy compares with its recent past.

    The logits are the sum of one head per modality. The gradients of branch m (an encoder and its own head)
    are multiplied by c_m(t) = c_m a_m(t) / (mean of a_m over the K epochs before t), a_m(t) being the
    accuracy of head m on the validation split after epoch t; by c_m alone until there are K epochs before t,
    and where the mean is 0. This is the paper's dynamic strategy as MLB's code has it; the paper searches
    each modality's learning rate alone, here all start from the benchmark's.

    Attributes:
        memory: K, epochs in the mean; 5 in AGM's and MLB's code.
        rates: c_m by modality, 1 where not named; 1 for all in MLB's code (AGM's: audio 0.9, visual 1.1).
    """

    name = "mslr"
    title = "MSLR"
    family = "optimisation"
    reference = "Yao and Mihalcea, Modality-specific Learning Rates, ACL Findings 2022"
    remembered = ("_accuracies",)
    head = Sum
    fusions = ("concat", "sum")

    memory: PositiveInt = 5
    rates: dict[str, PositiveFloat] = Field(default_factory=dict)

    def supports(self, config: RunConfig) -> tuple[bool, str]:
        """Rates for the benchmark's modalities alone."""
        if strange := set(self.rates) - set(config.encoders):
            return False, f"rates names {min(strange)!r}, which is none of {', '.join(config.encoders)}"
        return True, ""

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """No accuracy is known."""
        self._accuracies: dict[str, list[float]] = {m: [] for m in state.model.modalities}

    def on_epoch_start(self, state: TrainState) -> None:
        """Fix the epoch's coefficients."""
        self._coefficients = {
            m: self.rates.get(m, 1.0) * relative(past, self.memory) for m, past in self._accuracies.items()
        }
        state.log_each("c", self._coefficients)

    @torch.no_grad()
    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Scale the branches' gradients."""
        for modality, coefficient in self._coefficients.items():
            found = [parameter.grad for parameter in branch(state.model, modality).parameters()]
            torch._foreach_mul_([gradient for gradient in found if gradient is not None], coefficient)

    def on_epoch_end(self, state: TrainState, metrics: dict[str, float]) -> None:
        """Remember the validation accuracies."""
        for modality, past in self._accuracies.items():
            past.append(metrics[f"val/accuracy/{modality}"])


def relative(past: list[float], memory: int) -> float:
    """The last accuracy over the mean of the `memory` before it; 1 while there are fewer, or all are 0."""
    *before, last = past[-memory - 1 :] or [0.0]
    return last / fmean(before) if len(before) == memory and any(before) else 1.0
