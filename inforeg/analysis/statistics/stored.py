"""All that is statistical of an experiment: computed once, stored to the bit, rendered from there."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel

from inforeg.analysis.collected.parquet import read_whole, write_parquet
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.level import SETTINGS, TEST
from inforeg.errors import UserError
from inforeg.files import json_text, sealed, sha256, write_json, write_text
from inforeg.probes.frames import csv, records
from inforeg.reading import read_json
from inforeg.suite.experiment import Selection
from inforeg.suite.products import ORIGIN, STATISTICS

VERSION = 5
"""Raised with what is computed or how it is stored: statistics of another one are not read."""

TESTS = "tests"
"""Column of `Statistics.comparison`: 0 against the rows' own references, 1 against the second one."""


@dataclass(frozen=True)
class Ranks:
    """Friedman's test with Nemenyi's comparisons (Demšar, 2006).

    Attributes:
        mean_rank: per method, 1 is best; ties share the mean of their ranks.
        statistic: Friedman's chi-squared; nan, and p is 1, where all are tied on every benchmark.
        p: of Friedman's test: do any methods differ?
        nemenyi: p of every pair, methods by methods.
        critical_difference: mean ranks further apart than this differ at ALPHA.
        benchmarks: how many there are.
    """

    mean_rank: pd.Series
    statistic: float
    p: float
    nemenyi: pd.DataFrame
    critical_difference: float
    benchmarks: int


@dataclass(frozen=True)
class Statistics:
    """The statistics of one experiment, from `compute`.

    Attributes:
        comparison: every row against its references on every benchmark, as `compare` has it, and `TESTS`.
        means: of every test metric under every selection rule, as `summaries.means` has it.
        variants: each row's variant that is best on validation, as `best_variants` has it.
        weakest: the weakest modality of each benchmark that has one: benchmark, modality.
        acted: how often methods changed a gradient, as `acted` has it.
        overview: over all benchmarks, as `across.overview` has it; empty where there is one.
        ranks: of the rows over the benchmarks; None for fewer than two or three rows.
        verdicts: on the claims, as `judge` has it.
        pooled: the claims over all benchmarks, as `pool` has it.
        specs: the digest of each run's spec: spec_sha256.
        contrasts: as `contrasted` has them; like the next three empty unless the experiment has some.
        regimes: as `regimes` has them.
        relation: of gain and baseline over these, as `relation` has it.
        windows: as `windows` has them.
        cost: as `efficiency` has it; like those below empty unless the figure of its name is asked for.
        sweep: as `intervals` has it.
        selection: as `gains` has it.
        window_noise: as `false_alarms` has it.
        regulation: as `courses` has it.
        tsne: as `separations` has it.
        traces: as `windows.traces` has them.
        movement: as `movement` has it.
    """

    comparison: pd.DataFrame
    means: pd.DataFrame
    variants: pd.DataFrame
    weakest: pd.DataFrame
    acted: pd.DataFrame
    overview: pd.DataFrame
    ranks: Ranks | None
    verdicts: pd.DataFrame
    pooled: pd.DataFrame
    specs: pd.DataFrame
    contrasts: pd.DataFrame
    regimes: pd.DataFrame
    relation: pd.DataFrame
    windows: pd.DataFrame
    cost: pd.DataFrame
    sweep: pd.DataFrame
    selection: pd.DataFrame
    window_noise: pd.DataFrame
    regulation: pd.DataFrame
    tsne: pd.DataFrame
    traces: pd.DataFrame
    movement: pd.DataFrame

    def against(self, place: int = 0) -> pd.DataFrame:
        """The lines of `comparison` with this number in `TESTS`, without it."""
        return self.comparison[self.comparison[TESTS] == place].drop(columns=TESTS)

    def best(self, rule: Selection) -> pd.DataFrame:
        """The lines of `means` under the selection rule `rule`, of each row's best variant."""
        best = self.means.merge(self.variants, on=["benchmark", "row", "variant"])
        return best[best["selection"] == rule]

    def weakest_on(self, benchmark: str) -> str | None:
        """The weakest modality there; None where it is not known."""
        found: str | None = self.weakest.set_index("benchmark")["modality"].get(benchmark)
        return found

    def write(self, study: Study, folder: Path) -> None:
        """`folder`/<experiment>.{csv,json} for everyone, and `folder`/<experiment>/ to be rendered from.

        The latter holds a Parquet file per attribute and last provenance.json, which states their SHA-256 and
        what they are of. Equal runs and settings give equal bytes, but for the cost and provenance.json.
        """
        comparison = self.comparison.drop(columns=TESTS)
        write_text(folder / f"{study.name}.csv", csv(comparison))
        across = {"overview": records(self.overview), "ranks": _told(self.ranks)}
        settings = SETTINGS | {"test": TEST.format(study.units())}
        content = {"settings": settings, "comparison": records(comparison)}
        several = len(study.benchmarks) > 1
        if study.experiment.contrasts:
            content |= {name: records(getattr(self, name)) for name in ("contrasts", "regimes", "relation")}
        write_json(folder / f"{study.name}.json", {**content, "across": across if several else {}})
        here, files = folder / study.name, {}
        for name in STATISTICS:
            value = getattr(self, name)
            path = here / f"{name}.parquet"
            write_parquet(_frame(value) if name == "ranks" else value, path)
            files[path.name] = sha256(path)
        write_json(here / ORIGIN, sealed({"files": files, "made_from": _made_from(study)}))

    @classmethod
    def read(cls, study: Study, folder: Path) -> "Statistics":
        """What `write` wrote, if it is of the runs and settings of `study`.

        Raises:
            UserError: it is missing, damaged or of others.
        """
        here, remedy = folder / study.name, f"`inforeg statistics {study.name}` makes them anew"
        origin = read_json(here / ORIGIN, Origin, remedy)
        expected = _made_from(study)
        if differ := [what for what in expected if origin.made_from.get(what) != expected[what]]:
            raise UserError(f"The statistics in {here} are of other {' and '.join(differ)}; {remedy}.")
        found: dict[str, Any] = {}
        for field in fields(cls):
            found[field.name] = read_whole(here / f"{field.name}.parquet", origin.files, remedy)
        return cls(**{**found, "ranks": _ranks(found["ranks"])})


