"""From finished runs to the paper: `inforeg collect`, `statistics`, `table`, `claims`, `paper` and more."""

import argparse
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from inforeg.cli.options import Commands, Made, add_command, add_runs, placed
from inforeg.errors import UserError
from inforeg.suite.products import ORIGIN
from inforeg.suite.project import CONFIG, Project
from inforeg.suite.replication import version
from inforeg.suite.tuning import PROTOCOLS, TUNING

if TYPE_CHECKING:
    from inforeg.analysis.collected.collect import Collected
    from inforeg.analysis.collected.study import Study
    from inforeg.analysis.statistics.stored import Results, Statistics
    from inforeg.suite.experiment import Experiment
    from inforeg.suite.plan import Plan
    from inforeg.suite.workflow import Finding, Sentence

COLLECTED, STATISTICS = "collected/{experiment}", "statistics"
PLACES = "What is below results/, but for runs, is below results/paper/ where the suite is `paper`."


def register(commands: Commands) -> None:
    """Add the commands."""
    parser = _command(commands, "collect", collect, "gather an experiment's runs into tidy Parquet files")
    _add_experiment(parser)
    add_runs(parser)
    parser.add_argument(
        "--published", metavar="TAG", help="take what a published version collected, instead of runs"
    )
    _add_path(parser, "--output", COLLECTED, "folder for runs, epochs, costs, predictions and provenance")
    parser = _command(
        commands, "merge", merge, "gather the runs of several experiments into one Parquet file"
    )
    _add_experiment(parser, nargs="+")
    _add_path(parser, "--collected", COLLECTED, "what `collect` wrote")
    _add_path(parser, "--output", "runs.parquet", "file to write")
    parser = _command(commands, "statistics", statistics, "compute all that is statistical of an experiment")
    _add_experiment(parser)
    _add_path(parser, "--collected", COLLECTED, "what `collect` wrote")
    _add_path(parser, "--output", STATISTICS, "folder for EXPERIMENT.{csv,json} and EXPERIMENT/")
    parser = _command(commands, "table", table, "make an experiment's tables")
    _add_experiment(parser)
    add_sources(parser)
    _add_path(parser, "--tables", "tables", "folder for EXPERIMENT.{tex,md,html} and its benchmarks'")
    _add_path(parser, "--claims", "claims", "folder for EXPERIMENT.{md,tex,html,json}, if it has claims")
    parser = _command(commands, "figure", figure, "draw an experiment's figures")
    _add_experiment(parser)
    add_sources(parser)
    _add_path(parser, "--figures", "figures", "folder for EXPERIMENT_FIGURE.{pdf,png,csv}")
    parser = _command(commands, "tune", tune, "choose among the finished trials of tuning, on validation")
    parser.add_argument(
        "protocol", nargs="?", choices=sorted(PROTOCOLS), default=TUNING.name,
        help="the file below workflow/config/ that says what was tried (default: %(default)s)",
    )  # fmt: skip
    add_runs(parser)
    _add_path(parser, "--output", "{protocol}", "folder for the choices and trials.{csv,md}")
    parser = _command(
        commands, "claims", claims, "report the verdicts on claims: what is reproduced, what contradicted"
    )
    _add_experiment(parser, nargs="+")
    add_sources(parser)
    _add_path(parser, "--output", ".", "folder for claims.{md,tex,html,json} and figures/")
    parser = _command(commands, "paper", paper, "write the replication as a LaTeX document")
    _add_experiment(parser, nargs="+")
    add_sources(parser)
    _add_path(parser, "--output", ".", "folder for paper.tex and numbers.tex, beside tables/")
    parser = _command(commands, "typeset", typeset, "compile a LaTeX document with the machine's pdflatex")
    parser.add_argument("source", type=Path, metavar="TEX", help="the document; its PDF lies beside it")


def tune(args: argparse.Namespace) -> None:
    """Choose among the trials."""
    from inforeg.analysis.tables.trials import write_choices
    from inforeg.suite.plan import plan_trials

    protocol = PROTOCOLS[args.protocol]
    trials = plan_trials(project := Project(), protocol)
    tuning = project.tuning(protocol)
    if not (tuning and trials):
        raise UserError(f"There is nothing to choose from; say in {protocol.path} what to tune.")
    write_choices(protocol, tuning, trials, args.runs, _folder(args.output, protocol.name, "{protocol}"))


def collect(args: argparse.Namespace) -> None:
    """Write the frames of an experiment's runs."""
    from inforeg.analysis.collected.published import restore
    from inforeg.suite.plan import plan

    project, output = Project(), _folder(args.output, args.experiment)
    experiment = project.experiment(args.experiment)
    runs = plan(project, args.experiment)
    if args.published:
        restore(version(project.results, args.published), args.experiment, runs, output)
        return
    gathered(project, experiment, runs, args.runs).write(output)


