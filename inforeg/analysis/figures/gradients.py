"""Gradients of different batches, and of different modalities, side by side."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import (
    RANGE,
    ROW_STYLES,
    draw_band,
    draw_key,
    draw_legend,
    draw_line,
    draw_nothing,
    entry,
    grid,
    modality_colours,
    over_epochs,
    over_training,
)
from inforeg.analysis.figures.style import PAGE
from inforeg.analysis.statistics.stored import Statistics

TITLES = {
    "gradient/norm": "gap in gradient norm",
    "trace/batch": "gap in Tr(F)",
    "gradient/cosine": "cosine similarity",
}
"""What the panels show, and how they are called."""


def gradients(study: Study, _: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Gaps between modalities in gradient norm and Tr(F), and how alike gradients of different batches are.

    As in InfoReg, Figures 3 and 4: mean over seeds in a band of their range. A gap is the largest modality's
    value minus the smallest one's. Dots mark the epochs in which most seeds' windows are open.
    """
    epochs = study.collected.epochs
    words = epochs["metric"].str.extract(r"^(gradient/norm|gradient/cosine|trace/batch|window)/(.+)$")
    shown = epochs.assign(quantity=words[0], modality=words[1]).dropna(subset="quantity")
    shown = shown[~shown["modality"].isin(["whole", "head"])]
    numbers = pd.concat([_gaps(shown), over_epochs(shown, ["benchmark", "row", "quantity", "modality"])])
    colours = modality_colours(study)
    figure, axes = grid(study, len(TITLES), width=PAGE)
    dots = 0
    for panels, (name, config) in zip(axes, study.benchmarks.items(), strict=True):
        here = numbers[numbers["benchmark"] == name]
        mine = {modality: colours[modality] for modality in config.encoders}
        for key, style in zip(study.labels, cycle(ROW_STYLES)):
            dots += _draw_row(panels, here[here["row"] == key], style, mine)
        for ax, quantity in zip(panels, TITLES, strict=True):
            if not (here["quantity"] == quantity).any():
                draw_nothing(ax)
    for ax, title in zip(axes[0], TITLES.values(), strict=True):
        ax.set_title(title)
    over_training(axes)
    _draw_meanings(axes[0][0], study, numbers, dots)
    draw_legend(figure, [axes[0][0]])
    return figure, numbers


def _gaps(shown: pd.DataFrame) -> pd.DataFrame:
    """Over the modalities, largest minus smallest value of each run and epoch, then over seeds."""
    sized = shown[shown["quantity"].isin(["gradient/norm", "trace/batch"])]
    runs = sized.groupby(["benchmark", "row", "quantity", "seed", "epoch"], sort=False)["value"]
    gaps = (runs.max() - runs.min()).reset_index().assign(modality="gap")
    return over_epochs(gaps, ["benchmark", "row", "quantity", "modality"])


def _draw_row(panels: Sequence[Axes], numbers: pd.DataFrame, style: str, colours: Mapping[str, str]) -> int:
    """One row's two gaps and its cosines, with dots where its windows are open; how many dots."""
    gaps = numbers[numbers["modality"] == "gap"]
    for ax, quantity in zip(panels, ("gradient/norm", "trace/batch"), strict=False):
        draw_line(ax, gaps[gaps["quantity"] == quantity], "", "black", style)
    dots = 0
    for modality, colour in colours.items():
        mine = numbers[numbers["modality"] == modality]
        cosine, window = mine.query("quantity == 'gradient/cosine'"), mine.query("quantity == 'window'")
        draw_line(panels[2], cosine, "", colour, style)
        open_in = cosine[cosine["epoch"].isin(window[window["mean"] > 0.5]["epoch"])]
        panels[2].plot(open_in["epoch"], open_in["mean"], "o", ms=2.5, color=colour)
        dots += len(open_in)
    return dots


def _draw_meanings(ax: Axes, study: Study, numbers: pd.DataFrame, dots: int) -> None:
    """What is drawn, for the legend."""
    cosines = set(numbers[numbers["quantity"] == "gradient/cosine"]["modality"])
    colours = {name: colour for name, colour in modality_colours(study).items() if name in cosines}
    gap = {"gap between the modalities": "black"} if (numbers["modality"] == "gap").any() else {}
    rows = set(numbers["row"])
    styles = zip(study.labels.items(), cycle(ROW_STYLES))
    draw_key(ax, gap | colours, {label: style for (key, label), style in styles if key in rows})
    if dots:
        ax.plot([], [], "o", ms=2.5, color="0.4", label=entry("window open in most seeds"))
    draw_band(ax, RANGE)
