"""How far encoders move in an epoch against how far its learning rate would let them; an extension."""

from collections.abc import Mapping
from itertools import cycle

import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import (
    draw_key,
    draw_legend,
    draw_nothing,
    entry,
    modality_colours,
    scale_by_powers,
)
from inforeg.analysis.figures.style import MARKERS, PAGE
from inforeg.analysis.statistics.stored import Statistics


def movement(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Norm of the change of an encoder's parameters over an epoch against T, a point per column of the table.

    Means over the epochs at the full learning rate and over seeds, with the seeds' range. A line of panels
    per row that records it, a panel per benchmark; colours are modalities, markers columns.
    """
    numbers = statistics.movement
    labels, names = list(numbers["label"].unique()), list(study.benchmarks)
    markers = dict(zip(numbers["column"].unique(), cycle(MARKERS)))
    figure = Figure((PAGE, 0.6 + 1.5 * max(len(labels), 1)), layout="constrained")
    size = max(len(labels), 1), len(names)
    axes = figure.subplots(*size, squeeze=False, sharex="col", sharey="col")
    colours = modality_colours(study)
    for place, (name, config) in enumerate(study.benchmarks.items()):
        panels, here = axes[:, place], numbers[numbers["benchmark"] == name]
        for ax, label in zip(panels, labels, strict=False):
            _draw(ax, here[here["label"] == label], colours, markers)
            axes[labels.index(label), 0].set_ylabel(f"{label},\nmovement in an epoch")
        if here.empty:
            draw_nothing(panels[0])
        else:
            _scale(panels[0], here["reach"])
        panels[0].set_title(config.title)
        panels[-1].set_xlabel("T = lr × steps / (1 − momentum)")
    draw_key(axes[0, 0], colours, {})
    for column, marker in markers.items():
        axes[0, 0].plot([], [], marker, ms=4, color="grey", markerfacecolor="none", label=entry(str(column)))
    draw_legend(figure, [axes[0, 0]])
    return figure, numbers


def _draw(ax: Axes, numbers: pd.DataFrame, colours: Mapping[str, str], markers: Mapping[str, str]) -> None:
    """One row on one benchmark."""
    for line in numbers.to_dict("records"):
        ax.errorbar(
            [line["reach"]], [line["mean"]], [[line["mean"] - line["low"]], [line["high"] - line["mean"]]],
            fmt=markers[line["column"]], ms=4, color=colours[line["modality"]], markerfacecolor="none",
            linewidth=0.6,
        )  # fmt: skip


def _scale(ax: Axes, reaches: "pd.Series[float]") -> None:
    """Logarithmic axes, with marks at the `reaches` that there are."""
    scale_by_powers(ax, "y")
    if reaches.nunique() > 1:  # of a single place Matplotlib makes no logarithmic axis
        ax.set_xscale("log")
    marks = {f"{reach:.2g}": reach for reach in sorted(reaches)}
    ax.set_xticks([*marks.values()], [*marks])
    ax.minorticks_off()
