"""What the site draws of claims, leaderboards and ranks."""

import math
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from inforeg.analysis.figures.forest import REACH
from inforeg.analysis.figures.style import COLOURS
from inforeg.analysis.site.boards import ranked
from inforeg.analysis.site.content import Claimed, Content, Line, Shown
from inforeg.analysis.site.vega import DOT, INK, STEP, Chart, amount, field, lines, scaled
from inforeg.analysis.tables.claims import SYMBOLS
from inforeg.analysis.tables.words import signed
from inforeg.files import json_text

VERDICTS = {
    "reproduced": (COLOURS[0], "circle"),
    "reproduced, negligible": (COLOURS[5], "circle"),
    "contradicted": (COLOURS[1], "square"),
    "contradicted, negligible": (COLOURS[4], "square"),
    "practically equal": (COLOURS[2], "diamond"),
    "inconclusive": ("#888888", "cross"),
}
"""The verdicts that have an effect, with colour and shape."""
POOLED = "all benchmarks"
NARROW = "containerSize()[0] < 600"
"""An expression of Vega, as site.js has it too: whether long names have to be wrapped."""


def forest(claim: Claimed, content: Content) -> Chart | None:
    """A claim's effect on each benchmark and over all, with 95 % intervals; None where nothing is tested."""
    tests = [line for line in claim.tests if math.isfinite(line["difference"])]
    values = [_effect(content.titled(line["benchmark"]), line, "difference", "ci") for line in tests]
    if claim.pooled is not None and math.isfinite(claim.pooled["effect"]):
        values.append(_effect(POOLED, claim.pooled, "effect", "effect"))
    if not values:
        return None
    names = [value["name"] for value in values]
    layers = [
        _zero(),
        _interval(),
        {"mark": {"type": "point", "size": 70, "opacity": 1}, "encoding": _by_verdict(values)},
    ]
    spec = {"data": {"values": values}, "height": {"step": STEP + 4}, "layer": layers}
    told = "; ".join(f"{value['name']} {signed(value['effect'])} ({value['verdict']})" for value in values)
    return Chart(
        {**spec, "encoding": _forest_axes(names, "Effect as claimed (95 % interval)")},
        f"Effect of the claim by benchmark: {claim.statement}",
        f"{told}.",
    )


def overview(content: Content) -> Chart | None:
    """Every claim on every benchmark, and over all of them; None without claims."""
    values = []
    for claim in content.sorted_claims:
        about = {"claim": claim.statement, "source": claim.source, "line": f"{claim.experiment}/{claim.id}"}
        each = [_effect(content.titled(line["benchmark"]), line, "difference", "ci") for line in claim.tests]
        if claim.pooled is not None:
            each.append(_effect(POOLED, claim.pooled, "effect", "effect"))
        values += [{**about, **value} for value in each if value["effect"] is not None]
    if not values:
        return None
    names = {value["line"]: value["claim"] for value in values}
    wrapped = {line: wrap(claim, 26) for line, claim in names.items()}
    is_pooled = {"filter": f"datum.name === '{POOLED}'"}
    layers: list[dict[str, Any]] = [
        _zero(),
        {"mark": {"type": "point", "size": 40, "opacity": 0.9}, "encoding": _by_verdict(values)},
        {"transform": [is_pooled], **_interval(2.5)},
        {"transform": [is_pooled], "mark": {"type": "tick", "color": INK, "thickness": 3, "size": 14}},
    ]
    axes = _forest_axes(list(names), "Effect as claimed", "line")
    axes["x"]["scale"] = {"domain": [-REACH, REACH], "clamp": True}
    axes["y"]["axis"] |= {
        "labelExpr": f"({NARROW} ? {json_text(wrapped)} : {json_text(names)})[datum.value]",
        "labelLimit": {"expr": f"{NARROW} ? 170 : 460"},
    }
    axes["tooltip"] = [field("claim"), field("name"), field("effect"), field("verdict"), field("source")]
    spec = {"data": {"values": values}, "height": {"step": STEP - 4}, "layer": layers, "encoding": axes}
    tall = {"usermeta": {"narrow": {"height": {"step": 3 * STEP - 14}}}}
    told = f"{len(names)} claims, each a line with a mark for each benchmark, by its verdict; marks at the "
    told += f"edges lie beyond {REACH:g}."
    if any(value["name"] == POOLED for value in values):
        told += " A bar is the mean over all benchmarks, with its 95 % interval."
    return Chart({**spec, **tall}, "Every claim on every benchmark", told)


