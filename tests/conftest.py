"""Small data and runs that every test may use."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from inforeg.engine import machine

machine.limit()  # before torch and numpy are imported: hashes of runs are pinned at this level

import pytest
import torch

from inforeg.batch import Batch
from inforeg.data.base import Data, Held, Split
from inforeg.engine.train import begin, blueprint, method_of, train
from inforeg.methods.base import Method
from inforeg.methods.shared.state import LoadWeights, TrainState
from inforeg.registry import METHODS
from inforeg.runspec import Machine, RunConfig, RunSpec

CLASSES = 4
WIDTH = 6


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def make_split(modalities: tuple[str, ...], size: int, seed: int) -> Split:
    """Class means plus noise; every modality as informative as its position is early.

    Small enough that gradients grow at first: InfoReg's windows open in epoch 3.
    """
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(CLASSES, (size,), generator=generator)
    hot = torch.nn.functional.one_hot(target, WIDTH).float()
    inputs = {
        modality: 0.3 * (hot * (3.0 - position) + torch.randn(size, WIDTH, generator=generator))
        for position, modality in enumerate(modalities)
    }
    return Held(inputs, target)


def make_data(modalities: tuple[str, ...] = ("audio", "image")) -> Data:
    sizes = {"train": 80, "val": 40, "test": 40}
    parts = {name: make_split(modalities, size, seed) for seed, (name, size) in enumerate(sizes.items())}
    return Data(tuple("abcd"), **parts)


def make_config(modalities: tuple[str, ...] = ("audio", "image"), **changes: Any) -> RunConfig:
    training = {"epochs": 5, "lr": 0.05, "batch_size": 16, **changes.pop("training", {})}
    encoder = {"kind": "mlp", "hidden": [8], "features": 5}
    return RunConfig(
        data={"name": "synthetic"},
        encoders=dict.fromkeys(modalities, encoder),
        training=training,
        **changes,
    )


def make_spec(
    method: str = "joint",
    variant: str = "default",
    *,
    seed: int = 0,
    config: RunConfig | None = None,
    **settings: Any,
) -> RunSpec:
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
    pytest.fail(f"needs {needed.method}")


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


EVERY_EPOCH = Machine(checkpoint_seconds=0)
"""Where a test interrupts runs that take less than the time between two checkpoints."""


class Unrecorded:
    """A record that keeps nothing, for `fit`."""

    folder, due = "unrecorded", False

    def __enter__(self) -> "Unrecorded":
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


def poisoned(split: Split) -> Split:
    """The same split with NaN for every input."""
    return replace(
        split, inputs={m: torch.full_like(values, torch.nan) for m, values in split.inputs.items()}
    )


def train_at(spec: RunSpec, data: Data | None, runs: Path, machine: Machine) -> Path:
    """Train a spec, and what it needs, on `data` or on `make_data()`; the run's directory below `runs`."""
    data = data or make_data(tuple(spec.config.encoders))
    for needed in (*METHODS.build(spec.method, spec.settings).needs(spec), spec):
        train(needed, needed.directory(runs), data, runs, machine)
    return spec.directory(runs)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    """Train a spec, and what it needs, under a root; the run's directory."""

    def _run(
        spec: RunSpec, data: Data | None = None, root: str = "runs", machine: Machine = EVERY_EPOCH
    ) -> Path:
        return train_at(spec, data, tmp_path / root, machine)

    return _run
