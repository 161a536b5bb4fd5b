"""Claims over all benchmarks: what is pooled, what only counted, and how it is told."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest
from sweeps import CLAIM, benchmark_config

from inforeg.analysis.collected.collect import COLUMNS, Collected
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.pooled import pool
from inforeg.analysis.tables.pooled import sensitivity_tables, summary_tables
from inforeg.suite.experiment import Experiment

NAMES = ["alpha", "beta", "gamma", "delta"]


def make_study(claims=1, data=None, source="Table 2", **settings) -> Study:
    """An experiment on four benchmarks, each on data of its own unless `data` says otherwise."""
    content = {
        "title": "Mini",
        "benchmarks": NAMES,
        "seeds": 8,
        "rows": [{"label": key, "method": key} for key in ("joint", "inforeg")],
        "reference": "joint",
        "claims": [CLAIM | {"id": f"claim{number}", "source": source} for number in range(claims)],
    }
    frames = {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}
    origin = {"data": data or {name: f"md5 of {name}" for name in NAMES}}
    configs = {name: benchmark_config(name) for name in NAMES}
    return Study(
        "mini", Experiment.model_validate(content | settings), configs, Collected(**frames, provenance=origin)
    )


def verdicts(*claims, errors=(0.5, 0.5, 0.5, 0.5)):
    """The effects of each claim on the benchmarks."""
    lines = [
        {"claim": f"claim{number}", "benchmark": name, "difference": effect, "se": error}
        for number, effects in enumerate(claims)
        for name, effect, error in zip(NAMES, effects, errors, strict=True)
    ]
    return pd.DataFrame(lines).assign(row="inforeg", reference="joint")


def found(study, lines, *never):
    """The statistics of a study with these verdicts, all of tests that know no test samples."""
    return SimpleNamespace(pooled=pool(study, lines, acted(*never)), verdicts=lines.assign(total_se=math.nan))


def acted(*never):
    """InfoReg acted on all benchmarks but these, and once on the first."""
    lines = [{"benchmark": name, "idle": 8 if name in never else 0} for name in NAMES]
    lines[0]["idle"] = max(lines[0]["idle"], 7)
    return pd.DataFrame(lines).assign(row="inforeg", n=8)


def test_an_effect_over_four_data_sets_by_hand():
    line = pool(make_study(), verdicts([1, 2, 3, 6]), acted()).iloc[0]
    # Mean 3, s² = 14 / 3, se = sqrt(14 / 12) = 1.08012; t(3) at 0.975 and 0.95: 3.18245 and 2.35336.
    assert line["effect"] == pytest.approx(3)
    assert (line["low"], line["high"]) == pytest.approx((3 - 3.437424, 3 + 3.437424), abs=1e-4)
    assert (line["ci90_low"], line["ci90_high"]) == pytest.approx((3 - 2.541911, 3 + 2.541911), abs=1e-4)
    assert line["verdict"] == "inconclusive"
    assert (line["benchmarks"], line["above"], line["below"], line["data_sets"]) == (4, 4, 0, 4)
    # Equal errors: 14 / (0.25 + tau²) = 3.
    assert line["tau"] == pytest.approx(math.sqrt(14 / 3 - 0.25))
    assert line["i2"] == pytest.approx((14 / 3 - 0.25) / (14 / 3))


@pytest.mark.parametrize(
    ("effects", "verdict"),
    [
        ([3, 3.5, 4, 3.2], "reproduced"),
        ([-3, -3.5, -4, -3.2], "contradicted"),
        ([0.3, 0.4, 0.3, 0.2], "reproduced, negligible"),
        ([-0.3, -0.4, -0.3, -0.2], "contradicted, negligible"),
        ([0.1, -0.1, 0.2, -0.2], "practically equal"),
        ([4, -3, 2, 0], "inconclusive"),
    ],
)
def test_verdicts_over_benchmarks(effects, verdict):
    assert pool(make_study(), verdicts(effects), acted())["verdict"].tolist() == [verdict]


def test_holm_over_the_pooled_claims_of_an_experiment():
    lines = pool(make_study(2), verdicts([1, 2, 3, 6], [0.1, -0.1, 0.2, -0.2]), acted())
    assert lines["p_holm"].tolist() == pytest.approx([2 * lines["p"][0], lines["p"][1]])
    assert lines["p_equal_holm"].tolist() == pytest.approx([lines["p_equal"][0], 2 * lines["p_equal"][1]])


def test_the_smallest_effect_is_the_experiments_own():
    study = make_study(smallest_effect=0.1)
    assert pool(study, verdicts([0.1, -0.1, 0.2, -0.2]), acted())["verdict"].tolist() == ["inconclusive"]


def test_two_benchmarks_on_one_data_set_are_one():
    data = {"alpha": "one", "beta": "one", "gamma": "other", "delta": "third"}
    line = pool(make_study(data=data), verdicts([1, -1, 2, 0]), acted()).iloc[0]
    assert (line["benchmarks"], line["above"], line["below"], line["data_sets"]) == (4, 2, 1, 3)
    assert line["verdict"] == "counts only"
    assert line[["effect", "low", "high", "p", "p_holm", "tau", "i2"]].isna().all()
    # Generated data have no hash: benchmarks on them are told apart by the data set's name, here one.
    generated = make_study(data={"alpha": None, "beta": None, "gamma": "other", "delta": "third"})
    assert pool(generated, verdicts([1, -1, 2, 0]), acted())["data_sets"].tolist() == [3]


def test_benchmarks_on_which_the_method_never_acted_count_and_are_also_left_out():
    found = verdicts([0, 1, 2, 3], errors=(0, 0.5, 0.5, 0.5))
    line = pool(make_study(), found, acted("alpha")).iloc[0]
    assert (line["effect"], line["data_sets"], line["acting"]) == (1.5, 4, 3)
    assert line["acting_effect"] == pytest.approx(2)
    # s = 1, se = 1 / sqrt(3); t(2) at 0.975 is 4.30265.
    assert line["acting_high"] == pytest.approx(2 + 4.30265 / math.sqrt(3), abs=1e-4)
    assert pool(make_study(), found, acted())["acting"].tolist() == [4]


def test_a_method_that_never_acted_anywhere_bounds_nothing_and_breaks_nothing():
    lines = pool(make_study(), verdicts([0] * 4, errors=(0,) * 4), acted(*NAMES))
    assert lines["verdict"].tolist() == ["inconclusive"]
    assert lines["p_holm"].tolist() == [1]
    judged = [(make_study(), found(make_study(), verdicts([0] * 4, errors=(0,) * 4), *NAMES))]
    assert summary_tables(judged)[0].rows[0][1].text == "+0.0 [—, —]"
    assert sensitivity_tables(judged)[0].rows[0][-1].text == "—"


def test_a_claim_that_nothing_tests_is_left_out():
    untested = verdicts([math.nan] * 4)
    assert pool(make_study(), untested, acted())["verdict"].tolist() == ["left out"]


def test_the_summary_has_a_line_per_claim_sorted_by_table():
    statistics = found(make_study(), verdicts([3, 3.5, 4, -0.5]))
    sources = ("Figure 1, by probes", "Table 10", "Tables 2 and 3", "elsewhere")
    judged = [(make_study(source=source), statistics) for source in sources]
    (table,) = summary_tables(judged)
    assert [row[0].text.partition(" (")[2] for row in table.rows] == [
        "Tables 2 and 3)", "Table 10)", "Figure 1, by probes)", "elsewhere)",
    ]  # fmt: skip
    assert [cell.text for cell in table.rows[0][1:]] == [
        "+2.5 [−0.7, +5.7]", "[+0.1, +4.9]", "0.092", "○ inconclusive", "3 / 1",
    ]  # fmt: skip
    assert table.notes[-1] == "The paper did not use these data sets: ALPHA, BETA, GAMMA, DELTA."
    paged = summary_tables(judged, 3)
    assert [len(part.rows) for part in paged] == [3, 1]
    assert len({part.label for part in paged}) == 2


def test_the_summary_says_what_the_test_samples_add():
    statistics = found(make_study(), verdicts([3, 3.5, 4, -0.5], errors=(0.5, 0.5, 0, 0.5)))
    statistics.verdicts["total_se"] = [0.75, 1.0, 1.0, 1.5]
    note = summary_tables([(make_study(), statistics)])[0].notes[1]
    # 1.5 2 3 times; of the error of 0 there is no such number.
    assert "together the standard errors are 2.0 times as large (median of 3 tests; " in note


def test_what_is_only_counted_has_no_effect_in_the_summary():
    data = dict.fromkeys(NAMES, "one")
    study = make_study(data=data)
    judged = [(study, found(study, verdicts([1, -1, 2, 0])))]
    texts = [cell.text for cell in summary_tables(judged)[0].rows[0][1:]]
    assert texts == ["—", "—", "—", "counts only", "2 / 1"]
    assert sensitivity_tables(judged) == []
