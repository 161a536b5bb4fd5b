"""The paper's claims, tested: reproduced, contradicted or inconclusive."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.compare import RESULTS, Pair, corrected, effects
from inforeg.metrics.base import metric_of, title_of
from inforeg.suite.experiment import Claim

PAIR = ["experiment", "claim", *Pair._fields]


def judge(study: Study, scored: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every claim of the experiment on each of its benchmarks; Holm over the claims of a benchmark.

    Args:
        study: whose claims.
        scored: the `scores` of each metric that they name.

    Returns:
        A line per claim and benchmark: the columns of `effects` and `corrected`, and a verdict. `difference`
        is the advantage of `row`, claimed to be better, over `reference`, also for a metric that should be
        small.
    """
    claims = study.experiment.claims
    asked = [(claim, Pair(name, claim.better, claim.worse)) for claim in claims for name in study.benchmarks]
    if not asked:
        return pd.DataFrame(columns=[*PAIR, *RESULTS, "p_holm", "family", "significant", "note", "verdict"])
    found = pd.concat([_tested(study, claim, scored[claim.metric]) for claim in claims])
    tests = corrected(found.assign(experiment=study.name), "benchmark")
    named = [{"experiment": study.name, "claim": claim.id, **pair._asdict()} for claim, pair in asked]
    lines = pd.DataFrame(named).merge(tests, on=PAIR, how="left")
    lines["verdict"] = [_verdict(line) for line in lines.to_dict("records")]
    noted = zip(asked, lines.to_dict("records"), strict=True)
    lines["note"] = [_note(line, claim.metric, study) for (claim, _), line in noted]
    return lines


def _tested(study: Study, claim: Claim, values: pd.DataFrame) -> pd.DataFrame:
    if not metric_of(claim.metric).higher_is_better:
        values = values.assign(value=-values["value"])
    pairs = [Pair(benchmark, claim.better, claim.worse) for benchmark in study.benchmarks]
    return effects(values, study.collected.predictions, claim.metric, pairs).assign(claim=claim.id)


def _verdict(line: Mapping[Any, Any]) -> str:
    if pd.isna(line["p_holm"]):
        return "left out"
    if not line["significant"]:
        return "inconclusive"
    return "reproduced" if line["difference"] > 0 else "contradicted"


def _note(line: Mapping[Any, Any], metric: str, study: Study) -> str:
    if line["verdict"] != "left out":
        return str(line["note"])
    reasons = [
        f"{study.labels[cell['row']]} is left out ({cell['reason']})"
        for cell in study.collected.provenance["left_out"]
        if cell["benchmark"] == line["benchmark"] and cell["row"] in (line["row"], line["reference"])
    ]
    return "; ".join(reasons) or f"no {title_of(metric)} here"
