"""Run directories: refused, resumed, damaged."""

import json
import re
from dataclasses import replace

import pytest
import torch

from inforeg.engine import checkpoint
from inforeg.engine import record as record_module
from inforeg.engine.record import Record
from inforeg.engine.train import located, train
from inforeg.errors import DivergenceError, UserError
from inforeg.probes.restore import restore
from inforeg.runspec import Machine
from inforeg.suite.jobs import needs
from tests.conftest import make_config, make_data, make_spec


def stop_after(monkeypatch, epochs):
    """Make training stop, as Ctrl-C does, when `epochs` epochs are saved."""
    save, saved = Record.save, []

    def saving(record, state):
        save(record, state)
        saved.append(state["epoch"])
        if len(saved) == epochs:
            monkeypatch.setattr(Record, "save", save)
            raise KeyboardInterrupt

    monkeypatch.setattr(Record, "save", saving)


def test_another_spec_is_refused_with_the_key_and_nothing_is_lost(run):
    folder = run(make_spec("joint"))
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    changed = make_spec("joint", config=make_config(training={"lr": 0.5}))
    with pytest.raises(UserError, match=r"config\.training\.lr = 0\.05 there, 0\.5 here"):
        train(changed, folder, make_data(), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_another_spec_is_discarded_on_demand(run, tmp_path):
    folder = run(make_spec("joint"))
    changed = make_spec("joint", config=make_config(training={"lr": 0.5}))
    train(changed, folder, make_data(), tmp_path, discard=True)
    anew = tmp_path / "anew"
    train(changed, anew, make_data(), tmp_path)
    assert (folder / "model.pt").read_bytes() == (anew / "model.pt").read_bytes()


def test_a_finished_run_is_left_alone(run):
    folder = run(make_spec("joint"))
    stamp = (folder / "summary.json").stat().st_mtime_ns
    run(make_spec("joint"))
    assert (folder / "summary.json").stat().st_mtime_ns == stamp


def test_an_interrupted_run_is_not_done_and_goes_on_from_its_last_epoch(run, monkeypatch, tmp_path):
    spec = make_spec("joint")
    stop_after(monkeypatch, 2)
    with pytest.raises(KeyboardInterrupt):
        run(spec)
    folder = spec.directory(tmp_path / "runs")
    assert not (folder / "summary.json").exists()
    assert checkpoint.load(folder / "last.ckpt")["epoch"] == 2
    run(spec)
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == list(range(5))
    assert not (folder / "last.ckpt").exists()


@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_a_checkpoint_cut_short_is_set_aside_and_the_next_attempt_starts_afresh(
    run, monkeypatch, tmp_path, keep
):
    spec = make_spec("joint")
    stop_after(monkeypatch, 2)
    with pytest.raises(KeyboardInterrupt):
        run(spec)
    path = spec.directory(tmp_path / "runs") / "last.ckpt"
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(len(content) * keep)])
    with pytest.raises(UserError, match=r"last\.ckpt is damaged and was set aside"):
        run(spec)
    assert path.with_name("last.ckpt.damaged").exists()
    assert (run(spec) / "model.pt").read_bytes() == (run(spec, root="other") / "model.pt").read_bytes()


def test_a_flipped_bit_in_a_checkpoint_is_found(run, monkeypatch, tmp_path):
    spec = make_spec("joint")
    stop_after(monkeypatch, 2)
    with pytest.raises(KeyboardInterrupt):
        run(spec)
    path = spec.directory(tmp_path / "runs") / "last.ckpt"
    content = bytearray(path.read_bytes())
    weights = torch.load(path, weights_only=True)["model"]["encoders.audio.0.weight"].numpy().tobytes()
    content[content.index(weights)] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"last\.ckpt is damaged and was set aside"):
        run(spec)


