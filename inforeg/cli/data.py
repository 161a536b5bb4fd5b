"""`inforeg data`: fetch, verify and prepare the benchmarks' folders."""

import argparse
from pathlib import Path

from inforeg.cli.options import Commands, Formatter
from inforeg.processes import stoppable
from inforeg.suite.project import Project

FETCH = """\
Bring data/<data set> to the version that data.dvc pins: nothing to do if it is there, else from DVC's cache
or remote, else rebuilt from pinned sources; then verified. The network is needed only for what no cache has.
Sources are kept in INFOREG_CACHE, by default ~/.cache/inforeg.

A laboratory shares its data by `dvc remote add --default NAME URL` (a folder, s3://, ssh://) and `dvc push`:
what this command fetched is in DVC's cache already. Elsewhere `dvc pull`, or this command, takes it from
there."""

VERIFY = "Compare data/<data set> with data.dvc, byte for byte, and name the first file that differs."

PREPARE = """\
Rebuild a data set from its pinned sources, without DVC, into a new folder, and print the folder's hash, the
one in data.dvc on every machine and under every version of Python and NumPy, and the samples of each class in
each part. What cannot be trained on is refused."""

ADD = """\
Let data.dvc pin data/<data set> as it is now, once it is known to be whole and fit for training, and put it
into DVC's cache, so that `dvc push` shares it: for data of your own, and for what comes out differently on
every machine, such as decoded media."""

BENCHMARK = "a data set, or a configured benchmark that uses it (`inforeg list benchmarks`)"


def register(commands: Commands) -> None:
    """Add `data` and its actions."""
    group = commands.add_parser("data", help="fetch, verify or rebuild the benchmarks' data")
    actions = group.add_subparsers(metavar="ACTION", required=True)

    def add(name: str, summary: str, description: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = actions.add_parser(
            name, help=summary, description=description, formatter_class=Formatter
        )
        return parser

    parser = add("fetch", "bring data to the pinned version", FETCH)
    parser.add_argument("benchmarks", nargs="+", metavar="BENCHMARK", help=BENCHMARK)
    parser.add_argument("--force", action="store_true", help="replace a folder that differs from data.dvc")
    parser.set_defaults(run=fetch)
    parser = add("verify", "compare data with data.dvc", VERIFY)
    parser.add_argument("benchmarks", nargs="+", metavar="BENCHMARK", help=BENCHMARK)
    parser.set_defaults(run=verify)
    parser = add("add", "pin a folder in data.dvc", ADD)
    parser.add_argument("benchmarks", nargs="+", metavar="BENCHMARK", help=BENCHMARK)
    parser.add_argument(
        "--no-cache", action="store_false", dest="cached",
        help="leave DVC's cache as it is: no second copy on disk, and nothing for `dvc push`",
    )  # fmt: skip
    parser.set_defaults(run=pin)
    parser = add("prepare", "rebuild a data set from its sources", PREPARE)
    parser.add_argument("benchmark", metavar="BENCHMARK", help=BENCHMARK)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="the folder to make")
    parser.set_defaults(run=prepare)


@stoppable()
def fetch(args: argparse.Namespace) -> None:
    """One line for each benchmark: where its data are."""
    from inforeg.suite.folders import store

    project = Project()
    for name in args.benchmarks:
        print(f"{name}: {store.fetch(store.data_name(name, project), project, args.force)}")


def verify(args: argparse.Namespace) -> None:
    """One line for each benchmark whose data are as pinned; the first other one is an error."""
    from inforeg.suite.folders import store

    project = Project()
    for name in args.benchmarks:
        print(f"{name}: {store.verify(store.data_name(name, project), project)} is as data.dvc pins it")


@stoppable()
def pin(args: argparse.Namespace) -> None:
    """One line for each data set: the hash that data.dvc has now."""
    from inforeg.suite.folders import pinning, store

    project = Project()
    for name in args.benchmarks:
        md5 = pinning.add(store.data_name(name, project), project, cached=args.cached)
        print(f"{name}: data.dvc pins {md5}")


@stoppable()
def prepare(args: argparse.Namespace) -> None:
    """The new folder and its hash, then a line for each part of each division."""
    from inforeg.suite.folders import store

    name = store.data_name(args.benchmark, Project())
    print(f"{args.benchmark}: {args.output} has the hash {store.prepare(name, args.output)}")
    for part, classes in store.counts(name, args.output).items():
        shown = ", ".join(f"{label} {count}" for label, count in classes.items())
        print(f"{part}: {sum(classes.values())} samples ({shown})")
