"""The course of training of rows beside their references': in every epoch, paired by seed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.compare import best_variants
from inforeg.analysis.statistics.paired import mean_interval
from inforeg.metrics.classification import ACCURACY
from inforeg.ties import apart

COURSE = ["benchmark", "row", "quantity", "modality", "epoch"]
"""What a point of a course is of."""

LEAD = ["difference", "ci_low", "ci_high"]


def courses(study: Study, weakest: Mapping[str, str | None]) -> pd.DataFrame:
    """Test accuracy and Tr(F) in every epoch, and how far they are from the row's own reference.

    Args:
        study: whose rows, each by its best variant.
        weakest: the weakest modality of each benchmark; None where it is not known.

    Returns:
        benchmark, row, quantity, modality, epoch, n, mean, low, high (the range over seeds), difference,
        ci_low, ci_high. `accuracy`, in percent, is that of `all` modalities and of the weakest; differences
        are in points. `trace` is that of each modality; differences are factors, geometric means over seeds.
        Intervals are of one epoch each, 95 %, without correction; empty for the reference itself.
    """
    values = pd.concat([_values(study, name, weakest[name]) for name in study.benchmarks])
    if values.empty:
        return pd.DataFrame(columns=[*COURSE, "n", "mean", "low", "high", *LEAD])
    values = values.merge(best_variants(study.collected.runs), on=["benchmark", "row", "variant"])
    courses = values.groupby(COURSE, sort=False)["value"]
    found: pd.DataFrame = courses.agg(n="size", mean="mean", low="min", high="max").reset_index()
    return found.merge(_leads(study, values), on=COURSE, how="left")


def _values(study: Study, benchmark: str, poorest: str | None) -> pd.DataFrame:
    """What is shown of one benchmark's runs: `COURSE`, variant, seed and value."""
    epochs, config = study.collected.epochs, study.benchmarks[benchmark]
    wanted = {f"test/{ACCURACY.name}": ("accuracy", "all")}
    if poorest:
        wanted[f"test/{ACCURACY.name}/{poorest}"] = ("accuracy", poorest)
    wanted |= {f"trace/{config.training.trace}/{m}": ("trace", m) for m in config.encoders}
    here = epochs[(epochs["benchmark"] == benchmark) & epochs["metric"].isin(wanted)].copy()
    here["quantity"] = [wanted[metric][0] for metric in here["metric"]]
    here["modality"] = [wanted[metric][1] for metric in here["metric"]]
    here.loc[here["quantity"] == "accuracy", "value"] *= ACCURACY.unit.factor
    return here


def _leads(study: Study, values: pd.DataFrame) -> pd.DataFrame:
    """By `COURSE`, the mean difference to the reference with its interval; of traces, the mean factor."""
    traces = values["quantity"] == "trace"
    with np.errstate(divide="ignore"):  # a trace of 0 has no logarithm, and no factor
        logarithms = np.log(values["value"].where(traces, 1.0))
    scaled = values.assign(value=values["value"].where(~traces, logarithms))
    scaled = scaled[np.isfinite(scaled["value"])]
    own = scaled.assign(reference=scaled["row"].map(study.experiment.own_references))
    own = own[own["row"] != own["reference"]]
    theirs = scaled.rename(columns={"row": "reference", "value": "from"})
    shared = ["benchmark", "reference", "quantity", "modality", "epoch", "seed"]
    pairs = own.merge(theirs[[*shared, "from"]], on=shared).sort_values("seed")
    pairs["apart"] = apart(pairs["value"], pairs["from"])
    lines = [
        (*course, differences.mean(), *mean_interval(differences))
        for course, differences in pairs.groupby(COURSE, sort=False)["apart"]
    ]
    found = pd.DataFrame(lines, columns=[*COURSE, *LEAD])
    found = found.astype({"epoch": int, **dict.fromkeys(LEAD, float)})
    factors = found["quantity"] == "trace"
    found.loc[factors, LEAD] = np.exp(found.loc[factors, LEAD])
    return found
