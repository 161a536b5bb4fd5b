"""What the promises of methods are asked of, and the trainings that they share."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from inforeg.data.split import Data, Split
from inforeg.engine import loop, train
from inforeg.engine.record import Record
from inforeg.engine.selection import Selection
from inforeg.errors import UserError
from inforeg.methods.base import Method, Settings
from inforeg.methods.shared.state import TrainState
from inforeg.methods.shared.supports import supports
from inforeg.models.multimodal import MultimodalModel
from inforeg.registry import FUSIONS, METHODS
from inforeg.runspec import MACHINE, Machine, RunSpec
from inforeg.testing.toy import THREE, TWO, make_config, make_spec, train_at


class Case(NamedTuple):
    """A method as one of its variants, and where it is trained.

    Attributes:
        method: its name.
        variant: that it offers, or "default".
        settings: for a row of one run (unimodal: of its first modality).
        modalities: of the data.
        fusion: of the model.
    """

    method: str
    variant: str
    settings: Settings
    modalities: tuple[str, ...] = TWO
    fusion: str = "concat"

    def spec(self, training: Settings | None = None, **settings: Any) -> RunSpec:
        """A run of it."""
        config = make_config(self.modalities, fusion=self.fusion, training=dict(training or {}))
        return make_spec(self.method, self.variant, config=config, **{**self.settings, **settings})

    @property
    def everywhere(self) -> Iterator["Case"]:
        """It on two and on three modalities, as far as it runs there."""
        for modalities in (TWO, THREE):
            case = self._replace(modalities=modalities)
            if supports(case.spec())[0]:
                yield case


def cases_of(name: str) -> list[Case]:
    """The method as it is by default and in each variant, on two modalities under concatenation."""
    cls = METHODS.get(name)
    settings = next(iter(cls.expand(TWO).values()))
    return [Case(name, variant, settings) for variant in ("default", *cls.variants)]


def placed(case: Case) -> Case:
    """The case where it runs: on two or on three modalities, under the first fusion that fits."""
    _, reason = supports(case.spec())
    fusions = sorted(FUSIONS.classes, key=lambda fusion: fusion != "concat")
    for modalities, fusion in product((TWO, THREE), fusions):
        found = case._replace(modalities=modalities, fusion=fusion)
        if supports(found.spec())[0]:
            return found
    raise UserError(
        f"The method {case.method!r} runs on no two or three modalities, as {case.variant}: {reason}."
    )


class Trained(NamedTuple):
    """A finished run, and its method and its model after the last epoch."""

    folder: Path
    method: Method
    model: MultimodalModel


class Trainings:
    """Runs on small data, each in a folder of its own below `root`."""

    def __init__(self, root: Path) -> None:
        self._root, self._count = root, 0
        self._known: dict[tuple[str, tuple[str, ...]], Trained] = {}

    def new(self) -> Path:
        """A folder that nothing is in yet."""
        self._count += 1
        return self._root / str(self._count)

    def run(self, spec: RunSpec, data: Data | None = None, machine: Machine = MACHINE) -> Path:
        """The directory of a new run, by default on `make_data()`."""
        return train_at(spec, data, self.new(), machine)

    def trained(self, spec: RunSpec) -> Trained:
        """The spec's run on `make_data()`, which is trained once and not to be changed."""
        key = spec.digest(), tuple(spec.config.encoders)
        if key not in self._known:
            self._known[key] = _watched(spec, self.new())
        return self._known[key]


def _watched(spec: RunSpec, runs: Path) -> Trained:
    """Train a spec, and what it needs, below `runs`."""
    found: list[tuple[Method, MultimodalModel]] = []

    def fit(state: TrainState, method: Method, test: Split, record: Record) -> Selection:
        found.append((method, state.model))
        return loop.fit(state, method, test, record)

    with patch.object(train, "fit", fit):
        return Trained(train_at(spec, None, runs, MACHINE), *found[-1])


def rows(folder: Path) -> list[dict[str, float]]:
    """What a run recorded, by epoch."""
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
