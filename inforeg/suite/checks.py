"""What must be in order before the long work starts: `inforeg check` and the Snakefile refuse the same."""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from inforeg.errors import UserError, shown, unknown
from inforeg.metrics.recorded import known
from inforeg.registry import PROBES
from inforeg.suite.diagnosis import TARGET, diagnoses, jobs_with
from inforeg.suite.experiment import Experiment
from inforeg.suite.folders.places import dataset_of, refuse_two_preparations
from inforeg.suite.jobs import Job, closure, jobs
from inforeg.suite.plan import Cell, Plan, plan, plan_trials
from inforeg.suite.presentable import Benchmarks, check_presentable, texts, texts_of_named
from inforeg.suite.products import former, parts, tables
from inforeg.suite.project import CONFIG, Project
from inforeg.suite.resolve import resolve
from inforeg.suite.tuning import PROTOCOLS
from inforeg.suite.workflow import Sentence, WorkflowConfig

RULES = (
    "all", "complete", "quick", *PROTOCOLS,
    "fetch", "train", "examine", "collect", "statistics", "merge", "claims", "document", "typeset", "site",
)  # fmt: skip
"""The workflow's own rules, beside those that have an experiment in their name."""


@dataclass(frozen=True)
class Configuration:
    """What workflow/config/ asks for, found to be sound.

    Attributes:
        workflow: what the targets make, of what is asked for.
        left_out: targets of which nothing is asked for, each with the first experiment that it would make.
        experiments: all that are asked for, by name.
        benchmarks: the configuration of each of their benchmarks, by name.
        plans: their runs, by name.
        trials: the runs of the protocols of tuning, by name.
        diagnoses: one experiment for each benchmark, by its target; their runs are in `plans` too.
        undiagnosed: why there is no such target, by its name.
        jobs: of all these runs and of what they need, by the path of their report.
        data: names of the data sets that benchmarks and jobs read.
    """

    workflow: WorkflowConfig
    left_out: Mapping[str, str]
    experiments: Mapping[str, Experiment]
    benchmarks: Mapping[str, Benchmarks]
    plans: Mapping[str, Plan]
    trials: Mapping[str, list[Cell]]
    diagnoses: Mapping[str, Experiment]
    undiagnosed: Mapping[str, str]
    jobs: Mapping[str, Job]
    data: frozenset[str]

    def texts(self, names: Iterable[str]) -> Iterator[str]:
        """All that the tables and figures of these experiments may say."""
        yield from texts_of_named(self.workflow.named, self.experiments)
        for name in names:
            yield from texts(
                self.experiments[name], self.benchmarks[name], self.plans[name].left_out.values()
            )

    @property
    def runs(self) -> int:
        """How many runs the experiments and trials take, with those that they need."""
        cells = [cell for name in self.experiments for cell in self.plans[name].cells]
        found = jobs([[*cells, *chain(*self.trials.values())]])
        return sum(len(job.seeds) for job in found.values())

    def jobs_of(self, targets: Collection[str]) -> list[Job]:
        """The jobs of what the `targets` plan, needed ones first; of all but diagnoses for none."""
        cells = {**self._cells(), **self.trials}
        wanted: set[tuple[Path, int]] = set()
        for target in targets or (*self.experiments, *self.trials):
            if target not in cells:
                raise unknown("target", target, cells)
            for cell in cells[target]:
                places = [spec.cell for spec in (*closure(cell.specs[0]), cell.specs[0])]
                wanted.update((place, spec.seed) for place in places for spec in cell.specs)
        every = self.jobs.values()
        return [job for job in every if wanted & {(job.spec.cell, seed) for seed in job.seeds}]

    def _cells(self) -> dict[str, list[Cell]]:
        """The cells of experiments, and of the targets that make several."""
        ours, further, long = self.workflow.experiments, self.workflow.targets, self.workflow.long
        short = chain(*(names for target, names in further.items() if target not in long))
        made: dict[str, Iterable[str]] = {name: [name] for name in self.plans}
        made |= {"quick": [self.workflow.quick], "all": ours, "complete": [*ours, *short], **further}
        return {
            target: [cell for name in names if name in self.plans for cell in self.plans[name].cells]
            for target, names in made.items()
        }


