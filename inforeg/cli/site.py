"""`inforeg site`: results as pages for a browser."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inforeg.cli.analysis import add_sources, named, result
from inforeg.cli.options import Commands, Made, add_command, placed
from inforeg.errors import UserError
from inforeg.suite.products import LATEST, ORIGIN, SITES
from inforeg.suite.project import Project
from inforeg.suite.replication import version

if TYPE_CHECKING:
    from inforeg.analysis.site.content import Content

SITE = """\
Write the results as a static site, whose first page is index.html: what was found, leaderboards, and a page
for each claim, experiment, method, data set and run. It needs no server and no network.

It shows the EXPERIMENTs, or all whose statistics are stored; with --published, a version's files alone."""


def register(commands: Commands) -> None:
    """Add `site`."""
    parser = add_command(commands, "site", "write results as pages for a browser", SITE)
    parser.add_argument("experiment", metavar="EXPERIMENT", nargs="*", help="see `inforeg list experiments`")
    parser.add_argument("--published", metavar="TAG", help="of this published version, e.g. v0.1")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help=f"folder (default: site/TAG, or site/{LATEST}, beside results)",
    )
    parser.add_argument("--results", type=Path, metavar="DIR", default=Made("."), help="where results lie")
    add_sources(parser)
    parser.set_defaults(run=placed(site), commands=commands.choices)


def site(args: argparse.Namespace) -> None:
    """Write it."""
    from inforeg.analysis.site.write import write_site

    if args.published and args.experiment:
        raise UserError("--published is all of a version; leave out the experiments, or --published.")
    out = args.out or args.results / SITES / (args.published or LATEST)
    content = _published(args) if args.published else _collected(args)
    count = write_site(replace(content, commands=args.commands), out)
    print(f"{out / 'index.html'} is the first of {count} pages")


def _published(args: argparse.Namespace) -> "Content":
    from inforeg.analysis.site.published import content_of

    return content_of(version(args.results, args.published), Project())


def _collected(args: argparse.Namespace) -> "Content":
    from inforeg.analysis.site.stored import FRAMES, content_of
    from inforeg.analysis.tables.sentences import lines_of
    from inforeg.suite.plan import plan

    project = Project()
    stored = (path.parent.name for path in sorted(args.statistics.glob(f"*/{ORIGIN}")))
    asked = args.experiment or [name for name in stored if name in project.experiments()]
    if not asked:
        raise UserError(
            f"{args.statistics} has no statistics of an experiment; make some with `snakemake`, or show a "
            "version by --published."
        )
    results = [result(args, name, FRAMES) for name in asked]
    sentences, _, experiments = named(project)
    specs = {
        spec.digest(): spec for name in asked for cell in plan(project, name).cells for spec in cell.specs
    }
    said = lines_of(sentences, experiments, results)
    return content_of(results, specs, project, args.results / "figures", said)
