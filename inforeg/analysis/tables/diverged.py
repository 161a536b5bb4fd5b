"""Rows of which some runs diverged: what they are without these."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.tables.acting import Cells
from inforeg.analysis.tables.render import Entry
from inforeg.analysis.tables.words import interval, mean_sd, signed

PARTLY = "‡"
"""Marks a cell some of whose runs diverged."""


def marked(study: Study, cells: Cells) -> dict[tuple[str, str], Entry]:
    """`cells`, and a mark on those of which some runs diverged."""
    partly = {(cell["row"], cell["benchmark"]) for cell in study.collected.provenance["diverged"]}
    return {
        at: replace(cell, mark=cell.mark + PARTLY) if at in partly else cell for at, cell in cells.items()
    }


def notes(study: Study, comparison: pd.DataFrame) -> Iterator[str]:
    """What the marked cells and their differences are without the runs that diverged.

    Args:
        study: whose rows.
        comparison: of the rows with their references.
    """
    own = comparison.dropna(subset="finished_mean").drop_duplicates(["benchmark", "row"])
    told = [
        f"{study.labels[line['row']]} on {study.titles([line['benchmark']])} "
        f"{mean_sd(line['finished_mean'], line['finished_sd']).text}"
        for line in own.to_dict("records")
    ]
    told += [
        f"{study.labels[line['row']]} over {study.labels[line['reference']]} on "
        f"{study.titles([line['benchmark']])} {without(line)}"
        for line in comparison.dropna(subset="finished_n").to_dict("records")
    ]
    if told:
        yield f"{PARTLY} Without the runs that diverged: {'; '.join(told)}."


def without(line: Mapping[Any, Any]) -> str:
    """The difference in a line of tests, its interval and n, without the pairs in which a run diverged."""
    return (
        f"{signed(line['finished_difference'])} {interval(line, 'finished')} (n = {line['finished_n']:.0f})"
    )