def test_a_loss_that_is_not_finite_stops_the_run_by_epoch_batch_and_term(run, tmp_path):
    data = make_data()
    inputs = {m: values.clone() for m, values in data.train.inputs.items()}
    inputs["image"][7, 2] = torch.inf
    data = replace(data, train=replace(data.train, inputs=inputs))
    said = r"term 'joint' is not finite at epoch 0, batch \d+ of toy/joint/default"
    folder = make_spec("joint").directory(tmp_path / "runs")
    for _ in range(2):  # the second time it is known, without a training
        with pytest.raises(DivergenceError, match=said):
            run(make_spec("joint"), data)
        summary = json.loads((folder / "summary.json").read_text())
        assert re.search(said, summary["diverged"])
        assert "selection" not in summary
        assert not (folder / "last.ckpt").exists()


def test_a_run_that_needs_one_that_diverged_diverges_too(run, tmp_path):
    spec, data = make_spec("ensemble"), make_data()
    broken = {m: torch.full_like(values, torch.inf) for m, values in data.train.inputs.items()}
    first, *others = needs(spec)
    with pytest.raises(DivergenceError):
        run(first, replace(data, train=replace(data.train, inputs=broken)))
    for needed in others:
        run(needed)
    runs = tmp_path / "runs"
    with pytest.raises(DivergenceError, match=f"of {first.cell.as_posix()}"):
        train(spec, spec.directory(runs), data, runs)
    summary = json.loads((spec.directory(runs) / "summary.json").read_text())
    assert first.cell.as_posix() in summary["diverged"]


def test_a_missing_needed_run_is_named(tmp_path):
    with pytest.raises(UserError, match=r"unimodal/audio/seed=3 is needed; train it first"):
        located(make_spec("unimodal", "audio", modality="audio", seed=3), tmp_path)


def test_a_needed_run_of_another_spec_is_not_taken_for_the_one_meant(run, tmp_path):
    config = make_config(training={"lr": 0.5})
    run(make_spec("unimodal", "audio", modality="audio", config=config))
    with pytest.raises(UserError, match=r"another spec .*lr = 0\.5 there, 0\.05 here.*give another --runs"):
        train(make_spec("ensemble"), tmp_path / "ensemble", make_data(), tmp_path / "runs")
    assert not (tmp_path / "ensemble").exists()


def test_a_damaged_model_is_named_and_left_where_it_is(run):
    folder = run(make_spec("joint"))
    (folder / "model.pt").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"model\.pt is damaged; delete"):
        restore(make_spec("joint"), folder, make_data())
    assert (folder / "model.pt").exists()


def test_files_of_the_user_are_not_taken_for_a_run(tmp_path):
    (tmp_path / "model.pt").write_text("mine")
    with pytest.raises(UserError, match=r"model\.pt belongs to no run; choose another directory"):
        train(make_spec("joint"), tmp_path, make_data(), tmp_path)
    assert (tmp_path / "model.pt").read_text() == "mine"
    assert not (tmp_path / "run.json").exists()


def test_a_damaged_run_json_is_named(run):
    folder = run(make_spec("joint"))
    (folder / "run.json").write_text("{")
    with pytest.raises(UserError, match=r"run\.json is damaged .*; choose another directory"):
        run(make_spec("joint"))


def test_checkpoints_come_every_few_seconds(monkeypatch, tmp_path):
    """Of five epochs of one second each, with two seconds between two checkpoints: after 1 and 3."""
    saved, save, append = [], Record.save, Record.append
    clock = iter(range(1000)).__next__
    now = [clock()]

    def saving(record, state):
        saved.append(state["epoch"] - 1)
        save(record, state)

    def second(record, row):
        now[0] = clock()
        append(record, row)

    monkeypatch.setattr(record_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(Record, "save", saving)
    monkeypatch.setattr(Record, "append", second)
    train(make_spec("joint"), tmp_path / "run", make_data(), tmp_path, Machine(checkpoint_seconds=2))
    assert saved == [1, 3]
    assert (tmp_path / "run/summary.json").exists()
