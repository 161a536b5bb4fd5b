import math

import pytest
import torch

from inforeg.batch import Batch, Output
from inforeg.methods.opm import in_place_ratios, modulated, ratios
from tests.conftest import make_config, make_spec, start
from tests.golden.test_baselines import LR, first_draw, one_feature


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


def test_released_rates_use_the_divided_scores():
    """Scores 1.5 and 1.8: the paper's ratios are 5/6 and 6/5, the code's second one is s_2^2 / s_1."""
    output = Output({}, torch.zeros(2, 2), {"audio": shares(0.8, 0.7), "image": shares(0.9, 0.9)})
    batch = Batch({}, torch.tensor([0, 0]), torch.tensor([0, 1]))
    expected = {
        ("default", ""): {"audio": 0, "image": 1.8 / 1.5},
        ("released", ""): {"audio": 0, "image": 1.8**2 / 1.5},
        ("released", "image"): {"audio": 1.5**2 / 1.8, "image": 1.8 / 1.5},
    }
    for (variant, leader), ratio in expected.items():
        method, _ = start(make_spec("opm", variant, leader=leader, base=0.5, strength=0.4))
        rates = {m: r and 0.5 * (1 + 0.4 * math.tanh(r - 1)) for m, r in ratio.items()}
        assert method.rates(output, batch) == pytest.approx(rates, rel=1e-5)


@pytest.mark.parametrize("kept", [True, False])
def test_an_update(kept):
    """Audio leads by rho = e, so it alone may be dropped; what is left is divided by 1 - q_a / 2."""
    method, state = one_feature("opm", base=0.5, strength=0.4, probability=1.0, warm_up=0.0)
    method.on_epoch_start(state)
    q = 0.5 * (1 + 0.4 * math.tanh(math.e - 1))
    method._masks["audio"] = first_draw(lambda u: (u >= q) is kept)
    method.step(state, state.train.batch(torch.tensor([0])))
    c = 1 / (1 - q / 2)
    error = 1 - 1 / (1 + math.exp(c - c * kept))  # z = (c, c) or (0, c), class 0: dL/dz = (-error, error)
    found = dict(state.model.named_parameters())
    assert found["encoders.audio.0.weight"].item() == pytest.approx(1 + LR * c * kept * error)
    assert found["encoders.image.0.weight"].item() == pytest.approx(2 - LR * 0.5 * c * error)
    moved = LR * c * error
    assert found["fusion.weights.image"].flatten().tolist() == pytest.approx([moved, 1 - moved])


def test_a_batch_without_any_sample_left_has_all_terms_at_no_loss():
    method, state = start(make_spec("opm", unimodal_weight=1.0))
    batch = state.train.batch(torch.arange(2))
    output = state.model(batch.inputs)
    method._kept = torch.zeros(2, dtype=torch.bool)
    terms = method.losses(state, batch, output)
    assert {name: term.item() for name, term in terms.items()} == {"joint": 0, "audio": 0, "image": 0}
