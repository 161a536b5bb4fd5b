"""`inforeg test-method` and `inforeg test-data`: does one's own plug-in do what all of its kind do?"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from inforeg.cli.options import Commands, add_allow, add_command
from inforeg.errors import UserError

METHOD = """\
Train a method, as each variant that it offers, on small made data, and say of everything that all methods
promise whether it keeps it: same bits from the same seed, from memory and from files, whole and interrupted;
a test split that it never sees; options that matter. A line each; status 2 where something is broken. It
takes a minute or so, and leaves nothing behind."""

DATA = """\
Make a data set's folder twice, in a temporary place (TMPDIR says where), and say of everything that all data
sets promise whether it keeps it: a folder that comes out the same, samples that can be trained on and are the
same whenever they are loaded, nobody in two splits. A line each; status 2 where something is broken."""


def register(commands: Commands) -> None:
    """Add both."""
    parser = add_command(commands, "test-method", "say whether a method keeps its promises", METHOD)
    parser.add_argument("name", metavar="NAME", help="a method; see `inforeg list methods`")
    parser.set_defaults(run=method)
    data = add_command(commands, "test-data", "say whether a data set keeps its promises", DATA)
    data.add_argument("name", metavar="NAME", help="a data set, or a benchmark that uses it")
    data.add_argument("--raw", type=Path, metavar="DIR", help="folder of the files that it is made of")
    add_allow(data)
    data.set_defaults(run=dataset)
    for each in (parser, data):
        each.set_defaults(interrupted="nothing is left behind")
        each.add_argument(
            "--only", action="append", default=[], metavar="CHECK", help="this check alone; repeatable"
        )


def method(args: argparse.Namespace) -> None:
    """A line for each check of each variant."""
    from inforeg.testing import collected

    with TemporaryDirectory(prefix="inforeg-") as root:
        _tell(f"method {args.name!r}", collected.of_method(args.name, args.only, Path(root)))


def dataset(args: argparse.Namespace) -> None:
    """A line for each check."""
    from inforeg.data.gathered import Gathered, Material
    from inforeg.suite.folders.places import dataset_at, place
    from inforeg.suite.project import Project
    from inforeg.testing import collected, datasets

    project = Project()
    chosen = dataset_at(place(args.name, project), project)
    if isinstance(chosen, Gathered) != bool(args.raw):
        need = (
            "is made of files of your own; give their folder as --raw" if not args.raw else "takes no --raw"
        )
        raise UserError(f"The data set {chosen.name!r} {need}.")
    with TemporaryDirectory(prefix="inforeg-") as root:
        material = Material(args.raw, frozenset(args.allow)) if args.raw else None
        made = datasets.make(chosen, material, Path(root))
        _tell(f"data set {chosen.name!r}", collected.of_dataset(made, args.only))


def _tell(what: str, verdicts: Iterable[tuple[str, str | None]]) -> None:
    """Print the verdicts as they come.

    Raises:
        UserError: something is broken.
    """
    broken = total = 0
    for title, complaint in verdicts:
        print(f"{title}: {'kept' if complaint is None else f'BROKEN: {complaint}'}", flush=True)
        broken, total = broken + (complaint is not None), total + 1
    if broken:
        raise UserError(f"The {what} breaks {broken} of {total} promises; mend what the lines above name.")
