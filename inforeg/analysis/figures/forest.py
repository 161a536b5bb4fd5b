"""All claims in one picture: what is found over all benchmarks and on each, and what the paper prints."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import pandas as pd

from inforeg.analysis.canvas import Axes, Figure
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.panels import draw_beyond, draw_interval, draw_legend, entry
from inforeg.analysis.figures.style import COLOURS, PAGE, STYLE
from inforeg.analysis.statistics.stored import Results, Statistics
from inforeg.analysis.tables.pooled import NAMED, place_of
from inforeg.metrics.base import is_weakest, metric_of, title_of
from inforeg.metrics.classification import ACCURACY
from inforeg.suite.experiment import Claim

VERDICTS: Mapping[str, Mapping[str, Any]] = {
    "reproduced": {"marker": "o", "color": COLOURS[0]},
    "reproduced, negligible": {"marker": "o", "color": COLOURS[0], "markerfacecolor": "white"},
    "contradicted": {"marker": "s", "color": COLOURS[1]},
    "contradicted, negligible": {"marker": "s", "color": COLOURS[1], "markerfacecolor": "white"},
    "practically equal": {"marker": "P", "color": COLOURS[2]},
    "inconclusive": {"marker": "x", "color": "0.45"},
}
"""The verdicts that have an effect, and how they are drawn."""

PAPER: Mapping[str, Any] = {
    "marker": "D", "color": "black", "markerfacecolor": "none", "markersize": 3, "markeredgewidth": 0.6,
    "zorder": 1.5,
}  # fmt: skip
"""How the paper's own effects are drawn: behind ours."""

REACH = 8.0
"""Points at which the axes are cut: beyond nearly all intervals, and near enough for one point to be seen."""

LETTERS, LINE = 40, 0.105
"""Of a line of names, and its height in inches."""

POOLED, EACH, PRINTED = "pooled", "benchmark", "printed"
"""What a line of the numbers is of."""


@dataclass(frozen=True)
class Place:
    """Where a claim stands.

    Attributes:
        study: whose claim it is.
        claim: itself.
        group: the paper's table.
        name: what is compared, over several lines.
        top: the first of these, downwards from 0.
    """

    study: Study
    claim: Claim
    group: str
    name: str
    top: float

    @property
    def middle(self) -> float:
        """The height of its effects."""
        return self.top + self.name.count("\n") / 2

    @property
    def bottom(self) -> float:
        """Below its last line."""
        return self.top + self.name.count("\n") + 1.2


def forest(judged: Results) -> tuple[Figure, pd.DataFrame]:
    """Every claim's effect over all benchmarks and on each, with 95 % intervals, and what the paper prints.

    Left the unweighted mean over benchmarks, with the interval of Student's t, and open diamonds for what the
    paper prints of its own data; beside it each benchmark. Right of 0 is as claimed; arrows lead beyond the
    axis.

    Args:
        judged: studies with claims.

    Returns:
        The figure, and its numbers: a line per claim, pooled, on each benchmark, and per printed effect.
    """
    titles = {name: config.title for study, _ in judged for name, config in study.benchmarks.items()}
    numbers, places = _numbers(judged), _placed(judged)
    figure = Figure((PAGE, 0.9 + LINE * (places[-1].bottom + 1)), layout="constrained")
    widths = [1.7, *[1.0] * len(titles)]
    axes = figure.subplots(1, len(widths), sharex=True, sharey=True, width_ratios=widths)
    _draw_names(axes[0], places)
    for ax, name in zip(axes, (None, *titles), strict=True):
        _draw_frame(ax, places)
        ax.set_title(fill(titles[name], 12) if name else "all benchmarks", fontsize=6)
        shown = numbers[numbers["benchmark"] == name if name else numbers["of"] != EACH]
        for place in places:
            of_study, of_claim = shown["experiment"] == place.study.name, shown["claim"] == place.claim.id
            _draw_effects(ax, place.middle, shown[of_study & of_claim].to_dict("records"))
    figure.supxlabel(
        "Effect in points with its 95 % interval; right of 0: as claimed", fontsize=STYLE["font.size"]
    )
    _draw_meanings(axes[0], numbers)
    draw_legend(figure, [axes[0]])
    return figure, numbers


def claims(study: Study, statistics: Statistics) -> tuple[Figure, pd.DataFrame]:
    """Every claim's effect over all benchmarks and on each with 95 % intervals, and what the paper prints."""
    return forest([(study, statistics)])


