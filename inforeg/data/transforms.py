"""From stored values, integers as a rule, to what an encoder is given: on the training device, in float32."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from inforeg.batch import Shape, Values, on_each


class Transform(ABC):
    """Of one modality; two views of a sample."""

    @property
    def draws(self) -> int:
        """Random numbers that a sample's training view takes; 0 where both views are the same."""
        return 0

    @abstractmethod
    def shape(self, stored: Shape) -> Shape:
        """Shape of one sample as the encoder is given it, from its shape as it is stored."""

    @abstractmethod
    def clean(self, values: Values) -> Values:
        """The view for evaluation, for frozen models and for whatever visits samples again.

        Args:
            values: (B, ...) as stored.
        """

    def augmented(self, values: Values, draws: Tensor) -> Values:
        """The view for training.

        Args:
            values: (B, ...) as stored.
            draws: the samples' own, (B, `draws`), uniform in [0, 1), float32.
        """
        return self.clean(values)


@dataclass(frozen=True)
class Scaled(Transform):
    """(x - mean) / deviation in float32, for integers that are shown as they are.

    Attributes:
        mean: of the training split, in units of what is stored.
        deviation: likewise.
    """

    mean: float = 0.0
    deviation: float = 1.0

    def shape(self, stored: Shape) -> Shape:
        """As stored."""
        return stored

    def clean(self, values: Values) -> Values:
        """Scaled."""
        return on_each(values, lambda x: (x.to(torch.float32) - self.mean) / self.deviation)
