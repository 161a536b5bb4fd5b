"""From names to runs: what a command, an experiment or the whole workflow has to train."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from inforeg.config import BenchmarkConfig, RunSpec, Setting, TrialConfig
from inforeg.errors import UserError, unknown
from inforeg.experiment import Experiment, Row
from inforeg.methods.base import Method
from inforeg.models.fusion import fusion_class
from inforeg.project import Project
from inforeg.reading import validated
from inforeg.registry import BENCHMARKS, ENCODERS, METHODS
from inforeg.tuning import TUNING, every_trial

ENGINE_VERSION = 3
"""Part of every run's spec; raise it when a change to the loop or the models may change results."""


@dataclass(frozen=True)
class Cell:
    """The runs of one method and variant on one benchmark, a spec per seed.

    Attributes:
        row: key of the table row that the runs serve.
        block: how many of the runs share a process.
    """

    row: str
    specs: tuple[RunSpec, ...]
    block: int

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


def plan(project: Project, experiment: str) -> Plan:
    """The runs of the experiment named `experiment`."""
    return plan_experiment(project, project.experiment(experiment))


def plan_experiment(project: Project, experiment: Experiment) -> Plan:
    """The runs of `experiment`."""
    cells: list[Cell] = []
    left_out: dict[tuple[str, str], str] = {}
    for benchmark in experiment.benchmarks:
        block = project.benchmark(benchmark).seeds_per_job
        for row in experiment.rows:
            specs = resolve_row(project, benchmark, row)
            supported, reason = supports(specs[0])
            if supported and experiment.tuned:
                specs = resolve_row(project, benchmark, project.tuned().row(row, benchmark))
            if supported:
                seeds = range(experiment.seeds)
                cells += [Cell(row.key, with_seeds(spec, seeds), block) for spec in specs]
            else:
                left_out[row.key, benchmark] = reason
    return Plan(tuple(cells), left_out)


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


def plan_tuning(project: Project) -> list[Trial]:
    """The trials of workflow/config/tuning.yaml that can be run; none where there is no such file.

    Raises:
        UserError: an experiment uses seeds of the trials.
    """
    tuning = project.tuning()
    if tuning is None:
        return []
    for name in project.experiments():
        if project.experiment(name).seeds > tuning.first_seed:
            raise UserError(
                f"The experiment {name!r} reports seeds that {TUNING} tunes on; raise first_seed there."
            )
    seeds = range(tuning.first_seed, tuning.first_seed + tuning.seeds)
    trials = []
    for benchmark, searched, number, row in every_trial(tuning):
        specs = resolve_row(project, benchmark, row)
        if supports(specs[0])[0]:
            cells = tuple(Cell(searched.key, with_seeds(spec, seeds), len(seeds)) for spec in specs)
            trials.append(Trial(benchmark, searched.key, number, row, cells))
    return trials


def with_seeds(spec: RunSpec, seeds: Iterable[int]) -> tuple[RunSpec, ...]:
    """`spec` once per seed."""
    return tuple(spec.model_copy(update={"seed": seed}) for seed in seeds)


def supports(spec: RunSpec) -> tuple[bool, str]:
    """Whether the spec's fusion and method can run on its benchmark, else (False, reason)."""
    method: Method = METHODS.build(spec.method, spec.settings)
    config, modalities = spec.config, len(spec.config.encoders)
    joins = fusion_class(config.fusion).joins
    widths = {ENCODERS.build(encoder.kind, encoder.options).features for encoder in config.encoders.values()}
    obstacles = {
        f"the fusion {config.fusion!r} joins {joins} modalities": joins not in (None, modalities),
        f"it is defined for the fusion {' or '.join(method.fusions or ())}": (
            method.fusions and config.fusion not in method.fusions
        ),
        f"it needs at least {method.fewest} modalities": modalities < method.fewest,
        f"it is defined for {method.most} modalities": method.most and modalities > method.most,
        "its encoders must give equally many features": method.same_width and len(widths) > 1,
        "its losses are its own, so unimodal_weight has no say": method.own_losses and method.unimodal_weight,
    }
    reason = next((reason for reason, applies in obstacles.items() if applies), None)
    return method.supports(config) if reason is None else (False, reason)


def resolve_row(project: Project, benchmark: str, row: Row) -> list[RunSpec]:
    """The specs, at seed 0, that a table row stands for on a benchmark: one, or one per modality."""
    method = METHODS.get(row.method)
    modalities = tuple(project.benchmark(benchmark).encoders)
    specs = []
    for suffix, extra in method.expand(modalities).items():
        names = [suffix] if row.variant == "default" and suffix else [row.variant, suffix]
        variant = "_".join(name for name in names if name)
        specs.append(resolve(project, benchmark, row.method, variant, overrides={**row.set, **extra}))
    return specs


