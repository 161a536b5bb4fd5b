"""When the prime learning window of a modality is open.

A criterion is a pure function of the traces Tr(F) of all epochs so far and of the threshold K; it says
whether the window is open in the epoch about to start. Traces are finite: `Windows` takes in no others, since
a comparison with NaN would shut a window without a word.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any, Literal

from inforeg.errors import UserError, unknown

Criterion = Callable[[Sequence[float], float], bool]

THRESHOLD = 0.04
"""K of Eq. 11, as the paper takes it."""


def growth(now: float, before: float) -> float:
    """(now - before) / now: the relative growth of Eq. 11; 0 where nothing is there to grow."""
    return (now - before) / now if now > 0 else 0.0


def single(traces: Sequence[float], threshold: float) -> bool:
    """InfoReg, Eq. 11: (Tr^{t-1} - Tr^{t-2}) / Tr^{t-1} > K; closed in the first two epochs."""
    return len(traces) >= 2 and growth(traces[-1], traces[-2]) > threshold


def mean3_latch(traces: Sequence[float], threshold: float) -> bool:
    """Eq. 11 on means of three epochs; once closed for two epochs running it stays closed.

    An extension: the trace of a single epoch carries noise of the size of K. While fewer than four epochs
    are there, the means run over those that are.
    """
    closed = 0
    for epoch in range(2, len(traces) + 1):
        seen = traces[:epoch]
        is_open = growth(fmean(seen[-3:]), fmean(seen[-4:-1])) > threshold
        closed = 0 if is_open else closed + 1
        if closed == 2:
            return False
    return len(traces) >= 2 and closed == 0


def released(traces: Sequence[float], threshold: float) -> bool:
    """InfoReg's released code: means of ten epochs over a history behind ten zeros; open in epoch 0.

    With so many zeros it is open for about the first ten epochs whatever the data are.
    """
    padded = [0.0] * 10 + list(traces)
    return not traces or growth(fmean(padded[-10:]), fmean(padded[-11:-1])) > threshold


def by_epoch(criterion: Criterion, traces: Sequence[float], threshold: float) -> list[bool]:
    """Whether the window is open in each epoch of a finished run, by the traces of the epochs before."""
    return [criterion(traces[:epoch], threshold) for epoch in range(len(traces))]


def spans(is_open: Sequence[bool]) -> str:
    """The places of what is true, as in 2-5, 8."""
    places = [place for place, each in enumerate(is_open) if each]
    starts = [place for place in places if place - 1 not in places]
    ends = [place for place in places if place + 1 not in places]
    spans = (f"{a}" if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))
    return ", ".join(spans) or "none"


CRITERIA: dict[str, Criterion] = {"single": single, "mean3_latch": mean3_latch, "released": released}

Active = Literal["always", "prime", "outside_prime"]
"""When a method adjusts a modality: always, or while its window is open, or while it is closed (Table 4)."""


class Windows:
    """The traces Tr(F) of all epochs so far, and each modality's window.

    Args:
        modalities: their names.
        threshold: K of Eq. 11.
        criterion: a name of CRITERIA.

    Attributes:
        history: the traces by modality, an entry per epoch whose trace is finite.
        open: whether each modality's window is open in the current epoch.
    """

    def __init__(self, modalities: Iterable[str], threshold: float, criterion: str) -> None:
        if criterion not in CRITERIA:
            raise unknown("window criterion", criterion, CRITERIA)
        self.threshold, self.criterion = threshold, CRITERIA[criterion]
        self.history: dict[str, list[float]] = {modality: [] for modality in modalities}
        self.open = dict.fromkeys(self.history, False)

    def decide(self) -> None:
        """Open and close the windows for the epoch about to start."""
        self.open = {m: self.criterion(past, self.threshold) for m, past in self.history.items()}

    def acts_on(self, modality: str, active: Active) -> bool:
        """Whether a method that is `active` at some time adjusts the modality in the current epoch.

        The first two epochs, of which no window can tell, are neither inside nor outside.
        """
        if active == "outside_prime":
            return len(self.history[modality]) >= 2 and not self.open[modality]
        return active == "always" or self.open[modality]

    def add(self, traces: Mapping[str, float]) -> None:
        """Take in Tr(F_m) of an epoch, by modality; one that is not finite is left out, with a warning."""
        self._extend({modality: [traces[modality]] for modality in self.history})

    def _extend(self, traces: Mapping[str, Iterable[float]]) -> None:
        lost: list[float] = []
        for modality, given in traces.items():
            for trace in given:
                (self.history[modality] if math.isfinite(trace) else lost).append(trace)
        if lost:
            warnings.warn(
                f"{len(lost)} of the epochs' Tr(F) are not finite and are left out; the others decide about "
                "the windows. Under mixed precision, unscale the gradients before they are measured.",
                stacklevel=3,
            )

    def state_dict(self) -> dict[str, Any]:
        """The traces; windows are decided anew."""
        return {"history": {modality: list(past) for modality, past in self.history.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`; its modalities must be these."""
        history = state["history"]
        if set(history) != set(self.history):
            raise UserError(
                f"The saved state is of the modalities {sorted(history)}, not {sorted(self.history)}; "
                "load it over the same encoders."
            )
        self.history = {modality: [] for modality in self.history}
        self._extend({modality: history[modality] for modality in self.history})
