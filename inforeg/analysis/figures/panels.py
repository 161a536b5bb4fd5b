"""What figures share: curves over epochs, and one legend for several panels."""

import re
from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import Any, Literal

import pandas as pd

from inforeg.analysis.canvas import Axes, FigureBase, LogFormatterSciNotation


def over_epochs(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Mean, range and number of seeds of `value`, per group and epoch."""
    groups = frame.groupby([*by, "epoch"], sort=False)["value"]
    return groups.agg(mean="mean", low="min", high="max", n="size").reset_index()


def draw_line(ax: Axes, numbers: pd.DataFrame, label: str, colour: str, style: str = "-") -> None:
    """Mean over seeds in a band of their range; one number is a level, none is nothing."""
    if len(numbers) == 1:
        ax.axhline(float(numbers["mean"].iloc[0]), label=entry(label), color=colour, linestyle=style)
    elif len(numbers):
        ax.plot(numbers["epoch"], numbers["mean"], style, label=entry(label), color=colour)
        ax.fill_between(
            numbers["epoch"], numbers["low"], numbers["high"], color=colour, alpha=0.2, linewidth=0
        )


def draw_key(ax: Axes, colours: Mapping[str, str], styles: Mapping[str, str]) -> None:
    """What colours and what line styles mean, for the legend, where every line has one of each."""
    for label, colour in colours.items():
        ax.plot([], [], color=colour, label=entry(label))
    for label, style in styles.items():
        ax.plot([], [], style, color="grey", label=entry(label))


def entry(label: str) -> str:
    """`label` as an artist's own: Matplotlib leaves out of a legend what begins with an underscore."""
    return f" {label}" if label else ""


def draw_legend(figure: FigureBase, axes: Iterable[Axes], columns: int) -> None:
    """One legend for all of `axes`, above them, of the artists that are labelled by `entry`."""
    entries: dict[str, Any] = {}
    for ax in axes:
        handles, labels = ax.get_legend_handles_labels()
        entries = dict(zip(labels, handles, strict=True)) | entries
    legend = figure.legend(entries.values(), entries.keys(), loc="outside upper center", ncols=columns)
    for text in legend.get_texts():
        text.set_text(text.get_text().removeprefix(" "))


def draw_nothing(ax: Axes, reason: str = "no runs to show") -> None:
    """Why a panel is empty, in it."""
    ax.text(0.5, 0.5, reason, transform=ax.transAxes, ha="center", va="center", fontsize=6)


class Powers(LogFormatterSciNotation):
    """Matplotlib's labels of a logarithmic axis as text, not as mathematics."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of `x`, such as 2×10⁻³."""
        label = super().__call__(x, pos).removeprefix(r"$\mathdefault{").removesuffix("}$")
        raised = re.sub(r"\^{(.*)}", lambda power: power[1].translate(_RAISED), label)
        return raised.replace(r"\times", "×").replace("-", "−")


_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def scale_by_powers(ax: Axes, name: Literal["x", "y"]) -> None:
    """Make the axis `name` of `ax` logarithmic."""
    ax.set(**{f"{name}scale": "log"})
    axis = ax.xaxis if name == "x" else ax.yaxis
    axis.set_major_formatter(Powers())
    axis.set_minor_formatter(Powers())


def stacked(title: str) -> str:
    """`title` over several lines, for the side of a small panel."""
    return fill(title, 24)
