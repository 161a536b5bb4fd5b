"""Trainings that the contracts share."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from inforeg.engine import loop, train
from inforeg.methods.base import Method
from inforeg.models.multimodal import MultimodalModel
from inforeg.runspec import MACHINE, RunSpec
from tests.conftest import train_at


class Trained(NamedTuple):
    """A finished run, and its method and its model after the last epoch."""

    folder: Path
    method: Method
    model: MultimodalModel


@pytest.fixture
def run(run: Callable[..., Path]) -> Callable[..., Path]:
    """Train a spec, by default without the checkpoints that none but an interrupted run reads."""
    return partial(run, machine=MACHINE)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[RunSpec], Trained]:
    """A spec's run on `make_data()`, which is trained once for all tests and not to be changed."""
    root, known = tmp_path_factory.mktemp("trained"), {}

    def _trained(spec: RunSpec) -> Trained:
        key = spec.digest(), tuple(spec.config.encoders)
        if key not in known:
            known[key] = watched(spec, root / str(len(known)))
        return known[key]

    return _trained


def watched(spec: RunSpec, runs: Path) -> Trained:
    """Train a spec, and what it needs, below `runs`."""
    found = []

    def fit(state, method, *arguments):
        found[:] = method, state.model
        return loop.fit(state, method, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "fit", fit)
        return Trained(train_at(spec, None, runs, MACHINE), *found)
