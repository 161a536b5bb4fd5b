"""The paper's claims, tested: reproduced, contradicted or inconclusive."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.compare import Pair, corrected, effects, scores
from inforeg.metrics.base import metric_of, title_of
from inforeg.suite.experiment import Claim

SYMBOLS = {"reproduced": "●", "contradicted": "✗", "inconclusive": "○", "left out": "—"}
"""The verdicts and how tables show them."""


PAIR = ["experiment", "claim", *Pair._fields]


def judge(study: Study) -> pd.DataFrame:
    """Every claim of the experiment on each of its benchmarks; Holm over the claims of a benchmark.

    Returns:
        A line per claim and benchmark: the claim's own words and printed numbers, the columns of `effects`
        and `corrected`, and a verdict. `difference` is the advantage of `row`, claimed to be better, over
        `reference`, also for a metric that should be small.
    """
    asked = pd.DataFrame(
        [
            {
                "experiment": study.name,
                "claim": claim.id,
                **Pair(benchmark, claim.better, claim.worse)._asdict(),
                **claim.model_dump(include={"statement", "source", "metric", "printed"}),
            }
            for claim in study.experiment.claims
            for benchmark in study.benchmarks
        ]
    )
    found = pd.concat([_tested(study, claim) for claim in study.experiment.claims])
    tests = corrected(found.assign(experiment=study.name), "benchmark")
    lines = asked.merge(tests, on=PAIR, how="left")
    lines["verdict"] = [_verdict(line) for line in lines.to_dict("records")]
    lines["note"] = [_note(line, study) for line in lines.to_dict("records")]
    return lines


def summary(lines: pd.DataFrame) -> str:
    """How many tests had which verdict, in one sentence."""
    counts = lines["verdict"].value_counts()
    told = ", ".join(f"{counts[name]} {name}" for name in SYMBOLS if name in counts)
    return f"Claims × benchmarks: {len(lines)}, of which {told}."


def _tested(study: Study, claim: Claim) -> pd.DataFrame:
    values = scores(study, claim.metric)
    if not metric_of(claim.metric).higher_is_better:
        values["value"] *= -1
    pairs = [Pair(benchmark, claim.better, claim.worse) for benchmark in study.benchmarks]
    return effects(values, study.collected.predictions, claim.metric, pairs).assign(claim=claim.id)


def _verdict(line: Mapping[Any, Any]) -> str:
    if pd.isna(line["p_holm"]):
        return "left out"
    if not line["significant"]:
        return "inconclusive"
    return "reproduced" if line["difference"] > 0 else "contradicted"


def _note(line: Mapping[Any, Any], study: Study) -> str:
    if line["verdict"] != "left out":
        return str(line["note"])
    reasons = [
        f"{study.labels[cell['row']]} is left out ({cell['reason']})"
        for cell in study.collected.provenance["left_out"]
        if cell["benchmark"] == line["benchmark"] and cell["row"] in (line["row"], line["reference"])
    ]
    return "; ".join(reasons) or f"no {title_of(str(line['metric']))} here"
