"""`inforeg show`, `diff`, `rerun` and `export`: what finished runs are asked for."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from inforeg.__main__ import main
from inforeg.cli.show import drawn
from inforeg.engine.contents import Summary
from inforeg.engine.opened import parting, recorded_by
from inforeg.files import sealed, write_json
from inforeg.methods.joint import Joint
from inforeg.runspec import RunSpec, digest_of
from tests.runs import finish
from tests.unit.conftest import TRAIN, fingerprint, refused

JOINT, INFOREG = (f"results/runs/toy/{name}/default/seed=0" for name in ("joint", "inforeg"))


@pytest.fixture
def said(project, capsys):
    """Runs a command and returns what it prints."""

    def command(*arguments: str) -> str:
        assert main(arguments) == 0
        return capsys.readouterr().out

    return command


@pytest.fixture
def trained(said):
    said(*TRAIN, "joint")
    said(*TRAIN, "inforeg")
    return said


def summary(folder: str) -> dict:
    return json.loads(Path(folder, "summary.json").read_text())


def test_a_course_is_drawn_from_its_smallest_to_its_largest_value():
    assert drawn([0.0, 1.0, 0.5, float("nan")], "abc") == "acb "
    assert drawn([2.0, 2.0], "abc") == "aa"
    halves = [float(epoch) for epoch in range(96)]
    assert drawn(halves, "ab") == "a" * 24 + "b" * 24  # means of two epochs each


def test_show_says_what_a_run_is_and_found(trained):
    trained("examine", "--benchmark", "toy", "--method", "joint", "--probe", "linear")
    text = trained("show", JOINT)
    assert "toy/joint/default, seed 0: finished, 2 epochs" in text
    assert "training.lr=0.05" in text
    kept = summary(JOINT)["selection"]["val"]
    line = next(line for line in text.splitlines() if line.startswith("val "))
    assert line.split()[1:3] == [str(kept["epoch"]), f"{100 * kept['metrics']['test/accuracy']:.4g}"]
    rows = [json.loads(each) for each in Path(JOINT, "metrics.jsonl").read_text().splitlines()]
    course = next(line for line in text.splitlines() if line.startswith("val/accuracy "))
    assert course.split()[2:4] == [f"{row['val/accuracy']:.4g}" for row in rows]
    assert "test/probe_gap" in text
    assert "by Eq. 11 with K = 0.04" in text
    assert "window open in epochs" in trained("show", INFOREG)


def test_show_of_a_run_that_goes_on(project, said, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Joint, "on_epoch_end", interrupted)
        assert main([*TRAIN, "joint"]) == 130
    metrics = Path(JOINT, "metrics.jsonl")
    metrics.write_text('{"epoch": 0, "val/accuracy": 0.25, "train/loss": null}\n{"epoch": 1, "val')
    text = said("show", JOINT)
    assert "not finished: 1 of 2 epochs" in text
    assert re.search(r"train/loss +nan", text)


def test_show_of_a_run_that_diverged(trained):
    reason = "The loss term 'joint' is not finite"
    folder = Path(JOINT)
    spec = json.loads((folder / "run.json").read_text())["spec"]
    finish(Path("other"), RunSpec.model_validate(spec), diverged=reason)
    assert f"diverged: {reason}" in trained("show", "other")


@pytest.mark.parametrize("command", ["show", "rerun", "export"])
def test_a_folder_without_a_run_is_refused(project, capsys, command):
    assert "data holds no run; name the directory of one" in refused(capsys, command, "data")


def test_a_damaged_run_is_refused(trained, capsys):
    Path(JOINT, "metrics.jsonl").write_text("{}\n")
    for arguments in (["show", JOINT], ["diff", INFOREG, JOINT], ["rerun", JOINT], ["export", JOINT]):
        assert f"{JOINT}/metrics.jsonl is damaged" in refused(capsys, *arguments)


def test_a_run_that_is_no_run_of_ours_is_refused(trained, capsys):
    Path(JOINT, "summary.json").unlink()
    Path(JOINT, "metrics.jsonl").write_text("[1]\n")
    assert "metrics.jsonl is damaged (a line in it is no epoch's numbers)" in refused(capsys, "show", JOINT)
    run = json.loads(Path(JOINT, "run.json").read_text())
    del run["spec"]["config"]["encoders"]
    write_json(Path(JOINT, "run.json"), sealed({**run, "spec_sha256": digest_of(run["spec"])}))
    assert "run.json lacks the setting 'config.encoders'" in refused(capsys, "show", JOINT)


def test_the_first_number_that_differs_is_found_in_what_both_record():
    ours = [{"epoch": 0, "a": 1.0, "b": None}, {"epoch": 1, "a": 2.0, "b": 0.0}]
    assert parting(ours, ours) is None
    assert parting(ours, ours[:1]) == (1, None, (None, None))
    theirs = [{**ours[0], "c": 5.0}, {**ours[1], "b": -0.0}]
    assert parting(ours, theirs) == (1, "b", (0.0, -0.0))
    assert recorded_by(theirs, ours) == ["c"]


def test_diff_says_what_differs(trained):
    text = trained("diff", JOINT, INFOREG)
    assert re.search(r"^method +'joint' +'inforeg'$", text, re.MULTILINE)
    assert re.search(r"^settings.beta +— +0.9$", text, re.MULTILINE)
    assert "what made them: the same" in text
    assert "recorded by B alone: acted" in text


def test_diff_finds_the_first_epoch_that_differs(trained):
    """The second epoch alone is at another learning rate."""
    other = ["--variant", "late", "--set", "training.decay_factor=1.0"]
    trained(*TRAIN, "joint", *other)
    text = trained("diff", JOINT, "results/runs/toy/joint/late/seed=0")
    assert "epochs: the first that differs is 1, in loss/joint" in text
    assert re.search(r"^config.training.decay_factor +0.1 +1.0$", text, re.MULTILINE)
    same = trained("diff", JOINT, JOINT)
    assert "spec: the same" in same
    assert "results: the same" in same
    assert "not the same bytes: none" in same
    assert "epochs: all the same" in same


def test_rerun_repeats_a_run_and_all_that_it_needs_and_leaves_nothing(trained):
    trained(*TRAIN, "ensemble")
    folder = "results/runs/toy/ensemble/default/seed=0"
    before = fingerprint(Path.cwd())
    assert f"{folder} is repeated, bit for bit" in trained("rerun", folder)
    assert f"{INFOREG} is repeated, bit for bit" in trained("rerun", INFOREG)
    assert fingerprint(Path.cwd()) == before


def test_rerun_says_where_a_run_is_not_repeated(trained, capsys, monkeypatch):
    """Another number in the second epoch, as from another library."""
    losses = Joint.losses

    def other(self, state, batch, output):
        found = losses(self, state, batch, output)
        return {name: value * (1.0 + 1e-6 * state.epoch) for name, value in found.items()}

    monkeypatch.setattr(Joint, "losses", other)
    sentence = refused(capsys, "rerun", JOINT)
    assert f"{JOINT} is not repeated: of its epochs, the first that differs is 1, in loss/joint" in sentence
    assert "not the same bytes: metrics.jsonl" in sentence


def test_rerun_of_an_unfinished_run_is_refused(trained, capsys):
    Path(JOINT, "summary.json").unlink()
    assert f"{JOINT} holds no finished run; train it first" in refused(capsys, "rerun", JOINT)


def test_what_a_killed_rerun_left_is_no_run(trained):
    counted = trained("check", "--runs", "results/runs")
    left = Path("results/runs/toy/joint/default/.seed=0.x.inforeg.part/toy/joint/default/seed=0")
    left.mkdir(parents=True)
    (left / "run.json").write_bytes(Path(JOINT, "run.json").read_bytes())
    assert trained("check", "--runs", "results/runs") == counted


def test_export_has_the_logits_that_the_run_reported(trained):
    trained("export", JOINT)
    found = pd.read_parquet(Path(JOINT, "export.parquet"))
    kept = pd.read_parquet(Path(JOINT, "predictions.parquet")).query("selection == 'val'")
    for name in ("split", "index", "id", "target", "prediction"):
        assert found[name].tolist() == kept[name].tolist()
    for name in ("logits", "logits/first", "logits/second"):
        assert np.array_equal(np.stack(found[name]), np.stack(kept[name]))
    assert np.stack(found["features/first"]).shape == (64, 4)
    metadata = pq.read_schema(Path(JOINT, "export.parquet")).metadata
    assert json.loads(metadata[b"spec"]) == summary(JOINT)["spec"]
    assert json.loads(metadata[b"classes"])[0] == "class_0"


def test_export_as_arrays_of_the_splits_asked_for(trained):
    trained("export", JOINT, "--out", "there/train.npz", "--splits", "test,train")
    with np.load("there/train.npz") as arrays:
        assert arrays["logits/first"].shape == (96, 8)
        assert arrays["split"].tolist() == ["train"] * 64 + ["test"] * 32
        assert json.loads(str(arrays["classes"])) == [f"class_{number}" for number in range(8)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--out", "x.csv"], "ends in no format; say which by --format"),
        (["--out", "x.npz", "--format", "parquet"], "ends in another format"),
        (["--splits", "trian"], "no split 'trian'; did you mean 'train'?"),
        (["--out", f"{JOINT}/predictions.parquet"], "is the run's own predictions.parquet"),
        (["--out", "data", "--format", "npz"], "is a directory; name a file"),
    ],
)
def test_a_bad_export_is_refused(trained, capsys, options, words):
    assert words in refused(capsys, "export", JOINT, *options)


def test_a_run_that_diverged_has_nothing_to_export(trained, capsys):
    path = Path(JOINT, "summary.json")
    content = summary(JOINT)
    content["files"] = {"run.json": content["files"]["run.json"]}
    content |= {"selection": {}, "parameters": None, "diverged": "It diverged."}
    write_json(path, sealed(content))
    Summary.model_validate(json.loads(path.read_text()))
    assert "holds no model, for its training diverged" in refused(capsys, "export", JOINT)
