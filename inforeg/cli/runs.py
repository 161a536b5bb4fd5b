"""`inforeg train` and `inforeg evaluate`."""

import argparse
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from inforeg.cli.options import (
    Commands,
    Reading,
    add_command,
    add_discard,
    add_machine,
    add_runs,
    add_seeds,
    setting,
)
from inforeg.errors import DivergenceError, UserError
from inforeg.files import json_text, sha256
from inforeg.reading import json_value, validated
from inforeg.runspec import Machine, RunSpec
from inforeg.suite.project import Project

if TYPE_CHECKING:
    from inforeg.data.base import Data

TRAIN = """\
Train runs. What to train is named (--benchmark, --method, --variant, --set) or given whole (--spec).

Runs that the method needs are trained first. A run that is done is left as it is; an interrupted one goes on
from its last whole epoch, and its results are the same bits as those of an unbroken run."""


def register(commands: Commands) -> None:
    """Add `train` and `evaluate`."""
    parser = add_command(commands, "train", "train one run, or several that differ in their seed", TRAIN)
    add_spec(parser)
    add_seeds(parser)
    parser.add_argument(
        "--out", type=Path, metavar="DIR",
        help="the run's directory, for one seed; by default the run's own place under --runs",
    )  # fmt: skip
    add_machine(parser)
    add_runs(parser)
    parser.add_argument("--report", type=Path, metavar="FILE", help="written when all runs are done")
    add_discard(parser)
    parser.set_defaults(run=train)
    evaluation = add_command(
        commands,
        "evaluate",
        "evaluate a finished run's model again",
        "Load a finished run's model and print its validation and test metrics as JSON.",
    )
    evaluation.add_argument("folder", type=Path, metavar="DIR", help="the run's directory")
    add_machine(evaluation)
    evaluation.set_defaults(run=evaluate)


def add_spec(parser: argparse.ArgumentParser) -> None:
    """The options that say what to train."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--benchmark", metavar="B", help="its name; see `inforeg list benchmarks`")
    what.add_argument("--spec", metavar="JSON", help="a whole spec, as in run.json, for any seed")
    parser.add_argument("--method", metavar="M", help="its name; see `inforeg list methods`")
    parser.add_argument(
        "--variant", metavar="V",
        help="one that the method offers, or a name for the runs with your settings (default: default)",
    )  # fmt: skip
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action=Reading, read=setting, default=[], dest="settings",
        help="a setting of the method, or a path into the benchmark's YAML (training.lr=0.01); repeatable",
    )  # fmt: skip


def train(args: argparse.Namespace) -> None:
    """Train every seed, then write the report."""
    from inforeg.engine.assembly import method_of
    from inforeg.engine.contents import SUMMARY
    from inforeg.engine.device import holding_device, placed, prepare_process
    from inforeg.engine.record import write_report
    from inforeg.engine.train import train as train_run
    from inforeg.suite.jobs import closure
    from inforeg.suite.plan import with_seeds

    project = Project()
    spec = spec_of(project, args)
    specs = with_seeds(spec, args.seeds or [spec.seed])
    if args.out and len(specs) > 1:
        raise UserError("--out names one directory; leave it out to train several seeds.")
    check_places(args, spec)
    method_of(spec)  # says whether it can run, before the runs that it needs are trained
    machine = machine_of(project, spec, args)
    prepare_process(machine)
    done, diverged = {}, None
    with holding_device(machine):
        data = placed(load(project, specs[0]), machine)
        for spec in specs:
            for needed in closure(spec):
                with suppress(DivergenceError):  # what needs it says so
                    place = needed.directory(args.runs)
                    train_run(needed, place, data, args.runs, machine, discard=args.discard)
            folder = args.out or spec.directory(args.runs)
            try:
                train_run(spec, folder, data, args.runs, machine, discard=args.discard)
                print(f"{folder} is done{_where(folder, machine)}")
            except DivergenceError as error:
                print(f"{folder} diverged: {error}")
                diverged = error
            done[spec.seed] = sha256(folder / SUMMARY)
    if args.report:
        # For the workflow a run that diverged is a result, which its tables print.
        write_report(args.report, specs[0], done)
    elif diverged:
        raise diverged


def evaluate(args: argparse.Namespace) -> None:
    """Print the metrics of the run's selected epoch, computed anew."""
    from inforeg.engine.contents import SUMMARY
    from inforeg.engine.finished import finished, read_run
    from inforeg.probes.restore import evaluate_run, restore

    run = read_run(args.folder)
    if run is None or not (args.folder / SUMMARY).exists():
        raise UserError(f"{args.folder} holds no finished run; train it first.")
    spec = validated(RunSpec, run.spec, f"{args.folder}/run.json")
    project = Project()
    data = load(project, spec)
    if finished(args.folder, spec).diverged is not None:
        raise UserError(f"{args.folder} holds no model, for its training diverged; evaluate another run.")
    print(
        json_text(evaluate_run(restore(spec, args.folder, data, machine_of(project, spec, args))), indent=2)
    )


