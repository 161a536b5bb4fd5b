"""Figures of the course of training: what changes from epoch to epoch."""

from itertools import cycle

import pandas as pd

from inforeg.analysis.canvas import Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import (
    RANGE,
    TRACES,
    WORDS,
    draw_band,
    draw_key,
    draw_legend,
    draw_line,
    draw_nothing,
    grid,
    modality_colours,
    over_epochs,
    over_training,
    scale_by_powers,
    stacked,
)
from inforeg.analysis.figures.style import STYLES
from inforeg.analysis.statistics.stored import Statistics
from inforeg.metrics.base import metric_of, title_of
from inforeg.regulation.trace import WHOLE
from inforeg.suite.presentable import INFORMATION


def information(study: Study, _: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Tr(F) per epoch of each modality, mean over seeds in a band of their range; as in InfoReg, Figure 1."""
    kinds = {row: title for row, title in INFORMATION.items() if row in study.labels}
    numbers = over_epochs(_traces(study, list(kinds)), ["benchmark", "row", "estimate", "modality"])
    colours = modality_colours(study) | {WHOLE: "black"}
    figure, axes = grid(study, len(kinds), share="row")
    for panels, (benchmark, config) in zip(axes, study.benchmarks.items(), strict=True):
        here = numbers[(numbers["benchmark"] == benchmark) & (numbers["estimate"] == config.training.trace)]
        for ax, (row, title) in zip(panels, kinds.items(), strict=True):
            mine = here[here["row"] == row]
            for modality in (*config.encoders, WHOLE):
                draw_line(ax, mine[mine["modality"] == modality], "", colours[modality])
            if mine.empty:
                draw_nothing(ax)
            ax.set_title(title if panels is axes[0] else "")
            scale_by_powers(ax, "y")
        panels[0].set_ylabel(f"{stacked(config.title)}\n{TRACES[config.training.trace]}")
    over_training(axes)
    drawn = set(numbers["modality"])
    draw_key(axes[0][0], {WORDS.get(name, name): colours[name] for name in colours if name in drawn}, {})
    draw_band(axes[0][0], RANGE)
    draw_legend(figure, [axes[0][0]])
    return figure, numbers


def _traces(study: Study, rows: list[str]) -> pd.DataFrame:
    """The traces of these rows: what an epoch holds, estimate and modality."""
    epochs = study.collected.epochs
    traces = epochs[epochs["metric"].str.startswith("trace/") & epochs["row"].isin(rows)]
    words = traces["metric"].str.extract("^trace/(.+)/(.+)$")
    traces = traces.assign(estimate=words[0], modality=words[1])
    # The runs of single modalities have no network in common.
    return traces[(traces["row"] == "joint") | ~traces["modality"].isin(["whole", "head"])]


def curves(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """The metric per epoch on validation and test, mean over seeds in a band of their range."""
    metric, epochs = study.experiment.metric, study.collected.epochs
    words = epochs["metric"].str.extract("^([^/]+)/(.+)$")
    wanted = words[0].isin(["val", "test"]) & (words[1] == metric)
    shown = epochs[wanted].assign(split=words[0], value=epochs["value"] * metric_of(metric).unit.factor)
    shown = shown.merge(statistics.variants, on=["benchmark", "row", "variant"])
    numbers = over_epochs(shown, ["benchmark", "row", "split"])
    figure, axes = grid(study, 2, share="row")
    for panels, (benchmark, config) in zip(axes, study.benchmarks.items(), strict=True):
        for ax, (split, title) in zip(panels, (("val", "validation"), ("test", "test")), strict=True):
            here = numbers[(numbers["benchmark"] == benchmark) & (numbers["split"] == split)]
            for (key, label), (colour, style) in zip(study.labels.items(), cycle(STYLES)):
                draw_line(ax, here[here["row"] == key], label, colour, style)
            if here.empty:
                draw_nothing(ax)
            ax.set_title(title if panels is axes[0] else "")
        what = f"{title_of(metric)} ({metric_of(metric).unit.name})"
        panels[0].set_ylabel(f"{stacked(config.title)}\n{what}")
    over_training(axes)
    draw_band(axes[0][0], RANGE)
    draw_legend(figure, [ax for panels in axes for ax in panels])
    return figure, numbers
