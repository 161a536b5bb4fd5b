"""The numbers behind figures that not every experiment has."""

import io
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sweeps import BETTER, CLAIM, JOINT, draw, make_sweep, placed

from inforeg.analysis.figures.catalogue import save
from inforeg.analysis.statistics import selection_rules, window_noise
from inforeg.analysis.statistics.compute import compute
from inforeg.errors import UserError
from inforeg.regulation.window import mean3_latch, single
from inforeg.runspec import BenchmarkConfig


def test_regulation_shows_the_joint_and_the_weakest_accuracy_and_each_trace(study):
    _, numbers = draw("regulation", study)
    here = numbers.query("benchmark == 'alpha' and row == 'joint' and epoch == 2")
    means = here.set_index(["quantity", "modality"])["mean"]
    assert means["accuracy", "all"] == pytest.approx(70.5)
    assert means["accuracy", "audio"] == pytest.approx(60.5)
    assert means["trace", "video"] == pytest.approx(3 * sum(JOINT) / 8)
    assert set(means["accuracy"].index) == {"all", "audio"}
    assert set(means["trace"].index) == {"audio", "video"}


def test_gradient_gaps_are_largest_minus_smallest_of_a_run(study):
    _, numbers = draw("gradients", study)
    here = numbers.query("benchmark == 'alpha' and row == 'joint' and epoch == 0")
    means = here.set_index(["quantity", "modality"])["mean"]
    # The fake norm is once and twice the accuracy; the fake traces of a run are equal.
    assert means["gradient/norm", "gap"] == pytest.approx(sum(JOINT) / 8)
    assert means["trace/batch", "gap"] == 0
    assert means["gradient/cosine", "audio"] == 0.25


def test_dots_mark_the_epochs_with_open_windows(study):
    figure, _ = draw("gradients", study)
    dots = [line for line in figure.axes[2].lines if line.get_marker() == "o"]
    assert {tuple(line.get_xdata()) for line in dots} == {(1,)}


@pytest.fixture
def dial(tmp_path):
    """A study whose row inforeg stands at 0.5 of a dial."""
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    accuracies |= {("alpha", "ogm", "default"): JOINT[::-1]}
    return placed(make_sweep(tmp_path, accuracies, {}, x_label="dial").study(), {"inforeg": 0.5})


def test_a_sweep_places_rows_and_draws_the_others_as_levels(dial):
    figure, numbers = draw("sweep", dial)
    found = numbers.set_index("row")
    assert found.loc["inforeg", "x"] == 0.5
    assert math.isnan(found.loc["joint", "x"])
    assert found.loc["joint", "mean"] == pytest.approx(70.5)
    assert found.loc["inforeg", "ci_low"] < found.loc["inforeg", "mean"] < found.loc["inforeg", "ci_high"]
    (ax,) = figure.axes
    assert figure.get_supxlabel() == "dial"
    assert {line.get_linestyle() for line in ax.lines if len(line.get_xdata()) == 2} == {"--"}


def test_a_gain_is_the_paired_difference_and_filled_where_significant(dial):
    figure, numbers = draw("gain", dial)
    gain = numbers.set_index("row")["difference"]
    assert gain["inforeg"] == pytest.approx(23 / 8)
    assert gain["ogm"] == pytest.approx(0)
    whole = [line for line in figure.axes[0].lines if line.get_markersize() == 4]
    filled = {tuple(line.get_xdata()) for line in whole if line.get_markerfacecolor() != "white"}
    assert filled == {(0.5,), ()}  # OGM's difference is not significant, and it has no place


def test_too_few_seeds_are_drawn_without_intervals(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT[:3], ("alpha", "inforeg", "default"): BETTER[:3]}
    made = make_sweep(tmp_path, accuracies, {}, x_label="dial", claims=[CLAIM])
    study = placed(made.study(), {"inforeg": 0.5})
    for name in ("sweep", "gain", "differences"):
        figure, numbers = draw(name, study)
        figure.savefig(io.BytesIO())
        assert numbers.set_index("row").loc["inforeg", ["ci_low", "ci_high"]].isna().all()


