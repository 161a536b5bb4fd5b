"""Information amount from the gradients of training: the trace of the Fisher information matrix, Eq. 7."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from inforeg.regulation.stored import norms_of

WHOLE = "whole"
HEAD = "head"
"""Names of groups: all parameters, and those of the fusion."""

TOGETHER = 1024
"""Batches whose norms are summed at once: small tensors cost most by being handled."""


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
        norms: of the last one's gradients.
    """

    def __init__(self, groups: Mapping[str, Sequence[nn.Parameter]]) -> None:
        self.sizes = {name: len(parameters) for name, parameters in groups.items()}
        self.parameters = [parameter for parameters in groups.values() for parameter in parameters]
        self.reset()

    def reset(self) -> None:
        """Forget the epoch so far."""
        self._squares = torch.zeros(len(self.parameters), device=self.parameters[0].device)
        self.norms: list[Tensor] = []
        self._waiting: list[list[Tensor]] = []
        self._counted, self.batches = 0, 0

    @torch.no_grad()
    def add(self) -> None:
        """Take in the gradients of one batch, after the backward pass."""
        self.norms = norms_of(self.parameters)
        self._waiting.append(self.norms)
        self.batches += 1
        if len(self._waiting) == TOGETHER:
            self._sum()

    @property
    def skipped(self) -> int:
        """The epoch's batches so far that do not count."""
        self._sum()
        return self.batches - self._counted

    def _sum(self) -> None:
        """Take the batches that wait into the sums."""
        if not self._waiting:
            return
        norms = torch.stack([norm for batch in self._waiting for norm in batch])
        norms = norms.view(len(self._waiting), -1)
        finite = norms.square().isfinite().all(1)
        for batch in torch.where(finite.unsqueeze(1), norms, 0.0):
            self._squares.addcmul_(batch, batch)
        self._counted += int(finite.sum())
        self._waiting.clear()

    def sums(self) -> dict[str, float]:
        """Squared norms summed over the batches so far, by group."""
        self._sum()
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
        self._sum()
        elements = [p.numel() if p.dim() > 1 else float("inf") for p in self.parameters]
        return self._by_group(self._squares / self._squares.new_tensor(elements))

    def _traces(self, counted: int) -> dict[str, float]:
        """Sums over all batches."""
        return {name: value * (self.batches / counted) for name, value in self.sums().items()}