def means(content: Content, benchmark: str) -> Chart | None:
    """The rows of the largest experiment on a benchmark: mean and standard deviation; None without any."""
    ranks = [(each, ranked(each, benchmark)) for each in content.experiments]
    shown, found = max(ranks, key=lambda pair: len(pair[1]))
    if not found:
        return None
    values = [
        {
            "name": shown.label(line["row"]),
            "mean": line["mean"],
            "low": line["mean"] - line["sd"],
            "high": line["mean"] + line["sd"],
        }
        for line in found
    ]
    x = {
        "title": f"{shown.metric or 'mean'} ({shown.unit}), mean ± sd",
        "scale": {"zero": False, "padding": 10},
    }
    layers = [
        {
            "mark": {"type": "rule", "color": INK, "opacity": 0.5},
            "encoding": {"x": amount("low", x), "x2": {"field": "high"}},
        },
        {"mark": DOT, "encoding": {"x": amount("mean", x)}},
    ]
    encoding = {"y": lines([value["name"] for value in values]), "tooltip": [field("name"), field("mean")]}
    best = values[0]
    return Chart(
        {"data": {"values": values}, "height": {"step": STEP}, "layer": layers, "encoding": encoding},
        f"{shown.title}, on {content.titled(benchmark)}",
        f"{len(values)} rows, best first; the first is {best['name']} with {best['mean']:.1f} {shown.unit}.",
    )


def ranks(shown: Shown) -> Chart | None:
    """Mean ranks over the benchmarks of an experiment; None where there are none."""
    if shown.ranks is None:
        return None
    placed = shown.ranks.mean_rank.sort_values(kind="stable")
    names = [shown.label(str(row)) for row in placed.index]
    values = [{"name": name, "rank": rank} for name, rank in zip(names, placed.to_list(), strict=True)]
    encoding = {
        "x": amount("rank", {"title": "Mean rank (1 is best)", "scale": {"zero": False, "padding": 10}}),
        "y": lines(names),
        "tooltip": [field("name"), field("rank")],
    }
    spec = {"data": {"values": values}, "height": {"step": STEP}, "mark": DOT, "encoding": encoding}
    apart = f"{shown.ranks.critical_difference:.1f}"
    return Chart(
        spec,
        f"Mean ranks: {shown.title}",
        f"Best first: {', '.join(names)}. Ranks further apart than {apart} differ by Nemenyi's test.",
    )


def _effect(name: str, line: Line, effect: str, ends: str) -> dict[str, Any]:
    return {
        "name": name,
        "effect": line[effect],
        "low": line[f"{ends}_low"],
        "high": line[f"{ends}_high"],
        "verdict": line["verdict"],
        "symbol": SYMBOLS.get(line["verdict"], ""),
    } | ({"effect": None} if math.isnan(line[effect]) else {})


def _forest_axes(names: Sequence[str], title: str, by: str = "name") -> dict[str, Any]:
    tooltip = [field("name"), field("effect"), field("low"), field("high"), field("verdict")]
    return {"x": amount("effect", {"title": title}), "y": lines(names, by), "tooltip": tooltip}


def _zero() -> dict[str, Any]:
    return {
        "data": {"values": [{"zero": 0}]},
        "mark": {"type": "rule", "color": INK, "strokeDash": [3, 3], "opacity": 0.7, "tooltip": None},
        "encoding": {"x": {"field": "zero", "type": "quantitative"}, "y": None, "tooltip": None},
    }


def _interval(width: float = 1.5) -> dict[str, Any]:
    return {
        "mark": {"type": "rule", "color": INK, "opacity": 0.6, "strokeWidth": width},
        "encoding": {"x": amount("low", {}), "x2": {"field": "high"}},
    }


def _by_verdict(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    there = {value["verdict"] for value in values}
    known = {verdict: how for verdict, how in VERDICTS.items() if verdict in there}
    colours, shapes = ([how[place] for how in known.values()] for place in (0, 1))
    told = {"field": "verdict", "title": None}
    return {
        "color": {**told, "scale": scaled(list(known), colours)},
        "fill": {**told, "scale": scaled(list(known), colours)},
        "shape": {**told, "scale": scaled(list(known), shapes)},
    }