def test_a_few_wide_intervals_leave_the_others_legible(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    others = ("pmr", "agm", "cml", "mla", "mlb", "opm", "arl", "lfm", "iprm", "mslr")
    accuracies |= {("alpha", name, "default"): BETTER for name in others}
    figure, _ = draw("differences", make_sweep(tmp_path / "near", accuracies, {}).study())
    assert not [line for line in figure.axes[0].lines if line.get_marker() in ("<", ">")]
    accuracies["alpha", "ogm", "default"] = [value - 0.4 for value in JOINT]
    figure, numbers = draw("differences", make_sweep(tmp_path / "far", accuracies, {}).study())
    (arrow,) = {tuple(line.get_xdata()) for line in figure.axes[0].lines if line.get_marker() == "<"}
    assert numbers.set_index("row").loc["ogm", "difference"] < arrow[0] < -numbers["ci_high"].max()
    assert figure.axes[0].get_xlim()[0] < arrow[0]


def test_a_gain_where_nothing_can_be_compared_is_empty(tmp_path):
    study = make_sweep(tmp_path, {("alpha", "inforeg", "default"): BETTER}, {}, reference="inforeg").study()
    _, numbers = draw("gain", placed(study, {"inforeg": 0.5}))
    assert numbers.empty


@pytest.mark.parametrize("name", ["sweep", "gain"])
def test_a_sweep_without_places_says_so(study, tmp_path, name):
    with pytest.raises(UserError, match="needs rows with an `x`"):
        save(name, study, compute(study), tmp_path / "x.pdf")
    assert not [*tmp_path.glob("x.*")]


def test_selection_rules_are_paired_with_val(study):
    _, numbers = draw("selection", study)
    gain = numbers.set_index(["benchmark", "row", "rule"])["gain"]
    # The fake runs have 3 points more at the best test epoch and 2 less at the last one.
    assert gain["alpha", "joint", "test_oracle"] == pytest.approx(3)
    assert gain["alpha", "inforeg", "last"] == pytest.approx(-2)
    assert gain["beta", "inforeg", "val"] == 0
    assert set(numbers["tau"]) == {1.0}


def test_a_random_split_is_compared_with_the_honest_one(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    accuracies |= {("leaky", "joint", "default"): [value + 0.05 for value in JOINT]}
    accuracies |= {("leaky", "inforeg", "default"): [value - 0.04 for value in BETTER]}
    study = make_sweep(tmp_path, accuracies, {}).study()
    assert selection_rules.honest_split(study) == {}
    random = {"title": "L", "data": {"name": "synthetic", "split": "random"}}
    random = BenchmarkConfig.model_validate(study.benchmarks["alpha"].model_dump() | random)
    study = replace(study, benchmarks={**study.benchmarks, "leaky": random})
    assert selection_rules.honest_split(study) == {"leaky": "alpha"}
    figure, numbers = draw("selection", study)
    found = numbers[numbers["against"] == "alpha"].set_index("row")
    assert set(found["benchmark"]) == {"leaky"}
    assert found["gain"].to_dict() == pytest.approx({"joint": 5, "inforeg": -4})
    assert found["mean"].to_dict() == pytest.approx({"joint": 75.5, "inforeg": 69.375})
    # Two rows in the opposite order.
    assert found["tau"].to_list() == [-1, -1]
    assert [ax.get_title().endswith("by this split and the honest one −1.00") for ax in figure.axes] == [
        False,
        True,
    ]
    assert len(numbers[numbers["against"] == "val"]) == 2 * 2 * 3


def test_kendalls_tau_sees_a_change_of_order():
    # Means under val 1 2 3, under the oracle 2 1 3: one of three pairs turns round, tau = (2 - 1) / 3.
    means = {"val": (1.0, 2.0, 3.0), "last": (1.0, 2.0, 3.0), "test_oracle": (2.0, 1.0, 3.0)}
    values = pd.DataFrame(
        {"benchmark": "alpha", "row": row, "rule": rule, "seed": seed, "value": value}
        for rule, of_rows in means.items()
        for row, value in zip("abc", of_rows, strict=True)
        for seed in range(2)
    )
    found = selection_rules._against_val(values).drop_duplicates("rule").set_index("rule")["tau"]
    assert found["last"] == pytest.approx(1)
    assert found["test_oracle"] == pytest.approx(1 / 3)


def test_corruption_averages_over_seeds_and_keeps_modalities_apart(study):
    lines = [
        {
            "row": "joint",
            "benchmark": "alpha",
            "corruption": "noise",
            "modality": m,
            "severity": 1.0,
            "value": v,
        }
        for m, values in (("audio", (0.5, 0.7)), ("video", (0.9, 0.9)))
        for v in values
    ]
    study.collected.__dict__["corruptions"] = pd.DataFrame(lines)
    figure, numbers = draw("corruption", study)
    found = numbers.set_index("modality")
    assert found.loc["audio", ["n", "mean"]].to_list() == [2, pytest.approx(60)]
    assert found.loc["audio", "sd"] == pytest.approx(10 * math.sqrt(2))
    assert figure.axes[0].lines[0].get_ydata() == pytest.approx([75])


def test_the_closed_form_of_false_alarms():
    # The difference of two logarithms has the deviation s √2; where -log(1 - K) is once that, P = 1 - Φ(1).
    noise = -math.log(0.96) / math.sqrt(2)
    assert window_noise.single_fires(noise) == pytest.approx(0.158655, abs=1e-6)
    assert window_noise.single_fires(1e-4) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("noise", [0.02, 0.08, 0.32])
def test_simulated_false_alarms_agree_with_the_closed_form(noise):
    # 500 × 38 epochs; neighbouring ones are dependent, so four times the independent standard error.
    assert window_noise.share_open(single, noise) == pytest.approx(
        window_noise.single_fires(noise), abs=0.015
    )


def test_the_latch_seldom_opens_on_noise():
    assert window_noise.share_open(mean3_latch, 0.08) < 0.1 < window_noise.share_open(single, 0.08)


def test_noise_is_measured_whatever_the_course_of_the_trace():
    epochs = np.arange(400)
    draws = np.random.default_rng(0).normal(0, 0.1, 400)
    smooth = 3 - 0.02 * epochs + np.sin(epochs / 60)
    assert window_noise.noise_of(np.exp(smooth + draws)) == pytest.approx(0.1, rel=0.1)
    assert window_noise.noise_of(np.exp(smooth)) < 1e-3


def test_window_noise_holds_simulation_closed_form_and_the_runs_own_traces(study):
    _, numbers = draw("window_noise", study)
    assert set(numbers["source"]) == {
        "simulated",
        "closed form",
        "measured, batch trace",
        "measured, sample trace",
    }
    measured = numbers[numbers["source"] == "measured, batch trace"]
    # The fake trace doubles before its third epoch, the only one that can be open.
    assert set(measured["open"]) == {1.0}


def test_real_traces_are_judged_by_both_tests_of_the_window(study):
    epochs = study.collected.epochs
    trace = [1.0, 1.0, 2.0, 2.2, 2.0, 8.0]
    run = {"benchmark": "alpha", "row": "joint", "metric": "trace/batch/audio", "seed": 0}
    lines = [{**run, "epoch": epoch, "value": value} for epoch, value in enumerate(trace)]
    study.collected.__dict__["epochs"] = pd.DataFrame(lines, columns=epochs.columns)
    _, numbers = draw("window_noise", study)
    found = numbers[numbers["source"] == "measured, batch trace"].set_index("criterion")["open"]
    # Growth before epochs 2 to 5: 0, 1/2, 2/22, -1/10. Means of three so far: 1, 1, 4/3, 5.2/3, 6.2/3: they
    # grow by 0, 1/4, 1.2/5.2, 1/6.2, so this window is open after the fall, too.
    assert found["single epochs (Eq. 11)"] == pytest.approx(2 / 4)
    assert found["means of three, latched"] == pytest.approx(3 / 4)
