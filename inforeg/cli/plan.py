"""`inforeg plan`: what the runs that are asked for will take, before any of them is started."""

import argparse
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from tabulate import tabulate

from inforeg.cli.options import Commands, Reading, add_command, add_runs
from inforeg.errors import UserError, shown, unknown
from inforeg.files import json_text
from inforeg.suite.choice import Choice
from inforeg.suite.project import Project

if TYPE_CHECKING:
    from inforeg.suite.costs import Costs

PLAN = """\
Say by benchmark what is still to be trained and what that takes, without training it and without its data:
runs, steps, passes (samples that go through an encoder forward and back, evaluations counted in), hours, disk
for the prepared data, and memory for a step of training.

Passes are counted in a miniature of each training. Hours need a throughput: give what a run on your machine
does (`--throughput`); of a benchmark with finished runs it is theirs. Memory is computed, not measured: the
weights, their gradients and what the optimizer keeps, and every layer's output for one batch."""


def register(commands: Commands) -> None:
    """Add `plan`."""
    parser = add_command(commands, "plan", "say what runs, hours, disk and memory it takes", PLAN)
    parser.add_argument(
        "experiment", metavar="EXPERIMENT", nargs="*",
        help="its name; see `inforeg list experiments` (default: what `all` makes)",
    )  # fmt: skip
    parser.add_argument("--suite", metavar="SUITE", help="embedded or paper, in the place of config.yaml's")
    parser.add_argument("--only", metavar="B,...", help="of the benchmarks, these alone")
    parser.add_argument("--seeds", metavar="N", help="runs per cell, in the place of the experiments' own")
    parser.add_argument(
        "--throughput", metavar="[B=]N", action=Reading, read=throughput, default=[],
        help="passes a second, of one benchmark or of all others; repeatable",
    )  # fmt: skip
    add_runs(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=plan)


def throughput(text: str) -> tuple[str, float]:
    """`N` or `BENCHMARK=N`."""
    name, _, number = text.rpartition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise UserError(f"--throughput {shown(text)} has no number above 0; give such as 500 or cremad=500.")
    return name, value


def plan(args: argparse.Namespace) -> None:
    """A line for each benchmark and one for all, then the data that are missing; or the same as JSON."""
    from inforeg.suite.costs import costs

    given = {name: value for name in ("suite", "only", "seeds") if (value := getattr(args, name)) is not None}
    project = Project(choice=Choice.from_environment().but(Choice.of(given, "inforeg plan")))
    speeds = dict(args.throughput)
    for name in speeds:
        if name and name not in project.benchmarks():
            raise unknown("benchmark", name, project.benchmarks())
    every = project.workflow().experiments
    asked = args.experiment or project.asked(every) or every
    for name in asked:
        project.experiment(name)  # says where it is on nothing that is asked for
    found, whole = costs(project, asked, args.runs, speeds)
    if args.json:
        print(json_text({**asdict(whole), "benchmarks": {k: asdict(v) for k, v in found.items()}}, indent=2))
        return
    lines = {**{project.title(name): part for name, part in found.items()}, "in all": whole}
    print("\n".join(_told(lines, whole)))


HEADER = ("benchmark", "finished", "runs", "steps", "passes", "hours", "disk", "memory")


def _told(lines: Mapping[str, "Costs"], whole: "Costs") -> Iterable[str]:
    rows = [
        (
            name,
            part.finished,
            part.runs,
            _number(part.steps, "{:,.0f}"),
            _number(part.passes, "{:,.0f}"),
            _number(part.gpu_hours, "{:,.1f}"),
            _size(part.disk_bytes),
            _size(part.memory_bytes),
        )
        for name, part in lines.items()
    ]
    yield tabulate(rows, HEADER, disable_numparse=True, colalign=("left", *["right"] * (len(HEADER) - 1)))
    unknown_size = [name for name, part in lines.items() if part.steps is None and part is not whole]
    if unknown_size:
        where = "before their data are there (`inforeg data fetch`)"
        yield f"How large they are is not known {where}: {', '.join(unknown_size)}."
    elif whole.gpu_hours is None:
        yield "Hours are not known of all: give --throughput, in passes a second."
    yield from whole.missing.values()


def _number(value: float | None, form: str) -> str:
    return "?" if value is None else form.format(value)


def _size(size: int | None) -> str:
    if size is None:
        return "?"
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
