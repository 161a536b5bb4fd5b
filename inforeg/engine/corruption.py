"""Accuracy where a modality is missing or corrupted at test time; an extension, not in InfoReg's paper."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from statistics import fmean
from typing import NamedTuple

import numpy as np
import torch
from scipy.integrate import trapezoid
from torch import Tensor

from inforeg.data.base import Split
from inforeg.engine.evaluate import evaluate
from inforeg.engine.restore import Restored
from inforeg.random import stream

SEVERITIES: Mapping[str, tuple[float, ...]] = {
    "dropped": (1.0,),
    "noise": (0.25, 0.5, 1.0, 2.0, 4.0),
    "masking": (0.1, 0.3, 0.5, 0.7, 0.9),
}
"""Kinds of corruption and how strong they are made, apart from 0, which is none.

`dropped` and `masking` put all or a share of a modality's values at 0, the mean of standardised inputs;
`noise` adds N(0, severity²) in units of the modality's standard deviation over the training split.
"""


class Corrupted(NamedTuple):
    """Test accuracy, 0..1, with one modality corrupted."""

    corruption: str
    modality: str
    severity: float
    value: float


def corrupt(values: Tensor, kind: str, severity: float, deviation: float, *names: str) -> Tensor:
    """`values`, (N, ...), corrupted; equal `names` give the same draws whatever the method and the seed.

    Args:
        values: one modality's inputs.
        kind: of SEVERITIES.
        severity: how strong.
        deviation: of the modality over the training split.
        names: of the random stream.
    """
    draws = stream(None, "corruption", kind, str(severity), *names)
    if kind == "noise":
        noise = torch.randn(values.shape, generator=draws)
        return values + noise.to(values) * (severity * deviation)
    if kind == "masking":
        return values.masked_fill(torch.rand(values.shape, generator=draws).to(values) < severity, 0)
    return torch.zeros_like(values)


def under_corruption(run: Restored) -> Iterator[Corrupted]:
    """The test accuracy with each modality corrupted in each way, severity 0 (none) included."""
    intact = _accuracy(run, run.data.test)
    for modality in run.model.modalities:
        deviation = run.data.train.inputs[modality].std().item()
        for kind, severities in SEVERITIES.items():
            yield Corrupted(kind, modality, 0.0, intact)
            for severity in severities:
                values = corrupt(run.data.test.inputs[modality], kind, severity, deviation, modality)
                inputs = {**run.data.test.inputs, modality: values}
                yield Corrupted(
                    kind, modality, severity, _accuracy(run, replace(run.data.test, inputs=inputs))
                )


def areas(found: Iterable[Corrupted]) -> dict[str, float]:
    """One number per kind and modality, and per kind their mean over the modalities.

    `dropped` is the accuracy without the modality; `noise` and `masking` are the areas under the curves of
    accuracy over severity, by the trapezoidal rule, divided by the range of severities: 1 is never wrong.
    """
    curves: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for each in found:
        curves.setdefault((each.corruption, each.modality), []).append((each.severity, each.value))
    numbers = {
        f"{kind}/{modality}": curve[-1][1] if kind == "dropped" else _area(curve)
        for (kind, modality), curve in curves.items()
    }
    means = {
        kind: fmean(value for name, value in numbers.items() if name.startswith(f"{kind}/"))
        for kind in SEVERITIES
    }
    return numbers | means


def _area(curve: list[tuple[float, float]]) -> float:
    severity, value = np.array(sorted(curve)).T
    return float(trapezoid(value, severity) / np.ptp(severity))


def _accuracy(run: Restored, split: Split) -> float:
    return evaluate(run.model, run.method, split).metrics["accuracy"]
