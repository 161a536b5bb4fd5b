"""Figures of rows that differ in one number: a metric, or its gain, against that number."""

from itertools import cycle

import numpy as np
import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_legend, draw_nothing, entry
from inforeg.analysis.figures.style import COLOURS, COLUMN
from inforeg.analysis.statistics.stored import Statistics
from inforeg.metrics.base import metric_of, title_of
from inforeg.registry import METHODS


def sweep(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """The mean over seeds with its 95 % interval against the rows' `x`; rows without one are levels."""
    metric, numbers = study.experiment.metric, statistics.sweep
    figure, axes = _panels(study, f"Test {title_of(metric)} ({metric_of(metric).unit.name})")
    for ax, name in zip(axes, study.benchmarks, strict=True):
        here = numbers[numbers["benchmark"] == name]
        for (label, line), colour in zip(here.groupby("label", sort=False), cycle(COLOURS)):
            _draw(ax, line, "mean", str(label), colour)
        if here.empty:
            draw_nothing(ax)
    draw_legend(figure, axes, columns=2)
    return figure, numbers


def gain(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Paired differences to the rows' own references against `x`; filled where significant after Holm."""
    places = {row.key: (METHODS.get(row.method).title, row.x) for row in study.experiment.rows}
    numbers = statistics.against().dropna(subset="difference")
    numbers["label"] = numbers["row"].map({key: label for key, (label, _) in places.items()})
    numbers["x"] = numbers["row"].map({key: x for key, (_, x) in places.items()})
    metric = study.experiment.metric
    figure, axes = _panels(study, f"Gain in test {title_of(metric)} ({metric_of(metric).unit.difference})")
    for ax, name in zip(axes, study.benchmarks, strict=True):
        ax.axhline(0, color="grey", linewidth=0.6)
        here = numbers[numbers["benchmark"] == name]
        for (label, line), colour in zip(here.groupby("label", sort=False), cycle(COLOURS)):
            _draw(ax, line, "difference", str(label), colour)
            sure = line[line["significant"].astype(bool)]
            ax.plot(sure["x"], sure["difference"], "o", ms=4, color=colour)
        if here.empty:
            draw_nothing(ax)
    draw_legend(figure, axes, columns=2)
    return figure, numbers


def _panels(study: Study, quantity: str) -> tuple[Figure, list[Axes]]:
    """A panel per benchmark, side by side, over the number that the rows differ in."""
    width = len(study.benchmarks)
    figure = Figure((COLUMN, 2.2), layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, width, squeeze=False)[0])
    for ax, config in zip(axes, study.benchmarks.values(), strict=True):
        ax.set_title(config.title)
        ax.set_xlabel(study.experiment.x_label)
    axes[0].set_ylabel(quantity)
    return figure, axes


def _draw(ax: Axes, line: pd.DataFrame, value: str, label: str, colour: str) -> None:
    """One label's points over `x` with their intervals, or its level across the panel."""
    placed = line.dropna(subset="x").sort_values("x")
    if placed.empty:
        ax.axhline(line[value].iloc[0], label=entry(label), color=colour, linestyle="--")
        return
    reach = np.abs(placed[["ci_low", "ci_high"]].to_numpy().T - placed[value].to_numpy())
    ax.errorbar(
        placed["x"], placed[value], reach, fmt="o-", ms=4, markerfacecolor="white", color=colour, capsize=1.5,
        label=entry(label),
    )  # fmt: skip
