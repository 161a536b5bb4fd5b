"""What `train`, `evaluate` and `check --runs` refuse before the long work, and never use in silence."""

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from inforeg.__main__ import main
from inforeg.cli import runs as commands
from inforeg.engine.evaluate import evaluate
from inforeg.engine.finished import finished
from inforeg.suite.resolve import resolve
from tests.unit.conftest import fingerprint

TRAIN = ["train", "--benchmark", "toy", "--method", "joint"]


@pytest.fixture
def no_training(monkeypatch):
    """Data are loaded for a training, after whatever can be refused."""
    monkeypatch.setattr(commands, "load", lambda *_: pytest.fail("it is found out too late"))


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    before = fingerprint(Path.cwd())
    assert main(arguments) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("inforeg: ")
    assert "\n" not in said
    assert fingerprint(Path.cwd()) == before
    return said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--report", "folder"], "--report folder is a directory; name a file"),
        (["--report", "taken/report.json"], "--report leads through taken, which is no directory"),
        (["--report", "folder/../taken/deep/report.json"], "--report leads through"),
        (["--out", "taken"], "--out leads through taken, which is no directory; choose another place"),
        (["--out", "taken/run"], "--out leads through taken"),
        (["--out", "nowhere"], "--out leads through nowhere, which is no directory"),
        (["--runs", "taken"], "--runs leads through taken"),
        (["--report", "report.json", "--runs", "taken/runs"], "--runs leads through taken"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_places_that_cannot_be_made(project, capsys, no_training, options, words):
    Path("taken").write_text("mine")
    Path("folder").mkdir()
    Path("nowhere").symlink_to("does not exist")
    assert words in refused(capsys, *TRAIN, *options)


@pytest.mark.parametrize("option", ["--report", "--out", "--runs"])
def test_places_that_cannot_be_written(project, capsys, no_training, monkeypatch, option):
    Path("locked").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "locked")
    assert f"{option} leads to locked, which cannot be written" in refused(capsys, *TRAIN, option, "locked/x")


def test_places_that_are_made(project):
    assert main([*TRAIN, "--runs", "deep/runs", "--report", "another/place/report.json"]) == 0
    assert Path("deep/runs/toy/joint/default/seed=0/summary.json").exists()
    assert Path("another/place/report.json").exists()


def whole(project) -> dict:
    """The spec of a finished run."""
    assert main([*TRAIN, "--out", "run"]) == 0
    return json.loads(Path("run/run.json").read_text())["spec"]


def test_a_spec_is_validated_like_what_is_named(project, capsys, no_training, monkeypatch):
    monkeypatch.undo()
    monkeypatch.chdir(project.root)
    spec = whole(project)
    monkeypatch.setattr(commands, "load", lambda *_: pytest.fail("it is found out too late"))
    capsys.readouterr()
    mlp = {"kind": "mlp", "hidden": [8], "features": 4}
    first, config = spec["config"]["encoders"]["first"], spec["config"]

    def changed(**changes) -> dict:
        return {**spec, "config": {**config, **changes}}

    for wrong, words in (
        ({**spec, "benchmark": "toys"}, "no benchmark 'toys'; did you mean 'toy'?"),
        ({**spec, "method": "jiont"}, "no method 'jiont'; did you mean 'joint'?"),
        ({**spec, "settings": {"betta": 1}}, "'betta'"),
        ({**spec, "settings": {"unimodal_weight": -1}}, "unimodal_weight = -1 is not valid"),
        ({**spec, "seed": -1}, "seed = -1 is not valid"),
        (changed(encoders={"first": first, "thrid": mlp}), "no modality of benchmark 'toy' named 'thrid'"),
        (changed(encoders={"first": first, "whole": mlp}), "'whole' is reserved"),
        (changed(encoders={"first": {**first, "kind": "mpl"}}), "no encoder 'mpl'; did you mean 'mlp'?"),
        (changed(encoders={"first": {**first, "hiden": 3}}), "'hiden'; did you mean 'hidden'?"),
        (changed(fusion="conct"), "no fusion 'conct'; did you mean 'concat'?"),
        (changed(data={"name": "sinthetic"}), "'sinthetic'; did you mean 'synthetic'?"),
        (changed(data={**config["data"], "trian": 3}), "'trian'; did you mean 'train'?"),
        ({**spec, "method": "inforeg", "settings": {"leader": "thrid"}}, "leader = 'thrid' is none of"),
        ([spec], "--spec is not valid"),
        (None, "--spec is not valid"),
    ):
        assert words in refused(capsys, "train", "--spec", json.dumps(wrong), "--out", "new")


