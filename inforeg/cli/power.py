"""`inforeg power`: how many seeds an experiment takes to find the differences that it is to find."""

import argparse

from tabulate import tabulate

from inforeg.cli.options import Commands, add_command, add_runs
from inforeg.errors import UserError
from inforeg.suite.choice import Choice
from inforeg.suite.project import Project

POWER = """\
Say how many seeds the tests of an experiment take to find, with a chance of 80 % at Holm's first step, the
difference that its `detectable` states for a benchmark; the last line is for its YAML. Computed from finished
runs, of which `--seeds` says how many a cell has: from the standard deviations of paired differences alone,
never from their means, so that a plan made by them favours no finding."""

MOST = 40

HEADER = (
    "benchmark", "row", "reference", "tests", "seeds", "deviation", "smallest found", "seeds needed",
    "smallest then",
)  # fmt: skip


def register(commands: Commands) -> None:
    """Add `power`."""
    parser = add_command(commands, "power", "say how many seeds an experiment takes", POWER)
    parser.add_argument("experiment", metavar="EXPERIMENT", help="its name; see `inforeg list experiments`")
    parser.add_argument("--seeds", metavar="N", help="runs per cell that are finished (default: its own)")
    parser.add_argument("--most", metavar="N", type=int, default=MOST, help="seeds that a benchmark may have")
    add_runs(parser)
    parser.set_defaults(run=power)


def power(args: argparse.Namespace) -> None:
    """A line for each test, and the seeds of each benchmark as YAML."""
    from inforeg.analysis.collected.collect import collect
    from inforeg.analysis.collected.study import Study
    from inforeg.analysis.statistics.compute import compute
    from inforeg.analysis.statistics.level import MINIMUM
    from inforeg.analysis.statistics.planning import planned
    from inforeg.suite.plan import plan

    given = {} if args.seeds is None else {"seeds": args.seeds}
    project = Project(choice=Choice.from_environment().but(Choice.of(given, "inforeg power")))
    experiment = project.experiment(args.experiment)
    if args.most < MINIMUM:
        raise UserError(f"--most {args.most} is too few to find anything; give {MINIMUM} or more.")
    if not experiment.detectable:
        raise UserError(
            f"The experiment {args.experiment!r} does not say what is to be found; add `detectable` to its "
            f"YAML, such as {{{experiment.benchmarks[0]}: 1.0}}."
        )
    runs = plan(project, args.experiment)
    collected = collect(runs, args.runs, experiment.selection, experiment.examined_by, experiment.metrics)
    benchmarks = {name: project.benchmark(name) for name in experiment.benchmarks}
    study = Study(args.experiment, experiment, benchmarks, collected)
    seeds, tests = planned(study, compute(study), args.most)
    print(tabulate(tests.to_numpy().tolist(), HEADER, floatfmt=".2f"))
    print(f"seeds: {{{', '.join(f'{name}: {number}' for name, number in seeds.items())}}}")
