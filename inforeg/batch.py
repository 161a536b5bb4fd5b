"""What a step of training is given and what a model answers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")
R = TypeVar("R")

Values = Tensor | Mapping[str, Tensor]
"""One modality of some samples: a tensor, or several by name; first dimension B each.

A sequence whose steps do not all count is `values` (B, steps, channels) or `tokens` (B, steps) with their
`length` (B,): what comes after so many steps is padding, whatever it holds. Where samples may lack the
modality, `PRESENT` is among the names.
"""

PRESENT, VALUES = "present", "values"
"""Names of which samples have the modality, (B,) of bool, and of values that are one tensor beside it."""

Shape = tuple[int, ...] | Mapping[str, tuple[int, ...]]
"""Of one sample of a modality, without the first dimension."""


@dataclass(frozen=True)
class Batch:
    """Samples of one step.

    Attributes:
        inputs: one modality's values each.
        target: class indices, (B,).
        index: positions of the samples in their split, (B,).
    """

    inputs: Mapping[str, Values]
    target: Tensor
    index: Tensor

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class Output:
    """A model's answer to one batch.

    Attributes:
        features: the encoders' outputs h_m, (B, d_m) each.
        logits: (B, C).
        unimodal: each modality's logits u_m, (B, C): its share of `logits` where the fusion decomposes,
            else the logits with the other modalities' features set to zero. Where encoders hear each
            other, a model's `answer` has features and these of each modality alone.
    """

    features: Mapping[str, Tensor]
    logits: Tensor
    unimodal: Mapping[str, Tensor]

    def float(self) -> "Output":
        """The same in float32, in which losses are taken."""
        features, unimodal = (
            {m: values.float() for m, values in part.items()} for part in (self.features, self.unimodal)
        )
        return Output(features, self.logits.float(), unimodal)


def present_in(values: T | Mapping[str, T]) -> T | None:
    """Which samples have the modality; None where all have."""
    return values.get(PRESENT) if isinstance(values, Mapping) else None


def without_present(values: T | Mapping[str, T]) -> T | Mapping[str, T]:
    """What an encoder is given of a modality's `values`, or its shape."""
    if not isinstance(values, Mapping) or PRESENT not in values:
        return values
    others = {name: each for name, each in values.items() if name != PRESENT}
    return others[VALUES] if others.keys() == {VALUES} else others


def on_each(values: T | Mapping[str, T], change: Callable[[T], R]) -> R | Mapping[str, R]:
    """`values` with `change` applied to the tensor, or to each of several."""
    if isinstance(values, Mapping):
        return {name: change(tensor) for name, tensor in values.items()}
    return change(values)


def several(values: T | Mapping[str, T]) -> Iterable[T]:
    """The tensor, or each of several."""
    return values.values() if isinstance(values, Mapping) else (values,)


def counted(length: Tensor, steps: int) -> Tensor:
    """Which of so many steps are within each sample's `length`, (B,): bool, (B, steps)."""
    return torch.arange(steps, device=length.device) < length.unsqueeze(1)
