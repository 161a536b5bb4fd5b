"""Sequences of different lengths in one array, padded with zeros."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inforeg.batch import Shape, Values
from inforeg.data.transforms import Transform
from inforeg.errors import UserError

ROWS = 256
"""Sequences that are read at once where all are looked at."""

ROUNDING = 1e-6
"""Of a channel's mean: a deviation below it is float32's rounding, not variation."""


def spans(present: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First step and length, (N,) each, of what is between the padding at either end; 0 and 0 of nothing.

    Args:
        present: steps that are more than zeros, (N, steps).
    """
    there = present.any(1)
    first = np.where(there, present.argmax(1), 0)
    last = present.shape[1] - 1 - present[:, ::-1].argmax(1)
    return first, np.where(there, last - first + 1, 0)


def to_front(
    values: NDArray[Any], first: NDArray[np.int64], length: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Sequences (N, steps, channels) with step `first` moved to the front, and zeros after their length."""
    steps = np.arange(values.shape[1])
    moved = np.take_along_axis(values, ((first[:, None] + steps) % values.shape[1])[..., None], axis=1)
    kept: NDArray[np.float32] = np.where((steps < length[:, None])[..., None], moved, np.float32(0))
    return kept


@dataclass(frozen=True)
class StandardisedSteps(Transform):
    """`values` (B, steps, channels) less each channel's mean, over its deviation; padding is not looked at.

    Attributes:
        mean: of the training split's steps, (channels,), float32.
        deviation: likewise.
    """

    mean: Tensor
    deviation: Tensor

    @classmethod
    def fitted(cls, values: NDArray[Any], length: NDArray[Any], rows: NDArray[np.int64]) -> Self:
        """By those `rows` of sequences (N, steps, channels), which may be mapped; read in parts."""
        zero = np.zeros(values.shape[2])
        count = max(int(length[rows].sum()), 1)
        mean = sum((steps.sum(0) for steps in _steps(values, length, rows)), zero) / count
        squares = (np.square(steps - mean).sum(0) for steps in _steps(values, length, rows))
        deviation = np.sqrt(sum(squares, zero) / count)
        scale = np.where(deviation > ROUNDING * np.abs(mean), deviation, 1)
        return cls(*(torch.from_numpy(each.astype(np.float32)) for each in (mean, scale)))

    def shape(self, stored: Shape) -> Shape:
        """As stored."""
        return stored

    def clean(self, values: Values) -> Values:
        """Standardised, with the length as it is."""
        if isinstance(values, Tensor):
            raise UserError("StandardisedSteps takes sequences with their length, not one tensor.")
        found = values["values"]
        mean, deviation = self.mean.to(found.device), self.deviation.to(found.device)
        return {**values, "values": (found - mean) / deviation}


def _steps(
    values: NDArray[Any], length: NDArray[Any], rows: NDArray[np.int64]
) -> Iterator[NDArray[np.float64]]:
    """The steps within the length, (steps, channels), of some rows after the others."""
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        counted = np.arange(values.shape[1]) < length[some][:, None]
        yield values[some][counted].astype(np.float64)
