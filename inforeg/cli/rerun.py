"""`inforeg rerun`: train a finished run once more and compare bits."""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from inforeg.cli.diff import parted
from inforeg.cli.options import Commands, add_command, add_machine
from inforeg.cli.runs import load, machine_of, train_all
from inforeg.errors import UserError
from inforeg.files import PART
from inforeg.reading import validated
from inforeg.runspec import Machine, RunSpec
from inforeg.suite.project import Project

if TYPE_CHECKING:
    from inforeg.data.base import Data
    from inforeg.engine.opened import Opened

RERUN = """\
Train a finished run once more, with the runs that it needs, in a temporary directory beside it, and compare:
the same bits, or the first epoch and number in which the two differ, and then status 2. The run stays as it
is, and the other one is removed."""


def register(commands: Commands) -> None:
    """Add `rerun`."""
    parser = add_command(commands, "rerun", "train a finished run once more and compare bits", RERUN)
    parser.add_argument("folder", type=Path, metavar="DIR", help="the run's directory")
    add_machine(parser)
    parser.set_defaults(run=rerun)


def rerun(args: argparse.Namespace) -> None:
    """Train it again and say whether it is the same."""
    from inforeg.engine.device import elsewhere, holding_device, placed, prepare_process
    from inforeg.engine.finished import finished
    from inforeg.engine.opened import opened

    before = opened(args.folder)
    before.result()  # there is one to compare with
    spec = validated(RunSpec, before.run.spec, f"{args.folder}/run.json")
    finished(args.folder, spec)  # by the code that is there
    project = Project()
    machine = machine_of(project, spec, args)
    prepare_process(machine)
    with holding_device(machine):
        again = _trained(spec, args.folder.resolve(), placed(load(project, spec), machine), machine)
    differences = list(_differences(before, again))
    where = elsewhere(before.run, machine)
    if differences:
        made = f" It was made {where}." if where else ""
        raise UserError(f"{args.folder} is not repeated: {'; '.join(differences)}.{made}")
    print(f"{args.folder} is repeated, bit for bit{where and f', though made {where}'}")


def _trained(spec: RunSpec, folder: Path, data: "Data", machine: Machine) -> "Opened":
    """The run `spec`, trained beside `folder`; its files are gone."""
    from inforeg.engine.opened import opened

    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", suffix=PART, dir=folder.parent) as beside:
        root = Path(beside)
        train_all(spec, data, root, machine)
        return opened(spec.directory(root))


def _differences(before: "Opened", again: "Opened") -> Iterator[str]:
    """What is not the same, as clauses."""
    from inforeg.engine.opened import other_files, parting

    then, now = before.result(), again.result()
    if then.diverged != now.diverged:
        ends = (f"{each.diverged or 'it did not diverge'}".rstrip(".") for each in (then, now))
        yield " then, and now ".join(ends)
    if first := parting(before.epochs, again.epochs):
        yield f"of its epochs, {parted(first)}"
    if files := other_files(then, now):
        yield f"not the same bytes: {', '.join(files)}"
    if then.selection != now.selection:
        yield "its results are others"
