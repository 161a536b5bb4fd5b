"""Numbers from elsewhere beside those of an experiment, tested against its rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

import pandas as pd

from inforeg.analysis.collected.own import Beside, Own
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics import paired
from inforeg.analysis.statistics.compare import differences, scores
from inforeg.analysis.statistics.level import ALPHA, PAIRED
from inforeg.analysis.statistics.unpaired import Moments, Unpaired, moments, smallest_p, unpaired, welch
from inforeg.errors import UserError
from inforeg.metrics.base import title_of

SPLIT = "test"
"""On which the suite's numbers are."""

TEST = ["benchmark", "method", "row", "n", "m", "difference", "low", "high", "p", "test", "smallest"]


def beside(study: Study, own: Sequence[Own], metric: str) -> Beside:
    """Those of `own` that are in `metric` beside the rows of `study`.

    Raises:
        UserError: they are of another split or other data, or share no seed with what they are paired with.
    """
    here = [each for each in own if each.metric == metric and each.benchmark in study.benchmarks]
    for each in here:
        _check_same(study, each)
    values = scores(study, metric)
    absent = dict.fromkeys(
        f"{each.method} on {each.benchmark}" for each in own if each.benchmark not in study.benchmarks
    )
    untested = (
        [f"Not compared, for the experiment has no such benchmark: {', '.join(absent)}."] if absent else []
    )
    tests: list[dict[str, object]] = []
    for each in here:
        if reason := _obstacle(study, values, each):
            untested.append(f"{each.method} on {study.titles([each.benchmark])} is not tested: {reason}.")
        else:
            tests += _tests(study, values, each)
    lines = pd.DataFrame(tests, columns=TEST)
    untested += _undefined(study, lines[lines["p"].isna()])
    lines = lines.dropna(subset="p")
    by = lines.groupby("benchmark")
    lines = lines.assign(p_holm=by["p"].transform(paired.holm), family=by["p"].transform("size"))
    lines["significant"] = lines["p_holm"] < ALPHA
    rows = values.groupby(["benchmark", "row"], sort=False)["value"]
    told = rows.agg(mean="mean", sd="std", n="size").reset_index()
    untested += [*_unpaired_seeds(study, here, lines), *_too_few(study, lines)]
    return Beside(metric, told, _told(here), lines, untested)


def _check_same(study: Study, own: Own) -> None:
    """Raise a `UserError` where a number is said to be of another split or of other data."""
    if own.split not in (None, SPLIT):
        raise UserError(
            f"{own.place} is of the split {own.split!r}, but the experiment {study.name!r} reports the split "
            f"{SPLIT!r}; give numbers on that one."
        )
    ours = study.collected.provenance["data"].get(own.benchmark)
    if own.data_hash not in (None, ours):
        raise UserError(
            f"{own.place} is of data with hash {own.data_hash}, but the runs of {study.name!r} on "
            f"{own.benchmark!r} are of {ours}; compare numbers on the same data."
        )


def _obstacle(study: Study, values: pd.DataFrame, own: Own) -> str:
    """Why nothing can be tested; empty where it can."""
    if own.benchmark not in set(values["benchmark"]):
        return f"the experiment has no {title_of(own.metric)} there"
    if own.benchmark in study.folded:
        return "the suite's runs there are folds, and these are not"
    if not own.values and not (own.n and own.sd is not None):
        return "sd and n are not stated"
    if not own.values and own.n == 1:
        return "a single run says nothing of its scatter"
    return ""


def _tests(study: Study, values: pd.DataFrame, own: Own) -> Iterator[dict[str, object]]:
    """A line for each row on the same benchmark."""
    here = values[values["benchmark"] == own.benchmark]
    for row in study.labels:
        theirs = here[here["row"] == row].set_index("seed")["value"]
        if len(theirs):
            found, smallest = _tested(own, row, theirs)
            named = {"benchmark": own.benchmark, "method": own.method, "row": row}
            yield {**named, **asdict(found), "smallest": smallest}


def _tested(own: Own, row: str, theirs: "pd.Series[float]") -> tuple[Unpaired, float]:
    """The test against a row, and the smallest p that so many can reach."""
    if own.shared:
        found = _paired(own, row, theirs)
        return found, paired.smallest_p(found.n)
    if own.values:
        return unpaired(list(own.values.values()), theirs), smallest_p(len(own.values), len(theirs))
    return welch(_moments(own), moments(theirs)), 0.0


def _paired(own: Own, row: str, theirs: "pd.Series[float]") -> Unpaired:
    """The test of the suite's own tables, over the seeds that both have."""
    delta = differences(pd.Series(own.values, dtype=float), theirs)
    if delta.empty:
        raise UserError(
            f"{own.place} shares seeds, but {row!r} has none of {', '.join(map(str, own.values))} on "
            f"{own.benchmark!r}; give seeds that it has, or say that none are shared."
        )
    found = paired.paired(delta)
    return Unpaired(found.n, found.n, found.difference, found.low, found.high, found.p, PAIRED)


def _moments(own: Own) -> Moments:
    if own.values:
        return moments(list(own.values.values()))
    return Moments(float(own.mean or 0), float("nan") if own.sd is None else own.sd, own.n or 0)


def _told(own: Iterable[Own]) -> pd.DataFrame:
    """Mean, deviation and number of each."""
    lines = [{"benchmark": each.benchmark, "method": each.method, **asdict(_moments(each))} for each in own]
    return pd.DataFrame(lines, columns=["benchmark", "method", "mean", "sd", "n"])


def _undefined(study: Study, tests: pd.DataFrame) -> Iterator[str]:
    """A sentence for each own number on tests whose p is not defined."""
    for (benchmark, method), lines in tests.groupby(["benchmark", "method"], sort=False):
        rows = ", ".join(lines["row"].map(study.labels))
        tested = f"{method} on {study.titles([str(benchmark)])} is not tested against {rows}"
        yield f"{tested}: neither scatters, or one is a single run."


def _unpaired_seeds(study: Study, own: Iterable[Own], tests: pd.DataFrame) -> Iterator[str]:
    """A sentence for each own number of whose seeds some have no counterpart."""
    fewest = tests[tests["test"] == PAIRED].groupby(["benchmark", "method"])["n"].min()
    for each in own:
        found = fewest.get((each.benchmark, each.method), len(each.values))
        if found < len(each.values):
            yield (
                f"{each.method} on {study.titles([each.benchmark])}: {found} of {len(each.values)} seeds are "
                "paired; the experiment has no others of them."
            )


def _too_few(study: Study, tests: pd.DataFrame) -> Iterator[str]:
    """A sentence for each own number that has too few runs to differ from anything, whatever they are."""
    bounds = tests.assign(bound=(tests["family"] * tests["smallest"]).clip(upper=1))
    for (benchmark, method), lines in bounds.groupby(["benchmark", "method"], sort=False):
        if (bound := lines["bound"].min()) >= ALPHA:
            tested = f"{method} on {study.titles([str(benchmark)])}"
            size = lines["family"].iloc[0]
            yield f"{tested}: too few runs; with {size} tests Holm's p cannot fall below {bound:.2g}."
