"""`inforeg diagnose`: is a benchmark's joint model imbalanced, and what mends it?"""

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from inforeg.cli.analysis import gathered
from inforeg.cli.options import (
    Commands,
    Made,
    Reading,
    add_command,
    add_discard,
    add_machine,
    add_runs,
    placed,
)
from inforeg.cli.runs import check_places, machine_of, reading, train_all
from inforeg.errors import UserError, shown
from inforeg.suite.choice import Choice
from inforeg.suite.project import Project

if TYPE_CHECKING:
    from inforeg.data.base import Data
    from inforeg.runspec import Machine, RunSpec
    from inforeg.suite.experiment import Experiment
    from inforeg.suite.plan import Plan

DIAGNOSE = """\
Say whether the joint model of a benchmark is imbalanced, and what mends it. Each modality alone, their
ensemble, joint training and InfoReg, both with and without unimodal losses, and `remedies` of config.yaml
are trained, paired over seeds; runs that are done are not trained again. One page says how far each modality
falls short of itself alone, when its window is open, what each remedy gains and costs, and what to do; it is
printed, and written as HTML and Markdown with pictures.

With --budget, seeds are added two by two while the next two are forecast to end in time; the first two are
always trained. No result ends it early. `snakemake --cores all diagnose_BENCHMARK` trains the same runs on
all cores."""

BLOCK = 2
"""Seeds that are added at once: the fewest of a table."""

clock: Callable[[], float] = time.monotonic
"""Tells the seconds that a budget counts."""


def register(commands: Commands) -> None:
    """Add `diagnose`."""
    parser = add_command(
        commands, "diagnose", "say whether a joint model is imbalanced, and what mends it", DIAGNOSE
    )
    parser.add_argument("benchmark", metavar="BENCHMARK", help="its name; see `inforeg list benchmarks`")
    parser.add_argument("--seeds", metavar="N", help="runs per row, at most (default: 10)")
    parser.add_argument(
        "--budget", metavar="MINUTES", action=Reading, read=minutes, help="begin nothing that ends later"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", default=Made("diagnoses"),
        help="folder for BENCHMARK/index.{html,md} and its pictures",
    )  # fmt: skip
    add_machine(parser)
    add_runs(parser)
    add_discard(parser)
    parser.set_defaults(run=placed(diagnose), out=None, report=None)


def minutes(text: str) -> float:
    """A budget, in seconds."""
    try:
        value = 60 * float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise UserError(f"--budget {shown(text)} is no number of minutes above 0; give such as 30.")
    return value


def diagnose(args: argparse.Namespace) -> None:
    """Train what is not done yet, then write the page and print it."""
    from inforeg.suite.diagnosis import TARGET, diagnosis
    from inforeg.suite.plan import plan_experiment
    from inforeg.suite.presentable import check_presentable

    given = {} if args.seeds is None else {"seeds": args.seeds}
    project = Project(choice=Choice.from_environment().but(Choice.of(given, "inforeg diagnose")))
    name, experiment = TARGET.format(args.benchmark), diagnosis(project, args.benchmark)
    runs = plan_experiment(project, experiment)
    benchmarks = {args.benchmark: project.benchmark(args.benchmark)}
    check_presentable(name, experiment, benchmarks, runs.left_out)
    check_places(args, runs.cells[0].specs[0])
    asked = len(experiment.seeds_on(args.benchmark))
    seeds = min(BLOCK * _train(project, runs, asked, args), asked)
    stopped = ""
    if seeds < asked:
        stopped = f"The budget of {args.budget / 60:g} minutes ended after {seeds} of {asked} seeds; "
        stopped += "the same command adds more."
    folder = args.output / args.benchmark
    print(_written(project, experiment.model_copy(update={"seeds": seeds}), args.runs, folder, stopped))
    print(f"\nThe same with pictures is in {folder / 'index.html'} and index.md")


def _train(project: Project, runs: "Plan", asked: int, args: argparse.Namespace) -> int:
    """Train and probe block after block within the budget; how many blocks there are then."""
    from tqdm import tqdm

    from inforeg.engine.device import holding_device, prepare_process
    from inforeg.suite.budget import afforded

    every = [spec for cell in runs.cells for spec in cell.specs]
    starts = range(0, asked, BLOCK)
    blocks = [[spec for spec in every if start <= spec.seed < start + BLOCK] for start in starts]

    def done(block: "list[RunSpec]") -> bool:
        return all(_done(spec, args.runs) for spec in block)

    machine = machine_of(project, every[0], args)
    if all(map(done, blocks)):  # it takes neither data nor a device
        return len(blocks)
    prepare_process(machine)
    data = reading(project, machine)
    with holding_device(machine), tqdm(total=len(every), desc="diagnose", unit="run", disable=None) as bar:

        def work(block: "list[RunSpec]") -> float:
            took = 0.0
            for spec in block:
                took += _trained(spec, data, machine, args)
                bar.update()
            return took

        return afforded(blocks, work, done, args.budget, clock)


def _trained(
    spec: "RunSpec", data: "Callable[[RunSpec], Data]", machine: "Machine", args: argparse.Namespace
) -> float:
    """Train and probe a run, unless that is done; the seconds of its training."""
    from inforeg.engine.finished import ANEW, located, read_cost
    from inforeg.probes.examine import examine
    from inforeg.registry import PROBES
    from inforeg.suite.costs import summary_of
    from inforeg.suite.experiment import TABLED

    if summary_of(spec, args.runs) is None:
        train_all(spec, data(spec), args.runs, machine, discard=args.discard)
    folder, summary = located(spec, args.runs, ANEW)
    if summary.diverged is not None:
        return 0.0
    examine(PROBES.get(TABLED)(), spec, folder, lambda: data(spec), machine)
    return read_cost(folder, spec.digest(), ANEW)["wall_seconds"]


def _done(spec: "RunSpec", runs: Path) -> bool:
    from inforeg.probes.results import place
    from inforeg.suite.costs import summary_of
    from inforeg.suite.experiment import TABLED

    summary = summary_of(spec, runs)
    probed = place(spec.directory(runs), TABLED).exists()
    return summary is not None and (probed or summary.diverged is not None)


def _written(project: Project, experiment: "Experiment", runs: Path, folder: Path, stopped: str) -> str:
    """Write the page into `folder`; the same for a terminal."""
    from inforeg.analysis.collected.study import Study
    from inforeg.analysis.report.diagnosis import told, write_diagnosis
    from inforeg.analysis.statistics.compute import compute
    from inforeg.analysis.statistics.diagnosis import diagnosed
    from inforeg.suite.diagnosis import TARGET
    from inforeg.suite.plan import plan_experiment

    (benchmark,) = experiment.benchmarks
    benchmarks = {benchmark: project.benchmark(benchmark)}
    collected = gathered(project, experiment, plan_experiment(project, experiment), runs)
    study = Study(TARGET.format(benchmark), experiment, benchmarks, collected)
    statistics = compute(study)
    page = study, statistics, diagnosed(study, statistics, stopped)
    write_diagnosis(*page, folder)
    return told(*page)
