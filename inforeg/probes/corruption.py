"""Accuracy where a modality is missing or corrupted at test time; an extension, not in InfoReg's paper."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from inforeg.batch import Batch, on_each
from inforeg.data.split import Held, Split
from inforeg.engine.evaluate import evaluate
from inforeg.metrics.classification import ACCURACY
from inforeg.metrics.recorded import DROPPED, MASKING, NOISE
from inforeg.probes.base import Answer, Probe
from inforeg.random import stream

if TYPE_CHECKING:
    from inforeg.probes.restore import Restored

SEVERITIES: Mapping[str, tuple[float, ...]] = {
    DROPPED.name: (1.0,),
    NOISE.name: (0.25, 0.5, 1.0, 2.0, 4.0),
    MASKING.name: (0.1, 0.3, 0.5, 0.7, 0.9),
}
"""Kinds of corruption and how strong they are made, apart from 0, which is none.

`dropped` and `masking` put all or a share of a modality's values at 0, the mean of standardised inputs;
`noise` adds N(0, severity²) in units of the modality's standard deviation over the training split.
"""


class UnderCorruption(Probe):
    """Test accuracy with each modality missing, noisy or masked."""

    name = "corruption"
    frame = "corruptions"

    def examine(self, run: "Restored") -> Answer:
        """The accuracies of `under_corruption`, and as metrics of the test split their `areas`."""
        found = list(under_corruption(run))
        columns = {name: [getattr(each, name) for each in found] for name in Corrupted._fields}
        return Answer({f"test/{name}": value for name, value in areas(found).items()}, columns)


class Corrupted(NamedTuple):
    """Test accuracy, 0..1, with one modality corrupted."""

    corruption: str
    modality: str
    severity: float
    value: float


BLOCK = 16
"""Samples whose random numbers are drawn at once: torch fills normal ones by sixteens."""


class Corruption:
    """Corrupts one modality of a split's batches, which have to come in order; the split stays as it is.

    Equal splits and names give the same draws whatever the method, the seed and the size of the batches.

    Args:
        split: whose batches are given.
        modality: that is corrupted.
        kind: of SEVERITIES.
        severity: how strong.
        deviation: of the modality over the training split.
    """

    def __init__(self, split: Split, modality: str, kind: str, severity: float, deviation: float) -> None:
        self.modality, self.kind, self.severity, self.deviation = modality, kind, severity, deviation
        generator = stream(None, "corruption", kind, str(severity), modality)
        draw = torch.randn if kind == NOISE.name else torch.rand
        shape = cast(tuple[int, ...], split.shape(modality))
        whole = max(len(split) // BLOCK, 1)
        sizes = [BLOCK] * (whole - 1) + [len(split) - BLOCK * (whole - 1)]
        self._rows = (row for size in sizes for row in draw((size, *shape), generator=generator))

    def __call__(self, batch: Batch) -> Batch:
        """The next batch, corrupted."""
        values = batch.inputs[self.modality]
        if self.kind == DROPPED.name:
            changed = on_each(values, torch.zeros_like)
        else:
            changed = self._corrupted(cast(Tensor, values))
        return replace(batch, inputs={**batch.inputs, self.modality: changed})

    def _corrupted(self, values: Tensor) -> Tensor:
        draws = torch.stack(list(islice(self._rows, len(values)))).to(values)
        if self.kind == NOISE.name:
            return values + draws * (self.severity * self.deviation)
        return values.masked_fill(draws < self.severity, 0)


def deviation(split: Split, modality: str) -> float:
    """Standard deviation over all values of one modality; those of mapped files are read by the batch."""
    if isinstance(split, Held) and modality not in split.transforms:
        return cast(Tensor, split.inputs[modality]).std().item()
    count, total, squares = 0, 0.0, 0.0
    for batch in split.batches(split.at_once):
        values = cast(Tensor, batch.inputs[modality]).double()
        count += values.numel()
        total += values.sum().item()
        squares += values.square().sum().item()
    return math.sqrt(max(squares - total**2 / count, 0.0) / (count - 1))


def under_corruption(run: "Restored") -> Iterator[Corrupted]:
    """The test accuracy with each modality corrupted in each way, severity 0 (none) included.

    A modality of several tensors is only dropped: noise in a token or a mask has no meaning.
    """
    test = run.data.test
    intact = _accuracy(run, None)
    for modality in run.model.modalities:
        single = not isinstance(test.shape(modality), Mapping)
        spread = deviation(run.data.train, modality) if single else 0.0
        for kind, severities in SEVERITIES.items():
            if not single and kind != DROPPED.name:
                continue
            yield Corrupted(kind, modality, 0.0, intact)
            for severity in severities:
                change = Corruption(test, modality, kind, severity, spread)
                yield Corrupted(kind, modality, severity, _accuracy(run, change))


def areas(found: Iterable[Corrupted]) -> dict[str, float]:
    """One number per kind and modality, and per kind their mean over the modalities.

    `dropped` is the accuracy without the modality; `noise` and `masking` are the areas under the curves of
    accuracy over severity, by the trapezoidal rule, divided by the range of severities: 1 is never wrong.
    """
    curves: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for each in found:
        curves.setdefault((each.corruption, each.modality), []).append((each.severity, each.value))
    numbers = {
        f"{kind}/{modality}": curve[-1][1] if kind == DROPPED.name else _area(curve)
        for (kind, modality), curve in curves.items()
    }
    means = {
        kind: fmean(value for name, value in numbers.items() if name.startswith(f"{kind}/"))
        for kind in SEVERITIES
    }
    return numbers | means


def _area(curve: list[tuple[float, float]]) -> float:
    severity, value = np.array(sorted(curve)).T
    return float((np.diff(severity) * (value[1:] + value[:-1]) / 2).sum() / np.ptp(severity))


def _accuracy(run: "Restored", change: Corruption | None) -> float:
    return evaluate(run.model, run.method, run.data.test, change).metrics[ACCURACY.name]
