"""Versions of the code that decides a run's numbers."""

from inforeg.registry import DATASETS, METHODS
from inforeg.runspec import RunConfig

ENGINE_VERSION = 3
"""Part of every run's spec; raise it when a change to the loop or the models may change results."""


def versions(method: str, config: RunConfig) -> dict[str, int]:
    """The versions of all code that decides a run's numbers."""
    data_set = DATASETS.get(config.data.name)
    return {"engine": ENGINE_VERSION, "method": METHODS.get(method).version, "data": data_set.version}