def _where(folder: Path, machine: Machine) -> str:
    """A note on a run that was made elsewhere."""
    from inforeg.engine.device import elsewhere
    from inforeg.engine.finished import read_run

    run = read_run(folder)
    where = elsewhere(run, machine) if run else ""
    return where and f", {where}"


def train_all(spec: RunSpec, data: "Data", root: Path, machine: Machine, *, discard: bool = False) -> None:
    """Train a run, after those that it needs, at their own places below `root`."""
    from inforeg.engine.train import train as train_run
    from inforeg.suite.jobs import closure

    for each in (*closure(spec), spec):
        with suppress(DivergenceError):  # a result like any other
            train_run(each, each.directory(root), data, root, machine, discard=discard)


def machine_of(project: Project, spec: RunSpec, args: argparse.Namespace) -> Machine:
    """Where the run is computed: as the project says, and over that the command."""
    given = validated(Machine, dict(args.machine), "--machine")
    return project.machine(spec.benchmark).but(given)


def reading(project: Project, machine: Machine) -> Callable[[RunSpec], "Data"]:
    """Reads the data of a run, and keeps those of the last one: folds differ in theirs."""
    from inforeg.engine.device import placed

    held: dict[str, Data] = {}

    def read(spec: RunSpec) -> "Data":
        key = spec.config.data.model_dump_json()
        if key not in held:
            held.clear()
            held[key] = placed(load(project, spec), machine)
        return held[key]

    return read


def load(project: Project, spec: RunSpec) -> "Data":
    """The spec's data, verified to be the version that the spec names."""
    from inforeg.data.checks import loaded
    from inforeg.engine.versions import versions
    from inforeg.suite.folders.places import dataset_of
    from inforeg.suite.folders.store import verify

    data_set = dataset_of(spec.config.data)
    folder = verify(data_set.place, project)
    current = versions(spec.method, spec.config)
    if spec.versions != current:
        raise UserError(
            f"The spec is for the versions {spec.versions} of the code, which is now at {current}; use the "
            "commit that made the spec, or resolve it anew by --benchmark and --method."
        )
    pinned = project.data_hashes()[data_set.place]
    if spec.data_hash != pinned:
        raise UserError(
            f"The spec is of data/{data_set.place} with hash {spec.data_hash}, but data.dvc pins {pinned}; "
            "use the spec and the data of one commit."
        )
    return loaded(data_set, folder, spec.benchmark, spec.config.encoders)


def check_places(args: argparse.Namespace, spec: RunSpec) -> None:
    """Raise a `UserError` if what is to be written could not be, before the long work."""
    from inforeg.suite.jobs import closure

    if args.report and args.report.is_dir():
        raise UserError(f"--report {args.report} is a directory; name a file.")
    places = {"--out": args.out, "--runs": args.runs, "--report": args.report and args.report.parent}
    for flag, place in places.items():
        if place is None or (flag == "--runs" and args.out and not closure(spec)):
            continue
        nearest = next(folder for folder in (place, *place.parents) if os.path.lexists(folder))
        if not nearest.is_dir():
            raise UserError(f"{flag} leads through {nearest}, which is no directory; choose another place.")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise UserError(f"{flag} leads to {nearest}, which cannot be written; choose another place.")


def spec_of(project: Project, args: argparse.Namespace) -> RunSpec:
    """What the options of `add_spec` name."""
    from inforeg.suite.jobs import needs
    from inforeg.suite.resolve import completed, refuse_borrowed, resolve

    if args.spec is not None:
        if args.method or args.variant or args.settings:
            raise UserError("--spec is whole; give it without --method, --variant and --set.")
        return completed(project, validated(RunSpec, json_value(args.spec, "--spec"), "--spec"))
    if args.method is None:
        raise UserError("--benchmark needs a --method; see `inforeg list methods`.")
    overrides = dict(args.settings)
    spec = resolve(project, args.benchmark, args.method, args.variant or "default", overrides=overrides)
    if not args.out or needs(spec):  # what it needs lies in places named after its variant
        refuse_borrowed(project, spec, overrides)
    return spec
