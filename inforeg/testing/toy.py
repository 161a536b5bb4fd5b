"""Data, settings and states so small that a training on them takes a moment."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, Self, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from inforeg.batch import PRESENT, VALUES, Batch, Values
from inforeg.data.split import Data, Held, Split
from inforeg.engine.assembly import blueprint, method_of
from inforeg.engine.loop import fit
from inforeg.engine.record import Record
from inforeg.engine.train import begin, train
from inforeg.methods.base import Method
from inforeg.methods.shared.state import LoadWeights, TrainState
from inforeg.registry import METHODS
from inforeg.runspec import Machine, RunConfig, RunSpec

CLASSES, WIDTH = 4, 6
TWO, THREE = ("audio", "image"), ("audio", "image", "text")

EVERY_EPOCH = Machine(checkpoint_seconds=0)
"""Where runs are interrupted that take less than the time between two checkpoints."""


def make_split(modalities: tuple[str, ...], size: int, seed: int) -> Held:
    """Class means plus noise; every modality as informative as its position is early.

    Small enough that gradients grow at first: InfoReg's windows open in epoch 3.
    """
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(CLASSES, (size,), generator=generator)
    hot = F.one_hot(target, WIDTH).float()
    inputs: dict[str, Values] = {
        modality: 0.3 * (hot * (3.0 - position) + torch.randn(size, WIDTH, generator=generator))
        for position, modality in enumerate(modalities)
    }
    return Held(inputs, target)


def make_data(modalities: tuple[str, ...] = TWO) -> Data:
    """80 samples for training, 40 for validation and 40 for the test."""
    sizes = (80, 40, 40)
    train, val, test = (make_split(modalities, size, seed) for seed, size in enumerate(sizes))
    return Data(tuple("abcd"), train, val, test)


def mapped_splits(data: Data, change: Callable[[Held], Held]) -> Data:
    """The same data with each split changed."""
    train, val, test = (change(cast(Held, split)) for split in (data.train, data.val, data.test))
    return replace(data, train=train, val=val, test=test)


def poisoned(split: Split) -> Held:
    """The same split with NaN for every input."""
    held = cast(Held, split)
    nan = {m: torch.full_like(cast(Tensor, values), torch.nan) for m, values in held.inputs.items()}
    return replace(held, inputs=nan)


def lacking(data: Data, noise: float = 0.0) -> Data:
    """Every third sample has no audio, the one after it no image; `noise` stands in their place."""

    def changed(split: Held) -> Held:
        inputs: dict[str, Values] = {}
        for first, (modality, values) in enumerate(split.inputs.items()):
            values = cast(Tensor, values)
            present = torch.arange(len(split)) % 3 != first
            nothing = noise * torch.randn(values.shape, generator=torch.Generator().manual_seed(first))
            inputs[modality] = {
                VALUES: torch.where(present.unsqueeze(1), values, nothing),
                PRESENT: present,
            }
        return replace(split, inputs=inputs)

    return mapped_splits(data, changed)


def make_config(modalities: tuple[str, ...] = TWO, **changes: Any) -> RunConfig:
    """A perceptron a modality and five epochs, unless `changes` say otherwise."""
    training = {"epochs": 5, "lr": 0.05, "batch_size": 16, **changes.pop("training", {})}
    encoder = {"kind": "mlp", "hidden": [8], "features": 5}
    plain = {"data": {"name": "synthetic"}, "encoders": dict.fromkeys(modalities, encoder)}
    return RunConfig.model_validate({**plain, "training": training, **changes})


def make_spec(
    method: str = "joint",
    variant: str = "default",
    *,
    seed: int = 0,
    config: RunConfig | None = None,
    **settings: Any,
) -> RunSpec:
    """A run of the method, by default as `make_config` has it."""
    offered = METHODS.get(method).variants.get(variant, {})
    return RunSpec(
        benchmark="toy",
        method=method,
        variant=variant,
        seed=seed,
        versions={"engine": 1},
        settings=METHODS.options(METHODS.build(method, {**offered, **settings})),
        config=config or make_config(),
        data_hash=None,
    )


def no_weights(needed: RunSpec) -> NoReturn:
    """For methods that need no other run."""
    raise AssertionError(f"needs {needed.method}")


def untrained(data: Data) -> LoadWeights:
    """A needed run's weights as they are before its training."""
    return lambda needed: method_of(needed).build(blueprint(needed, data)).state_dict()


def start(
    spec: RunSpec, data: Data | None = None, weights: LoadWeights = no_weights
) -> tuple[Method, TrainState]:
    """A spec's method, set up, and its state at the start of the first epoch."""
    method = method_of(spec)
    state = begin(spec, method, data or make_data(tuple(spec.config.encoders)))
    method.setup(state, weights)
    return method, state


class Unrecorded:
    """A record that keeps nothing, for `fit`."""

    folder, due = "unrecorded", False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        """Nothing to close."""

    def resume(self) -> None:
        """No checkpoint."""

    def append(self, row: dict[str, float]) -> None:
        """Forget the epoch."""

    def count(self, **seconds: float) -> None:
        """Forget the time."""

    def reading(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The batches."""
        return batches

    def save(self, snapshot: dict[str, Any]) -> None:
        """Forget the checkpoint."""


def fitted(
    spec: RunSpec, data: Data, watch: Callable[[Method], AbstractContextManager[object]] | None = None
) -> dict[str, Tensor]:
    """The weights that a training leaves behind, which `watch` may surround; needed runs are untrained."""
    method, state = start(spec, data, untrained(data))
    if watch is None:
        fit(state, method, data.test, cast(Record, Unrecorded()))
    else:
        with watch(method):
            fit(state, method, data.test, cast(Record, Unrecorded()))
    return state.model.state_dict()


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Whether two sets of weights are the same to the bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def train_at(spec: RunSpec, data: Data | None, runs: Path, machine: Machine) -> Path:
    """Train a spec, and what it needs, on `data` or on `make_data()`; the run's directory below `runs`."""
    data = data or make_data(tuple(spec.config.encoders))
    for needed in (*METHODS.build(spec.method, spec.settings).needs(spec), spec):
        train(needed, needed.directory(runs), data, runs, machine)
    return spec.directory(runs)
