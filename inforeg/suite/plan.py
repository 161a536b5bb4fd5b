"""From names to runs: what a command, an experiment or the whole workflow has to train."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import NamedTuple

from inforeg.errors import UserError
from inforeg.methods.shared.supports import supports
from inforeg.registry import DATASETS, METHODS
from inforeg.runspec import BenchmarkConfig, DataConfig, RunSpec, Unit
from inforeg.suite.experiment import Experiment
from inforeg.suite.folders.places import dataset_of
from inforeg.suite.project import Project
from inforeg.suite.resolve import joined, refuse_borrowed, refuse_unknown, resolve
from inforeg.suite.rows import Row
from inforeg.suite.tuning import PROTOCOLS, Protocol, every_trial


class Fold(NamedTuple):
    """One of a benchmark's folds.

    Attributes:
        number: from 1 on.
        variant: of which the runs on it are a part.
        unit: over which the benchmark's tests are.
    """

    number: int
    variant: str
    unit: Unit


@dataclass(frozen=True)
class Cell:
    """The runs of one method and variant on one benchmark, a spec per seed.

    Attributes:
        row: key of the table row that the runs serve.
        block: how many of the runs share a process.
        fold: of the benchmark; None where there is but one.
    """

    row: str
    specs: tuple[RunSpec, ...]
    block: int
    fold: Fold | None = None

    @property
    def benchmark(self) -> str:
        """The benchmark's name."""
        return self.specs[0].benchmark

    @property
    def method(self) -> str:
        """The method's name."""
        return self.specs[0].method

    @property
    def variant(self) -> str:
        """The variant's name."""
        return self.specs[0].variant


@dataclass(frozen=True)
class Plan:
    """All runs of an experiment.

    Attributes:
        cells: in the order of benchmarks, then rows.
        left_out: the reason for each cell that cannot be, by row key and benchmark.
    """

    cells: tuple[Cell, ...]
    left_out: Mapping[tuple[str, str], str]

    @property
    def digest(self) -> str:
        """SHA-256 of the specs of all runs: of another one, runs are others too."""
        digests = sorted({spec.digest() for cell in self.cells for spec in cell.specs})
        return sha256("".join(digests).encode()).hexdigest()


def plan(project: Project, experiment: str) -> Plan:
    """The runs of the experiment named `experiment`."""
    return plan_experiment(project, project.experiment(experiment))


def plan_experiment(project: Project, experiment: Experiment) -> Plan:
    """The runs of `experiment`."""
    cells: list[Cell] = []
    left_out: dict[tuple[str, str], str] = {}
    for benchmark in experiment.benchmarks:
        config = project.benchmark(benchmark)
        if experiment.selection == "val":
            refuse_unvalidated(project, benchmark, "give the experiment `selection: last` or `test_oracle`")
        if config.unit == "fold" and benchmark in experiment.detectable:
            raise UserError(
                f"No number of seeds finds more on {benchmark!r}, whose tests are over its {config.folds} "
                "folds; leave it out of detectable."
            )
        block = config.seeds_per_job
        for row in experiment.rows:
            specs = resolve_row(project, benchmark, row)
            supported, reason = supports(specs[0])
            if supported and experiment.tuned:
                specs = resolve_row(project, benchmark, project.tuned().row(row, benchmark))
            if supported:
                seeds = experiment.seeds_on(benchmark)
                parts = [each for spec in specs for each in in_folds(spec, config, row)]
                cells += [Cell(row.key, with_seeds(spec, seeds), block, fold) for spec, fold in parts]
            else:
                left_out[row.key, benchmark] = reason
    return Plan(tuple(cells), left_out)


