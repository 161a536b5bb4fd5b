"""Tr(F) of the same runs under several estimates, and where each opens the window; an extension."""

from collections.abc import Mapping
from textwrap import fill

import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import (
    draw_key,
    draw_legend,
    draw_line,
    draw_nothing,
    modality_colours,
    scale_by_powers,
)
from inforeg.analysis.figures.style import PAGE
from inforeg.analysis.statistics.stored import Statistics

STRIP = 0.06
"""Height of what shows a modality's open windows, of the panel's."""


def traces(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Tr(F) per epoch of the reference, a line of panels per benchmark and estimate, a panel per column.

    Curves are means over seeds in a band of their range. The strips at the foot of a panel are as dark as the
    share of seeds whose window is open in the epoch, one strip for each modality.
    """
    label = next(row.label for row in study.experiment.rows if row.key == study.experiment.reference)
    numbers = statistics.traces[statistics.traces["label"] == label]
    estimates, columns = numbers["estimate"].unique(), numbers["column"].unique()
    known = modality_colours(study)
    names, lines = list(study.benchmarks), max(len(estimates), 1)
    figure = Figure((PAGE, (0.6 + 0.8 * lines) * len(names)), layout="constrained")
    parts = figure.subfigures(len(names), 1, squeeze=False)[:, 0]
    for part, name in zip(parts, names, strict=True):
        panels = part.subplots(lines, max(len(columns), 1), squeeze=False, sharex="col", sharey="row")
        colours = {each: known[each] for each in study.benchmarks[name].encoders}
        here = numbers[numbers["benchmark"] == name]
        for row, estimate in zip(panels, estimates, strict=False):
            for ax, column in zip(row, columns, strict=True):
                _draw(ax, here[(here["estimate"] == estimate) & (here["column"] == column)], colours)
            row[0].set_ylabel(fill(f"Tr(F), {estimate}", 14))
        for ax, column in zip(panels[0], columns, strict=False):
            ax.set_title(fill(str(column), 18), fontsize=6)
        for ax in panels[-1]:
            ax.set_xlabel("Epoch")
        part.supylabel(study.benchmarks[name].title, fontsize=7)
    draw_key(panels[0][0], known, {})
    draw_legend(figure, [panels[0][0]])
    return figure, numbers


def _draw(ax: Axes, numbers: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """One estimate in one column: a curve and a strip for each modality."""
    if numbers.empty:
        draw_nothing(ax)
        return
    scale_by_powers(ax, "y")
    for place, (modality, colour) in enumerate(colours.items()):
        line = numbers[numbers["modality"] == modality].sort_values("epoch")
        draw_line(ax, line, "", colour)
        for epoch, share in zip(line["epoch"], line["open"], strict=True):
            if share:
                ax.axvspan(
                    epoch - 0.5, epoch + 0.5, place * STRIP, (place + 1) * STRIP, color=colour,
                    alpha=float(share), linewidth=0,
                )  # fmt: skip
