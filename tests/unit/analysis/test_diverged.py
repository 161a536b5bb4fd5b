"""Runs that diverge among others of their row count as always answering the most frequent class."""

import json
import math
from dataclasses import replace

import pytest
import torch
from sweeps import BETTER, CLAIM, JOINT, Sweep, make_sweep, write_all

from inforeg.analysis.collected.collect import Collected
from inforeg.analysis.figures.learning_curves import curves
from inforeg.analysis.figures.regulation import regulation
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.statistics.costs import costs
from inforeg.analysis.tables.claims import detail_table
from inforeg.analysis.tables.main_table import main_table
from inforeg.metrics.base import metrics
from inforeg.metrics.classification import majority_share
from inforeg.suite.plan import Fold
from tests.runs import finish

ROWS = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}

SHARE = 0.13
"""Of the most frequent classes in 100 samples of the classes 0, 1 ... 7, 0, 1 ...: four classes have 13."""


def diverge(sweep: Sweep, row: str, *seeds: int, variant: str = "default") -> None:
    """Make these runs of a row ones that diverged."""
    for cell in sweep.plan.cells:
        for spec in cell.specs:
            if (cell.row, spec.variant) == (row, variant) and spec.seed in seeds:
                folder = spec.directory(sweep.runs)
                for path in [each for each in folder.iterdir() if each.is_file()]:
                    path.unlink()
                finish(folder, spec, diverged="a loss is not finite")


def test_the_level_of_chance_by_hand():
    # 1 1 0 1 2: three of five are of the class 1.
    assert majority_share(torch.tensor([1, 1, 0, 1, 2])) == 3 / 5
    assert {name for name, metric in metrics().items() if metric.chance} >= {"accuracy", "dropped", "probe"}
    assert metrics()["loss"].chance is metrics()["macro_f1"].chance is None


@pytest.fixture
def sweep(tmp_path):
    found = make_sweep(tmp_path, ROWS, {}, claims=[CLAIM], beside=["accuracy/*"])
    diverge(found, "inforeg", 2, 5)
    return found


def test_a_run_that_diverged_is_at_the_level_of_chance_and_says_so(sweep):
    collected = sweep.study().collected
    runs = collected.runs.query("row == 'inforeg'")
    assert runs[runs["diverged"]]["value"].unique().tolist() == [SHARE]
    assert set(runs[runs["diverged"]]["seed"]) == {2, 5}
    assert set(runs["metric"]) == {
        "accuracy",
        "accuracy/audio",
        "accuracy/video",
        "probe/audio",
        "probe/video",
    }
    assert set(runs.groupby(["selection", "split", "metric"])["seed"].nunique()) == {8}
    assert not collected.runs.query("row == 'joint'")["diverged"].any()
    assert "loss" in set(collected.runs.query("row == 'joint'")["metric"])
    answers = collected.predictions.query("row == 'inforeg' and seed == 5")
    assert answers[answers["correct"]]["index"].tolist() == list(range(0, 100, 8))
    told = {"row": "inforeg", "benchmark": "alpha", "reason": "training diverges with 2 of 8 seeds"}
    assert (collected.provenance["diverged"], collected.provenance["left_out"]) == ([told], [])
    assert collected.provenance["runs"] == 14


def test_what_shows_means_of_epochs_lacks_the_row(sweep):
    collected = sweep.study().collected
    assert set(collected.epochs["row"]) == {"joint"}
    assert set(collected.costs.query("row == 'inforeg'")["seed"]) == {0, 1, 3, 4, 6, 7}


