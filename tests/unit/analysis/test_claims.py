import json
from dataclasses import replace

import pytest
from pydantic import ValidationError
from sweeps import BETTER, CLAIM, JOINT, make_sweep

from inforeg.analysis.report.outputs import write_claims
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.tables import claims


def test_reproduced_and_contradicted(study):
    lines = compute(study).verdicts.set_index("benchmark")
    assert lines["verdict"].to_dict() == {"alpha": "reproduced", "beta": "contradicted"}
    assert lines["difference"].to_dict() == pytest.approx({"alpha": 23 / 8, "beta": -23 / 8})
    # One claim on each benchmark is a family of one: p = 2 / 2^8 as it is.
    assert lines["p_holm"].tolist() == pytest.approx([2 / 256, 2 / 256])


def test_five_seeds_are_inconclusive_by_construction(tmp_path):
    accuracies = {("alpha", "joint", "default"): [0.1] * 5, ("alpha", "inforeg", "default"): [0.9] * 5}
    study = make_sweep(tmp_path, accuracies, {}, claims=[CLAIM]).study()
    lines = compute(study).verdicts
    assert lines["verdict"].tolist() == ["inconclusive"]
    assert "too few seeds" in lines["note"][0]
    table = claims.detail_table(study, compute(study))
    assert table.notes[1].startswith("All claims on ALPHA: too few seeds")
    assert table.header[-1] == "Test sets [95 %]"
    # 80 of 100 samples are gained: ± 1.96 sqrt(.8 * .2 / 100) = ± 7.8 points.
    assert table.rows[0][2].text == "+80.0 —"
    low, high = (float(end) for end in table.rows[0][-1].text.strip("[]").split(","))
    assert (low, high) == pytest.approx((80 - 7.8, 80 + 7.8), abs=1.5)


def test_enough_seeds_need_no_resampled_test_set(study):
    table = claims.detail_table(study, compute(study))
    # Differences 1 2 2 3 3 3 4 5: sixth of the means of their subsets is 2, from above 4.
    assert [cell.text for cell in table.rows[0]] == [
        "better", "ALPHA", "+2.9 [+2.0, +4.0]", "8", "+2.3", "0.0078", "0.0078", "●",
    ]  # fmt: skip


def test_a_small_gap_is_an_advantage(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    sweep = make_sweep(tmp_path, accuracies, {}, claims=[CLAIM | {"metric": "imbalance_gap"}])
    study = sweep.study()
    runs = study.collected.runs
    runs.loc[(runs["row"] == "inforeg") & (runs["metric"] == "imbalance_gap"), "value"] = 0.15
    lines = compute(study).verdicts
    assert lines["difference"].tolist() == pytest.approx([5])
    assert lines["verdict"].tolist() == ["reproduced"]


def test_left_out_has_a_reason_and_does_not_count(study):
    claim = study.experiment.claims[0].model_copy(
        update={"id": "alone", "better": "joint", "worse": "unimodal"}
    )
    study.experiment.claims.append(claim)
    lines = compute(study).verdicts.set_index(["claim", "benchmark"])
    assert lines.loc[("alone", "beta"), "verdict"] == "left out"
    assert lines.loc[("alone", "beta"), "note"] == "Unimodal is left out (needs two modalities)"
    assert lines.loc[("better", "alpha"), "family"] == 2
    assert lines.loc[("better", "beta"), "family"] == 1


def test_no_difference_is_inconclusive(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): JOINT}
    lines = compute(make_sweep(tmp_path, accuracies, {}, claims=[CLAIM]).study()).verdicts
    assert lines["verdict"].tolist() == ["inconclusive"]
    assert lines["p"].tolist() == [1]


def test_two_claims_of_one_id_are_refused(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    with pytest.raises(ValidationError, match="two claims have the id 'better'"):
        make_sweep(tmp_path, accuracies, {}, claims=[CLAIM, CLAIM | {"statement": "another"}])


def test_numbers_of_all_studies_are_written_alike(study, tmp_path):
    whole = study
    alone = whole.experiment.claims[0].model_copy(update={"better": "joint", "worse": "unimodal"})
    lacking = replace(whole, name="other", experiment=whole.experiment.model_copy(update={"claims": [alone]}))
    write_claims([(study, compute(study)) for study in (whole, lacking)], tmp_path)
    tests = json.loads((tmp_path / "claims.json").read_text())["tests"]
    # One claim on beta is left out, so that the count of seeds is not whole there.
    assert [repr(test["n"]) for test in tests] == ["8.0", "8.0", "8.0", "None"]
    assert [test["statement"] for test in tests] == ["InfoReg beats joint training"] * 4
    assert [test["experiment"] for test in tests] == ["mini", "mini", "other", "other"]


def test_overview_shows_ours_beside_the_papers(study):
    table = claims.overview_table(study, compute(study))
    assert [cell.text for cell in table.rows[0]] == [
        "InfoReg beats joint training (Table 2)",
        "CREMA-D +5.3",
        "● +2.9",
        "✗ −2.9",
    ]
    assert "Claims × benchmarks: 2, of which 1 reproduced, 1 contradicted." in table.notes[0]
