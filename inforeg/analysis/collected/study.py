"""An experiment together with its runs: what tables, figures and claims are made from."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from inforeg.analysis.collected.answers import Answers, answers
from inforeg.analysis.collected.collect import Collected
from inforeg.errors import UserError
from inforeg.metrics.base import metric_of
from inforeg.probes.frames import COLUMNS
from inforeg.registry import METHODS
from inforeg.runspec import BenchmarkConfig
from inforeg.suite.experiment import Experiment
from inforeg.suite.folders.places import dataset_of
from inforeg.suite.presentable import texts
from inforeg.suite.project import Project


@dataclass(frozen=True)
class Study:
    """One experiment, ready for analysis.

    Attributes:
        name: of its YAML.
        experiment: its content.
        benchmarks: the configuration of each of its benchmarks.
        collected: its runs.
        not_asked: titles of the benchmarks that it is on but that are not asked for.
    """

    name: str
    experiment: Experiment
    benchmarks: Mapping[str, BenchmarkConfig]
    collected: Collected
    not_asked: Sequence[str] = ()

    @classmethod
    def read(
        cls, project: Project, name: str, folder: Path, wanted: Collection[str] = tuple(COLUMNS)
    ) -> "Study":
        """The experiment `name` of `project`, with the `wanted` frames of its runs, collected in `folder`."""
        experiment = project.experiment(name)
        benchmarks = {benchmark: project.benchmark(benchmark) for benchmark in experiment.benchmarks}
        left_out = [project.title(each) for each in project.not_asked(project.whole(name))]
        study = cls(name, experiment, benchmarks, Collected.read(folder, wanted), left_out)
        if experiment.mixed == "error" and (mixed := next(study.mixed, "")):
            raise UserError(
                f"The experiment {name!r} has `mixed: error`, but {mixed[0].lower()}{mixed[1:-1]}; train all "
                "runs alike, or leave it out."
            )
        return study

    @property
    def labels(self) -> dict[str, str]:
        """Row keys and how tables call them, in the rows' order."""
        return {row.key: row.title for row in self.experiment.rows}

    @property
    def grid(self) -> dict[str, dict[str, str]]:
        """The lines of the experiment's table: label to column to row key."""
        lines: dict[str, dict[str, str]] = {}
        for row in self.experiment.rows:
            lines.setdefault(row.label, {})[row.column] = row.key
        return lines

    def titles(self, benchmarks: Iterable[str]) -> str:
        """Benchmarks as tables call them, each once."""
        return ", ".join(self.benchmarks[name].title for name in dict.fromkeys(benchmarks))

    def left_out(self, metric: str) -> list[dict[str, str]]:
        """The cells without a value of `metric`, each with its reason."""
        origin = self.collected.provenance
        if metric_of(metric).chance is not None:
            return [*origin["left_out"]]
        why = f"and {metric_of(metric).title} has no level of chance"
        return [
            *origin["left_out"],
            *({**cell, "reason": f"{cell['reason']}, {why}"} for cell in origin["diverged"]),
        ]

    def units(self, *benchmarks: str) -> str:
        """What tests on these benchmarks, or on all, are over: seeds, folds, or seeds or folds."""
        named = (self.benchmarks[name].unit for name in benchmarks or self.benchmarks)
        return " or ".join(dict.fromkeys(f"{unit}s" for unit in named))

    @property
    def folded(self) -> list[str]:
        """The benchmarks whose unit is the fold."""
        return [name for name, config in self.benchmarks.items() if config.unit == "fold"]

    @cached_property
    def answers(self) -> Answers:
        """Which test samples are answered correctly, of the benchmarks whose unit is the seed."""
        return answers(self.collected.predictions, self.folded)

    def size(self, benchmark: str) -> int:
        """How many of these units there are on a benchmark."""
        config = self.benchmarks[benchmark]
        return config.folds if config.unit == "fold" else len(self.experiment.seeds_on(benchmark))

    @property
    def caveats(self) -> list[str]:
        """What is to be known of the methods, the benchmarks' splits and what is not there, a note each."""
        classes = [METHODS.get(name) for name in dict.fromkeys(row.method for row in self.experiment.rows)]
        said = [f"{cls.title}: {cls.caveat}" for cls in classes if cls.caveat]
        return [
            *said,
            *self._diverged,
            *self._folds,
            *self.scope,
            *self._absent,
            *self._gaps,
            *self.mixed,
            *self.incomplete,
        ]

    @property
    def incomplete(self) -> list[str]:
        """A note that names the benchmarks that are not asked for, if there are any."""
        return [f"Not asked for: {', '.join(self.not_asked)}."] if self.not_asked else []

    @property
    def mixed(self) -> Iterator[str]:
        """A sentence on the devices, and one on the precisions, if there are several."""
        machine = self.collected.provenance["machine"]
        devices = [name for name in machine.get("cuda_device", []) if name]
        devices += [name for name in machine.get("device", []) if name != "cuda" or not devices]
        if len(devices) > 1:
            yield f"The runs were computed on several devices ({', '.join(devices)})."
        for config in self.benchmarks.values():
            groups: dict[str, list[str]] = {}
            for row in self.experiment.rows:
                precision = str(row.set.get("training.precision", config.training.precision))
                groups.setdefault(precision, []).append(row.title)
            if len(groups) > 1:
                said = "; ".join(f"{precision}: {', '.join(rows)}" for precision, rows in groups.items())
                yield f"On {config.title} the forward passes of training differ in precision ({said})."

    @property
    def _diverged(self) -> list[str]:
        """A note for each cell in which some runs diverged."""
        return [
            f"{self.labels[cell['row']]} on {self.titles([cell['benchmark']])}: {cell['reason']}. "
            "Each counts as always answering the most frequent class; metrics without a level of chance are "
            "left out."
            for cell in self.collected.provenance["diverged"]
        ]

    @property
    def _folds(self) -> list[str]:
        """A note for each benchmark whose runs are means over folds."""
        return [
            f"{config.title}: a run is its mean over {config.folds} folds."
            for config in self.benchmarks.values()
            if config.folds > 1 and config.unit == "seed"
        ]

    @property
    def scope(self) -> list[str]:
        """What intervals hold for: a note for each benchmark whose folds are the unit, and one on noise."""
        folds = [
            f"{config.title}: a run is the mean over {len(self.experiment.seeds_on(name))} seeds on one of "
            f"{config.folds} folds, and n counts folds. They share much of what they train on, so that "
            "intervals are too narrow, if anything (Nadeau & Bengio, 2003)."
            for name, config in self.benchmarks.items()
            if config.unit == "fold"
        ]
        drawn = [name for name, config in self.benchmarks.items() if dataset_of(config.data).drawn]
        told = "noise is part of the data and drawn once, so that intervals hold for this draw of it"
        return [*folds, *([f"{self.titles(drawn)}: {told}."] if drawn else [])]

    @property
    def _absent(self) -> list[str]:
        """A note for each split that lacks classes: no score there says anything of them."""
        return [
            f"{self.titles([benchmark])}: the {split} split has no sample of {', '.join(classes)}."
            for benchmark, splits in self.collected.provenance["absent"].items()
            for split, classes in splits.items()
        ]

    @property
    def _gaps(self) -> list[str]:
        """A note for each benchmark whose data lack samples."""
        gaps = self.collected.provenance["gaps"]
        return [f"{self.titles([benchmark])}: {said}" for benchmark, said in gaps.items()]

    @property
    def texts(self) -> Iterator[str]:
        """All that tables and figures may say in words that are not the program's own."""
        reasons = (cell["reason"] for cell in self.left_out(self.experiment.metric))
        return texts(self.experiment, self.benchmarks, reasons)

    @property
    def provenance(self) -> str:
        """Where the numbers come from, in one line."""
        origin = self.collected.provenance
        data = ", ".join(f"{name} {digest or 'generated'}" for name, digest in origin["data"].items())
        commits = ", ".join(origin["commits"])
        return f"inforeg, experiment {self.name}; {origin['runs']} runs; commit {commits}; data {data}"
