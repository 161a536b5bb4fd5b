"""`inforeg examine`."""

import argparse
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from inforeg.cli.options import Commands, add_command, add_machine, add_runs, add_seeds
from inforeg.cli.runs import add_spec, check_places, load, machine_of, spec_of
from inforeg.errors import UserError
from inforeg.files import sealed, sha256, write_json
from inforeg.registry import PROBES
from inforeg.runspec import RunSpec
from inforeg.suite.project import Project

if TYPE_CHECKING:
    from inforeg.probes.base import Probe

EXAMINE = """\
Examine finished runs: restore the model that validation selects, and ask it what a probe asks.

The answer becomes probe=NAME.json in the run's directory. What is there and whole is left as it is, and a run
that diverged has no model to examine."""


def register(commands: Commands) -> None:
    """Add `examine`."""
    parser = add_command(commands, "examine", "examine finished runs with a probe", EXAMINE)
    add_spec(parser)
    add_seeds(parser)
    parser.add_argument("--probe", metavar="NAME", required=True, help="its name; see `inforeg list probes`")
    add_machine(parser)
    add_runs(parser)
    parser.add_argument("--report", type=Path, metavar="FILE", help="written when all runs are examined")
    parser.set_defaults(run=examine, out=None)


def examine(args: argparse.Namespace) -> None:
    """Examine every seed, then write the report."""
    from inforeg.engine.contents import SUMMARY
    from inforeg.engine.device import holding_device, placed, prepare_process
    from inforeg.engine.finished import ANEW, located
    from inforeg.probes.examine import examine as examine_run
    from inforeg.probes.results import place

    project = Project()
    probe = PROBES.get(args.probe)()
    spec = spec_of(project, args)
    specs = _chosen(probe, spec, args.seeds or [spec.seed])
    check_places(args, spec)
    runs = [(each, *located(each, args.runs, ANEW)) for each in specs]
    machine = machine_of(project, spec, args)
    prepare_process(machine)
    data = cache(lambda: placed(load(project, spec), machine))
    results, diverged = {}, {}
    with holding_device(machine):
        for each, folder, summary in runs:
            if summary.diverged is not None:
                print(f"{folder} has nothing to examine, for its training diverged")
                diverged[str(each.seed)] = summary.diverged
                continue
            made = examine_run(probe, each, folder, data, machine)
            print(f"{folder} {'is' if made else 'was already'} examined: {args.probe}")
            results[str(each.seed)] = sha256(place(folder, args.probe))
    if args.report:
        stated = {str(each.seed): sha256(folder / SUMMARY) for each, folder, _ in runs}
        content = {"probe": args.probe, "spec_sha256": specs[0].digest(), "summary_sha256": stated}
        write_json(args.report, sealed({**content, "result_sha256": results, "diverged": diverged}))


def _chosen(probe: "Probe", spec: RunSpec, seeds: Sequence[int]) -> tuple[RunSpec, ...]:
    """The spec at those of `seeds` whose runs the probe examines."""
    from inforeg.suite.plan import with_seeds

    if not (chosen := probe.chosen(seeds)):
        raise UserError(
            f"The probe {probe.name!r} examines no run of --seeds {','.join(map(str, seeds))}; give one of "
            f"{sorted(probe.seeds or ())}."
        )
    return with_seeds(spec, chosen)
