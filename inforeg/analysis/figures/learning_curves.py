"""Figures of the course of training: what changes from epoch to epoch."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import (
    draw_key,
    draw_legend,
    draw_line,
    draw_nothing,
    over_epochs,
    scale_by_powers,
    stacked,
)
from inforeg.analysis.figures.style import COLOURS, COLUMN, STYLES
from inforeg.analysis.statistics.stored import Statistics
from inforeg.metrics.base import metric_of, title_of
from inforeg.metrics.classification import ACCURACY
from inforeg.suite.presentable import INFORMATION

GRADIENTS = {
    "gradient/norm": "gap, gradient norm",
    "trace/batch": "gap, Tr(F)",
    "gradient/cosine": "cosine",
}
"""What the panels of `gradients` show, and how they are called."""

ROW_STYLES = ("--", "-", ":")
"""Of the rows where colours are modalities."""


def information(study: Study, _: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Tr(F) per epoch of each modality, mean over seeds in a band of their range.

    As in InfoReg, Figure 1, one line of panels per benchmark. The panels are of the rows `joint` and
    `unimodal`, so far as the experiment has them.
    """
    kinds = {row: title for row, title in INFORMATION.items() if row in study.labels}
    epochs = study.collected.epochs
    traces = epochs[epochs["metric"].str.startswith("trace/") & epochs["row"].isin(kinds)]
    words = traces["metric"].str.extract("^trace/(.+)/(.+)$")
    traces = traces.assign(estimate=words[0], modality=words[1])
    # The runs of single modalities have no network in common.
    traces = traces[(traces["row"] == "joint") | ~traces["modality"].isin(["whole", "head"])]
    numbers = over_epochs(traces, ["benchmark", "row", "estimate", "modality"])
    names = list(study.benchmarks)
    figure = Figure((COLUMN, 0.2 + 1.5 * len(names)), layout="constrained")
    parts = figure.subfigures(len(names), 1, squeeze=False)[:, 0]
    for part, benchmark in zip(parts, names, strict=True):
        panels = part.subplots(1, len(kinds), squeeze=False)[0]
        config = study.benchmarks[benchmark]
        here = numbers[(numbers["benchmark"] == benchmark) & (numbers["estimate"] == config.training.trace)]
        for ax, (row, title) in zip(panels, kinds.items(), strict=True):
            mine = here[here["row"] == row]
            for modality, colour in zip(config.encoders, cycle(COLOURS)):
                draw_line(ax, mine[mine["modality"] == modality], modality, colour)
            if row == "joint":
                draw_line(ax, mine[mine["modality"] == "whole"], "whole network", "black")
            if mine.empty:
                draw_nothing(ax)
            ax.set_title(title)
            scale_by_powers(ax, "y")
            ax.set_xlabel("Epoch" if benchmark == names[-1] else "")
        panels[0].set_ylabel(f"{stacked(config.title)}\nTr(F), {config.training.trace}")
        draw_legend(part, panels, columns=3)
    return figure, numbers


