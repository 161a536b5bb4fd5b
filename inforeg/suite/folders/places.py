"""Which data set a folder of data/ is of."""

from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from inforeg.data.base import Dataset
from inforeg.errors import UserError, shown, unknown
from inforeg.files import child
from inforeg.registry import DATASETS
from inforeg.runspec import DataConfig
from inforeg.suite.project import Project


def dataset_of(config: DataConfig) -> Dataset:
    """The data set that a benchmark reads, with its options."""
    dataset: Dataset = DATASETS.build(config.name, config.options)
    return dataset


def groups(project: Project, benchmarks: Iterable[str]) -> dict[str, NDArray[Any]]:
    """The group of each sample by its id, for each of the benchmarks whose data know of groups."""
    datasets = {name: dataset_of(project.benchmark(name).data) for name in benchmarks}
    found = {name: each.groups(project.root / "data" / each.place) for name, each in datasets.items()}
    return {name: own for name, own in found.items() if own is not None}


def place(name: str, project: Project) -> str:
    """The folder's name under data/ of what is called `name`: a benchmark, a data set or the folder."""
    found = _named(name, project) or _read(name, project)
    if found is None:
        raise unknown("benchmark", name, {*DATASETS.classes, *project.benchmarks()})
    child(project.root / "data", found.place, "The class of a data set")
    return found.place


def dataset_at(place: str, project: Project) -> Dataset:
    """The data set whose folder is data/`place`, with the options of a benchmark that reads it."""
    named = _named(place, project)
    own = named if named is not None and named.place == place else None
    if own is not None and (place in project.benchmarks() or not own.preparation):
        return own
    if found := _read(place, project) or own:
        return found
    raise unknown("data set", place, DATASETS.classes)


def refuse_two_preparations(project: Project) -> None:
    """Raise where two benchmarks read one folder and ask for it to be prepared in two ways."""
    first: dict[str, tuple[str, Dataset]] = {}
    for name in project.benchmarks():
        dataset = dataset_of(project.benchmark(name).data)
        other, known = first.setdefault(dataset.place, (name, dataset))
        asked, before = ({"name": each.name, **each.preparation} for each in (dataset, known))
        for key in {**before, **asked}:
            if asked.get(key) != before.get(key):
                raise UserError(
                    f"The benchmarks {other!r} and {name!r} read one folder, data/{dataset.place}, prepared "
                    f"with {key} = {shown(before.get(key))} and {shown(asked.get(key))}; let them agree, or "
                    "give one of them another folder."
                )


def _named(name: str, project: Project) -> Dataset | None:
    if name in project.benchmarks():
        return dataset_of(project.benchmark(name).data)
    if name not in DATASETS.classes:
        return None
    try:
        found: Dataset = DATASETS.build(name, {})
    except UserError:
        raise UserError(
            f"The data set {name!r} is nothing without options; name a benchmark that gives them (`inforeg "
            "list benchmarks`)."
        ) from None
    return found


def _read(place: str, project: Project) -> Dataset | None:
    """The data set in data/`place` by the first benchmark that reads it."""
    found = (dataset_of(project.benchmark(name).data) for name in project.benchmarks())
    return next((each for each in found if each.place == place), None)