Results = Sequence[tuple[Study, Statistics]]
"""Experiments, each with its statistics."""


class Origin(BaseModel):
    """provenance.json of statistics: the SHA-256 of their files, and what they were computed from."""

    files: dict[str, str]
    made_from: dict[str, str]
    seal: str


def _made_from(study: Study) -> dict[str, str]:
    """The runs, by the seal of their frames, the settings and the program of statistics."""
    configs = {name: config.model_dump(mode="json") for name, config in study.benchmarks.items()}
    settings = json_text([study.experiment.model_dump(mode="json"), configs])
    return {
        "runs": study.collected.seal,
        "settings": hashlib.sha256(settings.encode()).hexdigest(),
        "versions": str(VERSION),
    }


NEMENYI = "nemenyi/"
"""Begins the name of a column of Nemenyi's p."""

ONCE = ("statistic", "p", "critical_difference", "benchmarks")
"""What the rows have in common."""


def _frame(ranks: Ranks | None) -> pd.DataFrame:
    """A line per row; empty for None."""
    if ranks is None:
        return pd.DataFrame()
    frame = pd.DataFrame({"row": ranks.mean_rank.index, "mean_rank": ranks.mean_rank.to_numpy()})
    frame = frame.assign(**{name: getattr(ranks, name) for name in ONCE})
    return frame.join(ranks.nemenyi.add_prefix(NEMENYI), on="row")


def _ranks(frame: pd.DataFrame) -> Ranks | None:
    """The same the other way round."""
    if frame.empty:
        return None
    placed = frame.set_index("row")
    nemenyi = placed.filter(regex=f"^{NEMENYI}").rename(columns=lambda name: name.removeprefix(NEMENYI))
    once: dict[str, Any] = {name: frame[name].iloc[0].item() for name in ONCE}
    return Ranks(placed["mean_rank"], nemenyi=nemenyi, **once)


def _told(ranks: Ranks | None) -> dict[str, Any] | None:
    """For JSON."""
    if ranks is None:
        return None
    frames = {"mean_rank": ranks.mean_rank.to_dict(), "nemenyi": ranks.nemenyi.to_dict()}
    return frames | {name: getattr(ranks, name) for name in ("statistic", "p", "critical_difference")}
