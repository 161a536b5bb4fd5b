"""From runs to jobs: which runs share a process, and what must be finished before them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from inforeg.errors import UserError
from inforeg.registry import METHODS, PROBES
from inforeg.runspec import RunSpec
from inforeg.suite.plan import Cell, with_seeds


def needs(spec: RunSpec) -> list[RunSpec]:
    """Runs that must be finished before `spec`."""
    needed: list[RunSpec] = METHODS.build(spec.method, spec.settings).needs(spec)
    return needed


@dataclass(frozen=True)
class Job:
    """Runs that share one process: one cell's seeds `first` to `last`.

    Attributes:
        spec: at seed `first`.
    """

    spec: RunSpec
    first: int
    last: int

    @property
    def seeds(self) -> range:
        """Those of its runs."""
        return range(self.first, self.last + 1)

    @property
    def specs(self) -> tuple[RunSpec, ...]:
        """Those of its runs."""
        return with_seeds(self.spec, self.seeds)

    @property
    def path(self) -> str:
        """The job's report, relative to the root of all runs; its presence means that the runs are done."""
        return f"{self.spec.cell.as_posix()}/seeds={self.first}-{self.last}.json"

    def examined(self, probe: str) -> str:
        """The report of the probe's examination of the same runs, relative to the same root."""
        return f"{self.spec.cell.as_posix()}/probe={probe}.seeds={self.first}-{self.last}.json"


def jobs(targets: Iterable[Iterable[Cell]]) -> dict[str, Job]:
    """The jobs of the cells of all `targets` and of all that they need, by path; needed jobs come first.

    Each run is in one job: a cell is cut at multiples of the block size and wherever seeds of one of
    `targets` begin or end, so that targets with different seeds share the jobs of those that they have in
    common. The experiments of one target are made together, so between them nothing is cut.

    Raises:
        UserError: two different specs claim the same directory.
    """
    claimed: dict[Path, RunSpec] = {}
    ends: dict[Path, set[int]] = {}
    wanted: dict[Path, set[int]] = {}
    for cells in targets:
        for path, (block, seeds) in _together(cells, claimed).items():
            edges = {seed for seed in seeds if seed - 1 not in seeds} | {seed + 1 for seed in seeds} - seeds
            ends.setdefault(path, set()).update(sorted(seeds)[::block], edges)
            wanted.setdefault(path, set()).update(seeds)
    found = [
        Job(spec.model_copy(update={"seed": first}), first, stop - 1)
        for path, spec in claimed.items()
        for first, stop in pairwise(sorted(ends[path]))
        if first in wanted[path]
    ]
    return {job.path: job for job in found}


def _together(cells: Iterable[Cell], claimed: dict[Path, RunSpec]) -> dict[Path, tuple[int, set[int]]]:
    """Block size and seeds of each of `cells` and of what it needs; `claimed` takes their specs at seed 0."""
    found: dict[Path, tuple[int, set[int]]] = {}
    for cell in cells:
        first_seed = cell.specs[0].model_copy(update={"seed": 0})
        for spec in (*closure(first_seed), first_seed):
            if claimed.setdefault(spec.cell, spec) != spec:
                raise UserError(
                    f"Two experiments ask for different settings of {spec.cell}; name one of them by a "
                    "variant of its own."
                )
            _, seeds = found.setdefault(spec.cell, (cell.block, set()))
            seeds.update(each.seed for each in cell.specs)
    return found


def by_cell(found: Iterable[Job]) -> dict[Path, list[Job]]:
    """The jobs of each cell, in the order of their seeds."""
    cells: dict[Path, list[Job]] = {}
    for job in sorted(found, key=lambda job: job.first):
        cells.setdefault(job.spec.cell, []).append(job)
    return cells


def serving(cells: Mapping[Path, Sequence[Job]], spec: RunSpec, first: int, last: int) -> Sequence[Job]:
    """The jobs among `cells` that train the seeds `first` to `last` of the spec's cell."""
    own = cells.get(spec.cell, ())
    start = bisect_left(own, first, key=lambda job: job.last)
    stop = bisect_right(own, last, key=lambda job: job.first)
    return own[start:stop]


def examinations(found: Iterable[Job], probes: Iterable[str]) -> list[str]:
    """Paths of the probes' reports on the runs of the jobs `found`, where they have any to examine."""
    classes = {name: PROBES.get(name) for name in probes}
    return [job.examined(name) for job in found for name, probe in classes.items() if probe.chosen(job.seeds)]


def closure(spec: RunSpec) -> list[RunSpec]:
    """What `spec` needs, and what that needs, in an order in which it can be trained."""
    return [each for needed in needs(spec) for each in (*closure(needed), needed)]
