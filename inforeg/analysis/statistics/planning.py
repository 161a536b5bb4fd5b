"""How many seeds an experiment takes to find what it is to find, from standard deviations alone."""

import numpy as np
import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.power import detectable, seeds_for
from inforeg.analysis.statistics.stored import Statistics

SHOWN = ["benchmark", "row", "reference", "family", "n", "deviation", "detectable", "needed", "reached"]
"""Of the tests that seeds are planned for."""


def planned(study: Study, statistics: Statistics, most: int) -> tuple[dict[str, int], pd.DataFrame]:
    """Seeds for each benchmark on which the experiment says what difference is to be found.

    A benchmark takes as many as the worst of its tests, of rows and of claims in the experiment's metric.

    Args:
        study: whose runs tell how paired differences scatter.
        statistics: of these runs.
        most: seeds that a benchmark may have.

    Returns:
        Their number by benchmark; and a line per pair of rows, in the larger family where it is in two:
        benchmark, row, reference, family, n, deviation (of the differences), detectable (by these n), needed
        (seeds, at most `most`) and reached (detectable by as many seeds as the benchmark takes).
    """
    wished = study.experiment.detectable
    claims = [claim.id for claim in study.experiment.claims if claim.metric == study.experiment.metric]
    judged = statistics.verdicts[statistics.verdicts["claim"].isin(claims)]
    tests = pd.concat([statistics.comparison, judged]).dropna(subset="difference").reset_index(drop=True)
    tests = tests[tests["benchmark"].isin([*wished])].sort_values("family", ascending=False, kind="stable")
    pairs = pd.DataFrame(np.sort(tests[["row", "reference"]].astype(str), axis=1), tests.index)
    tests = tests[~pairs.assign(benchmark=tests["benchmark"]).duplicated()].sort_index()
    tests = tests.astype({"n": int, "family": int, "se": float})  # objects, beside no verdicts
    lines = tests.assign(deviation=tests["se"] * np.sqrt(tests["n"])).to_dict("records")
    seeds = dict.fromkeys(wished, 0)
    for line in lines:
        line["needed"] = seeds_for(wished[line["benchmark"]], line["deviation"], line["family"], most)
        seeds[line["benchmark"]] = max(seeds[line["benchmark"]], line["needed"])
    for line in lines:
        line["reached"] = detectable(line["deviation"], seeds[line["benchmark"]], line["family"])
    return {name: number for name, number in seeds.items() if number}, pd.DataFrame(lines, columns=SHOWN)
