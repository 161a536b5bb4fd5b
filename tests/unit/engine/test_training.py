"""What the loop measures and selects."""

import json
from itertools import pairwise

import pyarrow.parquet as pq
import pytest
import torch
from torch import nn

from inforeg.data.base import Held
from inforeg.engine.evaluate import evaluate
from inforeg.engine.selection import Selection
from inforeg.methods.joint import Joint
from inforeg.models.fusions.concat import Concat
from inforeg.models.multimodal import MultimodalModel
from inforeg.probes.restore import evaluate_run, restore
from inforeg.random import stream
from tests.conftest import CLASSES, make_config, make_data, make_spec


def rows(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


def hand_model():
    """Identity encoders and a head that reads class k off feature k of each modality."""
    fusion = Concat({"audio": 2, "image": 2}, 2, lambda name: stream(0, name))
    for weight in fusion.weights.values():
        weight.data = torch.eye(2)
    return MultimodalModel({"audio": nn.Identity(), "image": nn.Identity()}, fusion)


def test_evaluation_by_hand():
    # audio says 0, 1, 1 with margin 1; image says 0, 0, 0 with margin 2; the truth is 0, 1, 1
    audio = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    image = torch.tensor([[2.0, 0.0], [2.0, 0.0], [2.0, 0.0]])
    metrics = evaluate(
        hand_model(), Joint(), Held({"audio": audio, "image": image}, torch.tensor([0, 1, 1]))
    ).metrics
    assert metrics["accuracy"] == pytest.approx(1 / 3)
    assert metrics["accuracy/audio"] == 1
    assert metrics["accuracy/image"] == pytest.approx(1 / 3)
    assert metrics["macro_f1"] == pytest.approx((2 / 4 + 0) / 2)
    assert metrics["imbalance_gap"] == pytest.approx(2 / 3)
    log_p = lambda margin: -torch.log1p(torch.exp(torch.tensor(-margin))).item()  # noqa: E731
    assert metrics["score/audio"] == pytest.approx(log_p(1.0), rel=1e-6)
    assert metrics["score/image"] == pytest.approx((log_p(2.0) + 2 * log_p(-2.0)) / 3, rel=1e-6)
    assert metrics["delta/audio"] == pytest.approx(metrics["score/audio"] - metrics["score/image"], rel=1e-6)
    assert metrics["delta/image"] == 0


def test_evaluation_leaves_the_mode_and_the_answer_as_they_are():
    model = hand_model().train()
    split = Held({m: torch.randn(7, 2) for m in ("audio", "image")}, torch.zeros(7, dtype=torch.int64))
    first = evaluate(model, Joint(), split)
    assert model.training
    assert torch.equal(evaluate(model, Joint(), split).logits["logits"], first.logits["logits"])


def test_selection_keeps_the_first_best_epoch_of_each_rule():
    selection = Selection()
    model = nn.Linear(1, 1)
    for epoch, (val, test) in enumerate([(0.5, 0.9), (0.7, 0.6), (0.7, 0.8), (0.6, 0.7)]):
        nn.init.constant_(model.weight, epoch)
        selection.offer(epoch, {"val/accuracy": val, "test/accuracy": test, "lr": 1.0}, {}, model)
    assert {name: rule.epoch for name, rule in selection.rules.items()} == {
        "val": 1,
        "last": 3,
        "test_oracle": 0,
    }
    assert selection.weights["weight"].item() == 1


def test_a_summary_agrees_with_log_predictions_and_model(run):
    spec, data = make_spec("joint", config=make_config(training={"lr": 0.3, "epochs": 8})), make_data()
    folder = run(spec, data)
    chosen = summary(folder)["selection"]
    assert chosen["val"]["epoch"] < chosen["last"]["epoch"]
    for rule in ("val", "last", "test_oracle"):
        row = rows(folder)[chosen[rule]["epoch"]]
        assert chosen[rule]["metrics"].items() <= row.items()
    table = pq.read_table(folder / "predictions.parquet").to_pylist()
    for rule in chosen:
        picked = [r for r in table if r["selection"] == rule and r["split"] == "test"]
        hits = sum(r["prediction"] == r["target"] for r in picked) / len(picked)
        assert hits == pytest.approx(chosen[rule]["metrics"]["test/accuracy"])
    assert evaluate_run(restore(spec, folder, data)) == chosen["val"]["metrics"]


def test_the_learning_rate_decays_once(run):
    config = make_config(training={"epochs": 5, "lr": 0.1, "decay_at": 0.6, "decay_factor": 0.5})
    assert [row["lr"] for row in rows(run(make_spec("joint", config=config)))] == [0.1, 0.1, 0.1, 0.05, 0.05]


def test_both_estimates_of_the_trace_are_logged_under_their_names(run):
    config = make_config(training={"trace": "sample", "trace_samples": 16})
    row = rows(run(make_spec("inforeg", config=config)))[0]
    assert {name for name in row if name.startswith("trace/")} == {
        *(f"trace/batch/{group}" for group in ("audio", "image", "head", "whole")),
        *(f"trace/sample/{group}" for group in ("audio", "image", "whole")),
    }
    parts = (row[f"trace/batch/{group}"] for group in ("audio", "image", "head"))
    assert row["trace/batch/whole"] == pytest.approx(sum(parts))


def test_inforeg_decides_by_the_estimate_that_the_run_names(run):
    config = make_config(training={"trace": "sample", "trace_samples": 16, "epochs": 6})
    logged = rows(run(make_spec("inforeg", config=config)))
    for modality in ("audio", "image"):
        traces = [row[f"trace/sample/{modality}"] for row in logged]
        grown = [int((now - before) / now > 0.04) for before, now in pairwise(traces)]
        expected = [0, 0, *grown[:-1]]
        assert [row[f"window/{modality}"] for row in logged] == expected


def test_shuffled_labels_score_chance(run):
    """Control: nothing of the labels leaks past the training split."""
    config = make_config(training={"shuffle_labels": True})
    hits = [
        summary(run(make_spec("joint", config=config, seed=seed)))["selection"]["val"]["metrics"][
            "test/accuracy"
        ]
        for seed in range(10)
    ]
    sd = (1 / CLASSES * (1 - 1 / CLASSES) / 40) ** 0.5
    assert abs(sum(hits) / len(hits) - 1 / CLASSES) < 3 * sd
    true = summary(run(make_spec("joint"), root="true"))["selection"]["val"]["metrics"]["test/accuracy"]
    assert true > 1 / CLASSES + 3 * sd


def test_the_order_of_a_specs_keys_has_no_say(run):
    """A spec that went through JSON has its modalities sorted; FiLM's first one conditions the second."""
    spec = make_spec(config=make_config(("image", "audio"), fusion="film"))
    again = type(spec).model_validate_json(spec.canonical())
    assert list(again.config.encoders) != list(spec.config.encoders)
    data = make_data(("image", "audio"))
    models = [(run(each, data, root) / "model.pt").read_bytes() for each, root in ((spec, "a"), (again, "b"))]
    assert models[0] == models[1]
