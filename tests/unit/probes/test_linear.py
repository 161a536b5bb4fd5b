"""The linear probe: what it sees, and that a restored run gives what the training had in memory."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inforeg.engine.loop import fit
from inforeg.models.fusions.concat import Concat
from inforeg.models.multimodal import MultimodalModel
from inforeg.probes import linear
from inforeg.probes.linear import Linear, probe
from inforeg.probes.restore import restore
from inforeg.random import stream
from inforeg.runspec import Machine
from tests.conftest import CLASSES, Unrecorded, make_config, make_data, make_spec, start


def test_a_probe_sees_what_the_head_ignores():
    """An encoder whose share of the logits is nil still has all the information."""
    data = make_data()
    fusion = Concat({"audio": 6, "image": 6}, CLASSES, lambda name: stream(0, name))
    nn.init.zeros_(fusion.weights["image"])
    model = MultimodalModel({"audio": nn.Identity(), "image": nn.Identity()}, fusion)
    metrics = probe(model, data.train, {"val": data.val, "test": data.test})
    assert metrics["test/probe/image"] > 0.6
    assert metrics["test/probe_gap"] == pytest.approx(
        abs(metrics["test/probe/audio"] - metrics["test/probe/image"])
    )


def test_one_modality_has_no_gap():
    data = make_data(("audio",))
    fusion = Concat({"audio": 6}, CLASSES, lambda name: stream(0, name))
    metrics = probe(MultimodalModel({"audio": nn.Identity()}, fusion), data.train, {"test": data.test})
    assert set(metrics) == {"test/probe/audio"}


def test_the_fit_is_that_of_torchs_lbfgs_to_the_bit():
    features = torch.randn(60, 5, dtype=torch.float64, generator=stream(0, "features"))
    target = torch.arange(60) % 3
    weights = torch.zeros(3, 6, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=linear.ITERATIONS, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        logits = F.linear(features, weights[:, :-1], weights[:, -1])
        loss = F.cross_entropy(logits, target) + linear.PENALTY * weights[:, :-1].square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert torch.equal(linear._fit(features, target, 3), weights)


@pytest.mark.parametrize("shuffle", [False, True], ids=["as they are", "shuffled labels"])
@pytest.mark.parametrize("method", ["joint", "greedy", "relearning"])
def test_a_restored_run_is_probed_as_the_one_in_memory(run, method, shuffle):
    spec = make_spec(method, config=make_config(training={"lr": 0.3, "epochs": 8, "shuffle_labels": shuffle}))
    data = make_data()
    trained, state = start(spec, data)
    selection = fit(state, trained, data.test, Unrecorded())
    state.model.load_state_dict(selection.weights)
    expected = probe(state.model, state.train, {"val": data.val, "test": data.test})
    assert Linear().examine(restore(spec, run(spec, data), data)).metrics == expected


def test_a_restored_model_is_laid_out_and_compiled_as_the_machine_says(run, monkeypatch):
    compiled, layouts = [], []

    def note_compiled(module):
        compiled.append(module)

    def note_layout(model, *_, **how):
        layouts.append(how.get("memory_format"))
        return model

    spec, data = make_spec(), make_data()
    folder = run(spec, data)
    monkeypatch.setattr(nn.Module, "compile", note_compiled)
    monkeypatch.setattr(MultimodalModel, "to", note_layout)
    restored = restore(spec, folder, data, Machine(compile=True, channels_last=True))
    assert compiled == list(restored.model.encoders.values())
    assert torch.channels_last in layouts