def test_the_test_is_with_them_and_the_note_says_what_is_without(sweep):
    study = sweep.study()
    statistics = compute(study)
    line = statistics.against().set_index("row").loc["inforeg"]
    # BETTER is 72 74 71 75 73 76 72 74, of which 71 and 76 become 13; differences 2 3 -57 4 3 -58 2 3.
    assert line["mean"] == pytest.approx((72 + 74 + 13 + 75 + 73 + 13 + 72 + 74) / 8)
    assert line["difference"] == pytest.approx((2 + 3 - 57 + 4 + 3 - 58 + 2 + 3) / 8)
    assert (line["finished_n"], line["finished_mean"]) == (6, pytest.approx(440 / 6))
    assert line["finished_difference"] == pytest.approx(17 / 6)
    # Of six differences the first and the last subset mean: 2 and 4.
    assert (line["finished_low"], line["finished_high"]) == pytest.approx((2, 4))
    table = main_table(study, statistics)
    assert [row[1].mark for row in table.rows] == ["", "‡"]
    assert table.rows[1][1].text.startswith("58.2 ± 27.9")
    assert (
        "‡ Without the runs that diverged: Inforeg on ALPHA 73.3 ± 1.2; Inforeg over Joint on ALPHA +2.8 "
        "[+2.0, +4.0] (n = 6)." in table.notes
    )
    assert study.caveats[0].startswith("Inforeg on ALPHA: training diverges with 2 of 8 seeds. Each ")
    # The claim likewise.
    assert statistics.verdicts["verdict"].tolist() == ["inconclusive"]
    assert statistics.verdicts["difference"].tolist() == pytest.approx([-98 / 8])
    told = "without such runs: “InfoReg beats joint training” on ALPHA +2.8 [+2.0, +4.0] (n = 6)."
    assert any(note.endswith(told) for note in detail_table(study, statistics).notes)


def test_where_all_seeds_diverge_the_cell_is_left_out(sweep):
    diverge(sweep, "inforeg", *range(8))
    study = sweep.study()
    reason = {"row": "inforeg", "benchmark": "alpha", "reason": "training diverges with 8 of 8 seeds"}
    assert (study.collected.provenance["left_out"], study.collected.provenance["diverged"]) == ([reason], [])
    assert set(study.collected.runs["row"]) == {"joint"}
    table = main_table(study, compute(study))
    assert (table.rows[1][1].text, table.rows[1][1].mark) == ("—", "a")
    assert "a: training diverges with 8 of 8 seeds." in table.notes
    assert not any("‡" in note for note in table.notes)


def test_a_metric_without_a_level_of_chance_leaves_the_cell_out_and_says_why(tmp_path):
    claims = [CLAIM | {"metric": "loss"}]
    sweep = make_sweep(tmp_path, ROWS, {}, claims=claims, metric="loss", beside=["macro_f1"])
    diverge(sweep, "inforeg", 3)
    study = sweep.study()
    reason = "training diverges with 1 of 8 seeds, and loss has no level of chance"
    statistics = compute(study)
    table = main_table(study, statistics)
    assert [(row[1].text[0], row[1].mark) for row in table.rows] == [("0", ""), ("—", "a")]
    assert f"a: {reason}." in table.notes
    line = statistics.verdicts.iloc[0]
    assert (line["verdict"], line["note"]) == ("left out", f"Inforeg is left out ({reason})")


def test_a_reference_that_diverges_is_told_too(tmp_path):
    sweep = make_sweep(tmp_path, ROWS, {}, claims=[CLAIM])
    diverge(sweep, "joint", 0)
    table = main_table(study := sweep.study(), compute(study))
    told = next(note for note in table.notes if note.startswith("‡ "))
    assert "Joint on ALPHA 70.6 ± 0.5; Inforeg over Joint on ALPHA +3.0" in told


def test_no_pair_of_seeds_may_be_left(tmp_path):
    sweep = make_sweep(tmp_path, ROWS, {}, claims=[CLAIM], figures=["differences"])
    diverge(sweep, "joint", 0, 1, 2, 3)
    diverge(sweep, "inforeg", 4, 5, 6, 7)
    study = sweep.study()
    write_all(study, tmp_path / "out")
    text = (tmp_path / "out/tables/mini.md").read_text()
    assert "Inforeg over Joint on ALPHA — — (n = 0)" in text
    assert "nan" not in text.lower()