def test_what_a_spec_leaves_out_is_what_is_taken_otherwise(project):
    spec = whole(project)
    bare = {**spec, "settings": {}}
    assert main(["train", "--spec", json.dumps(bare), "--out", "again"]) == 0
    assert json.loads(Path("again/run.json").read_text())["spec"] == spec


def test_a_method_that_cannot_run_is_refused_before_the_runs_that_it_needs(project, capsys):
    wrong = ["--variant", "starred", "--set", "unimodal_weight=1"]
    said = refused(capsys, *TRAIN[:-1], "ensemble", *wrong)
    assert "The method 'ensemble' cannot run on 'toy': its losses are its own" in said
    assert not Path("results").exists()


@pytest.mark.parametrize("name", ["run.json", "summary.json", "cost.json", "metrics.jsonl", "model.pt"])
def test_a_damaged_run_is_neither_done_nor_evaluated(project, capsys, name):
    whole(project)
    capsys.readouterr()
    path = Path("run") / name
    content = path.read_bytes()
    for damaged in (b"", b"{}", b"[]", b"null", content[:-9], content + content):
        path.write_bytes(damaged)
        for command in ([*TRAIN, "--out", "run"], ["evaluate", "run"], ["check", "--runs", "."]):
            assert f"run/{name} is damaged" in refused(capsys, *command)
    path.write_bytes(content)
    assert main(["check", "--runs", "."]) == 0
    assert capsys.readouterr().out == (
        "runs: 1 finished, 0 unfinished, 0 of another version\nprobes: 0 examined, 0 outdated\n"
    )
    assert main(["check", "--runs"]) == 2
    assert "results/runs is no directory" in capsys.readouterr().err


def test_a_damaged_run_is_trained_again_by_the_workflows_command(project, capsys):
    spec = whole(project)
    command = ["train", "--spec", json.dumps(spec), "--seeds", "0-0", "--report", "r.json", "--discard"]
    assert main(command) == 0
    summary = Path("results/runs/toy/joint/default/seed=0/summary.json")
    content = summary.read_bytes()
    summary.write_text("{}")
    capsys.readouterr()
    assert main(command) == 0
    said = capsys.readouterr()
    assert f"inforeg: warning: {summary} is damaged" in said.err
    assert summary.read_bytes() == content


def test_numbers_that_are_not_finite_are_null(project, capsys, monkeypatch):
    spec = resolve(project, "toy", "joint", overrides={})
    test = commands.load(project, spec).test

    def overflown(model, method, split):
        evaluation = evaluate(model, method, split)
        if torch.equal(split.inputs["first"], test.inputs["first"]):
            evaluation.metrics["loss"] = float("inf")
        return evaluation

    for user in ("engine.loop", "probes.restore"):
        monkeypatch.setattr(f"inforeg.{user}.evaluate", overflown)
    whole(project)
    for line in Path("run/metrics.jsonl").read_text().splitlines():
        assert json.loads(line)["test/loss"] is None
    summary = finished(Path("run"), spec)
    assert summary.selection["last"].metrics["test/loss"] is None
    assert math.isnan(summary.selection["last"].numbers["test/loss"])
    capsys.readouterr()
    assert main(["evaluate", "run"]) == 0
    assert json.loads(capsys.readouterr().out)["test/loss"] is None


def test_a_second_process_does_not_discard_what_the_first_one_trains(project, capsys):
    first = [*TRAIN, "--set", "training.epochs=2000", "--out", "run", "--discard"]
    with subprocess.Popen([sys.executable, "-m", "inforeg", *first], stderr=subprocess.DEVNULL) as process:
        while not Path("run/run.json").exists():
            assert process.poll() is None
            time.sleep(0.01)
        spec = Path("run/run.json").read_bytes()
        assert main([*TRAIN, "--out", "run", "--discard"]) == 2
        assert "Another process is training another spec in run; wait for it" in capsys.readouterr().err
        assert process.poll() is None
        process.kill()
    assert Path("run/run.json").read_bytes() == spec
    assert main([*TRAIN, "--out", "run", "--discard"]) == 0