def gathered(project: Project, experiment: "Experiment", runs: "Plan", root: Path) -> "Collected":
    """The `runs` of `experiment` below `root`, with what is to be known of its data."""
    from inforeg.analysis.collected.collect import collect as gather
    from inforeg.suite.folders.gathering import gaps
    from inforeg.suite.folders.places import groups

    probes, metrics = experiment.examined_by, experiment.metrics
    missing, known = gaps(project, experiment.benchmarks), groups(project, experiment.benchmarks)
    return gather(runs, root, experiment.selection, probes, metrics, gaps=missing, groups=known)


def merge(args: argparse.Namespace) -> None:
    """Write the runs of several experiments, each once."""
    from inforeg.analysis.collected.collect import Collected
    from inforeg.analysis.collected.collect import merge as join
    from inforeg.analysis.collected.parquet import write_parquet

    frames = [Collected.read(_folder(args.collected, name)).runs for name in args.experiment]
    write_parquet(join(frames), args.output)


def statistics(args: argparse.Namespace) -> None:
    """Compute and store the statistics."""
    from inforeg.analysis.collected.study import Study
    from inforeg.analysis.statistics.compute import compute

    study = Study.read(Project(), args.experiment, _folder(args.collected, args.experiment))
    compute(study).write(study, args.output)


def table(args: argparse.Namespace) -> None:
    """Write the tables, and the verdicts on the experiment's own claims."""
    from inforeg.analysis.report.outputs import write_tables, write_verdicts

    found = result(args, args.experiment)
    write_tables(*found, args.tables)
    write_verdicts(*found, args.claims)


def figure(args: argparse.Namespace) -> None:
    """Draw the figures."""
    from inforeg.analysis.report.outputs import write_figures
    from inforeg.suite.products import raw

    wanted = raw(Project().experiment(args.experiment))
    write_figures(*result(args, args.experiment, wanted), args.figures)


def claims(args: argparse.Namespace) -> None:
    """Write the verdicts."""
    from inforeg.analysis.report.outputs import write_claims
    from inforeg.analysis.tables.sentences import lines_of

    results = _results(args)
    sentences, _, experiments = named(Project())
    write_claims(results, args.output, lines_of(sentences, experiments, results))


def paper(args: argparse.Namespace) -> None:
    """Write the document."""
    from inforeg.analysis.report.outputs import write_document
    from inforeg.analysis.tables.sentences import lines_of

    project, results = Project(), _results(args)
    sentences, findings, experiments = named(project)
    asked = dict.fromkeys(name for each in findings for name in each.claims)
    write_document(
        results,
        args.output,
        findings=findings,
        experiments=experiments,
        said=lines_of(sentences, experiments, results),
        beside=_beside(args, project, results, asked),
    )


def typeset(args: argparse.Namespace) -> None:
    """Compile it, and say what did not fit."""
    from inforeg.analysis.report.typeset import typeset as compiled

    for line in compiled(args.source, args.source.with_suffix(".pdf")):
        print(line)


def _command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], None], what: str
) -> argparse.ArgumentParser:
    parser = add_command(commands, name, what, f"{what[0].upper()}{what[1:]}.", PLACES)
    parser.set_defaults(run=placed(run))
    return parser


def _add_experiment(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    parser.add_argument(
        "experiment", metavar="EXPERIMENT", nargs=nargs, help="its name; see `inforeg list experiments`"
    )


def add_sources(parser: argparse.ArgumentParser) -> None:
    """The options that say from what an experiment is rendered."""
    _add_path(parser, "--collected", COLLECTED, "what `collect` wrote")
    _add_path(parser, "--statistics", STATISTICS, "what `statistics` wrote")


def _add_path(parser: argparse.ArgumentParser, flag: str, default: str, what: str) -> None:
    parser.add_argument(flag, type=Path, metavar="PATH", default=Made(default), help=what)


def _folder(path: Path, name: str, placeholder: str = "{experiment}") -> Path:
    return Path(str(path).replace(placeholder, name))


def _results(args: argparse.Namespace) -> "Results":
    return [result(args, name) for name in args.experiment]


def named(project: Project) -> "tuple[list[Sentence], list[Finding], dict[str, Experiment]]":
    """Sentences and findings of the configuration, if there is one, and the experiments that they name."""
    if not (project.root / CONFIG).exists():
        return [], [], {}
    workflow = project.workflow()
    names = dict.fromkeys(name for each in workflow.named for name in each.claims)
    return workflow.sentences, workflow.findings, {name: project.whole(name) for name in names}


def _beside(
    args: argparse.Namespace, project: Project, results: "Results", names: Iterable[str]
) -> "Results":
    """Those among the experiments `names` that are none of `results`, but were made."""
    ours = {study.name for study, _ in results}
    others = [name for name in project.asked(names) if name not in ours]
    return [result(args, name) for name in others if (args.statistics / name / ORIGIN).exists()]


def result(args: argparse.Namespace, name: str, wanted: Collection[str] = ()) -> "tuple[Study, Statistics]":
    """An experiment with the `wanted` frames of its runs, and its statistics."""
    from inforeg.analysis.collected.study import Study
    from inforeg.analysis.statistics.stored import Statistics

    study = Study.read(Project(), name, _folder(args.collected, name), wanted)
    return study, Statistics.read(study, args.statistics)
