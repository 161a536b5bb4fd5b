"""Information amount: the trace of the Fisher information matrix (InfoReg, Eq. 7)."""

import math
from collections.abc import Iterable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from inforeg.batch import Batch, Values, on_each
from inforeg.metrics.stored import norms_of
from inforeg.models.multimodal import MultimodalModel

WHOLE = "whole"
HEAD = "head"


class FisherTrace:
    """The `batch` estimate of Tr(F): mean over an epoch's batches of ||gradient of the batch mean||^2.

    Free, since it reads the gradients that training makes anyway: of the method's whole loss, unimodal terms
    included. Unlike Eq. 7 it takes the square after the mean over the batch, so most of it is gradient noise
    at small batches.

    A batch with a gradient that is not finite (or whose square is not), which a gradient scaler skips, does
    not count.

    Args:
        groups: parameters by name, e.g. one group per encoder.

    Attributes:
        batches: of the epoch so far, with those that do not count.
        finite: whether the last one counts.
    """

    def __init__(self, groups: Mapping[str, Sequence[nn.Parameter]]) -> None:
        self.sizes = {name: len(parameters) for name, parameters in groups.items()}
        self.parameters = [parameter for parameters in groups.values() for parameter in parameters]
        self.reset()

    def reset(self) -> None:
        """Forget the epoch so far."""
        self._squares = torch.zeros(len(self.parameters), device=self.parameters[0].device)
        self._counted = torch.zeros((), dtype=torch.int64, device=self._squares.device)
        self.finite = torch.ones((), dtype=torch.bool, device=self._squares.device)
        self.batches = 0

    @torch.no_grad()
    def add(self) -> None:
        """Take in the gradients of one batch, after the backward pass."""
        norms = norms_of(self.parameters)
        self.finite = norms.square().isfinite().all()
        norms = torch.where(self.finite, norms, 0.0)
        self._squares.addcmul_(norms, norms)
        self._counted += self.finite
        self.batches += 1

    @property
    def skipped(self) -> int:
        """The epoch's batches so far that do not count."""
        return self.batches - int(self._counted)

    def sums(self) -> dict[str, float]:
        """Squared norms summed over the batches so far, by group."""
        return self._by_group(self._squares)

    def close(self) -> dict[str, float]:
        """The epoch's trace by group, and a new start; 0 without a batch, NaN if none of them counts."""
        counted = self.batches - self.skipped
        traces = self._traces(counted) if counted else dict.fromkeys(self.sizes, math.nan)
        traces = traces if self.batches else dict.fromkeys(self.sizes, 0.0)
        self.reset()
        return traces

    def _traces(self, counted: int) -> dict[str, float]:
        """Means over the batches that count."""
        return {name: value / counted for name, value in self.sums().items()}

    def _by_group(self, values: Tensor) -> dict[str, float]:
        """Values, one per parameter, summed within each group."""
        parts = torch.split(values, list(self.sizes.values()))
        return {name: part.sum().item() for name, part in zip(self.sizes, parts, strict=True)}


class LayerTrace(FisherTrace):
    """The "trace" of InfoReg's released code: squares averaged over a layer's elements, weights only.

    Each convolution's and linear layer's weight counts with the mean over its elements; biases and
    batch-norm parameters do not count; the epoch's batches are summed, and one that does not count weighs as
    the mean of those that do.
    """

    def sums(self) -> dict[str, float]:
        """Element means summed over layers and batches, by group."""
        elements = [p.numel() if p.dim() > 1 else float("inf") for p in self.parameters]
        return self._by_group(self._squares / self._squares.new_tensor(elements))

    def _traces(self, counted: int) -> dict[str, float]:
        """Sums over all batches."""
        return {name: value * (self.batches / counted) for name, value in self.sums().items()}


GRADIENT_BYTES = 2**30
"""What the gradients of the samples that are differentiated at once may take."""


def at_once(model: nn.Module) -> int:
    """How many samples `sample_trace` should be given at once: 64, or fewer where the model is large."""
    size = sum(4 * parameter.numel() for parameter in model.parameters())
    return min(64, max(1, GRADIENT_BYTES // size))


def sample_trace(model: MultimodalModel, batches: Iterable[Batch]) -> dict[str, float]:
    """The `sample` estimate: Tr(F_m) = mean over samples of ||gradient of L_joint(x, y)||^2, Eq. 7 exactly.

    Args:
        model: taken in evaluation mode and left in the mode it was in.
        batches: the samples of the mean; each one's are differentiated at once.

    Returns:
        The trace of each encoder by modality, and of all parameters as "whole".
    """
    values = {name: p.detach() for name, p in model.named_parameters()}
    buffers = dict(model.named_buffers())

    def loss(values: dict[str, Tensor], inputs: dict[str, Values], target: Tensor) -> Tensor:
        single = {m: on_each(x, lambda tensor: tensor.unsqueeze(0)) for m, x in inputs.items()}
        logits = functional_call(model, (values, buffers), (single,)).logits
        return F.cross_entropy(logits, target.unsqueeze(0))

    training = model.training
    model.eval()
    gradients = vmap(grad(loss), in_dims=(None, 0, 0))
    squares: dict[str, list[Tensor]] = {name: [] for name in values}
    for batch in batches:
        for name, gradient in gradients(values, dict(batch.inputs), batch.target).items():
            squares[name].append(gradient.reshape(len(gradient), -1).square().sum(1))
    model.train(training)
    square = {name: torch.cat(parts).mean().item() for name, parts in squares.items()}
    traces = {
        m: sum(square[f"encoders.{m}.{n}"] for n, _ in model.encoders[m].named_parameters())
        for m in model.modalities
    }
    return traces | {WHOLE: sum(square.values())}
