"""`inforeg data`: fetch, verify and prepare the benchmarks' folders."""

import argparse
import math
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from inforeg.cli.options import Commands, Reading, add_allow, add_command
from inforeg.errors import UserError, shown, warn
from inforeg.processes import stoppable
from inforeg.suite.project import Project

if TYPE_CHECKING:
    from inforeg.data.base import Dataset
    from inforeg.data.gathered import Gathered

FETCH = """\
Bring data/<data set> to the version that data.dvc pins: nothing to do if it is there, else from DVC's cache
or remote, else rebuilt from pinned sources; then verified. The network is needed only for what no cache has.
Sources are kept in INFOREG_CACHE, by default ~/.cache/inforeg.

A laboratory shares its data by `dvc remote add --local --default NAME URL` (a folder, s3://, ssh://) and
`dvc push`: what this command fetched is in DVC's cache already. Elsewhere `dvc pull`, or this command, takes
it from there; a remote that fails is named, and the pinned sources stand in for it."""

VERIFY = "Compare data/<data set> with data.dvc, byte for byte, and name the first file that differs."

PREPARE = """\
Make a data set's new folder, without DVC, and print its hash and the samples of each class in each part. What
cannot be trained on is refused.

Most data sets are rebuilt from their pinned sources, with the same hash on every machine and under every
version of Python and NumPy. Those of media and of other people's features are made of files that you have:
--raw names their folder, or --download fetches them first, where that is possible. It may take hours;
stopped or killed, the same command goes on where it was. When the folder is whole, data.dvc pins it;
`inforeg data add` puts it into DVC's cache as well, for `dvc push`."""

ADD = """\
Let data.dvc pin data/<data set> as it is now, once it is known to be whole and fit for training, and put it
into DVC's cache, so that `dvc push` shares it: for data of your own, and for what comes out differently on
every machine, such as decoded media."""

BENCHMARK = "a data set, or a configured benchmark that uses it (`inforeg list benchmarks`)"


def register(commands: Commands) -> None:
    """Add `data` and its actions."""
    group = commands.add_parser("data", help="fetch, verify or rebuild the benchmarks' data")
    actions = group.add_subparsers(metavar="ACTION", required=True)
    add = partial(add_command, actions)
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
    parser = add("prepare", "make a data set's folder", PREPARE)
    parser.add_argument("benchmark", metavar="BENCHMARK", help=BENCHMARK)
    parser.add_argument(
        "--output", type=Path, metavar="DIR",
        help="the folder to make, pinned nowhere (default: data/<data set>)",
    )  # fmt: skip
    parser.add_argument("--raw", type=Path, metavar="DIR", help="folder of the files that it is made of")
    parser.add_argument("--download", action="store_true", help="fetch these files first")
    parser.add_argument("--yes", action="store_true", help="fetch them without asking")
    add_allow(parser)
    parser.add_argument(
        "--min-share", metavar="SHARE", action=Reading, read=share,
        help="go on if this share of the listed samples is there, from 0 to 1",
    )  # fmt: skip
    parser.add_argument(
        "--own-lists", action="store_true", help="take the lists of samples from the raw folder as well"
    )
    parser.set_defaults(run=prepare)


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found <= 1:
        raise UserError(f"--min-share {shown(text)} is no share; give a number from 0 to 1, such as 0.9.")
    return found


@stoppable()
def fetch(args: argparse.Namespace) -> None:
    """One line for each benchmark: where its data are."""
    from inforeg.suite.folders import store
    from inforeg.suite.folders.places import place

    project = Project()
    for name in args.benchmarks:
        print(f"{name}: {store.fetch(place(name, project), project, args.force)}")


def verify(args: argparse.Namespace) -> None:
    """One line for each benchmark whose data are as pinned; the first other one is an error."""
    from inforeg.suite.folders import store
    from inforeg.suite.folders.places import place

    project = Project()
    for name in args.benchmarks:
        print(f"{name}: {store.verify(place(name, project), project)} is as data.dvc pins it")


@stoppable()
def pin(args: argparse.Namespace) -> None:
    """One line for each data set: the hash that data.dvc has now."""
    from inforeg.suite.folders import pinning
    from inforeg.suite.folders.places import place

    project = Project()
    for name in args.benchmarks:
        md5 = pinning.add(place(name, project), project, cached=args.cached)
        print(f"{name}: data.dvc pins {md5}")


@stoppable()
def prepare(args: argparse.Namespace) -> None:
    """The new folder and its hash, then a line for each part of each division."""
    from inforeg.data.gathered import Gathered
    from inforeg.suite.folders import store
    from inforeg.suite.folders.places import dataset_at, place, refuse_two_preparations

    project = Project()
    refuse_two_preparations(project)
    dataset = dataset_at(place(args.benchmark, project), project)
    output = args.output or project.root / "data" / dataset.place
    md5 = (
        _gathered(args, project, dataset, output)
        if isinstance(dataset, Gathered)
        else _rebuilt(args, dataset, output)
    )
    print(f"{args.benchmark}: {output} has the hash {md5}")
    for part, classes in store.counts(dataset, output).items():
        listed = ", ".join(f"{label} {count}" for label, count in classes.items())
        print(f"{part}: {sum(classes.values())} samples ({listed})")
        if absent := [label for label, count in classes.items() if not count]:
            warn(f"{part} has no sample of the class {absent[0]!r}, of which its metrics say nothing.")


def _rebuilt(args: argparse.Namespace, dataset: "Dataset", output: Path) -> str:
    """The hash of the folder, made of pinned sources."""
    from inforeg.suite.folders import store

    if args.raw or args.download or args.own_lists or args.allow or args.min_share is not None:
        raise UserError(
            f"{args.benchmark!r} is made of pinned sources; leave out --raw, --download, --own-lists, "
            "--allow and --min-share."
        )
    return store.prepare(dataset, output)


def _gathered(args: argparse.Namespace, project: Project, dataset: "Gathered", output: Path) -> str:
    """The hash of the folder, made of the user's files and pinned if it is the project's own."""
    from inforeg.data.gathered import Material
    from inforeg.suite.folders import gathering, pinning, store

    if not args.output and output.exists():
        pinned = project.data_hashes().get(output.name)
        other = f"or pin it by `inforeg data add {output.name}`" if pinned is None else "to make it anew"
        raise UserError(f"{output} is there already; remove it, {other}.")
    store.refuse_replacing(output)
    if bool(args.raw) == args.download:
        raise UserError(f"{dataset.remedy} It is one of --raw and --download.")
    raw = dataset.download(partial(confirmed, yes=args.yes)) if args.download else args.raw
    if dataset.disk_bytes is not None:
        print(f"{output} will take up to {dataset.disk_bytes / 1e9:.1f} GB.", file=sys.stderr)
    material = Material(raw, frozenset(args.allow), args.min_share, args.own_lists)
    md5 = gathering.gather(dataset, material, output)
    return md5 if args.output else pinning.add(dataset.place, project, cached=False)


def confirmed(cost: str, *, yes: bool) -> None:
    """Ask whether to go on at this `cost`, a sentence; with `yes`, only tell it.

    Raises:
        UserError: the answer is no, or there is nobody to ask.
    """
    print(cost, file=sys.stderr)
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise UserError("Nobody is there to be asked whether to go on; add --yes to the command.")
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UserError("Nothing was fetched; answer y, or give the folder of your own files as --raw.")
