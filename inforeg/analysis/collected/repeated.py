"""Published runs that are drawn at random and trained again: which of their numbers are other bits?"""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain
from typing import TypeVar

import pandas as pd

from inforeg.analysis.collected.collect import Collected
from inforeg.probes.frames import RUN
from inforeg.random import numpy_stream
from inforeg.runspec import RunSpec
from inforeg.suite.plan import Cell, Plan

FRAMES = ("runs", "epochs")
"""The frames that are compared: those of probes and of samples follow from the same models."""

LABELS = ("spec_sha256", "data_hash", "diverged")
"""Columns that no sentence needs."""

T = TypeVar("T")

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
    chosen = {*drawn_of(sorted({place_of(cell, spec) for cell in cells for spec in cell.specs}), share, seed)}
    parts = [
        replace(cell, specs=tuple(spec for spec in cell.specs if place_of(cell, spec) in chosen))
        for cell in cells
    ]
    return Plan(tuple(part for part in parts if part.specs), {})


def drawn_of(listed: Sequence[T], share: float, seed: int) -> list[T]:
    """This share of what is listed, rounded up, in its order."""
    order = numpy_stream(seed, "published runs").permutation(len(listed))
    return [listed[place] for place in sorted(order[: math.ceil(share * len(listed))])]


def place_of(cell: Cell, spec: RunSpec) -> Place:
    """Which observation a run is a part of."""
    if cell.fold is None:
        return cell.row, cell.benchmark, spec.variant, spec.seed
    number = cell.fold.number if cell.fold.unit == "fold" else spec.seed
    return cell.row, cell.benchmark, cell.fold.variant, number


def compared(new: Collected, published: Collected) -> tuple[int, list[str]]:
    """How many numbers of `new` runs were compared with those `published`, and which differ."""
    found = [differing(getattr(new, name), getattr(published, name)) for name in FRAMES]
    return sum(len(getattr(new, name)) for name in FRAMES), [*chain(*found)]


def differing(new: pd.DataFrame, published: pd.DataFrame) -> list[str]:
    """Of the numbers in column `value` of `new` those that are other bits in `published`, or in one alone.

    Of `published` counts what is of runs, or trials, and metrics that `new` has.
    """
    keys = [column for column in new.columns if column != "value"]
    shared = [key for key in keys if key in (*RUN, "trial", "metric")]
    there = published.merge(new[shared].drop_duplicates(), on=shared)
    both = new.merge(there, on=keys, how="outer", suffixes=("", "_published"), indicator="found")
    ours, theirs = both["value"].astype(float), both["value_published"].astype(float)
    bits = ours.to_numpy().view("int64") == theirs.to_numpy().view("int64")
    same = (both["found"] == "both") & (bits | (ours.isna() & theirs.isna()))
    named = [key for key in keys if key not in LABELS]
    return [
        f"{', '.join(f'{key} {line[key]}' for key in named)}: {line['value']!r}, published: "
        f"{line['value_published']!r}"
        for line in both[~same].to_dict("records")
    ]
