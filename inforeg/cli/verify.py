"""`inforeg verify`: train a random share of what was published again and compare bits."""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from inforeg.cli.options import Commands, Made, add_command, add_machine, placed
from inforeg.cli.runs import load, machine_of, train_all
from inforeg.errors import UserError
from inforeg.suite.project import Project
from inforeg.suite.replication import version

if TYPE_CHECKING:
    from inforeg.analysis.collected.collect import Collected
    from inforeg.suite.plan import Plan

VERIFY = """\
Draw a share of the runs of an experiment that a published version holds, train these again in a temporary
directory, with the runs that they need, and compare every number of theirs, epoch by epoch: the same bits, or
the first one that differs, and then status 2. Another draw takes other runs. Cells in which a run diverged
are left alone."""


def register(commands: Commands) -> None:
    """Add `verify`."""
    parser = add_command(commands, "verify", "train a share of a published experiment's runs again", VERIFY)
    parser.add_argument("tag", metavar="TAG", help="the published version, e.g. v0.2")
    parser.add_argument("experiment", metavar="EXPERIMENT", help="one outside `all`, e.g. headline")
    parser.add_argument("--share", type=float, default=0.05, help="of its runs (default: %(default)s)")
    parser.add_argument("--draw", type=int, default=0, metavar="N", help="which draw (default: %(default)s)")
    parser.add_argument("--results", type=Path, default=Made("."), metavar="DIR", help="where versions lie")
    add_machine(parser)
    parser.set_defaults(run=placed(verify))


def verify(args: argparse.Namespace) -> None:
    """Train them again and say whether they are the same."""
    from inforeg.analysis.collected.published import gathered
    from inforeg.analysis.collected.repeated import compared, draw
    from inforeg.suite.plan import plan

    if not 0.0 < args.share <= 1.0:
        raise UserError(f"--share {args.share:g} is no share; give one above 0 and at most 1.")
    project = Project()
    whole = plan(project, args.experiment)
    kept = gathered(version(args.results, args.tag), args.experiment, whole)
    stated = [*kept.provenance["left_out"], *kept.provenance["diverged"]]
    chosen = draw(whole, args.share, args.draw, {(cell["row"], cell["benchmark"]) for cell in stated})
    again = _trained(project, args, chosen)
    count, differ = compared(kept, again)
    runs = again.provenance["runs"]
    if differ:
        where = _elsewhere(kept.provenance["machine"], again.provenance["machine"])
        raise UserError(
            f"{args.experiment} of {args.tag} is not repeated: of {count} numbers of {runs} runs "
            f"{len(differ)} differ; {differ[0]}.{where}"
        )
    print(f"{runs} runs of {args.experiment} were trained again: all {count} numbers are those of {args.tag}")


def _trained(project: Project, args: argparse.Namespace, plan: "Plan") -> "Collected":
    """The runs of `plan`, collected; their files are gone."""
    from tqdm import tqdm

    from inforeg.analysis.collected.collect import collect
    from inforeg.engine.device import holding_device, placed, prepare_process

    experiment = project.experiment(args.experiment)
    with (
        tempfile.TemporaryDirectory() as folder,
        tqdm(
            total=sum(len(cell.specs) for cell in plan.cells), desc="train", unit="run", disable=None
        ) as bar,
    ):
        root = Path(folder)
        for cell in plan.cells:
            machine = machine_of(project, cell.specs[0], args)
            prepare_process(machine)
            with holding_device(machine):
                data = placed(load(project, cell.specs[0]), machine)
                for spec in cell.specs:
                    train_all(spec, data, root, machine)
                    bar.update()
        return collect(plan, root, experiment.selection, (), experiment.metrics)


def _elsewhere(then: Mapping[str, list[str]], now: Mapping[str, list[str]]) -> str:
    """On what else they were computed, as a sentence; empty where nothing says so."""
    for name, values in now.items():
        if name in then and not {*values} <= {*then[name]}:
            return f" They were computed with {name} = {', '.join(then[name])}, here {', '.join(values)}."
    return ""