def resolve(
    project: Project,
    benchmark: str,
    method: str,
    variant: str = "default",
    *,
    seed: int = 0,
    overrides: Mapping[str, Setting],
) -> RunSpec:
    """The complete spec of one run.

    Args:
        project: where the benchmark's YAML and data.dvc are.
        benchmark: its name.
        method: its name.
        variant: one that the method offers, whose settings apply, or a new name for these overrides.
        seed: of the run.
        overrides: by key: a setting of the method, or a path into the benchmark's YAML such as
            `training.lr`, `data.split`, `fusion`, whose value may be a factor on the YAML's own, as x2.
    """
    tree, settings = _overridden(project, benchmark, method, variant, overrides)
    complete = _with_defaults(validated(BenchmarkConfig, tree, f"benchmark {benchmark!r}"), benchmark)
    spec = {
        "benchmark": benchmark,
        "method": method,
        "variant": variant,
        "seed": seed,
        "versions": versions(method, complete),
        "settings": METHODS.options(METHODS.build(method, settings)),
        "config": complete,
        "data_hash": project.data_hashes().get(complete.data.name),
    }
    return validated(RunSpec, spec, "the run")


def _overridden(
    project: Project, benchmark: str, method: str, variant: str, overrides: Mapping[str, Setting]
) -> tuple[dict[str, Any], dict[str, Setting]]:
    """The benchmark's YAML and the method's settings with the variant and the overrides applied."""
    cls = METHODS.get(method)
    known = {field.name for field in dataclasses.fields(cls)}
    fields = set(BenchmarkConfig.model_fields)
    settings = dict(cls.variants.get(variant, {}))
    tree: dict[str, Any] = project.benchmark(benchmark).model_dump(mode="json")
    for key, value in overrides.items():
        if key.split(".")[0] in fields:
            _put(tree, key, _times(tree, key, value))
        elif key in known:
            settings[key] = value
        else:
            raise unknown(f"setting of method {method!r} named", key, known | fields)
    return tree, settings


def versions(method: str, config: TrialConfig) -> dict[str, int]:
    """The versions of all code that decides a run's numbers."""
    data_set = BENCHMARKS.get(config.data.name)
    return {"engine": ENGINE_VERSION, "method": METHODS.get(method).version, "data": data_set.version}


def _with_defaults(config: BenchmarkConfig, benchmark: str) -> TrialConfig:
    """What decides numbers in `config`, with every option of data set and encoders spelled out."""
    fusion_class(config.fusion)
    for modality in config.encoders:
        # Losses and traces are logged by modality beside these, and torch keeps modules as attributes.
        if modality in ("joint", "head", "whole") or hasattr(nn.ModuleDict, modality):
            raise UserError(f"The modality's name {modality!r} is reserved; choose another.")
        if modality not in (known := BENCHMARKS.get(config.data.name).modalities):
            raise unknown(f"modality of benchmark {benchmark!r} named", modality, known)
    data = BENCHMARKS.options(BENCHMARKS.build(config.data.name, config.data.options))
    encoders = {
        modality: {"kind": encoder.kind, **ENCODERS.options(ENCODERS.build(encoder.kind, encoder.options))}
        for modality, encoder in config.encoders.items()
    }
    complete = {"data": {"name": config.data.name, **data}, "encoders": encoders}
    return TrialConfig.model_validate(config.trial().model_dump(mode="json") | complete)


FACTOR = re.compile(r"x(\d+(\.\d+)?)")
"""A value that multiplies the benchmark's own, such as x2."""


def _times(tree: Mapping[str, Any], path: str, value: Setting) -> Setting:
    """`value`, or its multiple of what `path` holds in nested mappings if `value` is a factor."""
    factor = FACTOR.fullmatch(value) if isinstance(value, str) else None
    if factor is None:
        return value
    for key in path.split("."):
        tree = tree.get(key, {}) if isinstance(tree, Mapping) else {}
    if isinstance(tree, bool) or not isinstance(tree, int | float):
        raise UserError(f"The factor {value} of {path!r} has no number to multiply; give a value there.")
    product = float(factor[1]) * tree
    return round(product) if isinstance(tree, int) else product


def _put(tree: dict[str, Any], path: str, value: Setting) -> None:
    """Set the entry of nested mappings that a dotted path names."""
    *parents, last = path.split(".")
    for parent in parents:
        if not isinstance(tree.get(parent), dict):
            raise UserError(f"The setting {path!r} leads nowhere; {parent!r} has no parts to set.")
        tree = tree[parent]
    tree[last] = value
