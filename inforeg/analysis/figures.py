"""Figures as vector graphics and as pictures, with the numbers they show."""

import io
from collections.abc import Callable, Iterable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from inforeg.analysis.compare import best_variants, compare, scale, unit
from inforeg.analysis.overviews import cost, critical_difference
from inforeg.analysis.study import Study
from inforeg.analysis.style import COLOURS, COLUMN, STYLE, STYLES
from inforeg.analysis.tables import metric_title
from inforeg.errors import UserError
from inforeg.files import write_bytes, write_text

SETTINGS = {"joint": "joint", "unimodal": "each alone"}
"""Rows whose information is shown, and how their panels are called."""

Draw = Callable[[Study], tuple[Figure, pd.DataFrame]]
"""A figure and the numbers in it."""


def save(name: str, study: Study, path: Path) -> None:
    """Draw the figure `name` into the PDF `path`, with a PNG and a CSV beside it; equal runs, equal bytes."""
    with mpl.rc_context(STYLE):
        figure, numbers = FIGURES[name](study)
        for kind, undated in (("pdf", "CreationDate"), ("png", "Software")):
            drawn = io.BytesIO()
            figure.savefig(drawn, format=kind, dpi=200, metadata={undated: None})
            write_bytes(path.with_suffix(f".{kind}"), drawn.getvalue())
    write_text(path.with_suffix(".csv"), numbers.to_csv(index=False))


def over_epochs(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Mean, range and number of seeds of `value`, per group and epoch."""
    groups = frame.groupby([*by, "epoch"], sort=False)["value"]
    return groups.agg(mean="mean", low="min", high="max", n="size").reset_index()


def information(study: Study) -> tuple[Figure, pd.DataFrame]:
    """Tr(F) per epoch: each modality and the whole network in joint training, and each modality alone.

    As in InfoReg, Figure 1, one line of panels per benchmark. The panels are of the rows `joint` and
    `unimodal`, so far as the experiment has them.
    """
    kinds = {row: title for row, title in SETTINGS.items() if row in study.labels}
    if not kinds:
        raise UserError(
            "The figure 'information' needs a row 'joint' or 'unimodal'; add one, or drop the figure."
        )
    epochs = study.collected.epochs
    traces = epochs[epochs["metric"].str.startswith("trace/") & epochs["row"].isin(kinds)]
    words = traces["metric"].str.split("/", expand=True)
    traces = traces.assign(estimate=words[1], modality=words[2])
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
                _line(ax, mine[mine["modality"] == modality], modality, colour)
            if row == "joint":
                _line(ax, mine[mine["modality"] == "whole"], "whole network", "black")
            ax.set_title(title)
            ax.set_yscale("log")
            ax.set_xlabel("Epoch" if benchmark == names[-1] else "")
        panels[0].set_ylabel(f"{config.title}\nTr(F), {config.training.trace}")
        _legend(part, panels, columns=3)
    return figure, numbers


def curves(study: Study) -> tuple[Figure, pd.DataFrame]:
    """The experiment's metric per epoch on validation and test, a curve per row, panels per benchmark."""
    metric, epochs = study.experiment.metric, study.collected.epochs
    words = epochs["metric"].str.split("/", n=1, expand=True)
    wanted = words[0].isin(["val", "test"]) & (words[1] == metric)
    shown = epochs[wanted].assign(split=words[0], value=epochs["value"] * scale(metric))
    shown = shown.merge(best_variants(study.collected.runs), on=["benchmark", "row", "variant"])
    numbers = over_epochs(shown, ["benchmark", "row", "split"])
    names = list(study.benchmarks)
    figure = Figure((COLUMN, 0.9 + 1.25 * len(names)), layout="constrained")
    axes = figure.subplots(len(names), 2, squeeze=False, sharey="row")
    for panels, benchmark in zip(axes, names, strict=True):
        for ax, split in zip(panels, ("val", "test"), strict=True):
            here = numbers[(numbers["benchmark"] == benchmark) & (numbers["split"] == split)]
            for (key, label), (colour, style) in zip(study.labels.items(), cycle(STYLES)):
                _line(ax, here[here["row"] == key], label, colour, style)
            ax.set_title("validation" if split == "val" else "test")
        title = study.benchmarks[benchmark].title
        panels[0].set_ylabel(f"{title}\n{metric_title(metric)} ({unit(metric)})")
    for ax in axes[-1]:
        ax.set_xlabel("Epoch")
    _legend(figure, axes.flat, columns=2)
    return figure, numbers


def differences(study: Study) -> tuple[Figure, pd.DataFrame]:
    """Paired differences against the reference with 95 % intervals; filled where significant after Holm."""
    experiment = study.experiment
    numbers = compare(study).dropna(subset="difference")
    keys = [row.key for row in experiment.rows if row.key != experiment.reference]
    names = list(study.benchmarks)
    figure = Figure((COLUMN, (0.35 + 0.13 * len(keys)) * len(names) + 0.3), layout="constrained")
    axes = figure.subplots(len(names), 1, squeeze=False, sharex=True)[:, 0]
    for ax, benchmark in zip(axes, names, strict=True):
        ax.axvline(0, color="grey", linewidth=0.6)
        for line in numbers[numbers["benchmark"] == benchmark].to_dict("records"):
            place = keys.index(line["row"])
            ax.plot([line["ci_low"], line["ci_high"]], [place, place], color=COLOURS[0])
            face = COLOURS[0] if line["significant"] else "white"
            ax.plot(line["difference"], place, "o", ms=3.5, color=COLOURS[0], markerfacecolor=face)
        ax.set_yticks(range(len(keys)), [study.labels[key] for key in keys])
        ax.set_ylim(len(keys) - 0.5, -0.5)
        ax.set_title(study.benchmarks[benchmark].title)
    points = "nats" if unit(experiment.metric) == "nats" else "points"
    reference = study.labels[experiment.reference]
    what = f"Difference to {reference} in test {metric_title(experiment.metric)} ({points})"
    figure.supxlabel(what, fontsize=STYLE["font.size"])
    return figure, numbers


FIGURES: dict[str, Draw] = {
    "information": information,
    "curves": curves,
    "differences": differences,
    "critical_difference": critical_difference,
    "cost": cost,
}


def _line(ax: Axes, numbers: pd.DataFrame, label: str, colour: str, style: str = "-") -> None:
    """Mean over seeds in a band of their range; a method without training is one level."""
    if len(numbers) == 1:
        ax.axhline(float(numbers["mean"].iloc[0]), label=label, color=colour, linestyle=style)
    elif len(numbers):
        ax.plot(numbers["epoch"], numbers["mean"], style, label=label, color=colour)
        ax.fill_between(
            numbers["epoch"], numbers["low"], numbers["high"], color=colour, alpha=0.2, linewidth=0
        )


def _legend(figure: FigureBase, axes: Iterable[Axes], columns: int) -> None:
    """One legend for all of `axes`, above them."""
    entries: dict[str, Any] = {}
    for ax in axes:
        handles, labels = ax.get_legend_handles_labels()
        entries = dict(zip(labels, handles, strict=True)) | entries
    figure.legend(entries.values(), entries.keys(), loc="outside upper center", ncols=columns)
