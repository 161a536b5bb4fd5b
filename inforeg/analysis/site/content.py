"""What the site shows, wherever it was read."""

import math
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_type_hints

import pandas as pd

from inforeg.analysis.statistics.stored import Ranks
from inforeg.analysis.tables.pooled import place_of
from inforeg.analysis.tables.render import Table
from inforeg.registry import METHODS
from inforeg.runspec import BenchmarkConfig, RunSpec
from inforeg.suite.experiment import Selection

RUN = ["benchmark", "method", "variant", "seed"]
"""What names a run."""

Names = tuple[str, str, str, int]
"""The same of one: benchmark, method, variant and seed."""


class Kept(NamedTuple):
    """A number of a run at the epoch that a selection rule keeps."""

    selection: str
    epoch: int
    split: str
    metric: str
    value: float
    spec_sha256: str
    data_hash: str


class Measured(NamedTuple):
    """A number of a run at an epoch."""

    epoch: int
    metric: str
    value: float


T = TypeVar("T", Kept, Measured)


class Line(dict[Any, Any]):
    """A line of statistics; what it lacks, as those of earlier versions do, is nan."""

    def __missing__(self, key: Any) -> float:
        return math.nan


def lines_of(records: Iterable[Mapping[Any, Any]]) -> list[Line]:
    """Lines from records of JSON or of a frame, nan where JSON has null."""
    return [Line({key: math.nan if value is None else value for key, value in r.items()}) for r in records]


def pooled_line(record: Mapping[Any, Any]) -> Line:
    """The same of a claim over all benchmarks, its interval named after the effect."""
    return lines_of([{**record, "effect_low": record["low"], "effect_high": record["high"]}])[0]


def by_run(frame: pd.DataFrame, kind: type[T]) -> dict[Names, list[T]]:
    """The numbers in a frame of runs, by the run that they are of; sorted by its names."""
    found: dict[Names, list[T]] = {}
    numbers = frame[list(get_type_hints(kind))].itertuples(index=False, name=None)
    for *names, values in zip(*(frame[name] for name in RUN), numbers, strict=True):
        benchmark, method, variant, seed = names
        found.setdefault((benchmark, method, variant, int(seed)), []).append(kind(*values))
    return dict(sorted(found.items()))


def by_epoch(frames: Iterable[pd.DataFrame]) -> dict[Names, list[Measured]]:
    """What runs measured in each epoch, each run once, by the run."""
    several = [*frames]
    if not several:
        return {}
    kept = pd.concat(several).drop_duplicates([*RUN, "epoch", "metric"])
    return by_run(kept.sort_values([*RUN, "metric", "epoch"], ignore_index=True), Measured)


@dataclass(frozen=True)
class Shown:
    """An experiment.

    Attributes:
        name: of its YAML.
        title: of its tables.
        labels: how tables call its rows, by key.
        metric: title of the tested metric; empty where nothing says.
        unit: of its means.
        lower: whether small values of it are good.
        selection: the rule by which an epoch counts; None where nothing says.
        tuned: whether its rows are tuned; None where nothing says.
        comparison: every row on every benchmark against its reference.
        overview: over all benchmarks.
        ranks: of the rows over all benchmarks.
        acted: share of the steps in which a method changed a gradient, by row and benchmark.
        cost: in units of the reference's, by row and benchmark.
        provenance: where its runs come from.
        tables: its own, as files of them have them.
        figures: what each picture in `Content.figures` shows, by its name there.
    """

    name: str
    title: str
    labels: Mapping[str, str]
    metric: str
    unit: str
    lower: bool
    selection: Selection | None
    tuned: bool | None
    comparison: Sequence[Line]
    overview: Sequence[Line]
    ranks: Ranks | None
    provenance: Mapping[str, Any]
    acted: Mapping[tuple[str, str], float] = field(default_factory=dict)
    cost: Mapping[tuple[str, str], float] = field(default_factory=dict)
    tables: Sequence[Table] = ()
    figures: Mapping[str, str] = field(default_factory=dict)

    def label(self, row: str) -> str:
        """How tables call a row, by its key: method, or method/variant."""
        if row in self.labels:
            return self.labels[row]
        method, _, variant = row.partition("/")
        title = METHODS.classes[method].title if method in METHODS.classes else method
        return f"{title}, {variant}" if variant else title


@dataclass(frozen=True)
class Claimed:
    """A claim with its tests.

    Attributes:
        experiment: the name of the one that tests it.
        id: its own.
        statement: what is claimed.
        source: where.
        metric: title of that in which it is tested.
        printed: the paper's own differences, by its data sets.
        pooled: over all benchmarks; None where nothing is pooled.
        tests: on each benchmark.
        notes: what is to be known of the tests.
    """

    experiment: str
    id: str
    statement: str
    source: str
    metric: str
    printed: Mapping[str, float]
    pooled: Line | None
    tests: Sequence[Line]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Content:
    """All that the site shows.

    Attributes:
        title: of what these are the results.
        experiments: in the order in which they are listed.
        claims: of all of them.
        summary: how many tests had which verdict; empty where there are no claims.
        said: the sentences that go round, and what the claims say of them.
        notes: what is to be known of the pooled claims.
        runs: the results of each run.
        epochs: its epochs; none where only results are kept.
        specs: what was trained, by digest, as far as it can be told.
        benchmarks: the configuration of each that is there to be read.
        data: the folder of prepared data.
        figures: the folder of the experiments' pictures.
        guides: the folder of the project's documentation, which need not be there.
        commands: the parser of each command; without any of them the site says nothing of commands.
    """

    title: str
    experiments: Sequence[Shown]
    claims: Sequence[Claimed]
    summary: str
    said: Sequence[Table]
    notes: Sequence[str]
    runs: Mapping[Names, Sequence[Kept]]
    epochs: Mapping[Names, Sequence[Measured]]
    specs: Mapping[str, RunSpec]
    benchmarks: Mapping[str, BenchmarkConfig]
    data: Path
    figures: Path
    guides: Path
    commands: Mapping[str, ArgumentParser] = field(default_factory=dict)

    @property
    def sorted_claims(self) -> list[Claimed]:
        """The claims by the paper's tables and figures."""
        return sorted(self.claims, key=lambda claim: place_of(claim.source))

    def titled(self, benchmark: str) -> str:
        """How tables call a benchmark."""
        return self.benchmarks[benchmark].title if benchmark in self.benchmarks else benchmark

    @cached_property
    def ran(self) -> list[str]:
        """The benchmarks that there are runs on."""
        return list(dict.fromkeys(benchmark for benchmark, *_ in self.runs))

    @cached_property
    def used(self) -> list[str]:
        """The benchmarks that results are on, by the experiments that come first."""
        return list(dict.fromkeys(line["benchmark"] for each in self.experiments for line in each.comparison))

    @cached_property
    def users(self) -> Mapping[tuple[str, str, str], Sequence[Shown]]:
        """The experiments with a row of a method and variant on a benchmark, by these."""
        found: dict[tuple[str, str, str], dict[str, Shown]] = defaultdict(dict)
        for each in self.experiments:
            for line in each.comparison:
                method, _, own = line["row"].partition("/")
                for variant in {own or "default", line["variant"]}:
                    found[line["benchmark"], method, variant][each.name] = each
        return defaultdict(tuple, {names: tuple(users.values()) for names, users in found.items()})

    def experiment(self, name: str) -> Shown:
        """The experiment of this name."""
        return next(each for each in self.experiments if each.name == name)
