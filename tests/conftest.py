"""Small data and runs that every test may use."""

from collections.abc import Callable
from pathlib import Path

from inforeg.engine import machine

machine.limit()  # before torch and numpy are imported: hashes of runs are pinned at this level

import pytest
import torch

from inforeg.data.base import Data
from inforeg.runspec import Machine, RunSpec
from inforeg.testing.toy import (
    CLASSES,
    EVERY_EPOCH,
    WIDTH,
    Unrecorded,
    make_config,
    make_data,
    make_spec,
    make_split,
    no_weights,
    poisoned,
    start,
    train_at,
    untrained,
)

__all__ = [
    "CLASSES",
    "EVERY_EPOCH",
    "WIDTH",
    "Unrecorded",
    "make_config",
    "make_data",
    "make_spec",
    "make_split",
    "no_weights",
    "poisoned",
    "start",
    "train_at",
    "untrained",
]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    """Train a spec, and what it needs, under a root; the run's directory."""

    def _run(
        spec: RunSpec, data: Data | None = None, root: str = "runs", machine: Machine = EVERY_EPOCH
    ) -> Path:
        return train_at(spec, data, tmp_path / root, machine)

    return _run
