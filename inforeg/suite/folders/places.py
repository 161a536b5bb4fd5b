"""Which data set a folder of data/ is of."""

from inforeg.data.base import Dataset
from inforeg.errors import unknown
from inforeg.files import child
from inforeg.registry import DATASETS
from inforeg.runspec import DataConfig
from inforeg.suite.project import Project


def dataset_of(config: DataConfig) -> Dataset:
    """The data set that a benchmark reads, with its options."""
    dataset: Dataset = DATASETS.build(config.name, config.options)
    return dataset


def place(name: str, project: Project) -> str:
    """The folder's name under data/ of the data set, or of the configured benchmark, called `name`."""
    found = _named(name, project)
    if found is None:
        raise unknown("benchmark", name, {*DATASETS.classes, *project.benchmarks()})
    child(project.root / "data", found.place, "The class of a data set")
    return found.place


def dataset_at(place: str, project: Project) -> Dataset:
    """The data set whose folder is data/`place`, with the options of a benchmark that reads it."""
    named = _named(place, project)
    if named is not None and named.place == place:
        return named
    for name in project.benchmarks():
        if (found := dataset_of(project.benchmark(name).data)).place == place:
            return found
    raise unknown("data set", place, DATASETS.classes)


def _named(name: str, project: Project) -> Dataset | None:
    if name in project.benchmarks():
        return dataset_of(project.benchmark(name).data)
    return DATASETS.build(name, {}) if name in DATASETS.classes else None
