"""Schedules, optimisers, clipping and precision, by hand."""

import math

import pytest
import torch
from torch import nn

from inforeg.errors import UserError
from inforeg.optim.optimizers import OPTIMIZERS
from inforeg.optim.schedules import factor
from inforeg.reading import validated
from inforeg.runspec import RunSpec, Training
from tests.conftest import make_config, make_data, make_spec, start


def training(**settings) -> Training:
    return validated(Training, {"epochs": 10, "lr": 0.1, **settings}, "training")


def factors(epochs: int, **settings) -> list[float]:
    found = training(epochs=epochs, **settings)
    return [factor(found, epoch, epochs) for epoch in range(epochs)]


def test_the_step_is_the_default():
    assert factors(10) == [1.0] * 7 + [0.1] * 3
    assert factors(5, decay_at=0.5, decay_factor=0.25) == [1, 1, 0.25, 0.25, 0.25]  # round(2.5) is 2
    assert factors(3, decay_at=1.0) == [1, 1, 1]


def test_constant():
    assert factors(4, schedule="constant") == [1, 1, 1, 1]


def test_cosine():
    """(1 + cos(pi t / T)) / 2: at eighths of a turn 1, (2 + sqrt 2) / 4, 1 / 2, (2 - sqrt 2) / 4."""
    expected = [1, (2 + math.sqrt(2)) / 4, 0.5, (2 - math.sqrt(2)) / 4]
    assert factors(4, schedule="cosine") == pytest.approx(expected)


def test_the_warm_up_rises_to_the_first_epoch_of_the_schedule():
    third = [1, 0.75, 0.25]  # (1 + cos) / 2 of 0, 60 and 120 degrees
    assert factors(6, schedule="cosine", warmup_epochs=3) == pytest.approx([0.25, 0.5, 0.75, *third])
    assert factors(3, schedule="constant", warmup_epochs=1) == [0.5, 1, 1]


def test_the_decay_counts_all_epochs():
    assert factors(5, warmup_epochs=1, decay_at=0.6) == [0.5, 1, 1, 0.1, 0.1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"warmup_epochs": 10}, r"warmup_epochs = 10 is not valid: it leaves none of the 10 epochs"),
        ({"schedule": "constant", "decay_at": 0.5}, r"decay_at = 0.5 .*'constant' has no step; leave it out"),
        ({"schedule": "cosine", "decay_factor": 0.5}, r"decay_factor = 0.5 .*'cosine' has no step"),
        ({"schedule": "linear"}, r"schedule = 'linear' is not valid"),
        ({"clip": 0}, r"clip = 0 is not valid"),
        ({"precision": "float16"}, r"precision = 'float16' is not valid"),
    ],
    ids=str,
)
def test_what_has_no_meaning_is_refused(settings, message):
    with pytest.raises(UserError, match=message):
        training(**settings)


@pytest.mark.parametrize(
    ("kind", "moved"),
    # w = 1, g = 0.5, lr = 0.1, weight decay 0.2. The first step of Adam is one of lr against the sign.
    [
        ("sgd", 1 - 0.1 * (0.5 + 0.2)),
        ("adam", 1 - 0.1),
        ("adamw", 1 - 0.1 * 0.2 - 0.1),  # the decay is the weight's own, and not scaled with the gradient
    ],
)
def test_first_step(kind, moved):
    weight = nn.Parameter(torch.ones(()))
    weight.grad = torch.tensor(0.5)
    OPTIMIZERS[kind]([weight], training(optimizer=kind, weight_decay=0.2)).step()
    assert weight.item() == pytest.approx(moved)


def plain(**settings) -> RunSpec:
    bare = {"lr": 1.0, "momentum": 0.0, "weight_decay": 0.0, **settings}
    return make_spec("joint", config=make_config(training=bare))


def distance(before: list[torch.Tensor], model: nn.Module) -> float:
    changes = [p.detach() - old for p, old in zip(model.parameters(), before, strict=True)]
    return torch.cat([change.flatten() for change in changes]).norm().item()


def test_gradients_are_clipped_by_their_norm_over_all_parameters_after_the_edits(monkeypatch):
    method, state = start(plain(clip=0.5))
    before = [p.detach().clone() for p in state.model.parameters()]

    def double(state, batch, output):
        for parameter in state.model.parameters():
            parameter.grad.mul_(2)

    batch = state.train.batch(torch.arange(16))
    method.step(state, batch)
    assert distance(before, state.model) == pytest.approx(0.5, rel=1e-4)
    method, edited = start(plain(clip=0.5))
    monkeypatch.setattr(method, "on_gradients", double)
    method.step(edited, batch)
    assert distance(before, edited.model) == pytest.approx(0.5, rel=1e-4)
    assert state.trace.close() == edited.trace.close()  # of the gradients before


@pytest.mark.parametrize("method", ["joint", "aug"])
def test_the_trace_is_of_gradients_that_are_not_clipped(method):
    """Also where a batch takes several steps, whose gradients are put together for the trace."""
    traces = []
    for settings in ({}, {"clip": 1e-6}):
        # Without a change from turn to turn, so that both have the same gradients.
        config = make_config(training={"lr": 1e-30, **settings})
        found, state = start(make_spec(method, config=config))
        found.on_epoch_start(state)
        found.step(state, state.train.batch(torch.arange(16)))
        traces.append(state.trace.close())
    assert traces[0] == traces[1]


def test_a_bound_that_is_not_reached_changes_no_bit():
    models = []
    for settings in ({}, {"clip": 1e6}):
        method, state = start(plain(**settings))
        method.step(state, state.train.batch(torch.arange(16)))
        models.append(state.model.state_dict())
    assert all(torch.equal(models[0][name], models[1][name]) for name in models[0])


def test_the_loop_follows_the_schedule(run):
    from tests.contract.cases import rows

    spec = make_spec(config=make_config(training={"epochs": 3, "schedule": "constant", "warmup_epochs": 1}))
    assert [row["lr"] for row in rows(run(spec))] == [0.025, 0.05, 0.05]


DIGEST = "ddd71b838de969e9ccb15e409a10de7138e94de9975724492f44f0d85bd82cfb"
"""Of a run of version 0.1's settings: such runs stay where they are."""


def test_settings_that_came_later_leave_a_spec_as_it_was_unless_they_are_given():
    described = {
        "benchmark": "toy",
        "method": "joint",
        "seed": 0,
        "versions": {"engine": 3, "method": 1, "data": 1},
        "settings": {"unimodal_weight": 0.0},
        "data_hash": None,
    }
    later = {"schedule": "step", "warmup_epochs": 0, "clip": None, "precision": "float32"}
    given = {"schedule": "cosine", "warmup_epochs": 1, "clip": 1.0, "precision": "bf16"}
    for settings in ({}, later):
        assert RunSpec(**described, config=make_config(training=settings)).digest() == DIGEST
    digests = {DIGEST}
    for name, value in given.items():
        spec = RunSpec(**described, config=make_config(training={name: value}))
        assert RunSpec.model_validate(spec.model_dump(mode="json")) == spec
        digests.add(spec.digest())
    assert len(digests) == 1 + len(given)


def test_bf16_differs_from_float32_and_is_near_it():
    losses = {}
    for precision in ("float32", "bf16"):
        method, state = start(make_spec(config=make_config(training={"precision": precision})))
        losses[precision] = method.step(state, make_data().train.batch(torch.arange(16)))["joint"].item()
    assert losses["bf16"] != losses["float32"]
    assert losses["bf16"] == pytest.approx(losses["float32"], rel=0.02)
