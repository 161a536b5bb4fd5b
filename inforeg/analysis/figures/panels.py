"""What figures share: panels on one grid, curves over epochs, and one legend for all."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, pairwise
from textwrap import fill
from typing import Any, Literal

import numpy as np
import pandas as pd

from inforeg.analysis.canvas import Axes, Figure, LogFormatterSciNotation, MaxNLocator
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.style import COLUMN, MODALITIES
from inforeg.regulation.trace import WHOLE

LINE, HEIGHT = 0.16, 1.25
"""Heights in inches of a line of the legend and of a row of panels."""

LETTER, HANDLE = 0.06, 0.43
"""Widths in inches of a letter of the legend, and of what is beside its text."""

ROW_STYLES = ("--", "-", ":")
"""Of the rows where colours are modalities."""
RANGE = "range over seeds"
"""What a band is."""
TRACES = {"batch": "Tr(F) of batches", "sample": "Tr(F) of samples"}
"""How the estimates of Tr(F) are called."""
WORDS = {WHOLE: "whole network", "all": "all modalities"}
"""How legends call what is of no single modality."""


def grid(
    study: Study, columns: int, width: float = COLUMN, share: Literal["row"] | bool = False
) -> tuple[Figure, list[list[Axes]]]:
    """A figure with a row of panels per benchmark, all of a column equally wide.

    Args:
        study: whose benchmarks, named beside the rows.
        columns: panels of a row.
        width: of the figure, in inches.
        share: "row": the panels of a row have one vertical axis.
    """
    names = list(study.benchmarks)
    figure = Figure((width, 0.35 + HEIGHT * len(names)), layout="constrained")
    axes = figure.subplots(len(names), columns, squeeze=False, sharey=share)
    for panels, config in zip(axes, study.benchmarks.values(), strict=True):
        panels[0].set_ylabel(stacked(config.title))
    return figure, axes.tolist()


def over_training(axes: Sequence[Sequence[Axes]]) -> None:
    """Make the panels' horizontal axes those of epochs, named below the last row."""
    for panels in axes:
        for ax in panels:
            ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    for ax in axes[-1]:
        ax.set_xlabel("Epoch")


def modality_colours(study: Study) -> dict[str, str]:
    """A colour for every modality, the same on all benchmarks that have one of its name."""
    names = dict.fromkeys(name for config in study.benchmarks.values() for name in config.encoders)
    return dict(zip(names, cycle(MODALITIES)))


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
        ax.plot([], [], style, color="0.4", label=entry(label))


def draw_band(ax: Axes, meaning: str) -> None:
    """What the bands are, for the legend."""
    ax.fill_between([], [], color="0.4", alpha=0.3, linewidth=0, label=entry(meaning))


def draw_significance(ax: Axes, significant: Iterable[bool]) -> None:
    """What filled and open markers mean, for the legend, of those that there are."""
    found = set(significant)
    for is_so, meaning in ((True, "significant after Holm's correction"), (False, "not significant")):
        if is_so in found:
            face = "0.4" if is_so else "white"
            ax.plot([], [], "o", ms=3.5, color="0.4", markerfacecolor=face, label=entry(meaning))


def draw_interval(
    ax: Axes, height: float, effect: tuple[float, float, float], reach: float, looks: Mapping[str, Any]
) -> None:
    """An effect and the ends of its interval; what lies beyond ± `reach` is an arrow there."""
    value, *ends = effect
    ax.plot(np.clip(ends, -reach, reach), [height, height], color=looks["color"], linewidth=0.8)
    if abs(value) <= reach:
        ax.plot(value, height, **looks)
    for end in (value, *ends):
        if abs(end) > reach:
            ax.plot(np.sign(end) * reach, height, **{**looks, "marker": "<>"[end > 0]})


def draw_beyond(ax: Axes, where: str) -> None:
    """What the arrows of `draw_interval` mean, for the legend."""
    ax.plot([], [], ">", ms=3, color="0.45", label=entry(f"beyond {where}"))


def entry(label: str) -> str:
    """`label` as an artist's own: Matplotlib leaves out of a legend what begins with an underscore."""
    return f" {label}" if label else ""


def draw_legend(figure: Figure, axes: Iterable[Axes]) -> None:
    """One legend for all of `axes`, above them, of the artists that are labelled by `entry`.

    It has as many columns as there is room for, and the figure grows by its height.
    """
    entries: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if not entries:
        return
    fitting = (n for n in range(len(entries), 1, -1) if _width(list(entries), n) <= figure.get_figwidth())
    columns = next(fitting, 1)
    figure.set_figheight(figure.get_figheight() + LINE * -(-len(entries) // columns))
    legend = figure.legend(entries.values(), entries.keys(), loc="outside upper center", ncols=columns)
    for text in legend.get_texts():
        text.set_text(text.get_text().removeprefix(" "))


def _width(labels: Sequence[str], columns: int) -> float:
    """Inches of a legend in these columns, the first of which hold one more where they are not equal."""
    least, more = divmod(len(labels), columns)
    ends = [least * column + min(column, more) for column in range(columns + 1)]
    return sum(HANDLE + LETTER * max(map(len, labels[first:last])) for first, last in pairwise(ends))


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


class Factors(Powers):
    """The same labels as plain decimals."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of `x`, such as 0.5."""
        return f"{x:.4g}" if super().__call__(x, pos) else ""


_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def scale_by_powers(ax: Axes, name: Literal["x", "y"], labels: type[Powers] = Powers) -> None:
    """Make the axis `name` of `ax` logarithmic."""
    ax.set(**{f"{name}scale": "log"})
    axis = ax.xaxis if name == "x" else ax.yaxis
    axis.set_major_formatter(labels())
    axis.set_minor_formatter(labels())


def stacked(title: str) -> str:
    """`title` over several lines, for the side of a small panel."""
    return fill(title, 24)
