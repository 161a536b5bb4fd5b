"""How often a method acted that leaves gradients as they are in some steps."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.tables.render import Entry

IDLE = "†"
"""Marks a cell some of whose runs are those of a method that never acted."""

Cells = Mapping[tuple[str, str], Entry]
"""By row key and benchmark."""


def acted(study: Study) -> pd.DataFrame:
    """Share of a run's steps in which its method changed a gradient: benchmark, row, variant, seed, value.

    Runs that do not say are not there: of other methods, or of before there was a count.
    """
    epochs = study.collected.epochs
    said = epochs[epochs["metric"] == "acted"]
    # All epochs of a run have as many steps.
    return said.groupby(["benchmark", "row", "variant", "seed"], sort=False)["value"].mean().reset_index()


def never(study: Study) -> dict[tuple[str, str], str]:
    """By row key and benchmark, in how many of how many runs the method never acted, if in any."""
    groups = acted(study).groupby(["row", "benchmark"], sort=False)["value"]
    counts = {key: (int((shares == 0).sum()), len(shares)) for key, shares in groups}
    return {(str(row), str(b)): f"{idle} of {runs}" for (row, b), (idle, runs) in counts.items() if idle}


def marked(study: Study, cells: Cells) -> dict[tuple[str, str], Entry]:
    """`cells`, and a mark on those of a method that never acted in a run."""
    idle = never(study)
    return {at: replace(cell, mark=cell.mark + IDLE) if at in idle else cell for at, cell in cells.items()}


def notes(study: Study) -> Iterator[str]:
    """What the mark means, where there is one."""
    found: dict[str, list[str]] = {}
    for (row, benchmark), count in never(study).items():
        found.setdefault(count, []).append(f"{study.labels[row]} on {study.titles([benchmark])}")
    if found:
        runs = "; ".join(f"{count} runs ({', '.join(places)})" for count, places in found.items())
        yield f"{IDLE}: the method never changed a gradient in {runs}."
