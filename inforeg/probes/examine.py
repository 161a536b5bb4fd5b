"""What some figures need of a run beyond its records: computed from its model and its data."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd

from inforeg.data.base import Data
from inforeg.probes import embedding
from inforeg.probes.corruption import under_corruption
from inforeg.probes.frames import EXAMINED
from inforeg.probes.restore import Restored, restore
from inforeg.runspec import MACHINE, Machine, RunSpec
from inforeg.suite.experiment import Drawing

OF_SEED_0 = {"embeddings"}
"""Frames of one run a cell: they are looked at, not tested."""

_EXAMINE: Mapping[str, Callable[[Restored], pd.DataFrame]] = {
    "corruptions": lambda run: pd.DataFrame(under_corruption(run)),
    "embeddings": embedding.embed,
}


class Examiner:
    """Examines finished runs.

    Args:
        figures: those of the experiment.
        load: the data of a spec.
        machine: where the runs of a benchmark are examined.
    """

    def __init__(
        self,
        figures: Iterable[Drawing],
        load: Callable[[RunSpec], Data],
        machine: Callable[[str], Machine] = lambda benchmark: MACHINE,
    ) -> None:
        self._wanted = sorted({EXAMINED[figure] for figure in figures if figure in EXAMINED})
        self._load, self._data, self._machine = load, dict[str, Data](), machine

    def frames(self, spec: RunSpec, folder: Path) -> dict[str, pd.DataFrame]:
        """The frames that the experiment's figures need, of one run."""
        wanted = [name for name in self._wanted if name not in OF_SEED_0 or spec.seed == 0]
        if not wanted:
            return {}
        key = spec.config.data.model_dump_json()
        if key not in self._data:
            self._data[key] = self._load(spec)
        run = restore(spec, folder, self._data[key], self._machine(spec.benchmark))
        return {name: _EXAMINE[name](run) for name in wanted}
