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
    assert table.notes[4].startswith("All claims on ALPHA: too few seeds")
    assert [cell.text for cell in table.rows[1]][-3:-1] == ["∞", "○"]
    assert table.header[-1] == "Test sets [95 %]"
    # 80 of 100 samples are gained: ± 1.96 sqrt(.8 * .2 / 100) = ± 7.8 points.
    assert table.rows[1][1].text == "+80.0 —"
    low, high = (float(end) for end in table.rows[1][-1].text.strip("[]").split(","))
    assert (low, high) == pytest.approx((80 - 7.8, 80 + 7.8), abs=1.5)


def test_enough_seeds_need_no_resampled_test_set(study):
    table = claims.detail_table(study, compute(study))
    # Differences 1 2 2 3 3 3 4 5: sixth of the means of their subsets is 2, from above 4.
    assert [cell.text for cell in table.rows[0]] == [
        "InfoReg beats joint training (Table 2)", *[""] * 9,
    ]  # fmt: skip
    assert [cell.text for cell in table.rows[1]] == [
        "ALPHA", "+2.9 [+2.0, +4.0]", "[+2.0, +3.8]", "8", "+2.3", "0.0078", "0.0078", "1", "1.5",
        "●",
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


SMALL = [0.703, 0.714, 0.703, 0.713, 0.704, 0.714, 0.702, 0.713]
"""Over JOINT by 0.2 to 0.4 points."""


def test_a_small_difference_is_reproduced_and_negligible_and_none_practically_equal(tmp_path):
    accuracies = {
        ("alpha", "joint", "default"): JOINT,
        ("alpha", "inforeg", "default"): SMALL,
        ("beta", "joint", "default"): SMALL,
        ("beta", "inforeg", "default"): JOINT,
        ("gamma", "joint", "default"): JOINT,
        ("gamma", "inforeg", "default"): JOINT,
    }
    study = make_sweep(tmp_path, accuracies, {}, claims=[CLAIM]).study()
    lines = compute(study).verdicts
    assert lines["verdict"].tolist() == [
        "reproduced, negligible", "contradicted, negligible", "practically equal",
    ]  # fmt: skip
    # All of 1 + d and 1 - d are positive: one flip of 2^8 sums to as much.
    assert lines["p_equal_holm"].tolist() == pytest.approx([1 / 256] * 3)
    cells = claims.overview_table(study, compute(study)).rows[0]
    assert [cell.text for cell in cells[2:]] == ["●≈ +0.3", "✗≈ −0.3", "≈ +0.0"]


def test_the_smallest_effect_is_the_experiments_own(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): SMALL}
    study = make_sweep(tmp_path, accuracies, {}, claims=[CLAIM], smallest_effect=0.3).study()
    assert compute(study).verdicts["verdict"].tolist() == ["reproduced"]
    assert "at least 0.3 points either way" in claims.detail_table(study, compute(study)).notes[2]
    with pytest.raises(ValidationError, match="smallest_effect"):
        make_sweep(tmp_path, accuracies, {}, claims=[CLAIM], smallest_effect=0)


def test_equality_has_a_family_of_its_own(study):
    study.experiment.claims.append(
        study.experiment.claims[0].model_copy(update={"id": "again", "metric": "loss"})
    )
    lines = compute(study).verdicts.set_index(["claim", "benchmark"])
    # Two claims are tested for a difference, one for equality: nothing says how much a nat is.
    assert lines.loc[("better", "alpha"), "family"] == 2
    assert lines["p_equal_holm"]["better"].tolist() == lines["p_equal"]["better"].tolist()
    assert lines["p_equal"]["again"].isna().all()


@pytest.mark.parametrize(
    ("printed", "found"),
    [(5.29, "smaller than printed"), (3.0, ""), (1.0, "larger than printed")],
)
def test_what_the_paper_prints_of_the_same_data_is_compared(tmp_path, printed, found):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    claim = CLAIM | {"printed": {"ALPHA": printed, "CREMA-D": 9.0}}
    study = make_sweep(tmp_path, accuracies, {}, claims=[claim]).study()
    lines = compute(study).verdicts  # [2, 4]
    assert lines["against_printed"].tolist() == [found]
    told = f" ({found})" if found else ""
    assert claims.overview_table(study, compute(study)).rows[0][2].text == f"● +2.9{told}"


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


def test_no_difference_is_practically_equal(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): JOINT}
    lines = compute(make_sweep(tmp_path, accuracies, {}, claims=[CLAIM]).study()).verdicts
    assert lines["verdict"].tolist() == ["practically equal"]
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
    written = json.loads((tmp_path / "claims.json").read_text())
    tests = written["tests"]
    # One claim on beta is left out, so that the count of seeds is not whole there.
    assert [repr(test["n"]) for test in tests] == ["8.0", "8.0", "8.0", "None"]
    assert [test["statement"] for test in tests] == ["InfoReg beats joint training"] * 4
    assert [test["experiment"] for test in tests] == ["mini", "mini", "other", "other"]
    asked = ("claim", "effect", "low", "high", "tau", "i2", "benchmarks", "verdict")
    assert [[line[name] for name in asked] for line in written["pooled"]] == [
        ["better", None, None, None, None, None, 2, "counts only"],
        ["better", None, None, None, None, None, 1, "counts only"],
    ]
    opening = (tmp_path / "claims.md").read_text().split("\n## Every benchmark")[0]
    assert opening.count("InfoReg beats joint training (Table 2)") == 2
    for name in ("claims.tex", "claims.html"):
        text = (tmp_path / name).read_text()
        assert text.index("The claims over all benchmarks") < text.index("Mini: claims")


def test_overview_shows_ours_beside_the_papers(study):
    table = claims.overview_table(study, compute(study))
    assert [cell.text for cell in table.rows[0]] == [
        "InfoReg beats joint training (Table 2)",
        "CREMA-D +5.3",
        "● +2.9",
        "✗ −2.9",
    ]
    assert table.notes[1] == "Claims × benchmarks: 2, of which 1 reproduced, 1 contradicted."
