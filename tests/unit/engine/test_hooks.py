"""What the loop gives a method, and when."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from inforeg.engine import loop
from inforeg.engine.record import Record
from inforeg.errors import DivergenceError, UserError
from inforeg.methods.base import Method
from inforeg.registry import METHODS
from tests.conftest import make_config, make_data, make_spec


class Witness(Method):
    """Joint training with dropout in its encoders that throws all gradients of the head away."""

    name = "witness"
    title = "Witness"
    family = "baseline"
    reference = "this test"
    remembered = ("seen",)

    def build(self, blueprint):
        model = blueprint.build()
        for modality, encoder in model.encoders.items():
            model.encoders[modality] = nn.Sequential(encoder, nn.Dropout(0.5))
        return model

    def setup(self, state, weights):
        self.seen = []

    def on_gradients(self, state, batch, output):
        state.log("training", float(state.model.training))
        for parameter in state.model.fusion.parameters():
            parameter.grad.zero_()

    def on_epoch_end(self, state, metrics):
        self.seen.append(metrics)
        state.log("epochs", len(self.seen))
        state.log("told_of_test", any("test" in name for row in self.seen for name in row))


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setitem(METHODS.classes, "witness", Witness)


def logged(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def interrupt(run):
    """Train the witness for two epochs and interrupt it in the third."""

    def count(record, row):
        append(record, row)
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    append = Record.append
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Record, "append", count)
        run(make_spec("witness"))


def test_a_method_trains_in_training_mode_and_never_hears_of_the_test_split(run):
    for epoch, row in enumerate(logged(run(make_spec("witness")))):
        assert row["training"] == 1
        assert row["epochs"] == epoch + 1
        assert row["told_of_test"] == 0


def test_the_trace_is_of_the_gradients_before_they_are_edited(run):
    assert all(row["trace/batch/head"] > 0 for row in logged(run(make_spec("witness"))))


def test_chance_inside_the_model_and_the_methods_state_survive_an_interruption(run):
    unbroken = run(make_spec("witness"), root="unbroken")
    interrupt(run)
    torch.manual_seed(99)
    torch.rand(7)
    assert logged(run(make_spec("witness"))) == logged(unbroken)


def test_a_checkpoint_that_lacks_what_the_method_remembers_is_refused(run, monkeypatch):
    """As one that another version of the method wrote."""
    save = Record.save

    def interrupt(record, state):
        save(record, {**state, "method": {"seen_before": []}})
        raise KeyboardInterrupt

    monkeypatch.setattr(Record, "save", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(make_spec("witness"))
    monkeypatch.setattr(Record, "save", save)
    with pytest.raises(UserError, match=r"seed=0: .* of another version of the method 'witness'"):
        run(make_spec("witness"))


def test_what_a_method_remembers_goes_on_on_the_runs_device(run, monkeypatch):
    """Checkpoints are read on the CPU."""
    meta, tensor = torch.device("meta"), torch.ones(2)
    found = loop.moved({"mean": {"audio": tensor}, "kept": [tensor, None], "alpha": 0.5}, meta)
    assert found["mean"]["audio"].device == found["kept"][0].device == meta
    assert (found["kept"][1], found["alpha"]) == (None, 0.5)
    interrupt(run)
    devices = []
    monkeypatch.setattr(loop, "moved", lambda value, device: devices.append(device) or value)
    run(make_spec("witness"))
    assert devices == [torch.device("cpu")]


def test_a_method_may_keep_its_state_in_its_own_way(run, monkeypatch):
    class Own(Witness):
        """The same with a state of another shape."""

        def state_dict(self):
            return {"rows": list(self.seen)}

        def load_state_dict(self, state):
            self.seen = state["rows"]

    monkeypatch.setitem(METHODS.classes, "witness", Own)
    unbroken = run(make_spec("witness"), root="unbroken")
    interrupt(run)
    assert logged(run(make_spec("witness"))) == logged(unbroken)


def test_a_validation_loss_that_is_not_finite_stops_the_run(run):
    data = make_data()
    inputs = {m: torch.full_like(values, torch.inf) for m, values in data.val.inputs.items()}
    with pytest.raises(DivergenceError, match="val/loss is not finite after epoch 0 of toy/joint/default"):
        run(make_spec("joint"), replace(data, val=replace(data.val, inputs=inputs)))


def test_a_last_batch_of_one_joins_the_one_before(run):
    """81 samples in batches of 16 leave one over, with which batch normalisation could do nothing."""
    data = make_data()
    order = torch.arange(81) % 80
    seen = []

    class Counting(Witness):
        def on_batch(self, state, batch):
            seen.append(batch.index)
            return batch

    METHODS.classes["witness"] = Counting
    spec = make_spec("witness", config=make_config(training={"epochs": 1}))
    run(spec, replace(data, train=data.train.part(order)))
    assert [len(index) for index in seen] == [16, 16, 16, 16, 17]
    assert torch.equal(torch.cat(seen).sort().values, torch.arange(81))
