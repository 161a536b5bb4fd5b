"""`inforeg runs`: finished runs to a remote of DVC and from it."""

import argparse
from functools import partial
from typing import TYPE_CHECKING

from inforeg.cli.options import Commands, add_command, add_discard, add_runs
from inforeg.errors import UserError, warn
from inforeg.processes import stoppable
from inforeg.suite.project import Project

if TYPE_CHECKING:
    from inforeg.suite.remotes.exchange import Outcome

PUSH = """\
Keep all finished runs in a remote of DVC, from which others of a laboratory pull them: each by the SHA-256 of
its spec, and by the sources of plug-ins that are not the package's own. What the remote has stays as it is: a
run that differs from the one there is refused by name.

A remote is of this clone: `dvc remote add --local --default NAME URL` (a folder, s3://, ssh://)."""

PULL = """\
Bring the finished runs that a remote of DVC has of what the workflow trains, so that it trains only the
others. What is finished here stays as it is, and what is damaged there is refused by name. Bring the data
first (`inforeg data fetch`): the workflow plans what is older than its data."""


def register(commands: Commands) -> None:
    """Add `runs` and its actions."""
    group = commands.add_parser("runs", help="push finished runs to a remote of DVC, or pull them")
    actions = group.add_subparsers(metavar="ACTION", required=True)
    add = partial(add_command, actions)
    parser = add("push", "keep finished runs in the remote", PUSH)
    _add_remote(parser)
    parser.set_defaults(run=push)
    parser = add("pull", "bring finished runs from the remote", PULL)
    parser.add_argument(
        "targets", metavar="TARGET", nargs="*",
        help="a target or an experiment of the workflow (default: all that the configuration names)",
    )  # fmt: skip
    _add_remote(parser)
    add_discard(parser)
    parser.set_defaults(run=pull)


def _add_remote(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--remote", metavar="NAME", help="the remote (default: DVC's default one)")
    add_runs(parser)


@stoppable()
def push(args: argparse.Namespace) -> None:
    """A line on what became of the runs."""
    from inforeg.suite.remotes import exchange, remote

    _say(exchange.push(remote.opened(Project().root, args.remote), args.runs))


@stoppable()
def pull(args: argparse.Namespace) -> None:
    """The same of those that the targets plan."""
    from inforeg.suite.checks import configuration
    from inforeg.suite.remotes import exchange, remote

    project = Project()
    jobs = configuration(project).jobs_of(args.targets)
    found = remote.opened(project.root, args.remote)
    _say(exchange.pull(found, jobs, args.runs, project.root / "data", discard=args.discard))


def _say(outcome: "Outcome") -> None:
    """How many runs ended how; refusals are errors."""
    print(f"runs: {', '.join(f'{number} {end}' for end, number in sorted(outcome.ends.items())) or 'none'}")
    if outcome.absent:
        names = " ".join(outcome.absent)
        warn(
            "the workflow takes runs as finished once their data are there: run `inforeg data fetch "
            f"{names}` and pull again."
        )
    if len(outcome.refusals) == 1:
        raise outcome.refusals[0]
    for refusal in outcome.refusals:
        warn(str(refusal))
    if outcome.refusals:
        raise UserError(f"{len(outcome.refusals)} runs were refused, as said above; the others were not.")