def configuration(project: Project) -> Configuration:
    """All of the project's configuration.

    Raises:
        UserError: the first thing in it that is not in order.
    """
    written = project.workflow()
    refuse_two_preparations(project)
    configs = [resolve(project, name, "joint", overrides={}).config for name in project.benchmarks()]
    _referred(written, project)
    experiments = _experiments(project, written)
    workflow, left_out = _asked(written, project.experiments(), experiments)
    named = [[name for name in names if name in experiments] for names in _named(workflow)]
    _names(written, experiments, project.benchmarks())
    _products(experiments)
    if not any(experiments[name].claims for name in workflow.experiments):
        raise UserError(
            f"None of the experiments in {CONFIG} that are asked for has claims, which `all` tests; give one "
            "some."
        )
    benchmarks = {
        name: {b: project.benchmark(b) for b in each.benchmarks} for name, each in experiments.items()
    }
    for name, experiment in experiments.items():
        _metrics(name, experiment, benchmarks[name])
    plans = {name: plan(project, name) for name in experiments}
    for name, experiment in experiments.items():
        check_presentable(name, experiment, benchmarks[name], plans[name].left_out)
    trials = {
        name: [cell for trial in plan_trials(project, protocol) for cell in trial.cells]
        for name, protocol in PROTOCOLS.items()
    }
    alone = [[name] for name in experiments if name not in chain(*named)]
    wanted = [[cell for name in names for cell in plans[name].cells] for names in named + alone]
    told = diagnoses(project, plans)
    found = jobs_with([*wanted, *trials.values()], plans, *told)
    configs += [job.spec.config for job in found.values()]
    data = frozenset(dataset_of(config.data).place for config in configs)
    return Configuration(workflow, left_out, experiments, benchmarks, plans, trials, *told, found, data)


def results(project: Project) -> None:
    """Refuse a results/ that cannot be written, before hours of training find out."""
    folder = project.root / "results"
    there = os.path.lexists(folder)
    if (there and not folder.is_dir()) or not os.access(folder if there else project.root, os.W_OK | os.X_OK):
        raise UserError(f"{folder} cannot be written; make it a folder of yours.")


def target(name: str, rules: Collection[str], files: Collection[str]) -> None:
    """Refuse what Snakemake is asked for if it is neither a rule nor a file that one makes.

    Args:
        name: of the target.
        rules: names of all rules.
        files: all that they make, relative to the project.
    """
    # Snakemake takes a file that is named from the root as it stands, and any other one relative to here.
    if name in rules or (name and not Path(name).is_absolute() and os.path.relpath(name) in files):
        return
    listing = "see `snakemake --list-target-rules`."
    if "/" in name:
        raise unknown("target", name, files, {str(Path(file).absolute()): file for file in files}, listing)
    raise unknown("target", name, rules, listing=listing)


def _experiments(project: Project, workflow: WorkflowConfig) -> dict[str, Experiment]:
    """All that are asked for, some that `all` makes among them."""
    if not project.asked(workflow.experiments):
        project.experiment(workflow.experiments[0])  # says on what it is
    return {name: project.experiment(name) for name in project.asked(project.experiments())}


def _named(workflow: WorkflowConfig) -> list[list[str]]:
    """The experiments that the targets make, by target."""
    return [workflow.experiments, [workflow.quick], *workflow.targets.values()]


