"""How often a method acted that leaves gradients as they are in some steps."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.render import Entry

IDLE = "†"
"""Marks a cell some of whose runs are those of a method that never acted."""

Cells = Mapping[tuple[str, str], Entry]
"""By row key and benchmark."""


def never(statistics: Statistics) -> dict[tuple[str, str], str]:
    """By row key and benchmark, in how many of how many runs the method never acted, if in any."""
    counts = statistics.acted.groupby(["row", "benchmark"], sort=False)[["idle", "n"]].sum()
    return {key: f"{idle} of {runs}" for key, idle, runs in counts.itertuples() if idle}


def marked(statistics: Statistics, cells: Cells) -> dict[tuple[str, str], Entry]:
    """`cells`, and a mark on those of a method that never acted in a run."""
    idle = never(statistics)
    return {at: replace(cell, mark=cell.mark + IDLE) if at in idle else cell for at, cell in cells.items()}


def notes(study: Study, statistics: Statistics) -> Iterator[str]:
    """What the mark means, where there is one."""
    found: dict[str, list[str]] = {}
    for (row, benchmark), count in never(statistics).items():
        found.setdefault(count, []).append(f"{study.labels[row]} on {study.titles([benchmark])}")
    if found:
        runs = "; ".join(f"{count} runs ({', '.join(places)})" for count, places in found.items())
        yield f"{IDLE}: the method never changed a gradient in {runs}."
