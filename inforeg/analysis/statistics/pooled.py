"""Each claim over all benchmarks: an effect, its interval and a verdict, given data sets enough."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.equality import corrected_equality, margin_of, verdict_of
from inforeg.analysis.statistics.level import ALPHA, LEAST
from inforeg.analysis.statistics.paired import holm
from inforeg.analysis.statistics.pooling import mean_effect, random_effects

COUNTS = ["experiment", "claim", "benchmarks", "above", "below", "data_sets", "acting"]
POOLED = [
    *COUNTS, "effect", "low", "high", "ci90_low", "ci90_high", "p", "p_holm", "p_equal", "p_equal_holm",
    "equal", "verdict", "weighted", "weighted_low", "weighted_high", "tau", "tau_low", "tau_high", "i2",
    "next_low", "next_high", "acting_effect", "acting_low", "acting_high",
]  # fmt: skip
"""Of the pooled claims."""


def pool(study: Study, verdicts: pd.DataFrame, acted: pd.DataFrame) -> pd.DataFrame:
    """Every claim of the experiment over its benchmarks; Holm over those that are pooled.

    The effect is the unweighted mean of the benchmarks', all of them, with Student's t; benchmarks on one
    data set are no independent ones, and their mean counts once. The random-effects model stands beside it
    (weighted), and the same mean without the benchmarks on which one of the two rows never acted (acting).

    Args:
        study: whose claims.
        verdicts: on each benchmark, as `judge` has them.
        acted: as the function of that name has it.

    Returns:
        A line per claim: on how many benchmarks it was tested, with an effect above and below 0, on how many
        data sets, and of these on how many it acted; and, on LEAST data sets or more, the pooled numbers.
    """
    if verdicts.empty:
        return pd.DataFrame(columns=POOLED)
    runs = acted.groupby(["row", "benchmark"])[["idle", "n"]].sum()
    never = set(runs.index[runs["idle"] == runs["n"]])
    groups = verdicts.dropna(subset="difference").groupby("claim", sort=False)
    found = {
        claim: {"experiment": study.name, "claim": claim, **_pooled(study, group, never)}
        for claim, group in groups
    }
    lines = pd.DataFrame(
        [
            found.get(claim.id, {"experiment": study.name, "claim": claim.id, **dict.fromkeys(COUNTS[2:], 0)})
            for claim in study.experiment.claims
        ],
        columns=POOLED,
    )
    numbers = [name for name in POOLED if name not in ("experiment", "claim", "equal", "verdict")]
    lines = lines.astype(dict.fromkeys(numbers, float))
    asked = lines["p"].dropna()
    lines["p_holm"] = pd.Series(holm(asked), asked.index)
    lines = corrected_equality(lines, "experiment")
    lines["verdict"] = list(_verdicts(lines))
    return lines


def _pooled(study: Study, lines: pd.DataFrame, never: set[tuple[str, str]]) -> dict[str, Any]:
    """The counts of one claim, of whose tests these are, and its numbers if there are enough data sets."""
    idle = [
        not never.isdisjoint(((line["row"], line["benchmark"]), (line["reference"], line["benchmark"])))
        for line in lines.to_dict("records")
    ]
    each, acting = _by_data_set(study, lines), _by_data_set(study, lines[[not found for found in idle]])
    told: dict[str, Any] = {
        "benchmarks": len(lines),
        "above": (lines["difference"] > 0).sum(),
        "below": (lines["difference"] < 0).sum(),
        "data_sets": len(each),
        "acting": len(acting),
    }
    if len(each) < LEAST:
        return told
    mean, model = mean_effect(each["difference"], each["se"]), random_effects(each["difference"], each["se"])
    claim = next(claim for claim in study.experiment.claims if claim.id == lines["claim"].iloc[0])
    margin = margin_of(claim.metric, study.experiment.smallest_effect)
    told |= {"effect": mean.effect, "p": mean.p, "p_equal": mean.equality_p(margin)}
    told |= dict(zip(("low", "high"), mean.interval(), strict=True))
    told |= dict(zip(("ci90_low", "ci90_high"), mean.interval(2 * ALPHA), strict=True))
    told |= {"weighted": model.effect, "weighted_low": model.low, "weighted_high": model.high}
    told |= {
        name: getattr(model, name) for name in ("tau", "tau_low", "tau_high", "i2", "next_low", "next_high")
    }
    if len(acting) >= 2:
        rest = mean_effect(acting["difference"], acting["se"])
        low, high = rest.interval()
        told |= {"acting_effect": rest.effect, "acting_low": low, "acting_high": high}
    return told


def _by_data_set(study: Study, lines: pd.DataFrame) -> pd.DataFrame:
    """Effects and standard errors, a line per data set: their means over the benchmarks on it.

    The seeds of two benchmarks on one data set may err alike, so that their mean may err as much as they do.
    """
    versions = study.collected.provenance["data"]
    sets = [versions.get(name) or study.benchmarks[name].data.name for name in lines["benchmark"]]
    return lines[["difference", "se"]].fillna({"se": 0.0}).groupby(sets, sort=False).mean()


def _verdicts(lines: pd.DataFrame) -> Iterator[str]:
    for line in lines.to_dict("records"):
        if not math.isnan(line["p_holm"]):
            yield verdict_of(line["p_holm"], line["effect"], line["equal"])
        else:
            yield "counts only" if line["benchmarks"] else "left out"
