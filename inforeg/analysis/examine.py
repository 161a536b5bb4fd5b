"""What some figures need of a run beyond its records: computed from its model and its data."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd

from inforeg.analysis.frames import EXAMINED
from inforeg.config import RunSpec
from inforeg.data.base import Data
from inforeg.engine import embedding
from inforeg.engine.corruption import under_corruption
from inforeg.engine.restore import Restored, restore
from inforeg.experiment import Drawing

_EXAMINE: Mapping[str, Callable[[Restored], pd.DataFrame]] = {
    "corruptions": lambda run: pd.DataFrame(under_corruption(run)),
    "embeddings": embedding.embed,
}


class Examiner:
    """Examines finished runs.

    Args:
        figures: those of the experiment.
        load: the data of a spec.
    """

    def __init__(self, figures: Iterable[Drawing], load: Callable[[RunSpec], Data]) -> None:
        self._wanted = sorted({EXAMINED[figure] for figure in figures if figure in EXAMINED})
        self._load, self._data = load, dict[str, Data]()

    def frames(self, spec: RunSpec, folder: Path) -> dict[str, pd.DataFrame]:
        """The frames that the experiment's figures need, of one run."""
        if not self._wanted:
            return {}
        key = spec.config.data.model_dump_json()
        if key not in self._data:
            self._data[key] = self._load(spec)
        run = restore(spec, folder, self._data[key])
        found = {name: _EXAMINE[name](run) for name in self._wanted}
        return {name: frame for name, frame in found.items() if not frame.empty}
