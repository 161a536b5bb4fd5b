import math

import pytest
import torch

from inforeg.batch import Output
from inforeg.methods.mla import projected_out
from tests.conftest import make_config, make_spec, start


def test_projection_by_hand():
    # P = I, r = (1, 0): P - r r^T / (0.1 + 1) = diag(1/11, 1); then of norm 1
    found = projected_out(torch.eye(2), torch.tensor([1.0, 0.0]), 0.1)
    norm = math.sqrt(1 / 121 + 1)
    torch.testing.assert_close(found, torch.diag(torch.tensor([1 / 11 / norm, 1 / norm])))


def test_projection_of_a_skew_direction_by_hand():
    # P = diag(1, 2), r = (1, 1): P r = (1, 2), r^T P r = 3, denominator 4
    found = projected_out(torch.diag(torch.tensor([1.0, 2.0])), torch.tensor([1.0, 1.0]), 1.0)
    plain = [[1 - 1 / 4, -2 / 4], [-2 / 4, 2 - 4 / 4]]
    norm = math.sqrt(sum(value**2 for row in plain for value in row))
    torch.testing.assert_close(found, torch.tensor(plain) / norm)


@pytest.mark.parametrize(("variant", "projects"), [("default", True), ("released", False)])
def test_projection_changes_the_heads_gradient(variant, projects):
    """Mistake 2: the released code looks for a parameter of another name, so its projection never acts."""
    method, state = start(make_spec("mla", variant))
    method.on_epoch_start(state)
    head = state.model.fusion.head
    head.weight.grad = torch.randn(head.weight.shape, generator=torch.Generator().manual_seed(0))
    before = head.weight.grad.clone()
    features = torch.randn(3, 5, generator=torch.Generator().manual_seed(1))
    method.on_turn(state, Output({"audio": features}, torch.zeros(3, 4), {}))
    projection = projected_out(torch.eye(5), features.mean(0), 0.1)
    torch.testing.assert_close(head.weight.grad, before @ projection.t() if projects else before)


def test_alpha_falls_within_the_epoch():
    method, state = start(make_spec("mla"))
    method.on_epoch_start(state)
    state.model.fusion.head.weight.grad = torch.ones(4, 5)
    turn = Output({"audio": torch.ones(2, 5)}, torch.zeros(2, 4), {})
    for _ in range(3):  # batches 0, 0 and 1 of 5 with two modalities
        before = method._projection.clone()
        method.on_turn(state, turn)
    torch.testing.assert_close(method._projection, projected_out(before, torch.ones(5), 0.1**1.2))


def test_answer_weighs_by_certainty_sample_by_sample():
    """Mistake 2: the released code takes one entropy for a whole batch."""
    method, _ = start(make_spec("mla"))
    sure, unsure = torch.tensor([math.log(9), 0.0]), torch.zeros(2)
    unimodal = {"a": torch.stack([sure, unsure]), "b": torch.stack([unsure, sure])}
    answer = method.predict(Output({}, torch.zeros(2, 2), unimodal))
    entropies = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1)), math.log(2)
    weight = math.exp(-entropies[0]) / (math.exp(-entropies[0]) + math.exp(-entropies[1]))
    torch.testing.assert_close(answer, torch.stack([weight * sure, weight * sure]))
    alone = method.predict(Output({}, torch.zeros(1, 2), {m: u[:1] for m, u in unimodal.items()}))
    assert torch.equal(alone[0], answer[0])
    released, _ = start(make_spec("mla", "released"))
    logits = torch.tensor([[3.0, 1.0]])
    assert torch.equal(released.predict(Output({}, logits, unimodal)), logits)


def test_a_turn_moves_one_encoder_and_the_head_by_its_own_gradient():
    method, state = start(make_spec("mla", "released"))
    method.on_epoch_start(state)
    group = state.optimizer.param_groups[0]
    group["weight_decay"] = 0.0
    batch = state.train.batch(torch.arange(6))
    before = {name: p.detach().clone() for name, p in state.model.named_parameters()}
    with state.cost:
        method.step(state, batch)
    assert (state.cost.steps, state.cost.forward) == (2, {"audio": 6, "image": 6})
    assert state.cost.backward == {"audio": 6, "image": 6}
    assert state.trace.batches == 1
    for name, parameter in state.model.named_parameters():
        if name.startswith("encoders."):  # one step each; a second one would add momentum
            torch.testing.assert_close(parameter, before[name] - group["lr"] * parameter.grad)
    # momentum 0.9: head after both turns = -lr (g1 + (0.9 g1 + g2)), and the kept gradient is g1 + g2
    head = state.model.fusion.head.bias
    buffer = state.optimizer.state[head]["momentum_buffer"]
    moved = (before["fusion.head.bias"] - head) / group["lr"]
    first = moved - buffer
    torch.testing.assert_close(buffer, 0.9 * first + (head.grad - first))


def test_a_sample_that_would_be_alone_is_no_batch_of_its_own():
    """80 samples in batches of 79 are one batch, so that alpha_t begins and ends at decay^1 in each epoch."""
    method, state = start(make_spec("mla", config=make_config(training={"batch_size": 79})))
    method.on_epoch_start(state)
    assert len(list(method.sampler(state, state.train))) == method._batches == 1


def test_the_step_takes_the_projected_gradient(monkeypatch):
    method, state = start(make_spec("mla"))
    method.on_epoch_start(state)
    state.optimizer.param_groups[0]["weight_decay"] = 0.0
    head = state.model.fusion.head
    weight, bias = head.weight.detach().clone(), head.bias.detach().clone()
    nothing = torch.zeros(5, 5)
    monkeypatch.setattr("inforeg.methods.mla.projected_out", lambda *_: nothing)
    method.step(state, state.train.batch(torch.arange(6)))
    assert torch.equal(head.weight, weight)
    assert not torch.equal(head.bias, bias)
