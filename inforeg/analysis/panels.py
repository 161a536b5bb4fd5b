"""What figures share: curves over epochs, and one legend for several panels."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import Any

import pandas as pd

from inforeg.analysis.canvas import Axes, FigureBase


def over_epochs(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Mean, range and number of seeds of `value`, per group and epoch."""
    groups = frame.groupby([*by, "epoch"], sort=False)["value"]
    return groups.agg(mean="mean", low="min", high="max", n="size").reset_index()


def draw_line(ax: Axes, numbers: pd.DataFrame, label: str, colour: str, style: str = "-") -> None:
    """Mean over seeds in a band of their range; one number is a level, none is nothing."""
    if len(numbers) == 1:
        ax.axhline(float(numbers["mean"].iloc[0]), label=label, color=colour, linestyle=style)
    elif len(numbers):
        ax.plot(numbers["epoch"], numbers["mean"], style, label=label, color=colour)
        ax.fill_between(
            numbers["epoch"], numbers["low"], numbers["high"], color=colour, alpha=0.2, linewidth=0
        )


def draw_key(ax: Axes, colours: Mapping[str, str], styles: Mapping[str, str]) -> None:
    """What colours and what line styles mean, for the legend, where every line has one of each."""
    for label, colour in colours.items():
        ax.plot([], [], color=colour, label=label)
    for label, style in styles.items():
        ax.plot([], [], style, color="grey", label=label)


def draw_legend(figure: FigureBase, axes: Iterable[Axes], columns: int) -> None:
    """One legend for all of `axes`, above them."""
    entries: dict[str, Any] = {}
    for ax in axes:
        handles, labels = ax.get_legend_handles_labels()
        entries = dict(zip(labels, handles, strict=True)) | entries
    figure.legend(entries.values(), entries.keys(), loc="outside upper center", ncols=columns)


def stacked(title: str) -> str:
    """`title` over several lines, for the side of a small panel."""
    return fill(title, 24)
