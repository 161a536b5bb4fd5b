import math
from dataclasses import replace

import numpy as np
import pytest
from sweeps import AUDIO, BETTER, JOINT, VIDEO, compared, draw, make_sweep

from inforeg.analysis.statistics.compare import scores, too_few, weakest
from inforeg.analysis.statistics.crossed import crossed
from inforeg.errors import UserError


@pytest.fixture
def comparison(study):
    return compared(study).set_index(["benchmark", "row"])


def test_means_and_differences_in_points(comparison):
    line = comparison.loc["alpha", "inforeg"]
    # Differences 2 3 1 4 3 5 2 3: mean 23 / 8; squares of deviations sum to 77 - 23² / 8 = 10.875.
    assert line["difference"] == pytest.approx(23 / 8)
    assert line["effect_size"] == pytest.approx(23 / 8 / math.sqrt(10.875 / 7))
    assert line["mean"] == pytest.approx(100 * sum(BETTER) / 8)
    assert comparison.loc["alpha", "joint"]["sd"] == pytest.approx(math.sqrt(8 * 0.25 / 7))
    assert line["n"] == 8
    assert line["ci_low"] < line["difference"] < line["ci_high"]
    assert line["test"] == "paired sign-flip, exact"


def test_the_error_over_seeds_and_test_samples_together(study):
    people = np.arange(100) // 10
    study.collected.predictions["group"] = study.collected.predictions["index"] // 10
    line = compared(study).set_index(["benchmark", "row"]).loc["alpha", "inforeg"]
    # Of 100 samples the first 70 or so are answered rightly, as many as the accuracy says.
    right = [np.arange(100) < round(100 * value) for value in (*BETTER, *JOINT)]
    expected = crossed(100 * (np.array(right[:8], float) - np.array(right[8:], float)), people)
    assert expected.effect == pytest.approx(line["difference"])
    assert line["groups"] == 10
    assert line[["total_se", "samples_se"]].tolist() == pytest.approx([expected.se, expected.samples_se])
    assert line[["total_low", "total_high"]].tolist() == pytest.approx(expected.interval())
    other = replace(study, experiment=study.experiment.model_copy(update={"metric": "macro_f1"}))
    assert compared(other)["total_se"].isna().all()


def test_holm_runs_over_the_rows_of_one_benchmark(comparison):
    # All differences have one sign: p = 2 / 2^8 each; twice that with two rows against the reference.
    assert comparison.loc["alpha", "inforeg"]["p"] == pytest.approx(2 / 256)
    assert comparison.loc["alpha", "inforeg"]["p_holm"] == pytest.approx(4 / 256)
    assert comparison.loc["beta", "inforeg"]["p_holm"] == pytest.approx(2 / 256)
    assert comparison.loc["alpha", "inforeg"]["significant"]


def test_the_reference_is_not_tested_against_itself(comparison):
    line = comparison.loc["alpha", "joint"]
    assert math.isnan(line["difference"])
    assert line["significant"] is not True
    assert line["note"] == ""


def test_a_row_with_variants_is_its_best_on_validation(comparison):
    line = comparison.loc["alpha", "unimodal"]
    assert line["variant"] == "audio"
    assert line["mean"] == pytest.approx(100 * sum(AUDIO) / 8)
    assert line["note"] == "audio, the best variant on validation"
    assert ("beta", "unimodal") not in comparison.index


def test_validation_not_test_picks_the_variant(study):
    runs = study.collected.runs
    video = (runs["variant"] == "video") & (runs["split"] == "test")
    runs.loc[video, "value"] = 0.99
    assert set(scores(study, "accuracy").query("row == 'unimodal'")["variant"]) == {"audio"}


def test_unknown_metric(study):
    with pytest.raises(UserError, match="There is no test metric 'acuracy'; did you mean 'accuracy'"):
        scores(study, "acuracy")


def test_few_seeds_say_so_and_fall_back_on_the_test_set(tmp_path):
    accuracies = {("alpha", "joint", "default"): [0.5] * 5, ("alpha", "inforeg", "default"): [0.9] * 5}
    lines = compared(make_sweep(tmp_path, accuracies, {}).study()).set_index("row")
    line = lines.loc["inforeg"]
    assert line["p"] == pytest.approx(2 / 2**5)
    assert not line["significant"]
    assert line["note"] == (
        "too few seeds: with n = 5 and 1 tests Holm's p cannot fall below 0.062 (6 seeds suffice)"
    )
    assert math.isnan(line["ci_low"]) and math.isnan(line["ci_high"])
    # 40 of 100 samples are gained by every seed, none lost: ± 1.96 sqrt(.4 * .6 / 100) = ± 9.6 points.
    assert line["test_set_low"] == pytest.approx(40 - 9.6, abs=1.5)
    assert line["test_set_high"] == pytest.approx(40 + 9.6, abs=1.5)


def test_the_family_decides_how_many_seeds_are_enough():
    assert too_few(6, 1, "seeds") == ""
    assert "(7 seeds suffice)" in too_few(6, 2, "seeds")
    assert too_few(7, 2, "seeds") == ""
    assert too_few(5, 1, "folds") == (
        "too few folds: with n = 5 and 1 tests Holm's p cannot fall below 0.062 (6 folds suffice)"
    )


def test_the_weakest_modality_is_that_of_the_reference_on_validation(study):
    # In the fake runs' validation both modalities are equally good, and the first one is taken.
    assert weakest(study, "alpha") == "audio"
    runs = study.collected.runs
    at_video = (runs["metric"] == "accuracy/video") & (runs["split"] == "val") & (runs["row"] == "joint")
    runs.loc[at_video & (runs["benchmark"] == "beta"), "value"] -= 0.01
    assert weakest(study, "beta") == "video"
    runs.loc[(runs["metric"] == "accuracy/video") & (runs["split"] == "test"), "value"] = 0.25
    found = scores(study, "accuracy/weakest")
    assert set(found.query("benchmark == 'beta'")["value"]) == {25.0}
    assert 25.0 not in set(found.query("benchmark == 'alpha'")["value"])


def test_alone_the_weakest_modality_is_the_run_of_that_modality(study):
    runs = study.collected.runs
    at_video = (runs["metric"] == "accuracy/video") & (runs["split"] == "val") & (runs["row"] == "joint")
    runs.loc[at_video, "value"] -= 0.01
    for metric, lower in (("accuracy/weakest", 0.1), ("probe/weakest", 0.2)):
        found = scores(study, metric).query("benchmark == 'alpha' and row == 'unimodal'")
        # Audio is better on validation, but its run says nothing of the video.
        assert list(found["variant"]) == ["video"] * 8
        assert list(found["value"]) == pytest.approx([100 * (accuracy - lower) for accuracy in VIDEO])


def test_without_its_reference_no_modality_is_the_weakest(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    accuracies |= {("beta", "inforeg", "default"): BETTER}
    left_out = {("joint", "beta"): "training diverges with 1 of 8 seeds"}
    study = make_sweep(tmp_path, accuracies, left_out, metric="accuracy/weakest").study()
    assert weakest(study, "beta") is None
    found = compared(study).set_index(["benchmark", "row"])
    assert set(found.index) == {("alpha", "joint"), ("alpha", "inforeg")}
    _, drawn = draw("regulation", study)
    assert set(drawn.query("benchmark == 'beta'")["modality"]) == {"all", "audio", "video"}
