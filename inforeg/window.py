"""When the prime learning window of a modality is open.

A criterion is a pure function of the traces Tr(F) of all epochs so far and of the threshold K; it says
whether the window is open in the epoch about to start.
"""

from collections.abc import Callable, Sequence
from statistics import fmean

Criterion = Callable[[Sequence[float], float], bool]


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


CRITERIA: dict[str, Criterion] = {"single": single, "mean3_latch": mean3_latch, "released": released}