def _placed(judged: Results) -> list[Place]:
    """The claims, by the paper's tables, from the top downwards."""
    claims = [(study, claim) for study, _ in judged for claim in study.experiment.claims]
    places: list[Place] = []
    for study, claim in sorted(claims, key=lambda pair: place_of(pair[1].source)):
        kind, number = place_of(claim.source)
        group = f"{NAMED[kind]} {number}" if number else claim.source
        last = places[-1] if places else None
        top = last.bottom if last else 0.0
        if last is None or last.group != group:
            top += 1.5
        places.append(Place(study, claim, group, fill(_name(study, claim), LETTERS), top))
    return places


def _name(study: Study, claim: Claim) -> str:
    """What the claim compares, and in what if not in accuracy."""
    rows = {row.key: row for row in study.experiment.rows}
    better, worse = rows[claim.better], rows[claim.worse]
    if better.label == worse.label:
        named = f"{better.label}: {better.column} − {worse.column}"
    elif better.column == worse.column and better.column:
        named = f"{better.label} − {worse.label}, {better.column}"
    else:
        named = f"{better.title} − {worse.title}"
    if claim.metric == ACCURACY.name:
        return named
    kind = metric_of(claim.metric)
    words = [kind.title] * (kind != ACCURACY) + ["weakest modality"]
    return f"{named} ({', '.join(words) if is_weakest(claim.metric) else title_of(claim.metric)})"


def _draw_names(ax: Axes, places: Sequence[Place]) -> None:
    """The claims' names and, in bold above them, the tables'."""
    headings = {place.group: place.top - 1.1 for place in reversed(places)}
    heights = [*headings.values(), *(place.middle for place in places)]
    ax.set_yticks(heights, [*headings, *(place.name for place in places)], fontsize=6)
    for label in ax.get_yticklabels()[: len(headings)]:
        label.set_fontweight("bold")


def _draw_frame(ax: Axes, places: Sequence[Place]) -> None:
    """The axis that all panels share, and lines that lead from names to effects."""
    ax.axvline(0, color="grey", linewidth=0.6)
    ax.hlines([place.middle for place in places], -REACH, REACH, color="0.92", linewidth=0.4, zorder=0)
    ax.set(xlim=(-1.1 * REACH, 1.1 * REACH), ylim=(places[-1].bottom, 0), xticks=[-REACH, 0, REACH])
    ax.set_xticks([-REACH / 2, REACH / 2], minor=True)
    ax.spines.left.set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=6)


def _draw_effects(ax: Axes, height: float, found: Iterable[Mapping[Any, Any]]) -> None:
    """Effects with their intervals, what is printed as diamonds, and arrows to what is beyond the axis."""
    for line in found:
        effect = (line["difference"], line["ci_low"], line["ci_high"])
        if pd.isna(line["difference"]):
            if line["of"] == POOLED:
                ax.text(-REACH, height, "not pooled", fontsize=5, va="center", color="0.45")
            continue
        looks = PAPER if line["of"] == PRINTED else {**VERDICTS[line["verdict"]], "markersize": 3}
        draw_interval(ax, height, effect, REACH, looks)


def _draw_meanings(ax: Axes, numbers: pd.DataFrame) -> None:
    """What the markers mean, of those that are drawn, for the legend."""
    drawn = set(numbers.dropna(subset="difference")["verdict"])
    for verdict, looks in VERDICTS.items():
        if verdict in drawn:
            ax.plot([], [], linewidth=0.8, markersize=3, label=entry(verdict), **looks)
    if (numbers["of"] == PRINTED).any():
        meaning = entry("the paper's own, on its own data")
        ax.plot([], [], linestyle="", label=meaning, **PAPER)
    if (numbers[["difference", "ci_low", "ci_high"]].abs() > REACH).any(axis=None):
        draw_beyond(ax, f"± {REACH:g} points")


def _numbers(judged: Results) -> pd.DataFrame:
    columns = [
        "experiment",
        "claim",
        "of",
        "benchmark",
        "difference",
        "ci_low",
        "ci_high",
        "p_holm",
        "verdict",
    ]
    named = {"effect": "difference", "low": "ci_low", "high": "ci_high"}
    pooled = [statistics.pooled.rename(columns=named).assign(of=POOLED) for _, statistics in judged]
    each = [statistics.verdicts.assign(of=EACH) for _, statistics in judged]
    printed = [
        {"experiment": study.name, "claim": claim.id, "of": PRINTED, "benchmark": data, "difference": effect}
        for study, _ in judged
        for claim in study.experiment.claims
        for data, effect in claim.printed.items()
    ]
    return pd.concat([*pooled, *each, pd.DataFrame(printed)])[columns]