def _asked(
    workflow: WorkflowConfig, every: Iterable[str], asked: Collection[str]
) -> tuple[WorkflowConfig, dict[str, str]]:
    """What of `workflow` makes experiments that are `asked` for, and the first experiment of all else."""
    made = {**{name: [name] for name in every}, "quick": [workflow.quick], **workflow.targets}
    left_out = {name: made[name][0] for name in made if made[name] and not {*made[name]} & {*asked}}
    targets = {
        target: [name for name in names if name in asked]
        for target, names in workflow.targets.items()
        if target not in left_out
    }
    ours = [name for name in workflow.experiments if name in asked]
    return workflow.model_copy(update={"experiments": ours, "targets": targets}), left_out


def _names(
    workflow: WorkflowConfig, experiments: Mapping[str, Experiment], benchmarks: Iterable[str]
) -> None:
    """No target, no experiment and no other rule share a name, unless they make the same."""
    rules = {*RULES, *map(TARGET.format, benchmarks), *chain(*map(parts, experiments))}
    taken = rules.union(*(former(name, experiment) for name, experiment in experiments.items()))
    for target, names in workflow.targets.items():
        if target in taken or (target in experiments and target not in names):
            raise UserError(f"{CONFIG}: the target {target!r} is the workflow's own; name yours otherwise.")
    for target in workflow.long:
        if target not in (*workflow.targets, *PROTOCOLS):
            raise UserError(f"{CONFIG}, long: {unknown('target', target, (*workflow.targets, *PROTOCOLS))}")
    for name in experiments:
        if name in rules and not name == "quick" == workflow.quick:
            raise UserError(
                f"The experiment {name!r} has the name of one of the workflow's rules; rename it."
            )


def _referred(workflow: WorkflowConfig, project: Project) -> None:
    """All experiments and claims that are named are there; `all` makes those of sentences."""
    for name in chain(*_named(workflow)):
        project.whole(name)
    for each in workflow.named:
        called = ("sentence", each.text) if isinstance(each, Sentence) else ("finding", each.title)
        for name, claims in each.claims.items():
            offered = [claim.id for claim in project.whole(name).claims]
            if isinstance(each, Sentence) and name not in workflow.experiments:
                raise UserError(
                    f"{CONFIG}: the sentence {shown(each.text)} comes to claims of {name!r}, which `all` "
                    "does not make; add it to experiments."
                )
            for claim in claims:
                if claim not in offered:
                    wrong = unknown(f"claim of the experiment {name!r} called", claim, offered)
                    raise UserError(f"{CONFIG}: the {called[0]} {shown(called[1])}: {wrong}")


def _products(experiments: Mapping[str, Experiment]) -> None:
    """No two experiments make the same file: the table of `a_b` may be that of `a` on the benchmark `b`."""
    made = Counter(chain(*(tables(name, experiment) for name, experiment in experiments.items())))
    file, times = made.most_common(1)[0]
    if times > 1:
        names = [name for name, experiment in experiments.items() if file in tables(name, experiment)]
        raise UserError(f"The experiments {' and '.join(names)} would both make {file}; rename one of them.")


def _metrics(name: str, experiment: Experiment, benchmarks: Benchmarks) -> None:
    """Every probe that the experiment names finds runs, and every metric will be on one of its benchmarks."""
    for probe in experiment.examined_by:
        if probe not in PROBES.classes:
            raise UserError(f"The experiment {name!r}: {unknown('probe', probe, PROBES.classes)}")
        if not all(PROBES.get(probe).chosen(experiment.seeds_on(each)) for each in benchmarks):
            raise UserError(
                f"The experiment {name!r}: the probe {probe!r} examines none of its seeds; lower first_seed, "
                "or drop the figure or the probe."
            )
    modalities = {m for config in benchmarks.values() for m in config.encoders}
    # A probe asks the model that validation selects.
    there = known(modalities, experiment.examined_by if experiment.selection == "val" else ())
    kinds = {f"{metric.partition('/')[0]}/*" for metric in there if "/" in metric}
    for metric in experiment.metrics:
        offered = there | kinds if metric in experiment.beside else there
        if metric not in offered:
            raise UserError(f"The experiment {name!r}: {unknown('test metric', metric, offered)}")
