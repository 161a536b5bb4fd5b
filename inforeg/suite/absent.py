"""Data that data.dvc does not pin: how they are had, and that nothing is trained before."""

from collections.abc import Collection, Mapping

from inforeg.data.gathered import Gathered
from inforeg.errors import UserError
from inforeg.suite.folders.places import dataset_at
from inforeg.suite.project import Project


def had(place: str, project: Project) -> str:
    """How the folder data/`place` is had, as a sentence."""
    dataset = dataset_at(place, project)
    if isinstance(dataset, Gathered):
        return dataset.remedy
    return f"data/{place} is not in data.dvc; run {_made(place, project)}."


def refuse_absent(read: Mapping[str, Collection[str]], project: Project) -> None:
    """Raise if what is asked for reads data that are not there.

    Args:
        read: the folders of data/ that it reads, each with the benchmarks that do.
        project: whose data.dvc is meant.
    """
    absent = sorted(read.keys() - project.data_hashes().keys())
    if not absent:
        return
    there = sorted({name for place, names in read.items() if place not in absent for name in names})
    others = f", or ask for the others by `--config only={','.join(there)}`" if there else ""
    commands = "; ".join(_made(place, project) for place in absent)
    raise UserError(
        f"What is asked for reads {', '.join(f'data/{place}' for place in absent)}, not in data.dvc yet; run "
        f"{commands}{others}."
    )


def _made(place: str, project: Project) -> str:
    """The commands that make and pin the folder."""
    if isinstance(dataset_at(place, project), Gathered):
        return f"`inforeg data prepare {place} --raw DIR`"
    return f"`inforeg data prepare {place} --output data/{place}` and `inforeg data add {place}`"
