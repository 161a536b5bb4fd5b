"""What InfoReg goes by, measured in any training loop without a change to it."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, Protocol

import torch
from torch import Tensor

from inforeg.regulation.epochs import Encoders, Epochs
from inforeg.regulation.scores import discrepancy, scores


class Writer(Protocol):
    """What takes the signals: TensorBoard's `SummaryWriter`, or what has its method."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> object:
        """Take a number of an epoch."""


class Monitor(Epochs):
    """Information amount, scores, who leads, and windows of each modality; no gradient is touched.

    ```python
    monitor = Monitor({"audio": net.audio, "video": net.video})
    for epoch in range(epochs):
        with monitor.epoch():
            for inputs, target in loader:
                ...
                loss.backward()
                monitor.measure({"audio": logits_audio, "video": logits_video}, target)
                optimizer.step()
    monitor.signals["score/audio"]  # a number per epoch
    ```

    The signals of a modality m, each over an epoch's batches:

    - `trace/m`: Tr(F_m), the `batch` estimate; NaN if no batch has finite gradients
    - `score/m`: mean log-probability of the true class, in nats (Eq. 8)
    - `discrepancy/m`: mean of Delta_m, its lead over the modalities that score less (Eq. 9-10)
    - `leads/m`: share of the batches in which it alone scores best
    - `window/m`: 1 if its prime learning window is open, by the traces of earlier epochs (Eq. 11), else 0

    Scores that are not finite do not count; an epoch without others has NaN. Under mixed precision, unscale
    the gradients before `measure`. Save `state_dict` between epochs.

    Args:
        encoders: each modality's encoder, or its parameters.
        threshold: K of the window, Eq. 11; the paper's 0.04.
        criterion: as `InfoReg`.
        writer: given each signal with the number of its epoch, from 0, when that ends.

    Attributes:
        signals: a number per epoch, by name.
    """

    called = "monitor"

    def __init__(
        self,
        encoders: Encoders,
        *,
        threshold: float = 0.04,
        criterion: str = "single",
        writer: Writer | None = None,
    ) -> None:
        super().__init__(encoders, threshold, criterion)
        self.signals: dict[str, list[float]] = {}
        self._writer = writer

    @torch.no_grad()
    def measure(self, unimodal: Mapping[str, Tensor], target: Tensor) -> None:
        """Take in one batch; call between `backward` and `step`.

        Args:
            unimodal: logits (B, C) per modality.
            target: class indices, (B,).
        """
        self._scores.append(scores(self._given(unimodal, target), target))
        self.trace.add()

    def close_epoch(self) -> dict[str, float]:
        """Take the epoch into the signals, and into the history that windows go by.

        Returns:
            The epoch's signals.
        """
        modalities = list(self.groups)
        kinds = {"trace": list(self._remember().values()), **compared(self._read(), len(modalities))}
        kinds["window"] = [float(self.windows[modality]) for modality in modalities]
        found = {
            f"{kind}/{modality}": value
            for kind, values in kinds.items()
            for modality, value in zip(modalities, values, strict=True)
        }
        for name, value in found.items():
            past = self.signals.setdefault(name, [])
            if self._writer is not None:
                self._writer.add_scalar(name, value, len(past))
            past.append(value)
        return found

    def state_dict(self) -> dict[str, Any]:
        """What a resumed training needs: traces and signals of the epochs so far."""
        return {**super().state_dict(), "signals": {name: list(past) for name, past in self.signals.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`; its modalities must be these."""
        super().load_state_dict(state)
        self.signals = {name: list(past) for name, past in state.get("signals", {}).items()}

    def _forget(self) -> None:
        super()._forget()
        self._scores: list[Tensor] = []

    def _read(self) -> list[list[float]]:
        """The scores of each batch, read from the device at once."""
        return torch.stack(self._scores).tolist() if self._scores else []


def compared(batches: Sequence[Sequence[float]], modalities: int) -> dict[str, list[float]]:
    """What the scores of an epoch's batches come to, for each of M modalities.

    Args:
        batches: M scores each; one with a score that is not finite does not count.
        modalities: M.

    Returns:
        M numbers each: mean `score`, mean `discrepancy`, and the share of batches in which it alone `leads`.
    """
    counted = [batch for batch in batches if all(map(math.isfinite, batch))]
    kinds: dict[str, Sequence[Sequence[float]]] = {
        "score": counted,
        "discrepancy": [discrepancy(batch) for batch in counted],
        "leads": [[sum(own <= each for each in batch) == 1 for own in batch] for batch in counted],
    }
    if not counted:
        return dict.fromkeys(kinds, [math.nan] * modalities)
    return {kind: [fmean(each) for each in zip(*rows, strict=True)] for kind, rows in kinds.items()}
