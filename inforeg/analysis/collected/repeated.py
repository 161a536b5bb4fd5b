"""Published runs that are drawn at random and trained again: which of their numbers are other bits?"""

import math
from collections.abc import Collection, Iterator
from dataclasses import replace

import pandas as pd

from inforeg.analysis.collected.collect import Collected
from inforeg.random import numpy_stream
from inforeg.runspec import RunSpec
from inforeg.suite.plan import Cell, Plan

FRAMES = ("runs", "epochs")
"""The frames that are compared: those of probes and of samples follow from the same models."""

Place = tuple[str, str, str, int]
"""Row, benchmark, variant and seed, or fold, of an observation."""


def draw(plan: Plan, share: float, seed: int, apart: Collection[tuple[str, str]] = ()) -> Plan:
    """This share of the observations of `plan`, rounded up, with the runs that each is made of.

    Args:
        plan: of the experiment.
        share: above 0, at most 1.
        seed: of the draw.
        apart: row and benchmark of cells that are left alone.
    """
    cells = [cell for cell in plan.cells if (cell.row, cell.benchmark) not in apart]
    places = sorted({place_of(cell, spec) for cell in cells for spec in cell.specs})
    count = math.ceil(share * len(places))
    order = numpy_stream(seed, "published runs").permutation(len(places))
    chosen = {places[each] for each in order[:count]}
    parts = [
        replace(cell, specs=tuple(spec for spec in cell.specs if place_of(cell, spec) in chosen))
        for cell in cells
    ]
    return Plan(tuple(part for part in parts if part.specs), {})


def place_of(cell: Cell, spec: RunSpec) -> Place:
    """Which observation a run is a part of."""
    if cell.fold is None:
        return cell.row, cell.benchmark, spec.variant, spec.seed
    number = cell.fold.number if cell.fold.unit == "fold" else spec.seed
    return cell.row, cell.benchmark, cell.fold.variant, number


def compared(kept: Collected, again: Collected) -> tuple[int, list[str]]:
    """How many numbers of `again` were compared with those of `kept`, and of what those are that differ."""
    count, differ = 0, []
    for name in FRAMES:
        new, old = getattr(again, name), getattr(kept, name)
        keys = [column for column in new.columns if column != "value"]
        both = new.merge(old, on=keys, how="left", suffixes=("", "_kept"), indicator="found")
        count += len(both)
        differ += list(_said(both[~_same(both)]))
    return count, differ


def _same(both: pd.DataFrame) -> "pd.Series[bool]":
    """Where both have the same bits, or no number."""
    ours, theirs = both["value"].astype(float), both["value_kept"].astype(float)
    bits = ours.to_numpy().view("int64") == theirs.to_numpy().view("int64")
    same: pd.Series[bool] = (both["found"] == "both") & (bits | (ours.isna() & theirs.isna()))
    return same


def _said(lines: pd.DataFrame) -> Iterator[str]:
    for line in lines.to_dict("records"):
        was = f"{line['value_kept']!r}" if line["found"] == "both" else "not there"
        metric = f"{line['split']}/{line['metric']}" if "split" in line else line["metric"]
        yield (
            f"{metric} of {line['row']} on {line['benchmark']} (variant {line['variant']}, seed "
            f"{line['seed']}) in epoch {line['epoch']} is {line['value']!r}, and was {was}"
        )
