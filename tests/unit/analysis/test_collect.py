import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sweeps import BETTER, JOINT, make_sweep

from inforeg.analysis.collected.collect import COLUMNS, Collected, collect, merge
from inforeg.analysis.collected.published import restore
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.tables.main_table import main_table
from inforeg.engine.provenance import provenance
from inforeg.errors import UserError
from inforeg.files import sealed, write_json
from inforeg.metrics.base import Metric, metrics
from inforeg.metrics.classification import accuracy
from tests.runs import COSTS, COUNTS, answer, finish, kept


def spread(sweep, row, benchmark="alpha"):
    """The specs of a cell, by seed."""
    (cell,) = (cell for cell in sweep.plan.cells if (cell.benchmark, cell.row) == (benchmark, row))
    return cell.specs


def test_one_row_per_observation(study):
    runs = study.collected.runs
    assert list(runs.columns) == COLUMNS["runs"]
    mine = runs.query("benchmark == 'alpha' and row == 'inforeg' and seed == 3")
    found = mine.query("selection == 'last' and metric == 'accuracy'")
    assert dict(zip(found["split"], found["value"], strict=True)) == pytest.approx(
        {"test": 0.73, "val": 0.74}
    )
    assert set(found["data_hash"]) == {"hash-of-alpha"}
    modalities = runs.loc[runs["metric"].str.startswith("accuracy/") & (runs["row"] == "unimodal")]
    assert set(modalities["variant"] + modalities["metric"]) == {"audioaccuracy/audio", "videoaccuracy/video"}


def test_epochs_costs_predictions_and_provenance(sweep, study):
    collected = study.collected
    one = {"benchmark": "alpha", "row": "joint", "seed": 0}
    epochs = collected.epochs.loc[(collected.epochs[list(one)] == pd.Series(one)).all(axis=1)]
    assert epochs.set_index(["metric", "epoch"])["value"]["trace/batch/whole", 2] == pytest.approx(2.1)
    costs = collected.costs.loc[(collected.costs[list(one)] == pd.Series(one)).all(axis=1)]
    assert dict(zip(costs["metric"], costs["value"], strict=True)) == {
        **COSTS,
        **{f"total/{name}": COSTS[name] for name in (*COUNTS, "wall_seconds")},
    }
    mine = collected.predictions.loc[(collected.predictions[list(one)] == pd.Series(one)).all(axis=1)]
    assert (len(mine), mine["correct"].sum()) == (100, 70)
    assert collected.provenance == {
        "commits": ["abc123"],
        "collected_by": provenance()["commit"],
        "versions": {"torch": ["2.13"]},
        "machine": {"level": ["avx2"]},
        "data": {"alpha": "hash-of-alpha", "beta": "hash-of-beta"},
        "left_out": [{"row": "unimodal", "benchmark": "beta", "reason": "needs two modalities"}],
        "diverged": [],
        "absent": {},
        "gaps": {},
        "specs_sha256": sweep.plan.digest,
        "runs": 48,
    }


def test_equal_runs_give_equal_bytes(sweep, tmp_path):
    for name in ("first", "second"):
        sweep.study().collected.write(tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert files == sorted([*(f"{name}.parquet" for name in COLUMNS), "provenance.json", "times.json"])
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_what_is_written_is_read_back(study, tmp_path):
    collected = study.collected
    collected.write(tmp_path / "collected")
    again = Collected.read(tmp_path / "collected")
    assert again.provenance == collected.provenance
    for name in COLUMNS:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(collected, name))


def test_what_was_published_is_put_back_to_the_byte(sweep, study, tmp_path):
    kept, folder = tmp_path / "v1/collected/mine", tmp_path / "collected/mine"
    study.collected.write(kept)
    folder.mkdir(parents=True)
    (folder / "left.parquet").write_text("of another version")
    restore(tmp_path / "v1", "mine", sweep.plan, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        path.name: path.read_bytes() for path in kept.iterdir()
    }


