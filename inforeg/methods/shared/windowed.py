"""Methods whose adjustment may be confined to the prime learning window, or to all but it."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from inforeg.methods.base import LoadWeights, Method, TrainState
from inforeg.regulation.window import Active, Windows


class Windowed(Method):
    """A base for methods that adjust each modality by itself (InfoReg, CVPR 2025, Table 4).

    In every step they tell `TrainState.log_acted` which gradients they changed.

    Attributes:
        active: when a modality is adjusted: `always`, as these methods are defined; `prime`, while its prime
            learning window is open; `outside_prime`, while it is closed, from the third epoch on.
        threshold: K of the window, InfoReg's Eq. 11; 0.04 in the paper (Figure 8).
        criterion: of the window: `single` is Eq. 11.
    """

    variants = {"prime": {"active": "prime"}, "outside_prime": {"active": "outside_prime"}}
    remembered: ClassVar[tuple[str, ...]] = ("_windows",)

    active: Active = "always"
    threshold: Annotated[float, Field(ge=0, lt=1, description="K of the window, InfoReg's Eq. 11")] = 0.04
    criterion: Literal["single", "mean3_latch"] = "single"

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """No epoch has been seen."""
        self._windows = Windows(state.model.modalities, self.threshold, self.criterion)

    def on_epoch_start(self, state: TrainState) -> None:
        """Decide the windows."""
        if self.active != "always":
            self._windows.decide()
            state.log_each("window", self._windows.open)

    def on_epoch_end(self, state: TrainState, metrics: dict[str, float]) -> None:
        """Take in the run's own estimate of Tr(F)."""
        self._windows.add(measured_traces(state, metrics))

    def acts_on(self, modality: str) -> bool:
        """Whether the modality is to be adjusted in the current epoch."""
        return self._windows.acts_on(modality, self.active)


def measured_traces(state: TrainState, metrics: Mapping[str, float]) -> dict[str, float]:
    """Tr(F_m) of the epoch by modality, under the estimate that the run's settings name."""
    estimate = state.spec.config.training.trace
    return {m: metrics[f"trace/{estimate}/{m}"] for m in state.model.modalities}
