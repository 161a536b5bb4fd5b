import math

import pytest
import torch

from inforeg.batch import Batch, Output
from inforeg.methods.base import Method
from inforeg.methods.lfm import gap
from inforeg.methods.shared.held_out import together
from inforeg.random import stream
from tests.conftest import make_config, make_spec, start


def logits(p):
    return torch.tensor([[math.log(p), math.log(1 - p)]])


def kl(p, q):
    return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))


PAIR = {"audio": logits(0.9), "image": logits(0.3)}  # mean prediction 0.6


def test_gap_is_the_jensen_shannon_divergence_and_the_other_way_round_in_the_code():
    jensen_shannon, reverse = (kl(0.9, 0.6) + kl(0.3, 0.6)) / 2, (kl(0.6, 0.9) + kl(0.6, 0.3)) / 2
    assert gap(PAIR, towards_mean=True).item() == pytest.approx(jensen_shannon, rel=1e-5)
    assert gap(PAIR, towards_mean=False).item() == pytest.approx(reverse, rel=1e-5)
    assert abs(jensen_shannon - reverse) > 0.01


@pytest.mark.parametrize(("variant", "divergence"), [("default", (0.9, 0.6)), ("released", (0.6, 0.9))])
def test_losses_by_hand(variant, divergence):
    method, state = start(make_spec("lfm", variant))
    method._alpha = 0.2
    output = Output({}, (PAIR["audio"] + PAIR["image"]) / 2, PAIR)
    terms = method.losses(state, Batch({}, torch.tensor([0]), torch.tensor([0])), output)
    odds = (math.log(0.9 / 0.1) + math.log(0.3 / 0.7)) / 2
    other = (0.3, 0.6) if variant == "default" else (0.6, 0.3)
    assert terms["joint"].item() == pytest.approx(2 * 0.2 * math.log(1 + math.exp(-odds)), rel=1e-5)
    assert terms["gap"].item() == pytest.approx(2 * 0.8 * (kl(*divergence) + kl(*other)) / 2, rel=1e-5)


def test_answer_is_the_mean_of_own_heads():
    _, state = start(make_spec("lfm"))
    output = state.model(state.train.inputs)
    torch.testing.assert_close(output.logits, (output.unimodal["audio"] + output.unimodal["image"]) / 2)


def test_polynomial_of_the_share_of_the_training():
    method, state = start(make_spec("lfm", "released", config=make_config(training={"epochs": 10})))
    state.epoch = 5  # 100 of 200
    method.on_epoch_start(state)
    expected = 0.2046 + 0.3355 + 1.23 - 2.93 + 2.24 - 0.54
    assert method._alpha == pytest.approx(expected)


def test_held_out_samples_are_not_trained_on():
    method, state = start(make_spec("lfm", held_out=20))
    seen = torch.cat(list(method.sampler(state, state.train)))
    assert len(seen) == 60
    assert not set(seen.tolist()) & set(method._unseen.tolist())
    assert len(torch.cat(list(start(make_spec("lfm", "released"))[0].sampler(state, state.train)))) == 80


@pytest.mark.parametrize(
    ("cosine", "before", "after"),
    [(0.5, 0.3, 0.35), (-0.5, 0.3, 0.25), (1.0, 0.94, 0.95), (-1.0, 0.06, 0.05)],
)
def test_alpha_follows_the_cosine_within_its_limits(monkeypatch, cosine, before, after):
    method, state = start(make_spec("lfm", step_size=0.1))
    monkeypatch.setattr(method, "_agreement", lambda state: cosine)
    method._alpha = before
    method.on_epoch_start(state)
    assert method._alpha == before  # nothing is known before the first epoch
    state.epoch = 1
    method.on_epoch_start(state)
    assert method._alpha == pytest.approx(after)


def test_the_cosine_predicts_which_loss_helps_held_out_samples():
    """One step of descent on CE - D changes the held-out loss by -lr times the gradients' inner product."""
    method, state = start(make_spec("lfm"))
    cosine = method._agreement(state)
    order = torch.randperm(80, generator=stream(state.spec.seed, "method", "lfm", state.epoch))
    seen = order[~torch.isin(order, method._unseen)][:16]
    parameters = list(state.model.parameters())
    before = [p.detach().clone() for p in parameters]

    def held_out():
        batch = state.train.batch(method._unseen)
        with torch.no_grad():
            return method._terms(state.model(batch.inputs), batch)[0].item()

    batch = state.train.batch(seen)
    joint, apart = method._terms(state.model(batch.inputs), batch)
    gradients = torch.autograd.grad(joint - apart, parameters)
    losses = []
    for rate in (1e-3, -1e-3):
        with torch.no_grad():
            for parameter, start_value, gradient in zip(parameters, before, gradients, strict=True):
                parameter.copy_(start_value - rate * gradient)
        losses.append(held_out())
    slope = (losses[1] - losses[0]) / 2e-3
    length = math.sqrt(sum(g.square().sum().item() for g in gradients))
    assert slope * cosine > 0
    with torch.no_grad():
        for parameter, start_value in zip(parameters, before, strict=True):
            parameter.copy_(start_value)
    batch = state.train.batch(method._unseen)
    own = torch.autograd.grad(method._terms(state.model(batch.inputs), batch)[0], parameters)
    own_length = math.sqrt(sum(g.square().sum().item() for g in own))
    assert slope == pytest.approx(cosine * length * own_length, rel=0.02)


@pytest.mark.parametrize(
    ("sizes", "size", "joined"),
    [([3, 0, 3], 3, [3, 3]), ([3, 1, 2], 3, [4, 2]), ([1, 0, 3, 1], 3, [5]), ([1, 1, 0, 1], 1, [1, 1, 1])],
)
def test_no_sample_is_alone_where_others_are_held_out(sizes, size, joined):
    """Batch normalisation cannot take one."""
    positions = torch.arange(sum(sizes))
    found = together(torch.split(positions, sizes), size)
    assert [len(index) for index in found] == joined
    assert torch.equal(torch.cat(found), positions)


def test_batches_have_company_after_samples_are_held_out(monkeypatch):
    method, state = start(make_spec("lfm", held_out=1))
    method._unseen = torch.tensor([2])
    monkeypatch.setattr(Method, "sampler", lambda *_: [torch.arange(2), torch.arange(2, 4)])
    assert [index.tolist() for index in method.sampler(state, state.train)] == [[0, 1, 3]]
