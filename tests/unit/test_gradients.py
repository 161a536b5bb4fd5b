"""Gradients of different batches, compared."""

import json
import math
from types import SimpleNamespace

import pytest
import torch

from inforeg.batch import Batch
from inforeg.metrics.gradients import batch_gradients, mean_cosine
from inforeg.runspec import Training
from tests.conftest import make_config, make_spec, start


def test_cosines_of_three_vectors():
    # Along x, along y, and between them: the pairs have cosines 0, 1 / sqrt 2, 1 / sqrt 2.
    vectors = torch.tensor([[2.0, 0.0], [0.0, 5.0], [1.0, 1.0]])
    assert mean_cosine(vectors) == pytest.approx(math.sqrt(2) / 3)


def test_norms_and_cosine_of_a_linear_encoder():
    """Logits (w x, 0): the gradient in w is (p - 1) x for class 0 and p x for class 1."""

    class Linear(torch.nn.Module):
        modalities = ("a",)

        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(2, 1))

        def forward(self, inputs):
            z = inputs["a"] @ self.weight
            return SimpleNamespace(logits=torch.cat([z, torch.zeros_like(z)], dim=1))

        def parameters_of(self, modality):
            return [self.weight]

    # With w = 0 both probabilities are 1/2: gradients -x/2 for class 0 and x/2 for class 1.
    first = Batch({"a": torch.tensor([[3.0, 4.0]])}, torch.tensor([0]), torch.tensor([0]))
    second = Batch({"a": torch.tensor([[6.0, 0.0]])}, torch.tensor([1]), torch.tensor([1]))
    found = batch_gradients(Linear(), [first, second])
    # (-1.5, -2) and (3, 0): norms 2.5 and 3, cosine -4.5 / 7.5.
    assert found == {"norm/a": pytest.approx(2.75), "cosine/a": pytest.approx(-0.6)}


def test_nothing_is_left_behind():
    _, state = start(make_spec("joint"))
    batches = [state.train.batch(torch.arange(8)), state.train.batch(torch.arange(8, 16))]
    state.model.train()
    batch_gradients(state.model, batches)
    assert state.model.training
    assert all(p.grad is None for p in state.model.parameters())


def test_measuring_changes_no_result(run):
    plain = run(make_spec("inforeg"))
    measured = run(make_spec("inforeg", "measured", config=make_config(training={"gradients": 3})))
    for name in ("predictions.parquet", "model.pt"):
        assert (plain / name).read_bytes() == (measured / name).read_bytes()
    lines = [json.loads(line) for line in (measured / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        assert line["gradient/norm/audio"] > 0
        assert -1 <= line["gradient/cosine/image"] <= 1
    costs = [json.loads((folder / "cost.json").read_text()) for folder in (plain, measured)]
    assert costs[0]["backward_passes"] == costs[1]["backward_passes"]


def test_one_batch_has_nothing_to_be_compared_with():
    with pytest.raises(ValueError, match="gradients"):
        Training(epochs=1, lr=0.1, gradients=1)
