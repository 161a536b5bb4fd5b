"""`inforeg diff`: what differs between two runs."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from inforeg.cli.options import Commands, add_command
from inforeg.errors import shown
from inforeg.files import json_text

if TYPE_CHECKING:
    from inforeg.engine.opened import Opened, Parting

DIFF = """\
Say what differs between two runs: in their specs, in what made them, in their results at the epoch that
validation selects, the first epoch and number in which they part, and which files are not the same bytes."""


def register(commands: Commands) -> None:
    """Add `diff`."""
    parser = add_command(commands, "diff", "say what differs between two runs", DIFF)
    parser.add_argument("first", type=Path, metavar="A", help="a run's directory")
    parser.add_argument("second", type=Path, metavar="B", help="another one's")
    parser.set_defaults(run=diff)


def diff(args: argparse.Namespace) -> None:
    """Print it, part by part."""
    from inforeg.engine.opened import opened

    ours, theirs = opened(args.first), opened(args.second)
    print(f"A: {args.first}, {_state(ours)}\nB: {args.second}, {_state(theirs)}")
    print(_facts("spec", ours.run.spec, theirs.run.spec))
    print(_facts("what made them", _made(ours), _made(theirs)))
    for line in _results(ours, theirs):
        print(line)


def _state(run: "Opened") -> str:
    if run.summary is None:
        return f"not finished, {len(run.epochs)} epochs"
    return f"finished, {len(run.epochs)} epochs" if run.summary.diverged is None else run.summary.diverged


def _made(run: "Opened") -> dict[str, Any]:
    return {
        "commit": run.run.commit,
        "sources": run.run.sources,
        "versions": run.run.versions,
        "machine": run.run.machine,
    }


def _facts(what: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """What of two trees differs, a line each by its path."""
    from inforeg.engine.contents import flat

    one, other = flat(ours), flat(theirs)
    lines = [
        (key, *(shown(side[key]) if key in side else "—" for side in (one, other)))
        for key in sorted(one.keys() | other.keys())
        if (key in one, one.get(key)) != (key in other, other.get(key))
    ]
    return _table((what, "A", "B"), lines) if lines else f"\n{what}: the same"


def _results(ours: "Opened", theirs: "Opened") -> Iterator[str]:
    """The metrics that differ, where the runs part, and which files are others."""
    from inforeg.engine.opened import other_files, parting, recorded_by

    if ours.summary and theirs.summary and ours.summary.selection and theirs.summary.selection:
        yield _metrics(*(run.summary.selection["val"] for run in (ours, theirs) if run.summary))
        files = other_files(ours.summary, theirs.summary)
        yield f"\nfiles that are not the same bytes: {', '.join(files) or 'none'}"
    yield f"epochs: {parted(parting(ours.epochs, theirs.epochs))}"
    for name, one, other in (("A", ours, theirs), ("B", theirs, ours)):
        if alone := recorded_by(one.epochs, other.epochs):
            yield f"recorded by {name} alone: {', '.join(alone)}"


def _metrics(ours: Any, theirs: Any) -> str:
    one, other = ours.numbers, theirs.numbers
    lines = [
        (name, *(f"{value:.6g}" for value in (one[name], other[name], other[name] - one[name])))
        for name in sorted(one.keys() & other.keys())
        if json_text(one[name]) != json_text(other[name])
    ]
    if not lines:
        return "\nresults: the same"
    return _table((f"results, epochs {ours.epoch} and {theirs.epoch}", "A", "B", "B - A"), lines)


def parted(first: "Parting | None") -> str:
    """Where two runs part, as a clause."""
    if first is None:
        return "all the same"
    if first.metric is None:
        return f"the same up to epoch {first.epoch}, which one of the two does not have"
    values = " and ".join("not finite" if value is None else repr(value) for value in first.values)
    return f"the first that differs is {first.epoch}, in {first.metric} ({values})"


def _table(header: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    align = ("left", *["right"] * (len(header) - 1))
    return "\n" + tabulate(lines, header, tablefmt="simple", disable_numparse=True, colalign=align)
