"""From stored values, integers as a rule, to what an encoder is given: on the training device, in float32."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from inforeg.batch import PRESENT, VALUES, Shape, Values, on_each, without_present


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


@dataclass(frozen=True)
class WherePresent(Transform):
    """Another transform, of samples of which some lack the modality: their values are zeros in both views.

    Attributes:
        of: the transform of all that is stored beside which samples have the modality.
    """

    of: Transform

    @property
    def draws(self) -> int:
        """As many."""
        return self.of.draws

    def shape(self, stored: Shape) -> Shape:
        """The other one's, beside that of whether the modality is present."""
        shape = self.of.shape(without_present(stored))
        return {**(shape if isinstance(shape, Mapping) else {VALUES: shape}), PRESENT: ()}

    def clean(self, values: Values) -> Values:
        """The other one's, (B, ...)."""
        return _where_present(values, self.of.clean(without_present(values)))

    def augmented(self, values: Values, draws: Tensor) -> Values:
        """The other one's, (B, ...)."""
        return _where_present(values, self.of.augmented(without_present(values), draws))


def _where_present(stored: Values, shown: Values) -> Values:
    """What is `shown` of what is `stored`, zeros where nothing is present."""
    assert isinstance(stored, Mapping)
    present = stored[PRESENT]

    def kept(values: Tensor) -> Tensor:
        return torch.where(present.view(-1, *[1] * (values.dim() - 1)), values, 0)

    named = shown if isinstance(shown, Mapping) else {VALUES: shown}
    return {name: kept(values) for name, values in named.items()} | {PRESENT: present}
