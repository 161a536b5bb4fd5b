"""The paper's claims, tested: reproduced, contradicted, practically equal or inconclusive."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.compare import RESULTS, Pair, corrected, effects
from inforeg.analysis.statistics.equality import (
    EQUALITY,
    corrected_equality,
    margin_of,
    verdict_of,
    with_equality,
)
from inforeg.metrics.base import metric_of, title_of
from inforeg.suite.experiment import Claim

PAIR = ["experiment", "claim", *Pair._fields]

COLUMNS = [
    *PAIR, *RESULTS, *EQUALITY, "p_holm", "family", "significant", "detectable", "p_equal_holm", "equal",
    "note", "verdict", "against_printed",
]  # fmt: skip
"""Of the verdicts."""


def judge(study: Study, scored: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every claim of the experiment on each of its benchmarks; Holm over the claims of a benchmark.

    The tests of equality are corrected among themselves.

    Args:
        study: whose claims.
        scored: the `scores` of each metric that they name.

    Returns:
        A line per claim and benchmark: the columns of `effects`, `corrected` and `with_equality`, a verdict,
        and against_printed: on the paper's own data, whether what it prints lies outside the interval.
        `difference` is the advantage of `row`, claimed to be better, over `reference`, also for a metric that
        should be small.
    """
    claims = study.experiment.claims
    asked = [(claim, Pair(name, claim.better, claim.worse)) for claim in claims for name in study.benchmarks]
    if not asked:
        return pd.DataFrame(columns=COLUMNS)
    parts = (_tested(study, claim, scored[claim.metric]) for claim in claims)
    found = pd.concat(parts, ignore_index=True)
    tests = corrected(found.assign(experiment=study.name), "benchmark", study)
    tests = corrected_equality(tests, "benchmark")
    named = [{"experiment": study.name, "claim": claim.id, **pair._asdict()} for claim, pair in asked]
    lines = pd.DataFrame(named).merge(tests, on=PAIR, how="left")
    each = lines.to_dict("records")
    lines["verdict"] = [verdict_of(line["p_holm"], line["difference"], line["equal"]) for line in each]
    noted = list(zip(asked, lines.to_dict("records"), strict=True))
    lines["note"] = [_note(line, claim.metric, study) for (claim, _), line in noted]
    lines["against_printed"] = [_against_printed(line, claim, study) for (claim, _), line in noted]
    return lines


def _tested(study: Study, claim: Claim, values: pd.DataFrame) -> pd.DataFrame:
    if not metric_of(claim.metric).higher_is_better:
        values = values.assign(value=-values["value"])
    pairs = [Pair(benchmark, claim.better, claim.worse) for benchmark in study.benchmarks]
    tests = effects(values, study.answers, claim.metric, pairs)
    margin = margin_of(claim.metric, study.experiment.smallest_effect)
    return with_equality(tests, values, margin).assign(claim=claim.id)


def _against_printed(line: Mapping[Any, Any], claim: Claim, study: Study) -> str:
    """How ours is to what the paper prints of the same data set; empty where the interval holds that."""
    printed = claim.printed.get(study.benchmarks[line["benchmark"]].title)
    if printed is None:
        return ""
    if line["ci_high"] < printed:
        return "smaller than printed"
    return "larger than printed" if line["ci_low"] > printed else ""


def _note(line: Mapping[Any, Any], metric: str, study: Study) -> str:
    if line["verdict"] != "left out":
        return str(line["note"])
    reasons = [
        f"{study.labels[cell['row']]} is left out ({cell['reason']})"
        for cell in study.left_out(metric)
        if cell["benchmark"] == line["benchmark"] and cell["row"] in (line["row"], line["reference"])
    ]
    return "; ".join(reasons) or f"no {title_of(metric)} here"