def curves(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """The experiment's metric per epoch on validation and test, a curve per row, panels per benchmark."""
    metric, epochs = study.experiment.metric, study.collected.epochs
    words = epochs["metric"].str.split("/", n=1, expand=True)
    wanted = words[0].isin(["val", "test"]) & (words[1] == metric)
    shown = epochs[wanted].assign(split=words[0], value=epochs["value"] * metric_of(metric).unit.factor)
    shown = shown.merge(statistics.variants, on=["benchmark", "row", "variant"])
    numbers = over_epochs(shown, ["benchmark", "row", "split"])
    names = list(study.benchmarks)
    figure = Figure((COLUMN, 0.9 + 1.25 * len(names)), layout="constrained")
    axes = figure.subplots(len(names), 2, squeeze=False, sharey="row")
    for panels, benchmark in zip(axes, names, strict=True):
        for ax, split in zip(panels, ("val", "test"), strict=True):
            here = numbers[(numbers["benchmark"] == benchmark) & (numbers["split"] == split)]
            for (key, label), (colour, style) in zip(study.labels.items(), cycle(STYLES)):
                draw_line(ax, here[here["row"] == key], label, colour, style)
            if here.empty:
                draw_nothing(ax)
            ax.set_title("validation" if split == "val" else "test")
        title = stacked(study.benchmarks[benchmark].title)
        panels[0].set_ylabel(f"{title}\n{title_of(metric)} ({metric_of(metric).unit.name})")
    for ax in axes[-1]:
        ax.set_xlabel("Epoch")
    draw_legend(figure, axes.flat, columns=2)
    return figure, numbers


def regulation(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Test accuracy, joint and of the weakest modality, and Tr(F) per epoch; the reference is dashed.

    As in InfoReg, Figure 5, one line of panels per benchmark.
    """
    names = list(study.benchmarks)
    figure = Figure((COLUMN, 0.2 + 1.5 * len(names)), layout="constrained")
    parts = figure.subfigures(len(names), 1, squeeze=False)[:, 0]
    shown = []
    for part, name in zip(parts, names, strict=True):
        numbers = over_epochs(
            _regulated(study, name, statistics.weakest_on(name)), ["benchmark", "row", "quantity", "modality"]
        )
        panels = part.subplots(1, 2, squeeze=False)[0]
        colours = {"joint": "black"} | dict(zip(study.benchmarks[name].encoders, cycle(COLOURS)))
        for key, style in zip(study.labels, cycle(ROW_STYLES)):
            for (quantity, modality), line in numbers[numbers["row"] == key].groupby(
                ["quantity", "modality"]
            ):
                ax = panels[0 if quantity == "accuracy" else 1]
                draw_line(ax, line, "", colours[str(modality)], style)
        panels[0].set_ylabel(
            f"{stacked(study.benchmarks[name].title)}\ntest {ACCURACY.title} ({ACCURACY.unit.name})"
        )
        panels[1].set_ylabel(f"Tr(F), {study.benchmarks[name].training.trace}")
        scale_by_powers(panels[1], "y")
        for ax, quantity in zip(panels, ("accuracy", "trace"), strict=True):
            if not (numbers["quantity"] == quantity).any():
                draw_nothing(ax)
            ax.set_xlabel("Epoch" if name == names[-1] else "")
        draw_key(panels[0], colours, dict(zip(study.labels.values(), cycle(ROW_STYLES))))
        draw_legend(part, panels, columns=3)
        shown.append(numbers)
    return figure, pd.concat(shown)


def gradients(study: Study, _: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Gaps between the modalities in gradient norm and Tr(F), and the cosine of different batches' gradients.

    As in InfoReg, Figures 3 and 4. A gap is the largest modality's value minus the smallest one's. Dots mark
    the epochs in which most seeds' windows are open.
    """
    epochs = study.collected.epochs
    words = epochs["metric"].str.extract(r"^(gradient/norm|gradient/cosine|trace/batch|window)/(.+)$")
    shown = epochs.assign(quantity=words[0], modality=words[1]).dropna(subset="quantity")
    shown = shown[~shown["modality"].isin(["whole", "head"])]
    numbers = pd.concat([_gaps(shown), over_epochs(shown, ["benchmark", "row", "quantity", "modality"])])
    names = list(study.benchmarks)
    figure = Figure((COLUMN, 0.2 + 1.6 * len(names)), layout="constrained")
    parts = figure.subfigures(len(names), 1, squeeze=False)[:, 0]
    for part, name in zip(parts, names, strict=True):
        panels = part.subplots(1, 3, squeeze=False)[0]
        here = numbers[numbers["benchmark"] == name]
        colours = dict(zip(study.benchmarks[name].encoders, cycle(COLOURS)))
        for key, style in zip(study.labels, cycle(ROW_STYLES)):
            _draw_gradients(panels, here[here["row"] == key], style, colours)
        panels[0].set_ylabel(stacked(study.benchmarks[name].title))
        for ax, (quantity, title) in zip(panels, GRADIENTS.items(), strict=True):
            if not (here["quantity"] == quantity).any():
                draw_nothing(ax)
            ax.set_title(title)
            ax.set_xlabel("Epoch" if name == names[-1] else "")
        draw_key(panels[0], colours, dict(zip(study.labels.values(), cycle(ROW_STYLES))))
        draw_legend(part, panels, columns=3)
    return figure, numbers


def _regulated(study: Study, benchmark: str, poorest: str | None) -> pd.DataFrame:
    """What `regulation` shows of one benchmark: quantity, modality or `joint`, and value."""
    epochs, config = study.collected.epochs, study.benchmarks[benchmark]
    wanted = {f"test/{ACCURACY.name}": ("accuracy", "joint")}
    if poorest:
        wanted[f"test/{ACCURACY.name}/{poorest}"] = ("accuracy", poorest)
    wanted |= {f"trace/{config.training.trace}/{m}": ("trace", m) for m in config.encoders}
    here = epochs[(epochs["benchmark"] == benchmark) & epochs["metric"].isin(wanted)].copy()
    here["quantity"] = [wanted[metric][0] for metric in here["metric"]]
    here["modality"] = [wanted[metric][1] for metric in here["metric"]]
    here.loc[here["quantity"] == "accuracy", "value"] *= ACCURACY.unit.factor
    return here


def _gaps(shown: pd.DataFrame) -> pd.DataFrame:
    """Over the modalities, largest minus smallest value of each run and epoch, then over seeds."""
    sized = shown[shown["quantity"].isin(["gradient/norm", "trace/batch"])]
    runs = sized.groupby(["benchmark", "row", "quantity", "seed", "epoch"], sort=False)["value"]
    gaps = (runs.max() - runs.min()).reset_index().assign(modality="gap")
    return over_epochs(gaps, ["benchmark", "row", "quantity", "modality"])


def _draw_gradients(
    panels: Sequence[Axes], numbers: pd.DataFrame, style: str, colours: Mapping[str, str]
) -> None:
    """One row's two gaps and its cosines, with dots where its windows are open."""
    gaps = numbers[numbers["modality"] == "gap"]
    for ax, quantity in zip(panels, ("gradient/norm", "trace/batch"), strict=False):
        draw_line(ax, gaps[gaps["quantity"] == quantity], "", "black", style)
    for modality, colour in colours.items():
        mine = numbers[numbers["modality"] == modality]
        cosine, window = mine.query("quantity == 'gradient/cosine'"), mine.query("quantity == 'window'")
        draw_line(panels[2], cosine, "", colour, style)
        open_in = cosine[cosine["epoch"].isin(window[window["mean"] > 0.5]["epoch"])]
        panels[2].plot(open_in["epoch"], open_in["mean"], "o", ms=2.5, color=colour)
