"""What the runs that are asked for will take: steps, time, disk and memory, before any of them is started."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from inforeg.data.base import Dataset, Extent
from inforeg.data.checks import loaded
from inforeg.data.gathered import Gathered
from inforeg.engine.contents import SUMMARY, Summary
from inforeg.engine.finished import ANEW, read_cost
from inforeg.reading import read_json
from inforeg.runspec import RunSpec
from inforeg.suite.absent import had
from inforeg.suite.folders.places import dataset_of
from inforeg.suite.jobs import Job, jobs
from inforeg.suite.memory import step_bytes
from inforeg.suite.passes import Work, passes, work
from inforeg.suite.plan import plan
from inforeg.suite.project import Project

N = TypeVar("N", int, float)


@dataclass(frozen=True)
class Costs:
    """Of a benchmark, or of several; None where it is not known.

    Attributes:
        finished: runs that are done.
        runs: those still to be trained, with those that they need; the next three are of them alone.
        steps: of the optimizer.
        passes: samples that pass an encoder forward and back; one that passes forward alone is a third.
        gpu_hours: at the throughput that is given, or at that of the benchmark's finished runs.
        disk_bytes: of the prepared data.
        memory_bytes: of a step of training, as `step_bytes` computes it; of several, the largest.
        missing: how data that are not there are had, by their folder under data/.
    """

    finished: int
    runs: int
    steps: int | None
    passes: float | None
    gpu_hours: float | None
    disk_bytes: int | None
    memory_bytes: int | None
    missing: Mapping[str, str]


def costs(
    project: Project, experiments: Iterable[str], runs: Path, throughput: Mapping[str, float]
) -> tuple[dict[str, Costs], Costs]:
    """What the `experiments` take, by benchmark and in all.

    Args:
        project: whose configuration is meant.
        experiments: names of those that are asked for.
        runs: root of all runs, some of which may be finished.
        throughput: passes a second, as in `Costs`, by benchmark; "" is that of all others.
    """
    wanted: dict[str, list[Job]] = {}
    for job in jobs([[cell for name in experiments for cell in plan(project, name).cells]]).values():
        wanted.setdefault(job.spec.benchmark, []).append(job)
    with tempfile.TemporaryDirectory() as scratch:
        found = {
            name: _costs(project, name, list(_parts(project, own, runs, Path(scratch))), throughput)
            for name, own in wanted.items()
        }
    disk = {dataset_of(project.benchmark(name).data).place: part.disk_bytes for name, part in found.items()}
    parts = list(found.values())
    memory = [part.memory_bytes for part in parts]
    return found, Costs(
        finished=sum(part.finished for part in parts),
        runs=sum(part.runs for part in parts),
        steps=_sum(part.steps for part in parts),
        passes=_sum(part.passes for part in parts),
        gpu_hours=_sum(part.gpu_hours for part in parts),
        disk_bytes=_sum(disk.values()),
        memory_bytes=None if None in memory else max(filter(None, memory)),
        missing={place: how for part in parts for place, how in part.missing.items()},
    )


@dataclass(frozen=True)
class _Part:
    """The runs of one job: how many are done and ahead, and what one of them takes.

    Attributes:
        done: finished runs.
        ahead: the others.
        work: of each; None where the data's extent is not known.
        shown: passes and seconds of finished runs.
    """

    done: int
    ahead: int
    work: Work | None
    shown: Sequence[tuple[float, float]]


def _parts(project: Project, own: Iterable[Job], runs: Path, scratch: Path) -> Iterator[_Part]:
    extents: dict[str, Extent | None] = {}
    for job in own:
        key = job.spec.config.data.model_dump_json()
        if key not in extents:
            extents[key] = extent(project, dataset_of(job.spec.config.data))
        specs = job.specs
        done = [(spec, found) for spec in specs if (found := summary_of(spec, runs))]
        ahead = len(specs) - len(done)
        if (known := extents[key]) is None:
            yield _Part(len(done), ahead, None, ())
            continue
        whole = [spec for spec, found in done if found.diverged is None]
        took = [read_cost(spec.directory(runs), spec.digest(), ANEW) for spec in whole]
        counted = list(map(passes(job.spec, known), took)) if took else []  # of the job: it builds a model
        shown = [(each, cost["wall_seconds"]) for each, cost in zip(counted, took, strict=True)]
        yield _Part(len(done), ahead, work(job.spec, known, scratch) if ahead else Work(0, 0.0), shown)


def _costs(project: Project, name: str, parts: Sequence[_Part], throughput: Mapping[str, float]) -> Costs:
    config = project.benchmark(name)
    dataset = dataset_of(config.data)
    known, place = extent(project, dataset), dataset.place
    shown = [pair for part in parts for pair in part.shown]
    measured = sum(took for took, _ in shown) / sum(seconds for _, seconds in shown) if shown else None
    speed = throughput.get(name, throughput.get("", measured))
    took = _sum(part.ahead * part.work.passes if part.work else None for part in parts)
    stated = dataset.disk_bytes if isinstance(dataset, Gathered) else None
    return Costs(
        finished=sum(part.done for part in parts),
        runs=sum(part.ahead for part in parts),
        steps=_sum(part.ahead * part.work.steps if part.work else None for part in parts),
        passes=took,
        gpu_hours=_hours(took, speed),
        disk_bytes=project.data_bytes().get(place, stated),
        memory_bytes=step_bytes(config, known.shapes) if known else None,
        missing={} if place in project.data_hashes() else {place: had(place, project)},
    )


def extent(project: Project, dataset: Dataset) -> Extent | None:
    """How much data there are: as the data set states it, else as its folder holds it, if it is there."""
    folder = project.root / "data" / dataset.place
    if dataset.extent or not folder.is_dir():
        return dataset.extent
    data = loaded(dataset, folder)
    shapes = {modality: data.shape(modality) for modality in data.train.modalities}
    return Extent((len(data.train), len(data.val), len(data.test)), shapes)


def summary_of(spec: RunSpec, runs: Path) -> Summary | None:
    """The summary of the run `spec` under `runs`, if it is finished."""
    path = spec.directory(runs) / SUMMARY
    if not path.exists():
        return None
    summary = read_json(path, Summary, ANEW)
    return summary if summary.spec_sha256 == spec.digest() else None


def _hours(took: float | None, speed: float | None) -> float | None:
    """Of `took` passes at `speed` passes a second."""
    if took == 0:
        return 0.0
    return took / speed / 3600 if took and speed else None


def _sum(values: Iterable[N | None]) -> N | None:
    """The sum, or None where one of the values is not known."""
    whole: N | None = 0
    for value in values:
        whole = None if whole is None or value is None else whole + value
    return whole
