"""`inforeg compare`: numbers from elsewhere beside the suite's."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inforeg.cli.options import Commands, Made, add_command, placed
from inforeg.errors import UserError, unknown
from inforeg.suite.project import Project
from inforeg.suite.replication import version, versions

if TYPE_CHECKING:
    from inforeg.analysis.collected.own import Own
    from inforeg.analysis.collected.study import Study

COMPARE = """\
Set numbers from elsewhere beside those of an experiment, and test each against every row on its benchmark.

A line of the CSV file has method and benchmark, and seed and value, or mean, sd and n where single runs are
not known; metric (accuracy by default), split and data_hash may be further columns. Accuracies are fractions
or in percent. The two are tested as independent samples: by an exact permutation test where runs are few, or
else by Welch's t. They are paired where lines state split, data_hash and shared_seeds (yes): that their runs
share initial weights and order of batches with the suite's of the same seeds. Another split and other data
are refused. The tables are printed, and written in LaTeX, Markdown and HTML."""


def register(commands: Commands) -> None:
    """Add `compare`."""
    parser = add_command(commands, "compare", "set your own numbers beside an experiment's", COMPARE)
    parser.add_argument("file", type=Path, metavar="CSV", help="the numbers")
    parser.add_argument(
        "--against", metavar="EXPERIMENT",
        help="its name (default: of those that were made, the one that has most methods on most of the "
        "file's benchmarks)",
    )  # fmt: skip
    parser.add_argument(
        "--published", metavar="TAG", help="take its runs from a published version, as v0.1.1"
    )
    parser.add_argument(
        "--collected", type=Path, metavar="DIR", default=Made("collected"),
        help="where those of experiments are that `collect` gathered",
    )  # fmt: skip
    parser.add_argument(
        "--output", type=Path, metavar="DIR", default=Made("compared"),
        help="folder for EXPERIMENT_FILE.{tex,md,html}",
    )  # fmt: skip
    parser.set_defaults(run=placed(compare))


def compare(args: argparse.Namespace) -> None:
    """Compare in each metric, print and write."""
    from inforeg.analysis.collected.own import read_own
    from inforeg.analysis.statistics.beside import beside
    from inforeg.analysis.tables import beside as shown
    from inforeg.analysis.tables import render
    from inforeg.characters import typesettable
    from inforeg.files import write_text

    own, project, source = read_own(args.file), Project(), typesettable(args.file.name)
    _check_names(project, own)
    study = _study(project, args.against or _nearest(project, own, args), args)
    _check_benchmarks(study, own)
    metrics = dict.fromkeys(each.metric for each in own if each.benchmark in study.benchmarks)
    compared = [beside(study, own, metric) for metric in metrics]
    tables = [table for found in compared for table in shown.tables(study, found, source)]
    origin = f"{source} beside {study.provenance}"
    name = f"{study.name}_{args.file.stem}"
    for notation, ending in ((render.latex, "tex"), (render.markdown, "md"), (render.html, "html")):
        write_text(args.output / f"{name}.{ending}", notation(tables, origin))
    print(render.markdown(tables, origin))
    print(f"The same is in {args.output / name}.tex, .md and .html")


def _study(project: Project, name: str, args: argparse.Namespace) -> "Study":
    """The experiment, as collected or as published."""
    from inforeg.analysis.collected.published import read_published
    from inforeg.analysis.collected.study import Study

    if args.published:
        return read_published(project, name, version(project.results, args.published))
    folder = args.collected / name
    project.experiment(name)  # says so where there is none
    if not folder.exists():
        known = versions(project.results)
        other = f", or name a published version by --published {known[-1]}" if known else ""
        raise UserError(f"{folder} is missing; run `snakemake --cores all {name}` first{other}.")
    return Study.read(project, name, folder, ("runs",))


def _nearest(project: Project, own: "Sequence[Own]", args: argparse.Namespace) -> str:
    """The experiment with most methods on most of the benchmarks of `own`: of `all`, and made, if one is."""
    named = {each.benchmark for each in own}
    published = args.published and version(project.results, args.published)

    def made(name: str) -> bool:
        return (published / f"statistics/{name}.json" if published else args.collected / name).exists()

    def order(name: str) -> tuple[bool, bool, bool, int, int]:
        experiment = project.experiment(name)
        shared = len(named & {*experiment.benchmarks})
        methods = len({row.method for row in experiment.rows})
        return shared > 0, shared > 0 and made(name), name in whole, shared, methods

    whole = project.workflow().experiments
    return max(project.asked(project.experiments()), key=order)


def _check_names(project: Project, own: "Sequence[Own]") -> None:
    """Refuse benchmarks that nothing has."""
    for each in own:
        if each.benchmark not in project.benchmarks():
            raise UserError(f"{each.place}: {unknown('benchmark', each.benchmark, project.benchmarks())}")


def _check_benchmarks(study: "Study", own: "Sequence[Own]") -> None:
    """Refuse numbers of which none is on a benchmark of `study`."""
    if not any(each.benchmark in study.benchmarks for each in own):
        raise UserError(
            f"The experiment {study.name!r} is on {', '.join(study.benchmarks)}, of which the file has none; "
            "compare with another one by --against."
        )
