"""What is computed within the columns of a table: contrasts, baselines, windows, movement."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from grids import CONTRASTS, experiment, grid

from inforeg.analysis.statistics.compare import scores
from inforeg.analysis.statistics.contrasts import chosen, contrasted, validation
from inforeg.analysis.statistics.movement import movement
from inforeg.analysis.statistics.paired import mean_interval
from inforeg.analysis.statistics.regimes import regimes, relation
from inforeg.analysis.statistics.windows import means_of_ten, opened, traces, windows
from inforeg.regulation.window import released

JOINT = [70.0, 71.0, 72.0, 70.0, 71.0, 72.0]
GAINS = [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]
MIXED = [1.0, -1.0, 1.0, -1.0, 1.0, 4.0]


def plus(values, gains):
    return [value + gain for value, gain in zip(values, gains, strict=True)]


def accuracies(benchmark="one"):
    """InfoReg gains in the first column and wavers in the second, where joint training is 5 points better."""
    high = plus(JOINT, [5.0] * 6)
    rows = {
        "joint": JOINT,
        "joint/slow": high,
        "inforeg": plus(JOINT, GAINS),
        "inforeg/slow": plus(high, MIXED),
        "inforeg/always": plus(JOINT, GAINS),
        "inforeg/always_slow": plus(high, MIXED),
    }
    return {(benchmark, row): values for row, values in rows.items()}


def contrasts_of(study):
    return contrasted(study, scores(study, "accuracy")).set_index(["benchmark", "contrast", "column"])


def test_a_contrast_is_tested_in_every_column_in_a_family_of_its_own():
    found = contrasts_of(grid(accuracies()))
    plain, slow = (found.loc["one", "InfoReg − Joint", column] for column in ("plain", "slow"))
    # Six gains of one sign: 2 / 2^6. The flips of 1 -1 1 -1 1 4 whose sum is 5 at least are those that keep
    # the 4 and leave more of the others above 0 than below: half of 32, and as many on the other side.
    assert (plain["difference"], plain["p"], plain["p_holm"]) == pytest.approx((2, 2 / 64, 4 / 64))
    assert slow["difference"] == pytest.approx(5 / 6)
    assert (slow["p"], slow["p_holm"]) == pytest.approx((32 / 64, 32 / 64))
    assert plain["family"] == slow["family"] == 2
    assert found.loc["one", "Always − InfoReg", "plain"]["difference"] == 0
    assert len(found) == 4


def test_the_primary_comparison_is_where_the_reference_is_best_on_validation():
    two = accuracies("one") | accuracies("two")
    validation = {("two", "joint"): [90.0] * 6}  # the test split has no say
    study = grid(two, validation)
    assert chosen(study) == {"one": "slow", "two": "plain"}
    found = contrasts_of(study).query("primary")
    assert [*found.index] == [("one", "InfoReg − Joint", "slow"), ("two", "InfoReg − Joint", "plain")]
    # On the first benchmark either row is 5 points better in the second column: p as in that alone. On the
    # second one no flip is as high as what is observed, in whatever column: 2 / 64.
    # Holm over the two benchmarks: the smaller p, 2 / 64, twice.
    assert found["p_primary"].to_list() == pytest.approx([32 / 64, 4 / 64])
    assert found["detectable_primary"].to_list() == [math.inf, math.inf]  # 2 / 64 twice is above 0.05
    others = contrasts_of(study).query("not primary")
    assert others["p_primary"].isna().all()
    assert others["detectable_primary"].isna().all()


def test_of_equal_columns_the_first_is_chosen_whatever_rounding_does():
    validation = {("one", "joint"): [70.0 + 1e-13] * 6, ("one", "joint/slow"): [70.0] * 6}
    assert chosen(grid(accuracies(), validation)) == {"one": "plain"}
    validation = {("one", "joint"): [70.0] * 6, ("one", "joint/slow"): [70.0 + 1e-13] * 6}
    assert chosen(grid(accuracies(), validation)) == {"one": "plain"}


def test_of_several_variants_the_best_one_counts():
    study = grid(accuracies())
    runs = study.collected.runs
    worse = runs[runs["row"] == "joint"].assign(variant="worse")
    worse["value"] -= 0.5
    both = replace(study, collected=replace(study.collected, runs=pd.concat([runs, worse])))
    assert validation(both, "one", "joint").to_list() == pytest.approx(JOINT)
    columns = ["p", "p_primary", "difference"]
    pd.testing.assert_frame_equal(contrasts_of(both)[columns], contrasts_of(study)[columns])


def test_columns_without_one_of_the_rows_are_passed_over():
    left = accuracies()
    del left["one", "inforeg/slow"]
    study = grid(left)
    assert chosen(study) == {"one": "plain"}
    assert contrasts_of(study).index.to_list() == [
        ("one", "InfoReg − Joint", "plain"),
        ("one", "Always − InfoReg", "plain"),
    ]
    assert regimes(study, scores(study, "accuracy"))["column"].to_list() == ["plain"]


def test_where_no_column_has_both_rows_nothing_is_compared():
    only = {key: values for key, values in accuracies().items() if key[1].startswith("joint")}
    study = grid(only)
    assert chosen(study) == {}
    assert contrasted(study, scores(study, "accuracy")).empty
    assert relation(regimes(study, scores(study, "accuracy"))).empty


def cells(study):
    return regimes(study, scores(study, "accuracy")).set_index(["benchmark", "column"])


def test_the_baseline_is_of_every_other_seed_and_the_gain_of_those_between():
    validation = {("one", "joint"): [60.0, 0.0, 62.0, 0.0, 64.0, 0.0]}
    line = cells(grid(accuracies(), validation)).loc["one", "plain"]
    assert line["validation"] == pytest.approx(31)  # of all six
    assert line["baseline"] == pytest.approx(62)
    assert line["gain"] == pytest.approx((2 + 1 + 3) / 3)
    assert math.isnan(line["gain_low"])  # three seeds give no interval
    assert line["n"] == 6


def test_the_interval_of_a_gain_is_that_of_its_seeds():
    twelve = {key: values * 2 for key, values in accuracies().items()}
    line = cells(grid(twelve, seeds=12)).loc["one", "slow"]
    assert (line["gain_low"], line["gain_high"]) == pytest.approx(mean_interval([-1.0, -1.0, 4.0] * 2))


def test_whether_a_run_converges_is_told_by_its_last_two_tenths():
    # 15 epochs, so tenths are of 2: the last two mean 0.9, the two before 0.8.
    course = [0.1] * 11 + [0.75, 0.85, 0.85, 0.95]
    later = [0.1] * 11 + [0.75, 0.85, 0.80, 0.80]
    study = grid(accuracies(), courses={("one", "joint", "val/accuracy"): [course, later] * 3})
    line = cells(study).loc["one", "plain"]
    assert line["epochs"] == 15
    assert line["best_epoch"] == pytest.approx(2)  # epochs 0 1 2 0 1 2, counted from 1 on
    assert line["late"] == pytest.approx((10 + 0) / 2)
    assert (line["late_low"], line["late_high"]) == pytest.approx(mean_interval([10.0, 0.0] * 3))


def test_a_relation_is_tested_on_each_benchmark_and_corrected_over_them():
    columns = [{"title": f"lr {n}", "name": f"c{n}", "set": {"training.lr": n / 10}} for n in (1, 2, 3, 4)]
    found = {}
    for benchmark, order in (("one", (4, 3, 2, 1)), ("two", (1, 3, 2, 4))):
        for n, gain in zip((1, 2, 3, 4), order, strict=True):
            found[benchmark, f"joint/c{n}"] = [70.0 + n] * 6
            found[benchmark, f"inforeg/c{n}"] = [70.0 + n + gain] * 6
    study = grid(found, columns=columns, contrasts=CONTRASTS[:1])
    lines = relation(regimes(study, scores(study, "accuracy"))).set_index("benchmark")
    # By hand, see the golden tests: -1 with p = 2 / 24, and 0.8 with p = 8 / 24.
    assert lines["cells"].to_list() == [4, 4]
    assert lines["rho"].to_list() == pytest.approx([-1, 0.8])
    assert lines["p"].to_list() == pytest.approx([2 / 24, 8 / 24])
    assert lines["p_holm"].to_list() == pytest.approx([4 / 24, 8 / 24])


RISING = [1.0, 2.0, 4.0, 4.0]  # open in epoch 2 (after 1 2) and epoch 3 (after 2 4)
FALLING = [4.0, 3.0, 2.0, 1.0]


def recorded(batch, sample):
    """Six seeds of joint training; `video` falls under both estimates."""
    courses = {("one", "joint", "trace/batch/audio"): batch, ("one", "joint", "trace/sample/audio"): sample}
    courses |= {
        ("one", "joint", f"trace/{kind}/{m}"): [FALLING] * 6
        for kind in ("batch", "sample")
        for m in ("video", "whole")
    }
    courses["one", "inforeg", "trace/batch/audio"] = batch  # lacks the other estimate
    return grid(accuracies(), courses=courses)


def test_windows_are_compared_between_estimates_of_the_same_runs():
    lines = windows(recorded([RISING] * 6, [FALLING] * 6)).set_index("modality")
    audio, video = lines.loc["audio"], lines.loc["video"]
    assert audio[["batch", "sample", "mean"]].to_list() == [50, 0, 100]  # behind zeros any trace grows
    assert (audio["difference"], audio["p"], audio["p_holm"]) == pytest.approx((50, 2 / 64, 4 / 64))
    assert (video["difference"], video["p"]) == (0, 1)
    assert lines["label"].to_list() == ["Joint", "Joint"]


def test_no_recorded_trace_no_line():
    study = grid(accuracies())
    assert windows(study).empty
    assert traces(study).empty


def test_traces_are_shown_with_the_share_of_seeds_whose_window_is_open():
    found = traces(recorded([RISING] * 3 + [FALLING] * 3, [FALLING] * 6))
    batch = found.query("estimate == 'batch' and modality == 'audio'")
    assert batch["mean"].to_list() == [2.5, 2.5, 3, 2.5]
    assert batch["low"].to_list() == [1, 2, 2, 1]
    assert batch["open"].to_list() == [0, 0, 0.5, 0.5]
    mean = found.query("estimate == 'mean of ten epochs' and modality == 'video'")
    assert mean["mean"].to_list() == pytest.approx([0.4, 0.7, 0.9, 1.0])  # sums 4 7 9 10 behind zeros
    assert set(found["modality"]) == {"audio", "video"}


def test_the_mean_of_ten_epochs_is_that_by_which_the_released_code_decides():
    trace = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0, 8.0, 9.0, 7.0]
    means = means_of_ten(trace)
    assert means[:2] == pytest.approx([0.3, 0.4])
    assert means[9] == pytest.approx(3.9)
    assert means[13] == pytest.approx((5 + 9 + 2 + 6 + 5 + 3 + 5 + 8 + 9 + 7) / 10)
    grows = [True, *((now - before) / now > 0.04 for before, now in zip([0, *means], means, strict=False))]
    assert opened("mean of ten epochs", trace) == grows[: len(trace)]
    assert opened("mean of ten epochs", trace) == [released(trace[:n], 0.04) for n in range(len(trace))]


def test_movement_is_of_the_epochs_at_the_full_rate():
    courses = {
        ("one", "joint", "reach"): [[2.0, 2.0, 0.2]] * 2,
        ("one", "joint", "movement/audio"): [[0.4, 0.6, 9.0], [0.1, 0.3, 9.0]],
        ("one", "joint/slow", "reach"): [[1.0, 1.0, 1.0]] * 2,
        ("one", "joint/slow", "movement/audio"): [[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]],
    }
    lines = movement(grid(accuracies(), courses=courses)).set_index("column")
    names = ["label", "modality", "reach", "mean", "low", "high", "n"]
    assert lines.loc["plain", names].to_list() == [
        "Joint",
        "audio",
        2,
        pytest.approx(0.35),
        pytest.approx(0.2),
        0.5,
        2,
    ]
    assert lines.loc["slow", names].to_list() == ["Joint", "audio", 1, *[pytest.approx(0.2)] * 3, 2]


def test_no_recorded_movement_no_line():
    assert movement(grid(accuracies())).empty


@pytest.mark.parametrize(
    ("contrast", "sentence"),
    [
        ({"row": "InfoReg", "reference": "Join"}, "no row called 'Join'"),
        ({"row": "Joint", "reference": "Joint"}, "compares 'Joint' with itself"),
    ],
)
def test_a_contrast_of_what_is_not_there_is_refused(contrast, sentence):
    with pytest.raises(ValueError, match=sentence):
        experiment(["one"], contrasts=[contrast])


def test_a_run_that_diverged_selects_no_epoch():
    study = grid(accuracies())
    runs = study.collected.runs
    lost = (runs["row"] == "joint") & (runs["seed"] == 5)
    runs.loc[lost, ["epoch", "diverged"]] = [-1, True]
    assert cells(study).loc["one", "plain"]["best_epoch"] == pytest.approx(1.8)  # epochs 0 1 2 0 1


def test_windows_are_of_the_benchmarks_that_record_both_estimates():
    courses = {("one", "joint", f"trace/{kind}/audio"): [RISING] * 6 for kind in ("batch", "sample")}
    courses["two", "joint", "trace/batch/audio"] = [RISING] * 6
    found = windows(grid(accuracies("one") | accuracies("two"), courses=courses))
    assert found["benchmark"].to_list() == ["one"]
