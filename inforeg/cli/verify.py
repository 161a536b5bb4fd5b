"""`inforeg verify`: train a random share of what was published again and compare bits."""

import argparse
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from inforeg.cli.options import Commands, Made, add_command, add_machine, placed
from inforeg.cli.runs import machine_of, reading, train_all
from inforeg.errors import UserError
from inforeg.suite.project import Project
from inforeg.suite.replication import origin, version
from inforeg.suite.tuning import PROTOCOLS

if TYPE_CHECKING:
    from inforeg.suite.plan import Cell

VERIFY = """\
Draw a share of the runs of an experiment that a published version holds, train these again in a temporary
directory, with the runs that they need, and compare every number of theirs, epoch by epoch: the same bits, or
the first one that differs, and then status 2. Of a protocol (settings, tuning) trials are drawn, and their
means and deviations compared. Another draw takes others. Cells in which a run diverged are left alone."""


def register(commands: Commands) -> None:
    """Add `verify`."""
    parser = add_command(commands, "verify", "train a share of a published experiment's runs again", VERIFY)
    parser.add_argument("tag", metavar="TAG", help="the published version, e.g. v0.2")
    parser.add_argument("experiment", metavar="EXPERIMENT", help="outside `all`, e.g. headline or settings")
    parser.add_argument("--share", type=float, default=0.05, help="of its runs (default: %(default)s)")
    parser.add_argument("--draw", type=int, default=0, metavar="N", help="which draw (default: %(default)s)")
    parser.add_argument("--results", type=Path, default=Made("."), metavar="DIR", help="where versions lie")
    add_machine(parser)
    parser.set_defaults(run=placed(verify))


def verify(args: argparse.Namespace) -> None:
    """Train them again and say whether they are the same."""
    from inforeg.analysis.collected.origins import origin_of_cells

    if not 0.0 < args.share <= 1.0:
        raise UserError(f"--share {args.share:g} is no share; give one above 0 and at most 1.")
    project, kept = Project(), version(args.results, args.tag)
    drawn = (_trials if args.experiment in PROTOCOLS else _runs)(project, kept, args)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _train(project, drawn.cells, root, args)
        count, differ = drawn.compare(root)
        now = origin_of_cells(drawn.cells, root)
    what = f"{now['runs']} runs of {args.experiment}"
    if differ:
        raise UserError(
            f"{what} were trained again: of {count} numbers {len(differ)} are not those of {args.tag}; "
            f"{differ[0]}.{_elsewhere(drawn.machine, now['machine'])}"
        )
    print(f"{what} were trained again: all {count} numbers are those of {args.tag}")


class _Drawn(NamedTuple):
    """What is trained again.

    Attributes:
        cells: its runs.
        machine: on which they were trained before.
        compare: how many numbers were compared, of the runs below a folder, and which differ.
    """

    cells: "tuple[Cell, ...]"
    machine: Mapping[str, list[str]]
    compare: Callable[[Path], tuple[int, list[str]]]


def _runs(project: Project, kept: Path, args: argparse.Namespace) -> _Drawn:
    """Of the runs of an experiment."""
    from inforeg.analysis.collected.collect import collect
    from inforeg.analysis.collected.published import gathered
    from inforeg.analysis.collected.repeated import compared, draw
    from inforeg.suite.plan import plan

    experiment, whole = project.experiment(args.experiment), plan(project, args.experiment)
    published = gathered(kept, args.experiment, whole)
    stated = [*published.provenance["left_out"], *published.provenance["diverged"]]
    drawn = draw(whole, args.share, args.draw, {(cell["row"], cell["benchmark"]) for cell in stated})

    def compare(root: Path) -> tuple[int, list[str]]:
        return compared(collect(drawn, root, experiment.selection, (), experiment.metrics), published)

    return _Drawn(drawn.cells, published.provenance["machine"], compare)


def _trials(project: Project, kept: Path, args: argparse.Namespace) -> _Drawn:
    """Of the trials of a protocol."""
    import pandas as pd

    from inforeg.analysis.collected.published import REMEDY
    from inforeg.analysis.collected.repeated import differing, drawn_of
    from inforeg.analysis.tables.trials import scores
    from inforeg.reading import read_json
    from inforeg.suite.plan import plan_trials
    from inforeg.suite.published import Origin

    protocol = PROTOCOLS[args.experiment]
    _, listed, *_ = (kept / file for file in protocol.products)
    if not listed.is_file():
        raise UserError(f"{listed} is missing; {REMEDY}.")
    trials = drawn_of(plan_trials(project, protocol), args.share, args.draw)
    keys = ["benchmark", "row", "trial"]

    def numbers(frame: pd.DataFrame) -> pd.DataFrame:
        finite = frame.replace(-math.inf, math.nan)  # of trials that diverge
        return finite.melt(keys, ["mean", "sd", "n", "epochs"], "metric")

    def compare(root: Path) -> tuple[int, list[str]]:
        found = numbers(scores(trials, root))
        return len(found), differing(found, numbers(pd.read_csv(listed)))

    machine = read_json(kept / origin(protocol.name), Origin, REMEDY).model_dump().get("machine", {})
    return _Drawn(tuple(cell for trial in trials for cell in trial.cells), machine, compare)


def _train(project: Project, cells: "Sequence[Cell]", root: Path, args: argparse.Namespace) -> None:
    """Train the runs of `cells`, which stand by benchmark, below `root`."""
    from tqdm import tqdm

    from inforeg.engine.device import holding_device, prepare_process

    specs = [spec for cell in cells for spec in cell.specs]
    with tqdm(total=len(specs), desc="train", unit="run", disable=None) as bar:
        for _, group in groupby(specs, key=lambda spec: spec.benchmark):
            first, *others = group
            machine = machine_of(project, first, args)
            prepare_process(machine)
            data = reading(project, machine)
            with holding_device(machine):
                for spec in (first, *others):
                    train_all(spec, data(spec), root, machine)
                    bar.update()


def _elsewhere(then: Mapping[str, list[str]], now: Mapping[str, list[str]]) -> str:
    """On what else they were computed, as a sentence; empty where nothing says so."""
    for name, values in now.items():
        if name in then and not {*values} <= {*then[name]}:
            return f" They were computed with {name} = {', '.join(then[name])}, here {', '.join(values)}."
    return ""
