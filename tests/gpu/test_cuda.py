"""The contracts on a GPU, where there is one."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inforeg.data.split import Data
from inforeg.engine import checkpoint
from inforeg.engine.loop import fit
from inforeg.engine.record import Record
from inforeg.engine.train import train
from inforeg.methods.base import Method
from inforeg.probes.restore import evaluate_run, restore
from inforeg.registry import METHODS
from inforeg.runspec import Machine, RunSpec
from inforeg.testing.streams import jittered, mapped
from tests.conftest import Unrecorded, make_config, make_data, make_spec, start, untrained
from tests.contract.cases import TWO, cases, rows, spec_of
from tests.contract.test_no_waiting import WAITS

if not torch.cuda.is_available():
    pytest.skip("no CUDA device is here", allow_module_level=True)

GPU = Machine(device="cuda", checkpoint_seconds=0)


def trained(spec: RunSpec, runs: Path, data: Data | None = None, machine: Machine = GPU) -> Path:
    """The directory of the run `spec`, trained on the GPU with all that it needs."""
    data = data or make_data()
    for needed in METHODS.build(spec.method, spec.settings).needs(spec):
        train(needed, needed.directory(runs), data, runs, machine)
    train(spec, spec.directory(runs), data, runs, machine)
    return spec.directory(runs)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = checkpoint.load(folder / "model.pt")
    return found


def same(first: Path, second: Path) -> bool:
    pairs = [weights(folder) for folder in (first, second)]
    return rows(first) == rows(second) and all(torch.equal(pairs[0][k], pairs[1][k]) for k in pairs[0])


@cases
def test_same_spec_same_bits(tmp_path, case):
    spec = spec_of(case)
    assert same(*(trained(spec, tmp_path / root) for root in ("first", "second")))


@cases
def test_a_run_from_the_gpu_is_read_on_the_processor(tmp_path, case):
    spec, data = spec_of(case), make_data()
    folder = trained(spec, tmp_path, data)
    assert {tensor.device.type for tensor in weights(folder).values()} == {"cpu"}
    found = evaluate_run(restore(spec, folder, data))
    kept = json.loads((folder / "summary.json").read_text())["selection"]["val"]["metrics"]
    assert found["test/loss"] == pytest.approx(kept["test/loss"], rel=1e-3)


@cases
def test_a_step_waits_for_the_device_only_where_the_method_has_to(case, monkeypatch):
    data = make_data().to("cuda")
    spec = spec_of(case, make_config(training={"epochs": 5, "clip": 1.0}))
    method, state = start(spec, data, untrained(data))
    step = type(method).step

    def watched(self: Method, *given: object) -> object:
        torch.cuda.set_sync_debug_mode("error")
        try:
            return step(self, *given)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(type(method), "step", watched)
    if "/".join(case[:2]).removesuffix("/default") in WAITS:
        pytest.skip("it waits, as it says")
    fit(state, method, data.test, Unrecorded())


@pytest.mark.parametrize("cache", ["never", "always"])
@pytest.mark.parametrize("readers", [0, 1, 4])
def test_readers_and_the_devices_memory_change_nothing(tmp_path, readers, cache):
    spec, data = make_spec("inforeg"), jittered(make_data(TWO))
    held = trained(spec, tmp_path / "held", data)
    machine = GPU.but(Machine(readers=readers, cache=cache))
    assert same(held, trained(spec, tmp_path / "mapped", mapped(data, tmp_path), machine))


def test_an_interrupted_run_goes_on_with_the_same_bits(tmp_path, monkeypatch):
    spec, save = make_spec("inforeg"), Record.save
    unbroken = trained(spec, tmp_path / "unbroken")

    def interrupt(record: Record, snapshot: dict[str, object]) -> None:
        save(record, snapshot)
        if snapshot["epoch"] == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Record, "save", interrupt)
    with pytest.raises(KeyboardInterrupt):
        trained(spec, tmp_path / "broken")
    monkeypatch.setattr(Record, "save", save)
    assert same(unbroken, trained(spec, tmp_path / "broken"))


@pytest.mark.parametrize("changes", [{"channels_last": True}, {"compile": True}])
def test_other_layouts_train_to_close_numbers(tmp_path, changes):
    plain = trained(make_spec(), tmp_path / "plain")
    other = trained(make_spec(), tmp_path / "other", machine=GPU.but(Machine(**changes)))
    losses = [[row["train/loss"] for row in rows(folder)] for folder in (plain, other)]
    np.testing.assert_allclose(*losses, rtol=1e-3)


def test_half_precision_trains(tmp_path):
    config = make_config(training={"precision": "bf16", "epochs": 8})
    losses = [row["train/loss"] for row in rows(trained(make_spec("inforeg", config=config), tmp_path))]
    assert losses[-1] < losses[0]
    assert {tensor.dtype for tensor in weights(next(tmp_path.rglob("seed=0"))).values()} == {torch.float32}


def test_data_that_do_not_fit_stay_in_their_files(tmp_path, monkeypatch):
    spec, data = make_spec(), mapped(make_data(TWO), tmp_path)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, 0))
    folder = trained(spec, tmp_path / "runs", replace(data, train=replace(data.train, readers=2)))
    assert rows(folder)
