"""What regulation does to the course of training."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import (
    RANGE,
    ROW_STYLES,
    TRACES,
    WORDS,
    Factors,
    draw_band,
    draw_key,
    draw_legend,
    draw_line,
    draw_nothing,
    grid,
    modality_colours,
    over_training,
    scale_by_powers,
    stacked,
)
from inforeg.analysis.figures.style import PAGE
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.words import reference_names
from inforeg.metrics.classification import ACCURACY

PANELS = (("accuracy", 0), ("accuracy", 1), ("trace", 0), ("trace", 1))
"""Quantity, and whether its difference to the reference is shown, from left to right."""


def regulation(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Test accuracy and Tr(F) per epoch, and how far from the reference they are.

    As in InfoReg, Figure 5: the accuracy of all modalities and of the weakest, and Tr(F) of each, mean over
    seeds in a band of their range. Beside them the difference to the reference, and for Tr(F) the quotient,
    paired by seed, in a band that is each epoch's 95 % interval.
    """
    numbers = statistics.regulation
    colours = {"all": "black"} | modality_colours(study)
    styles = dict(zip(study.labels, cycle(ROW_STYLES)))
    figure, axes = grid(study, len(PANELS), width=PAGE)
    for panels, name in zip(axes, study.benchmarks, strict=True):
        here = numbers[numbers["benchmark"] == name]
        for ax, (quantity, against) in zip(panels, PANELS, strict=True):
            shown = here[here["quantity"] == quantity]
            if against:
                _draw_differences(ax, shown, colours, styles, level=float(quantity == "trace"))
            for (row, modality), line in () if against else shown.groupby(["row", "modality"], sort=False):
                draw_line(ax, line, "", colours[str(modality)], styles[str(row)])
            if shown.empty:
                draw_nothing(ax)
    _label(study, axes)
    modalities, rows = set(numbers["modality"]), set(numbers["row"])
    draw_key(
        axes[0][0],
        {WORDS.get(name, name): colours[name] for name in colours if name in modalities},
        {study.labels[key]: style for key, style in styles.items() if key in rows},
    )
    draw_band(axes[0][0], f"{RANGE}; of a difference its 95 % interval")
    draw_legend(figure, [axes[0][0]])
    return figure, numbers


def _draw_differences(
    ax: Axes, shown: pd.DataFrame, colours: Mapping[str, str], styles: Mapping[str, str], level: float
) -> None:
    """The rows' differences to their references in their intervals; `level` is that of none."""
    ax.axhline(level, color="grey", linewidth=0.6)
    found = shown.dropna(subset="difference")
    bands = found.assign(mean=found["difference"], low=found["ci_low"], high=found["ci_high"])
    for (row, modality), line in bands.groupby(["row", "modality"], sort=False):
        draw_line(ax, line, "", colours[str(modality)], styles[str(row)])


def _label(study: Study, axes: Sequence[Sequence[Axes]]) -> None:
    """Titles with units above the first row of panels, and logarithms where a factor counts."""
    reference, unit = next(reference_names(study)), ACCURACY.unit
    titles = (
        f"test {ACCURACY.title} ({unit.name})",
        f"minus that of {reference} ({unit.difference})",
        "information amount",
        f"divided by that of {reference}",
    )
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(stacked(title))
    for panels, config in zip(axes, study.benchmarks.values(), strict=True):
        panels[2].set_ylabel(TRACES[config.training.trace])
        scale_by_powers(panels[2], "y")
        scale_by_powers(panels[3], "y", Factors)
    over_training(axes)
