"""Trainings that the contracts share."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from inforeg.runspec import MACHINE, RunSpec
from inforeg.testing.cases import Trained, Trainings


@pytest.fixture
def run(run: Callable[..., Path]) -> Callable[..., Path]:
    """Train a spec, by default without the checkpoints that none but an interrupted run reads."""
    return partial(run, machine=MACHINE)


@pytest.fixture(scope="session")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> Trainings:
    """Runs below a folder of their own."""
    return Trainings(tmp_path_factory.mktemp("trainings"))


@pytest.fixture
def trained(trainings: Trainings) -> Callable[[RunSpec], Trained]:
    """A spec's run on `make_data()`, which is trained once for all tests and not to be changed."""
    return trainings.trained