def in_folds(spec: RunSpec, benchmark: BenchmarkConfig, row: Row) -> list[tuple[RunSpec, Fold | None]]:
    """The spec of a row on each of the benchmark's folds, as a variant of its own."""
    if benchmark.folds == 1:
        return [(spec, None)]
    if "data.fold" in row.set:
        raise UserError(
            f"The row {row.key!r} sets data.fold, over whose values the benchmark {spec.benchmark!r} takes "
            "the mean; leave it out there, or `folds` in the benchmark."
        )
    if "fold" not in {field.name for field in fields(DATASETS.get(spec.config.data.name))}:
        raise UserError(
            f"The benchmark {spec.benchmark!r} has folds = {benchmark.folds}, but its data set "
            f"{spec.config.data.name!r} has no option `fold`; leave folds out."
        )
    found: list[tuple[RunSpec, Fold | None]] = []
    for fold in range(1, benchmark.folds + 1):
        data = DataConfig.model_validate({**spec.config.data.model_dump(), "fold": fold})
        dataset_of(data)
        variant = f"fold{fold}" if spec.variant == "default" else f"fold{fold}_{spec.variant}"
        config = spec.config.model_copy(update={"data": data})
        part = Fold(fold, spec.variant, benchmark.unit)
        found.append((spec.model_copy(update={"variant": variant, "config": config}), part))
    return found


def refuse_unvalidated(project: Project, benchmark: str, remedy: str) -> None:
    """Raise where a benchmark has no validation split of its own to select by."""
    if not dataset_of(project.benchmark(benchmark).data).validates:
        raise UserError(
            f"The benchmark {benchmark!r} has no validation split of its own to select by; {remedy}, or "
            "choose another benchmark."
        )


@dataclass(frozen=True)
class Trial:
    """One trial of tuning a row on a benchmark.

    Attributes:
        benchmark: its name.
        key: of the row.
        number: of the trial; 0 is the row as it stands.
        row: what the trial trains.
        cells: its runs.
    """

    benchmark: str
    key: str
    number: int
    row: Row
    cells: tuple[Cell, ...]


def plan_trials(project: Project, protocol: Protocol) -> list[Trial]:
    """The trials of `protocol` that can be run; none where there is no such file.

    Raises:
        UserError: an experiment or another protocol uses seeds of the trials.
    """
    tuning = project.tuning(protocol)
    if tuning is None:
        return []
    seeds = range(tuning.first_seed, tuning.first_seed + tuning.seeds)
    _refuse_reported(project, protocol, seeds)
    for benchmark in tuning.benchmarks:
        refuse_unvalidated(project, benchmark, "tune on data that have one")
    trials = []
    for benchmark, searched, number, row in every_trial(tuning, protocol):
        specs = resolve_row(project, benchmark, row)
        if supports(specs[0])[0]:
            cells = tuple(Cell(searched.key, with_seeds(spec, seeds), len(seeds)) for spec in specs)
            trials.append(Trial(benchmark, searched.key, number, row, cells))
    return trials


def _refuse_reported(project: Project, protocol: Protocol, seeds: range) -> None:
    """Raise where the seeds of the protocol's trials serve anything else."""
    for name in project.experiments():
        if project.whole(name).last_seed >= seeds.start:
            raise UserError(
                f"The experiment {name!r} reports seeds that {protocol.path} tunes on; raise first_seed "
                "there."
            )
    for other in PROTOCOLS.values():
        theirs = project.tuning(other) if other != protocol else None
        if theirs and theirs.first_seed < seeds.stop and seeds.start < theirs.first_seed + theirs.seeds:
            raise UserError(f"{protocol.path} and {other.path} share seeds; raise first_seed in one of them.")


def with_seeds(spec: RunSpec, seeds: Iterable[int]) -> tuple[RunSpec, ...]:
    """`spec` once per seed."""
    return tuple(spec.model_copy(update={"seed": seed}) for seed in seeds)


def resolve_row(project: Project, benchmark: str, row: Row) -> list[RunSpec]:
    """The specs, at seed 0, that a table row stands for on a benchmark: one, or one per modality."""
    method = METHODS.get(row.method)
    if not row.set:
        refuse_unknown(row.method, row.variant, {"default", *method.variants})
    # Columns begin with the name that a row has, its own as well.
    if not (row.column and row.variant.startswith(f"{row.base}_")):
        refuse_unknown(row.method, row.base, {"default", *method.variants})
    settings, specs = {**method.variants.get(row.base, {}), **row.set}, []
    for suffix, extra in method.expand(tuple(project.benchmark(benchmark).encoders)).items():
        variant, overrides = joined(row.variant, suffix), {**settings, **extra}
        specs.append(resolve(project, benchmark, row.method, variant, overrides=overrides))
        refuse_borrowed(project, specs[-1], settings)
    return specs
