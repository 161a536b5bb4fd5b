"""`inforeg init`."""

import argparse
from pathlib import Path

from inforeg.cli.options import Commands, add_command

INIT = """\
Make a project of your own: a Snakefile, a configuration with one experiment, and a package with a data set of
a local folder, a method, an encoder and their test. Its README says what goes where. Everything in it runs as
it is, and is there to be replaced."""


def register(commands: Commands) -> None:
    """Add `init`."""
    parser = add_command(commands, "init", "make a project of your own, with an example of everything", INIT)
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder that is new or empty")
    parser.set_defaults(run=init)


def init(args: argparse.Namespace) -> None:
    """Make it, and say how to go on."""
    from inforeg.cli.check import write_schemas
    from inforeg.suite.project import Project
    from inforeg.suite.starting import begin

    begin(args.folder)
    write_schemas(Project(args.folder))
    print(f"{args.folder} is a project; its README.md says how to go on:")
    print(f"  cd {args.folder}")
    print("  inforeg data prepare measurements --raw raw")
    print("  snakemake --cores all")