def test_a_variant_of_a_row_that_diverges_does_not_hide_behind_another(tmp_path):
    rows = {**ROWS, ("alpha", "unimodal", "audio"): [0.6] * 8, ("alpha", "unimodal", "video"): [0.5] * 8}
    sweep = make_sweep(tmp_path, rows, {}, metric="loss")
    diverge(sweep, "unimodal", 1, variant="audio")
    study = sweep.study()
    assert {cell["row"] for cell in study.left_out("loss")} == {"unimodal"}
    assert set(compute(study).comparison["row"]) == {"joint", "inforeg"}
    # In accuracy audio has 7 × 59 + 13 on validation, less than video's 8 × 49: video represents the row.
    runs = study.collected.runs.query("row == 'unimodal' and metric == 'accuracy' and split == 'test'")
    means = runs.query("selection == 'val'").groupby("variant")["value"].mean()
    assert means.to_dict() == pytest.approx({"audio": (7 * 0.6 + SHARE) / 8, "video": 0.5})


def test_it_is_written_and_read_back(sweep, tmp_path):
    study = sweep.study()
    study.collected.write(tmp_path / "collected")
    again = Collected.read(tmp_path / "collected")
    assert again.provenance["diverged"] == study.collected.provenance["diverged"]
    write_all(study, tmp_path / "out")
    lines = json.loads((tmp_path / "out/statistics/mini.json").read_text())["comparison"]
    assert [line["finished_n"] for line in lines] == [None, 6]


@pytest.mark.parametrize(
    ("unit", "means", "lost"),
    [("seed", {0: 0.6, 1: (0.7 + SHARE) / 2}, 1), ("fold", {1: 0.65, 2: (0.6 + SHARE) / 2}, 2)],
)
def test_a_run_that_diverges_on_a_fold_counts_in_the_mean_of_its_unit(tmp_path, unit, means, lost):
    rows = {("alpha", row, f"fold{f}"): [0.6, 0.7] for row in ("joint", "inforeg") for f in (1, 2)}
    sweep = make_sweep(tmp_path, rows, {})
    cells = tuple(
        replace(cell, fold=Fold(int(cell.variant[-1]), "default", unit)) for cell in sweep.plan.cells
    )
    sweep = replace(sweep, plan=replace(sweep.plan, cells=cells))
    diverge(sweep, "inforeg", 1, variant="fold2")
    collected = sweep.study().collected
    runs = collected.runs.query("row == 'inforeg' and metric == 'accuracy' and split == 'test'")
    kept = runs.query("selection == 'val'").set_index("seed")
    assert kept["value"].to_dict() == pytest.approx(means)
    assert kept["diverged"].to_dict() == {each: each == lost for each in means}
    assert collected.provenance["diverged"][0]["reason"] == "training diverges with 1 of 2 seeds"


def test_figures_are_drawn_where_every_row_has_a_run_that_diverged(tmp_path):
    rows = {("alpha", row, "default"): [0.6, 0.7, 0.8] for row in ("joint", "inforeg")}
    sweep = make_sweep(tmp_path, rows, {}, figures=["curves", "regulation"])
    for row in ("joint", "inforeg"):
        diverge(sweep, row, 2)
    study = sweep.study()
    found = compute(study)
    for draw in (curves, regulation):
        _, numbers = draw(study, found)
        assert numbers.empty


def test_a_run_that_diverged_has_no_cost(tmp_path):
    rows = {("alpha", row, "default"): [0.6, 0.7] for row in ("joint", "inforeg")}
    study = make_sweep(tmp_path, rows, {}).study()
    whole = costs(study).set_index("row")
    lost = (study.collected.costs["row"] == "inforeg") & (study.collected.costs["seed"] == 1)
    study.collected.costs.loc[lost, "value"] = math.nan  # as of a fold, one of whose seeds diverged
    assert costs(study).set_index("row").loc["inforeg"].equals(whole.loc["inforeg"])
