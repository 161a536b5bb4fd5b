"""`inforeg export`: a finished run's logits, features and labels, for other programs."""

import argparse
from pathlib import Path

from inforeg.cli.options import Commands, Reading, add_command, add_machine
from inforeg.cli.runs import load, machine_of
from inforeg.errors import UserError, shown, unknown
from inforeg.reading import validated
from inforeg.runspec import RunSpec
from inforeg.suite.project import Project

EXPORT = """\
Restore the model of a finished run that validation selects, and write what it makes of each sample: its id in
the data set, target, prediction, the logits of the answer and of each modality, and each encoder's features.
The run's spec and the classes are in the metadata of the Parquet file, or arrays of JSON in the npz."""

FORMATS = ("parquet", "npz")
SPLITS = ("train", "val", "test")
HELD_OUT = ("val", "test")


def register(commands: Commands) -> None:
    """Add `export`."""
    parser = add_command(commands, "export", "write a run's logits, features and labels", EXPORT)
    parser.add_argument("folder", type=Path, metavar="DIR", help="the run's directory")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="file to write (default: export.FORMAT in the run's directory)",
    )
    parser.add_argument("--format", choices=FORMATS, help="of the file (default: as --out ends, or parquet)")
    parser.add_argument(
        "--splits", metavar="S,...", action=Reading, read=splits,
        help="of which splits, of train, val and test (default: val,test)",
    )  # fmt: skip
    add_machine(parser)
    parser.set_defaults(run=export)


def splits(text: str) -> tuple[str, ...]:
    """Names of splits, in their order."""
    named = text.split(",")
    if strange := next((name for name in named if name not in SPLITS), None):
        raise unknown("split", strange, SPLITS)
    return tuple(name for name in SPLITS if name in named)


def export(args: argparse.Namespace) -> None:
    """Write the file."""
    from inforeg.engine.device import holding_device
    from inforeg.engine.finished import finished
    from inforeg.engine.opened import opened
    from inforeg.probes import export as exported
    from inforeg.probes.restore import restore

    run = opened(args.folder)
    if run.result().diverged is not None:
        raise UserError(f"{args.folder} holds no model, for its training diverged; export another run.")
    spec = validated(RunSpec, run.run.spec, f"{args.folder}/run.json")
    finished(args.folder, spec)  # by the code that is there
    form = _format(args.out, args.format)
    path = args.out or args.folder / f"export.{form}"
    _check_place(path, args.folder)
    project = Project()
    machine = machine_of(project, spec, args)
    with holding_device(machine):
        restored = restore(spec, args.folder, load(project, spec), machine)
        found = exported.columns(restored, args.splits or HELD_OUT)
    told = {"spec": run.run.spec, "classes": restored.data.classes}
    exported.write(path, found, told, form)
    print(f"{path} has {len(found['index'])} samples: {', '.join(found)}")


def _format(out: Path | None, named: str | None) -> str:
    """Which of FORMATS to write."""
    ending = out.suffix.removeprefix(".") if out else ""
    if named is None and out and ending not in FORMATS:
        raise UserError(f"--out {shown(str(out))} ends in no format; say which by --format parquet or npz.")
    if named and ending in FORMATS and ending != named:
        raise UserError(f"--out {shown(str(out))} ends in another format than --format {named}; give one.")
    return named or ending or FORMATS[0]


def _check_place(path: Path, folder: Path) -> None:
    from inforeg.engine.contents import FILES

    if path.is_dir():
        raise UserError(f"--out {path} is a directory; name a file.")
    if path.parent.resolve() == folder.resolve() and path.name in FILES:
        raise UserError(f"--out {path} is the run's own {path.name}; name another file.")
