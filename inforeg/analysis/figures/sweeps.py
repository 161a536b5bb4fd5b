"""Figures of rows that differ in one number: a metric, or its gain, against that number."""

from itertools import cycle
from textwrap import fill

import numpy as np
import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_legend, draw_nothing, draw_significance, entry
from inforeg.analysis.figures.style import COLOURS, COLUMN, STYLE
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.words import reference_names
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
    draw_legend(figure, axes)
    return figure, numbers


def gain(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Difference to the reference in the metric against the rows' `x`, paired by seed, with 95 % intervals.

    Filled where it is significant after Holm's correction.
    """
    places = {row.key: (METHODS.get(row.method).title, row.x) for row in study.experiment.rows}
    numbers = statistics.against().dropna(subset="difference")
    numbers["label"] = numbers["row"].map({key: label for key, (label, _) in places.items()})
    numbers["x"] = numbers["row"].map({key: x for key, (_, x) in places.items()})
    metric = study.experiment.metric
    reference, unit = next(reference_names(study)), metric_of(metric).unit.difference
    what = f"Test {title_of(metric)} minus that of {reference} ({unit})"
    figure, axes = _panels(study, what)
    for ax, name in zip(axes, study.benchmarks, strict=True):
        ax.axhline(0, color="grey", linewidth=0.6)
        here = numbers[numbers["benchmark"] == name]
        ax.set_title(_titled(study, statistics.against(), name))
        for (label, line), colour in zip(here.groupby("label", sort=False), cycle(COLOURS)):
            _draw(ax, line, "difference", str(label), colour)
            sure = line[line["significant"].astype(bool)]
            ax.plot(sure["x"], sure["difference"], "o", ms=4, color=colour)
        if here.empty:
            draw_nothing(ax)
    draw_significance(axes[0], numbers["significant"].astype(bool))
    draw_legend(figure, axes)
    return figure, numbers


def _titled(study: Study, compared: pd.DataFrame, benchmark: str) -> str:
    """The benchmark's title and, where all rows have one reference, below it this one's mean."""
    unit, title = metric_of(study.experiment.metric).unit.name, study.benchmarks[benchmark].title
    own = compared[(compared["benchmark"] == benchmark) & (compared["row"] == study.experiment.reference)]
    if own.empty or set(study.experiment.own_references.values()) != {study.experiment.reference}:
        return title
    return f"{title}\n{study.labels[study.experiment.reference]}: {own['mean'].iloc[0]:.1f} {unit}"


def _panels(study: Study, quantity: str) -> tuple[Figure, list[Axes]]:
    """A panel per benchmark, two abreast, over the number that the rows differ in."""
    titles = [config.title for config in study.benchmarks.values()]
    columns = min(2, len(titles))
    rows = -(-len(titles) // columns)
    figure = Figure((COLUMN, 0.4 + 1.6 * rows), layout="constrained")
    axes: list[Axes] = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for ax, title in zip(axes, titles, strict=False):
        ax.set_title(title)
    for ax in axes[len(titles) :]:
        ax.remove()
    figure.supxlabel(study.experiment.x_label, fontsize=STYLE["font.size"])
    figure.supylabel(f"{fill(quantity, 30)}\nwith 95 % interval", fontsize=STYLE["font.size"])
    return figure, axes[: len(titles)]


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
