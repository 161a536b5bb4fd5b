"""The claims over all benchmarks, a line each, and what other ways of pooling find."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.level import ALPHA, LEAST
from inforeg.analysis.statistics.stored import Results
from inforeg.analysis.tables.claims import SYMBOLS, claim_key
from inforeg.analysis.tables.render import Entry, Table
from inforeg.analysis.tables.words import NOTHING, interval, margins, number, several, signed
from inforeg.metrics.base import POINTS

PAGE = 12
"""Claims that have room on a page."""
NAMED = ("Table", "Figure")
"""What of the paper claims are of."""
FOUND = ("Pooled effect [95 %]", "[90 %]", "p (Holm)", "Verdict", "Benchmarks + / −")
"""What `found` says."""
BESIDE = ("Weighted [95 %]", "τ [95 %]", "I² (%)", "Another data set [95 %]", "Where it acts [95 %]")
"""What `beside` says."""
OTHERWISE = (
    "Weighted: random-effects model, τ by Paule and Mandel with the Q-profile's interval (a dash: the "
    "effects scatter less than any τ agrees with), the effect's interval by Hartung and Knapp with the "
    "factor max(1, q). Another data set: prediction interval. Where it acts: the mean without the "
    "benchmarks on which a method of the claim never changed a gradient (data sets left, of all)."
)
"""Below what `beside` says."""


def summary_tables(judged: Results, most: int | None = None) -> list[Table]:
    """A line per claim, sorted by the paper's table: pooled effect, interval, verdict, benchmarks each way.

    Args:
        judged: experiments with claims.
        most: lines of a table; None: all are in one.
    """
    lines = sorted(_named(judged), key=lambda line: place_of(line["source"]))
    size = most or len(lines)
    parts = [lines[start : start + size] for start in range(0, len(lines), size)]
    return [
        Table(
            f"The claims over all benchmarks{f' ({place} of {len(parts)})' if len(parts) > 1 else ''}",
            f"claims-pooled{place}",
            ["Claim", *FOUND],
            [[Entry(line["name"], link=line["link"]), *found(line)] for line in part],
            list(notes(judged)) if place == len(parts) else [],
        )
        for place, part in enumerate(parts, start=1)
    ]


def sensitivity_tables(judged: Results) -> list[Table]:
    """What other ways of pooling find of the claims that are pooled, an experiment a table."""
    tables = []
    for study, statistics in judged:
        lines = [line for line in _named([(study, statistics)]) if not pd.isna(line["effect"])]
        if lines:
            rows = [[Entry(line["name"]), *beside(line)] for line in lines]
            title = f"{study.experiment.title}: claims, pooled otherwise"
            tables.append(Table(title, f"{study.name}-sensitivity", ["Claim", *BESIDE], rows, [OTHERWISE]))
    return tables


def _named(judged: Results) -> Iterator[dict[Any, Any]]:
    """Each claim's pooled numbers, its source, and its name in tables."""
    for study, statistics in judged:
        claims = {claim.id: claim for claim in study.experiment.claims}
        for line in statistics.pooled.to_dict("records"):
            claim = claims[line["claim"]]
            named = {"name": f"{claim.statement} ({claim.source})", "source": claim.source}
            named["link"] = claim_key(study.name, claim.id)
            yield {**line, **named, "effect_low": line["low"], "effect_high": line["high"]}


def place_of(source: str) -> tuple[int, int]:
    """Where the claims of `source` stand: tables by number, then figures, then all else, as (2, 0)."""
    named = re.match(r"(Table|Figure)\D*(\d+)", source)
    return (2, 0) if named is None else (NAMED.index(named[1]), int(named[2]))


def by_claim(made: Results) -> dict[tuple[str, str], Mapping[Any, Any]]:
    """The lines of the pooled claims, by experiment and claim."""
    lines = ((study.name, line) for study, stored in made for line in stored.pooled.to_dict("records"))
    return {(name, str(line["claim"])): line for name, line in lines}


def verdict(line: Mapping[Any, Any]) -> Entry:
    """The verdict on a pooled claim, with its symbol if it has one."""
    word = str(line["verdict"])
    return Entry(f"{SYMBOLS[word]} {word}" if word in SYMBOLS else word)


def each_way(line: Mapping[Any, Any]) -> Entry:
    """On how many benchmarks the effect of a claim is above 0, and below."""
    return Entry(f"{line['above']:.0f} / {line['below']:.0f}")


def found(line: Mapping[Any, Any]) -> list[Entry]:
    """What is found of a claim over all benchmarks."""
    return [
        _effect(line, "effect"),
        Entry(interval(line, "ci90")),
        Entry(number(line["p_holm"], ".2g")),
        verdict(line),
        each_way(line),
    ]


def beside(line: Mapping[Any, Any]) -> list[Entry]:
    """What other ways of pooling find of it."""
    tau = f"{number(line['tau'], '.1f')} {interval(line, 'tau') if line['tau_high'] else NOTHING.text}"
    left = "" if pd.isna(line["acting_effect"]) else f" ({line['acting']:.0f} of {line['data_sets']:.0f})"
    return [
        _effect(line, "weighted"),
        Entry(tau.replace("+", "")),
        Entry(number(100 * line["i2"], ".0f")),
        Entry(interval(line, "next")),
        Entry(f"{_effect(line, 'acting_effect', 'acting').text}{left}"),
    ]


def _effect(line: Mapping[Any, Any], name: str, ends: str = "") -> Entry:
    """The effect `name` and its interval; a dash where there is none."""
    if pd.isna(line[name]):
        return NOTHING
    return Entry(f"{signed(line[name])} {interval(line, ends or name)}")


def notes(judged: Results) -> Iterator[str]:
    """What is to be known of what `found` says."""
    yield (
        f"Pooled effect, in {POINTS.name} where accuracies are compared: the unweighted mean of all "
        "benchmarks' effects, of those on which the method never acted too, with Student's t (those on one "
        "data set count once, by their mean). p: two-sided, Holm over the pooled claims of an experiment. "
        f"Significant below {ALPHA}; practically equal or negligible within "
        f"± {margins(study for study, _ in judged)} by two one-sided tests, corrected likewise. "
        f"Fewer than {LEAST} independent data sets are not pooled. + / −: benchmarks with an effect as "
        "claimed, and against it, whatever its size."
    )
    lines = pd.concat([statistics.verdicts for _, statistics in judged])
    wider = (lines["total_se"] / lines["se"]).replace(math.inf, math.nan).dropna()
    if len(wider):
        yield (
            "Intervals of a single benchmark are over seeds, on its test samples; over seeds and test "
            f"samples together the standard errors are {wider.median():.1f} times as large (median of "
            f"{several(len(wider), 'tests')}; claims.json has each), and more seeds do not mend what the "
            "samples add."
        )
    if foreign := dict.fromkeys(name for study, _ in judged for name in _foreign(study)):
        yield f"The paper did not use these data sets: {', '.join(foreign)}."


def _foreign(study: Study) -> Iterator[str]:
    """The experiment's benchmarks of which the paper prints nothing."""
    printed = {data for claim in study.experiment.claims for data in claim.printed}
    printed |= set(study.experiment.printed)
    if not printed:
        return  # the paper says nothing of it
    yield from (config.title for config in study.benchmarks.values() if config.title not in printed)
