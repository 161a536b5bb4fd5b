"""What a training passes through its encoders: counted in a miniature, which takes a fraction of a second."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from inforeg.data.base import Extent
from inforeg.data.split import Data, Held
from inforeg.engine.assembly import blueprint, built, method_of
from inforeg.engine.finished import ANEW, read_cost
from inforeg.engine.train import train
from inforeg.random import stream
from inforeg.runspec import RunConfig, RunSpec
from inforeg.suite.jobs import closure

BATCH, BATCHES, CLASSES, WIDTH = 16, 4, 4, 6
"""Of the miniature: samples a step, steps an epoch, classes, and numbers a sample has in each modality."""

ENCODER = {"kind": "mlp", "hidden": [4, 4], "features": 4}
BACKWARD = 2
"""What a backward pass takes, in forward passes: it makes two products of the same size."""


@dataclass(frozen=True)
class Work:
    """What a run takes.

    Attributes:
        steps: of the optimizer.
        passes: samples that pass an encoder forward and back; one that passes forward alone is a third.
    """

    steps: int
    passes: float


def work(spec: RunSpec, extent: Extent, scratch: Path) -> Work:
    """What the run `spec` takes on data of this `extent`, by the counts of its miniature.

    Args:
        spec: of the run.
        extent: of its data.
        scratch: a folder for miniatures; those of equal settings are trained once.
    """
    mini = miniature(spec)
    data, runs = _data(mini.config), scratch / mini.digest()
    for each in (*closure(mini), mini):
        train(each, each.directory(runs), data, runs)
    cost = read_cost(mini.directory(runs), mini.digest(), ANEW)
    steps = cost["steps"] * math.ceil(extent.samples[0] / spec.config.training.batch_size) / BATCHES
    return Work(round(steps), passes(spec, extent)(cost))


def passes(spec: RunSpec, extent: Extent) -> Callable[[Mapping[str, float]], float]:
    """From what a run of `spec` counted in passes over the training split, as in cost.json, to `Work.passes`.

    With what the loop itself takes in every epoch: evaluation, exact traces, gradients that are compared.
    """
    train, val, test = extent.samples
    training, method, mini = spec.config.training, method_of(spec), miniature(spec)
    epochs = method.epochs(training.epochs)
    encoders = len(built(blueprint(mini, data := _data(mini.config)), method, data).modalities)
    traced = training.trace_samples if training.trace == "sample" else 0
    measured = epochs * (min(traced, train) + min(training.gradients * training.batch_size, train))
    evaluated = epochs * (min(val, train) + val + test)
    whole = len(spec.config.encoders) * train

    def counted(cost: Mapping[str, float]) -> float:
        forward = cost["forward_passes"] * whole + encoders * (measured + evaluated)
        backward = cost["backward_passes"] * whole + encoders * measured
        return (forward + BACKWARD * backward) / (1 + BACKWARD)

    return counted


def miniature(spec: RunSpec) -> RunSpec:
    """The same training, but for its data, its encoders' size, and what the loop measures beside it."""
    config = spec.config
    small = {"batch_size": BATCH, "lr": 1e-4, "trace": "batch", "gradients": 0, "precision": "float32"}
    content = {
        "data": config.data,
        "encoders": dict.fromkeys(config.encoders, ENCODER),
        "fusion": config.fusion,
        "training": config.training.model_copy(update=small),
    }
    changes = {"benchmark": "miniature", "seed": 0, "data_hash": None}
    return spec.model_copy(update={**changes, "config": RunConfig.model_validate(content)})


def _data(config: RunConfig) -> Data:
    """Noise, a split of one batch beside the one for training."""
    generator = stream(0, "miniature")

    def split(size: int) -> Held:
        inputs = {name: torch.randn(size, WIDTH, generator=generator) for name in config.encoders}
        return Held(inputs, torch.arange(size) % CLASSES)

    names = tuple(map(str, range(CLASSES)))
    return Data(names, train=split(BATCHES * BATCH), val=split(BATCH), test=split(BATCH))
