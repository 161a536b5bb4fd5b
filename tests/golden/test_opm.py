import math

import pytest
import torch

from inforeg.batch import Batch, Output
from inforeg.methods.opm import in_place_ratios, modulated, ratios
from tests.conftest import make_config, make_spec, start


def test_ratios_come_from_untouched_scores():
    """Mistake 6: one released code divides in place, so the second ratio uses a divided value."""
    assert ratios(torch.tensor([6.0, 3.0])).tolist() == [2, 0.5]
    assert ratios(torch.tensor([3.0, 6.0])).tolist() == [0.5, 2]
    assert ratios(torch.tensor([6.0, 2.0, 4.0])).tolist() == [2, pytest.approx(0.4), 1]


def test_released_ratios_depend_on_who_comes_first():
    score = torch.tensor([6.0, 3.0])
    assert in_place_ratios(score, 0).tolist() == [2, 3 / 2]  # s_2^2 / s_1 = 9 / 6
    assert in_place_ratios(score, 1).tolist() == [12, 0.5]  # s_1^2 / s_2 = 36 / 3
    assert score.tolist() == [6, 3]


def shares(*probabilities):
    """Logits of two samples of class 0 whose true class has these probabilities."""
    return torch.tensor([[math.log(p / (1 - p)), 0.0] for p in probabilities])


def test_rates_by_hand():
    method, _ = start(make_spec("opm", base=0.5, strength=0.4))
    unimodal = {"audio": shares(0.8, 0.7), "image": shares(0.5, 0.5)}
    batch = Batch({}, torch.tensor([0, 0]), torch.tensor([0, 1]))
    rates = method.rates(Output({}, torch.zeros(2, 2), unimodal), batch)
    assert rates == {"audio": pytest.approx(0.5 * (1 + 0.4 * math.tanh(0.5)), rel=1e-5), "image": 0}
    strong, _ = start(make_spec("opm", base=0.9, strength=5.0))
    assert strong.rates(Output({}, torch.zeros(2, 2), unimodal), batch)["audio"] == 1


def test_features_are_masked_and_rescaled_by_hand():
    features = {"a": torch.ones(2, 3), "b": torch.ones(2, 1)}
    masks = {"a": torch.tensor([True, False]), "b": torch.tensor([True, True])}
    found = modulated(features, masks, {"a": 0.5, "b": 0.1})
    theta = (3 * 0.5 + 1 * 0.1) / 4
    assert found["a"][:, 0].tolist() == pytest.approx([1 / (1 - theta), 0])
    assert found["b"][:, 0].tolist() == pytest.approx([1 / (1 - theta)] * 2)


def begun(epochs=20, epoch=1, **settings):
    method, state = start(make_spec("opm", config=make_config(training={"epochs": epochs}), **settings))
    state.epoch = epoch
    method.on_epoch_start(state)
    return method, state


@pytest.mark.parametrize(
    ("epoch", "probability", "modulates"), [(0, 1.0, False), (1, 1.0, True), (1, 0.0, False)]
)
def test_warm_up_and_probability(epoch, probability, modulates):
    method, state = begun(epoch=epoch, probability=probability, warm_up=0.05, base=0.9)
    batch = state.train.batch(torch.arange(64))
    output = method.forward(state, batch)
    plain = state.model(batch.inputs)
    assert torch.equal(output.logits, plain.logits) is not modulates
    torch.testing.assert_close(output.features, plain.features)


def test_one_pass_of_the_encoders():
    method, state = begun(probability=1.0)
    with state.cost:
        method.step(state, state.train.batch(torch.arange(16)))
    assert state.cost.forward == state.cost.backward == {"audio": 16, "image": 16}


def test_samples_without_any_modality_do_not_count():
    method, state = begun()
    batch = Batch({}, torch.tensor([0, 1, 0]), torch.arange(3))
    output = Output({}, torch.tensor([[0.0, 0.0], [9.0, 0.0], [0.0, 0.0]]), {})
    method._kept = torch.tensor([True, False, True])
    assert method.losses(state, batch, output)["joint"].item() == pytest.approx(math.log(2))
    method._kept = torch.zeros(3, dtype=torch.bool)
    assert method.losses(state, batch, output)["joint"].item() == 0