def test_what_was_published_is_of_the_settings_and_seeds_that_there_are(sweep, study, tmp_path):
    study.collected.write(tmp_path / "v1/collected/mine")
    fewer = replace(sweep.plan, cells=sweep.plan.cells[1:])
    with pytest.raises(UserError, match=r"v1/collected/mine holds is of other settings or seeds than 'mine'"):
        restore(tmp_path / "v1", "mine", fewer, tmp_path / "mine")
    with pytest.raises(UserError, match=r"v1 has no collected runs of 'yours'; of these it has: mine\."):
        restore(tmp_path / "v1", "yours", sweep.plan, tmp_path / "mine")
    (tmp_path / "v1/collected/mine/runs.parquet").write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"runs\.parquet is missing or damaged"):
        restore(tmp_path / "v1", "mine", sweep.plan, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_a_class_that_a_split_lacks_is_told_below_every_table(sweep, tmp_path):
    for spec in spread(sweep, "joint", "beta"):
        path = spec.directory(sweep.runs) / "predictions.parquet"
        frame = pd.read_parquet(path)
        lacking = (frame["split"] == "test") & frame["target"].isin([2, 5])
        frame.assign(target=frame["target"].mask(lacking, 0)).to_parquet(path)
        finish(path.parent, spec, kept(**{"test/accuracy": 0.7}))
    study = sweep.study()
    assert study.collected.provenance["absent"] == {"beta": {"test": ["class_2", "class_5"]}}
    assert study.caveats[-1] == "BETA: the test split has no sample of class_2, class_5."
    study.collected.write(tmp_path / "collected")
    assert Collected.read(tmp_path / "collected").provenance == study.collected.provenance


def test_missing_samples_are_told_below_every_table(study):
    told = {**study.collected.provenance, "gaps": {"beta": "of the 9 samples listed, 2 are missing."}}
    lacking = replace(study, collected=replace(study.collected, provenance=told))
    assert lacking.caveats[-1] == "BETA: of the 9 samples listed, 2 are missing."


def test_merge_keeps_each_run_once(study):
    runs = study.collected.runs
    pd.testing.assert_frame_equal(merge([runs, runs.assign(row="other")]), merge([runs]))
    assert len(merge([runs])) == len(runs)


@pytest.mark.parametrize(
    "file",
    ["run.json", "metrics.jsonl", "cost.json", "predictions.parquet", "summary.json", "probe=linear.json"],
)
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_missing_or_damaged_file_is_named(sweep, file, damage):
    path = sweep.runs / "alpha" / "inforeg" / "default" / "seed=2" / file
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"alpha/inforeg/default/seed=2.* (train|remove)"):
        sweep.study()


def test_a_run_of_another_spec_is_refused(sweep):
    spec = spread(sweep, "inforeg")[2]
    other = spec.model_copy(update={"settings": {"beta": 0.5}})
    finish(spec.directory(sweep.runs), other, kept(**{"test/accuracy": 0.5}))
    with pytest.raises(UserError, match=r"seed=2 holds a run with another spec \(settings.beta = 0.5 there"):
        sweep.study()


def test_not_collected_yet(tmp_path):
    with pytest.raises(UserError, match=r"provenance\.json is missing; make it with `inforeg collect`"):
        Collected.read(tmp_path)


def test_predictions_follow_the_selection_rule(sweep):
    for selection in ("val", "last"):
        assert len(collect(sweep.plan, sweep.runs, selection).predictions) == 48 * 100


