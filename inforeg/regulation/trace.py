"""Information amount from the gradients of training: the trace of the Fisher information matrix, Eq. 7."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from inforeg.regulation.stored import norms_of

WHOLE = "whole"
HEAD = "head"
"""Names of groups: all parameters, and those of the fusion."""


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
