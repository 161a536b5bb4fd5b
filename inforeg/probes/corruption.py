"""Accuracy where a modality is missing or corrupted at test time; an extension, not in InfoReg's paper."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from inforeg.batch import PRESENT, Batch, Shape, Values, counted, on_each
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
`noise` adds N(0, severity²) in units of the modality's standard deviation over the training split. Of a
sequence with a length, `dropped` leaves no step, and the others change values but not the length. Words
become word 0, the unknown one, and know no noise; other modalities of several tensors are only dropped.
Where the data know of samples that lack a modality, what is dropped is absent like theirs.
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
        shape = split.shape(modality)
        self.content = content(shape)
        if isinstance(shape, Mapping):
            shape = shape[self.content] if self.content else ()
        whole = max(len(split) // BLOCK, 1)
        sizes = [BLOCK] * (whole - 1) + [len(split) - BLOCK * (whole - 1)]
        self._rows = (row for size in sizes for row in draw((size, *shape), generator=generator))

    def __call__(self, batch: Batch) -> Batch:
        """The next batch, corrupted."""
        values = batch.inputs[self.modality]
        if self.kind == DROPPED.name:
            changed = on_each(values, torch.zeros_like)
        elif isinstance(values, Tensor):
            changed = self._corrupted(values)
        else:
            changed = {**values, self.content: self._corrupted(values[self.content])}
        return replace(batch, inputs={**batch.inputs, self.modality: changed})

    def _corrupted(self, values: Tensor) -> Tensor:
        draws = torch.stack(list(islice(self._rows, len(values)))).to(values.device)
        if self.kind == NOISE.name:
            return values + draws * (self.severity * self.deviation)
        return values.masked_fill(draws < self.severity, 0)


def content(shape: Shape) -> str:
    """The name of what has a length or may be absent in a modality of `shape`; empty of any other."""
    names = set(shape) - {PRESENT} if isinstance(shape, Mapping) else set()
    return next((name for name in ("values", "tokens") if names in ({name, "length"}, {name})), "")


def kinds(shape: Shape) -> tuple[str, ...]:
    """The kinds of SEVERITIES that a modality of `shape` knows."""
    if not isinstance(shape, Mapping) or content(shape) == "values":
        return tuple(SEVERITIES)
    return (DROPPED.name, MASKING.name) if content(shape) == "tokens" else (DROPPED.name,)


def deviation(split: Split, modality: str) -> float:
    """Standard deviation over all values of one modality of the samples that have it.

    Those of mapped files are read by the batch.
    """
    if isinstance(split, Held) and modality not in split.transforms:
        return _those_counted(split.inputs[modality]).std().item()
    count, total, squares = 0, 0.0, 0.0
    for batch in split.batches(split.at_once):
        values = _those_counted(batch.inputs[modality]).double()
        count += values.numel()
        total += values.sum().item()
        squares += values.square().sum().item()
    return math.sqrt(max(squares - total**2 / count, 0.0) / (count - 1))


def _those_counted(values: Values) -> Tensor:
    """All values of a tensor, or those of a sequence that are within its length, of samples that have any."""
    if isinstance(values, Tensor):
        return values
    if PRESENT in values:
        values = {name: each[values[PRESENT]] for name, each in values.items()}
    if "length" not in values:
        return values["values"]
    return values["values"][counted(values["length"], values["values"].shape[1])]


def under_corruption(run: "Restored") -> Iterator[Corrupted]:
    """The test accuracy with each modality corrupted in each way that it knows, and intact (severity 0)."""
    test = run.data.test
    intact = _accuracy(run, None)
    for modality in run.model.modalities:
        known = kinds(test.shape(modality))
        spread = deviation(run.data.train, modality) if NOISE.name in known else 0.0
        for kind in known:
            yield Corrupted(kind, modality, 0.0, intact)
            for severity in SEVERITIES[kind]:
                change = Corruption(test, modality, kind, severity, spread)
                yield Corrupted(kind, modality, severity, _accuracy(run, change))


def areas(found: Iterable[Corrupted]) -> dict[str, float]:
    """One number per kind and modality, and per kind that any of them knows their mean over the modalities.

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
    means = {kind: fmean(numbers[f"{k}/{m}"] for k, m in curves if k == kind) for kind, _ in curves}
    return numbers | means


def _area(curve: list[tuple[float, float]]) -> float:
    severity, value = np.array(sorted(curve)).T
    return float((np.diff(severity) * (value[1:] + value[:-1]) / 2).sum() / np.ptp(severity))


def _accuracy(run: "Restored", change: Corruption | None) -> float:
    return evaluate(run.model, run.method, run.data.test, change).metrics[ACCURACY.name]
