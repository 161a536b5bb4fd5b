"""InfoReg as its released code computes it."""

from collections.abc import Mapping

from torch import Tensor

from inforeg.errors import UserError, unknown
from inforeg.regulation.epochs import Encoders
from inforeg.regulation.inforeg import InfoReg
from inforeg.regulation.scores import confidences
from inforeg.regulation.trace import FisherTrace, LayerTrace


class ReleasedInfoReg(InfoReg):
    """InfoReg as its released code of November 2025 computes it.

    Two modalities. One modality's window decides for both, from epoch 0 on; the leading modality is pulled
    with its own strength times exp(tanh(gap)), the gap being of probabilities summed over the batch; the
    trace is taken after the pull.

    Args:
        encoders: as `InfoReg`.
        reference: the modality whose trace decides (audio in the code).
        reference_strength: factor when the reference leads (0.95 in the code).
        other_strength: factor when the other leads (0.1 in the code).
        threshold: K of the window (0.05 in the code, 0.04 in its first release).
    """

    def __init__(
        self,
        encoders: Encoders,
        *,
        reference: str,
        reference_strength: float = 0.95,
        other_strength: float = 0.1,
        threshold: float = 0.05,
    ) -> None:
        super().__init__(encoders, beta=1.0, threshold=threshold, criterion="released")
        if len(self.groups) != 2:
            raise UserError("InfoReg's released code knows two modalities; use InfoReg for more.")
        if reference not in self.groups:
            raise unknown("modality", reference, self.groups)
        self.reference = reference
        self.factors = {m: reference_strength if m == reference else other_strength for m in self.groups}

    def regulate(self, unimodal: Mapping[str, Tensor], target: Tensor) -> None:
        """Edit the gradients of one batch, then measure them; arguments as `InfoReg.regulate`."""
        self.apply(unimodal, target)

    def apply(
        self, unimodal: Mapping[str, Tensor], target: Tensor, norms: list[Tensor] | None = None
    ) -> dict[str, Tensor | bool]:
        """The same as `regulate`: the trace is of the edited gradients."""
        changed = super().apply(unimodal, target, norms)
        self.trace.add()
        return changed

    def close_epoch(self, traces: Mapping[str, float] | None = None) -> dict[str, float]:
        """Take the epoch into the history with this code's own trace, whatever is given."""
        return super().close_epoch()

    def acts_on(self, modality: str) -> bool:
        """One modality's window is all modalities' window."""
        return super().acts_on(self.reference)

    @property
    def windows(self) -> dict[str, bool]:
        """Whether the one window is open, by modality."""
        return dict.fromkeys(self.groups, self._past.open[self.reference])

    def _new_trace(self) -> FisherTrace:
        return LayerTrace(self.groups)

    def _score(self, unimodal: Mapping[str, Tensor], target: Tensor) -> Tensor:
        return confidences(unimodal, target)  # of two, Delta_m is the gap, for the one that leads
