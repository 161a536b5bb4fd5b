"""Pictures of features (InfoReg, Figures 6 and 9)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle
from textwrap import fill
from typing import Any

import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_nothing, stacked
from inforeg.analysis.figures.style import COLOURS, COLUMN, PAGE
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.words import number
from inforeg.metrics.base import metric_of
from inforeg.metrics.recorded import NEIGHBOUR, SILHOUETTE
from inforeg.registry import DATASETS
from inforeg.runspec import BenchmarkConfig

MARKERS = "osx^v+D"
"""As many as make neighbouring classes differ in colour and shape, and 42 in one of them."""

LETTER, LINE = 0.048, 0.13
"""Width of a letter and height of a line of a key, in inches."""

NUMBERS = 0.8
"""Height in inches of what stands above and below a square panel."""

DIGITS = {SILHOUETTE.name: ".3f", NEIGHBOUR.name: ".1f"}
"""How the numbers below a panel are written."""

UNBROKEN = "\N{NO-BREAK SPACE}"
"""What keeps an interval on one line."""


def tsne(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """The weakest modality's features after training with each row's method, a colour and shape per class.

    Of seed 0, by t-SNE, whose axes have no unit. Below a panel, over all seeds with 95 % intervals: the mean
    silhouette of the classes in the features themselves, how often the nearest training sample is of the test
    sample's class, and the differences to the reference, paired by seed.
    """
    embeddings, names = study.collected.embeddings, list(study.benchmarks)
    classes = {name: _classes(config) for name, config in study.benchmarks.items()}
    width = COLUMN if len(study.labels) < 3 else PAGE
    figure, panels, keys = _panels(width, len(study.labels), [*classes.values()])
    letters = int(width / len(study.labels) / LETTER) - 4
    shown = []
    for axes, key, name in zip(panels, keys, names, strict=True):
        poorest = statistics.weakest_on(name)
        here = embeddings[(embeddings["benchmark"] == name) & (embeddings["modality"] == poorest)]
        shown.append(here.assign(**{"class": here["target"].map(dict(enumerate(classes[name])))}))
        marks = dict(zip(classes[name], zip(cycle(COLOURS), cycle(MARKERS)), strict=False))
        for ax, (row, label) in zip(axes, study.labels.items(), strict=True):
            _draw_points(ax, shown[-1][here["row"] == row], marks)
            ax.set_title(fill(label, letters))
            ax.set(xticks=[], yticks=[])
            lines = _measured(statistics.tsne, name, row)
            ax.set_xlabel("\n".join(fill(line, letters) for line in lines), fontsize=6)
        axes[0].set_ylabel(f"{stacked(study.benchmarks[name].title)}\n{poorest or ''}".rstrip())
        _draw_key(key, {cls: marks[cls] for cls in marks if cls in set(shown[-1]["class"])}, width)
    return figure, pd.concat([*shown, statistics.tsne])


def _classes(config: BenchmarkConfig) -> tuple[str, ...]:
    """The names of the classes, in the order of their indices."""
    names: tuple[str, ...] = DATASETS.build(config.data.name, config.data.options).labels
    return tuple(name.replace("_", " ") for name in names)


def _panels(
    width: float, columns: int, classes: Sequence[tuple[str, ...]]
) -> tuple[Figure, list[list[Axes]], list[Axes]]:
    """Rows of panels, and below each row the place of its key."""
    panel = width / columns + NUMBERS
    heights = [part for names in classes for part in (panel, LINE * -(-len(names) // _abreast(names, width)))]
    figure = Figure((width, 0.1 + sum(heights)), layout="constrained")
    places = figure.add_gridspec(len(heights), columns, height_ratios=heights)
    rows = range(0, len(heights), 2)
    panels = [[figure.add_subplot(places[row, column]) for column in range(columns)] for row in rows]
    return figure, panels, [figure.add_subplot(places[row + 1, :]) for row in rows]


def _abreast(names: Iterable[str], width: float) -> int:
    """How many classes there is room for in a line of the key."""
    return max(1, int(width / (LETTER * (4 + max(map(len, names))))))


def _draw_points(ax: Axes, points: pd.DataFrame, marks: Mapping[str, tuple[str, str]]) -> None:
    for name, mine in points.groupby("class", sort=False):
        colour, marker = marks[str(name)]
        ax.scatter(mine["x"], mine["y"], s=4, color=colour, marker=marker, linewidths=0.5)
    if points.empty:
        draw_nothing(ax)


def _draw_key(ax: Axes, marks: Mapping[str, tuple[str, str]], width: float) -> None:
    ax.axis("off")
    for name, (colour, marker) in marks.items():
        ax.plot([], [], marker, ms=2.5, color=colour, label=name)
    if marks:
        ax.legend(
            loc="center", ncols=_abreast(marks, width), fontsize=6, handletextpad=0.1, columnspacing=0.8
        )


def _measured(numbers: pd.DataFrame, benchmark: str, row: str) -> list[str]:
    """Silhouette and nearest neighbours there, and how far they are from the reference's, a line each."""
    here = numbers[(numbers["benchmark"] == benchmark) & (numbers["row"] == row)]
    return [line for found in here.to_dict("records") for line in _told(found)]


def _told(found: Mapping[Any, Any]) -> Iterator[str]:
    metric, form = metric_of(found["metric"]), DIGITS[found["metric"]]
    unit = " %" * (metric.unit.name == "%")
    yield f"{metric.title} {found['mean']:{form}}{unit}{_interval(found, 'ci', form)}"
    if not pd.isna(found["difference"]):
        signed = f"+{form}"
        yield f"difference {number(found['difference'], signed)}{_interval(found, 'difference', signed)}"


def _interval(found: Mapping[Any, Any], name: str, form: str) -> str:
    low, high = (number(found[f"{name}_{end}"], form) for end in ("low", "high"))
    return "" if pd.isna(found[f"{name}_low"]) else f" [{low},{UNBROKEN}{high}]"
