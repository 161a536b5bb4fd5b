"""Epochs of anyone's training loop: each modality's Tr(F) in them, and the windows that follow from it."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from inforeg.errors import UserError
from inforeg.regulation.trace import FisherTrace
from inforeg.regulation.window import Windows

Encoders = Mapping[str, nn.Module | Iterable[nn.Parameter]]


class Epochs(ABC):
    """What regulating and monitoring share: gradients are measured, and epochs have windows.

    Args:
        encoders: each modality's encoder, or its parameters.
        threshold: K of the window, Eq. 11.
        criterion: a name of `inforeg.regulation.window.CRITERIA`.

    Attributes:
        called: what examples call the object.
        shown: names of the settings that its representation shows.
        groups: the encoders' parameters, by modality.
        trace: that of the epoch so far.
        skipped: batches of the epochs so far with a gradient that is not finite.
    """

    called: ClassVar[str]
    shown: ClassVar[tuple[str, ...]] = ()

    def __init__(self, encoders: Encoders, threshold: float, criterion: str) -> None:
        check_setting(threshold=threshold)
        what = type(self).__name__
        if not hasattr(encoders, "items"):  # which a ModuleDict has as well
            raise UserError(
                f"{what} is given {type(encoders).__name__}; give a dict of encoders by modality."
            )
        if len(encoders) < 2:
            raise UserError(f"{what} is for two or more modalities; give it an encoder for each.")
        self.groups = {
            modality: list(encoder.parameters() if isinstance(encoder, nn.Module) else encoder)
            for modality, encoder in encoders.items()
        }
        if not any(self.groups.values()):
            raise UserError("The encoders have no parameters to measure; give the modules that are trained.")
        self.trace = self._new_trace()
        self.skipped = 0
        self._past = Windows(self.groups, threshold, criterion)
        self._in_epoch = False
        self._forget()

    def __repr__(self) -> str:
        settings = "".join(f", {name}={getattr(self, name)!r}" for name in self.shown)
        return f"{type(self).__name__}({', '.join(self.groups)}{settings})"

    @property
    def windows(self) -> dict[str, bool]:
        """Whether each modality's window is open in the current epoch."""
        return self._past.open

    @property
    def history(self) -> dict[str, list[float]]:
        """Tr(F_m) of the epochs so far, by modality."""
        return self._past.history

    @contextmanager
    def epoch(self) -> Iterator[Self]:
        """One epoch of training; an epoch left by an exception does not count."""
        self.open_epoch()
        try:
            yield self
        finally:
            self._in_epoch = False
        self.close_epoch()

    def open_epoch(self) -> None:
        """Decide the windows."""
        self._in_epoch = True
        self._past.decide()
        self._forget()

    @abstractmethod
    def close_epoch(self) -> dict[str, float]:
        """Take the epoch into the history; what is to be said of it."""

    def state_dict(self) -> dict[str, Any]:
        """What a resumed training needs: the traces of the epochs so far, and what was counted."""
        return {**self._past.state_dict(), "skipped": self.skipped}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`; its modalities must be these."""
        self._past.load_state_dict(state)
        self.skipped = state.get("skipped", 0)  # older ones lack it

    def _new_trace(self) -> FisherTrace:
        return FisherTrace(self.groups)

    def _forget(self) -> None:
        """Start an epoch's counts."""
        self.trace.reset()

    def _given(self, unimodal: Mapping[str, Tensor], target: Tensor) -> dict[str, Tensor]:
        """A batch's logits in the modalities' order, if an epoch is open and all is there that is needed."""
        if not self._in_epoch:
            what = type(self).__name__
            remedy = f"put the loop into `with {self.called}.epoch():`"
            raise UserError(f"{what} takes batches inside an epoch; {remedy}.")
        if not hasattr(unimodal, "keys"):
            raise UserError(f"Logits come as {type(unimodal).__name__}; give a dict of them by modality.")
        if missing := self.groups.keys() - unimodal.keys():
            raise UserError(f"Logits are missing for {sorted(missing)}; give those of every modality.")
        if target.is_floating_point() or target.ndim != 1:
            kind = f"{target.dtype} of the shape {tuple(target.shape)}"
            raise UserError(f"The target is {kind}; give class indices, one integer a sample.")
        parameters = self.trace.parameters
        if all(each.grad is None for each in parameters) and any(each.requires_grad for each in parameters):
            raise UserError("No encoder has a gradient; call `backward` first, and `zero_grad` after `step`.")
        return {modality: unimodal[modality] for modality in self.groups}

    def _remember(self, traces: Mapping[str, float] | None = None) -> dict[str, float]:
        """End the epoch; its traces, which are those given or else those measured."""
        self._in_epoch = False
        self.skipped += self.trace.skipped
        known = dict(self.trace.close() if traces is None else traces)
        self._past.add(known)
        return known


def check_setting(**settings: float) -> None:
    """Refuse a setting that is not a finite number, or a negative one."""
    for name, value in settings.items():
        if not math.isfinite(value):
            raise UserError(f"{name} = {value} is not a finite number; give one.")
        if value < 0:
            raise UserError(f"{name} = {value} is negative; give 0 or more.")