def test_samples_have_their_groups_where_the_data_set_knows_them(sweep):
    people = {"alpha": np.arange(100) // 50}
    found = collect(sweep.plan, sweep.runs, "val", groups=people).predictions
    alpha = found[found["benchmark"] == "alpha"]
    assert (alpha["group"] == alpha["index"] // 50).all()
    assert set(found.query("benchmark == 'beta'")["group"]) == {-1}


def test_a_metric_that_is_added_needs_no_training(tmp_path, monkeypatch):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    sweep = make_sweep(tmp_path, accuracies, {}, metric="error", beside=["error/*"])
    error = Metric("error", "error rate", lambda z, t: 1 - accuracy(z, t), higher_is_better=False)
    monkeypatch.setitem(metrics(), error.name, error)
    study = sweep.study()
    table = main_table(study, compute(study)).rows
    assert [row[1].text for row in table] == ["29.5 ± 0.5 (29.5 / 100.0)", "26.6 ± 1.7 (26.6 / 100.0)"]
    assert [row[1].style for row in table] == ["second", "best"]


def test_a_metric_that_no_run_recorded_is_of_every_rule_and_split(sweep):
    runs = collect(sweep.plan, sweep.runs, "val", metrics=["auroc", "balanced_accuracy/*"]).runs
    mine = runs.query("benchmark == 'alpha' and row == 'joint' and seed == 0")
    found = mine[mine["metric"].isin(["auroc", "balanced_accuracy/audio", "balanced_accuracy/video"])]
    assert len(found) == 3 * 3 * 2
    assert "auroc" not in set(sweep.study().collected.runs["metric"])


def test_what_probes_found_is_of_the_epoch_that_validation_selects(study):
    found = study.collected.runs.query("metric.str.startswith('probe')")
    assert set(found["selection"]) == {"val"}
    assert set(found["epoch"]) == {1}
    mine = found.query("benchmark == 'alpha' and row == 'joint' and seed == 0")
    assert dict(zip(mine["split"] + "/" + mine["metric"], mine["value"], strict=True)) == pytest.approx(
        {"test/probe/audio": 0.5, "test/probe/video": 0.5, "test/probe_gap": 0.1}
    )


def test_what_a_run_of_an_earlier_version_states_of_probes_is_replaced_by_what_they_found(sweep):
    spec = spread(sweep, "joint")[0]
    rules = kept(**{"test/accuracy": 0.7})
    rules["val"] = {"epoch": 0, "metrics": {"test/accuracy": 0.7, "test/probe/audio": 0.1}}
    finish(spec.directory(sweep.runs), spec, rules, probed={"test/probe/audio": 0.6})
    runs = sweep.study().collected.runs
    mine = runs.query("benchmark == 'alpha' and row == 'joint' and seed == 0 and metric == 'probe/audio'")
    assert mine["value"].tolist() == [0.6]


def test_a_number_that_a_probe_could_not_measure_is_nan(sweep):
    spec = spread(sweep, "joint")[0]
    answer(spec.directory(sweep.runs), spec, "linear", {"test/probe_gap": float("nan")})
    runs = sweep.study().collected.runs.query("metric == 'probe_gap'")
    assert runs["value"].isna().sum() == 1


def test_probes_fill_their_frames_of_the_seeds_that_they_take(sweep):
    corrupted = {"corruption": ["noise"], "modality": ["audio"], "severity": [0.25], "value": [0.5]}
    places = {"modality": ["audio"], "index": [3], "target": [1], "x": [0.5], "y": [-1.0]}
    for cell in sweep.plan.cells:
        for spec in cell.specs:
            folder = spec.directory(sweep.runs)
            answer(folder, spec, "corruption", {"test/noise": 0.4}, **corrupted)
            if spec.seed == 0:
                answer(folder, spec, "embedding", {}, **places)
    asked = ["linear", "corruption", "embedding"]
    collected = collect(sweep.plan, sweep.runs, "val", asked)
    assert len(collected.corruptions) == 48
    assert set(collected.corruptions["value"]) == {0.5}
    assert set(collected.embeddings["seed"]) == {0}
    assert len(collected.embeddings) == len(sweep.plan.cells)
    lost = collected.runs.query("metric == 'lost_noise' and row == 'joint' and seed == 0")
    assert lost["value"].tolist() == pytest.approx([0.7 - 0.4, 0.72 - 0.4])  # joint on alpha, and on beta
    noise = collected.runs.query("metric == 'noise'")
    assert set(zip(noise["selection"], noise["split"], noise["value"], strict=True)) == {("val", "test", 0.4)}
    assert collect(sweep.plan, sweep.runs, "val").corruptions.empty


def test_who_examined_the_runs_is_in_their_provenance(sweep):
    spec = spread(sweep, "joint")[0]
    path = spec.directory(sweep.runs) / "probe=linear.json"
    write_json(path, sealed({**json.loads(path.read_text()), "commit": "def456"}))
    provenance = sweep.study().collected.provenance
    assert (provenance["commits"], provenance["runs"]) == (["abc123", "def456"], 48)


def test_a_run_that_is_not_examined_as_it_is_now_is_named(sweep):
    spec = spread(sweep, "joint")[0]
    path = spec.directory(sweep.runs) / "probe=linear.json"
    content = json.loads(path.read_text())
    remedy = r"; remove the probe=linear\.seeds=\*\.json in .*alpha/joint/default, if there is one, and run"
    for change in ({"summary_sha256": "0" * 64}, {"spec_sha256": "0" * 64}, {"version": 2}):
        write_json(path, sealed({**content, **change}))
        with pytest.raises(
            UserError, match=rf"seed=0/probe=linear\.json is (of another|by version 2).*{remedy}"
        ):
            sweep.study()
    path.unlink()
    with pytest.raises(UserError, match=rf"seed=0/probe=linear\.json is missing{remedy}"):
        sweep.study()
