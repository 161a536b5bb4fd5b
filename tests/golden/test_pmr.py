import math

import pytest
import torch

from inforeg.batch import Batch, Output
from inforeg.methods.pmr import class_means
from inforeg.models.inference import infer
from tests.conftest import make_config, make_data, make_spec, start


def test_prototypes_are_class_means():
    features = torch.tensor([[1.0, 0.0], [3.0, 2.0], [5.0, 5.0]])
    found = class_means(features, torch.tensor([0, 0, 2]), 3, None)
    assert found.tolist() == [[2, 1], pytest.approx([3, 7 / 3]), [5, 5]]  # class 1 has none: the mean of all
    old = torch.arange(6.0).view(3, 2)
    assert class_means(features, torch.tensor([0, 0, 2]), 3, old).tolist() == [[2, 1], [2, 3], [5, 5]]


# one feature, two classes, prototypes 0 and 1: sim = -|h|, -|h - 1|
PROTOTYPES = {"audio": torch.tensor([[0.0], [1.0]]), "image": torch.tensor([[0.0], [1.0]])}


def probability(h):
    """Of class 0."""
    return math.exp(-abs(h)) / (math.exp(-abs(h)) + math.exp(-abs(h - 1)))


def terms(audio, image, epoch=0, variant="default", **settings):
    config = make_config(training={"epochs": 10})
    method, state = start(make_spec("pmr", variant, config=config, **settings))
    state.epoch, method._prototypes = epoch, PROTOTYPES
    features = {"audio": torch.tensor([[audio]]), "image": torch.tensor([[image]])}
    batch = Batch({}, torch.tensor([0]), torch.tensor([0]))
    found = method.losses(state, batch, Output(features, torch.zeros(1, 2), {}))
    return {name: value.item() for name, value in found.items()}


def test_the_modality_behind_is_pulled_to_its_prototypes():
    p_audio, p_image = probability(0.1), probability(0.4)
    behind = p_audio / p_image - 1
    assert 0 < behind < 1
    found = terms(0.1, 0.4, alpha=2.0, mu=0.5)
    entropy = -(p_audio * math.log(p_audio) + (1 - p_audio) * math.log(1 - p_audio))
    assert found == {
        "joint": pytest.approx(math.log(2)),
        "prototype/audio": 0,
        "prototype/image": pytest.approx(-2 * behind * math.log(p_image), rel=1e-4),
        "entropy": pytest.approx(-0.5 * behind * entropy, rel=1e-4),
    }


def test_coefficients_are_at_most_one():
    prototypes = {"audio": torch.tensor([[0.0], [9.0]]), "image": torch.tensor([[0.0], [9.0]])}
    method, state = start(make_spec("pmr", mu=0.0))
    method._prototypes = prototypes
    features = {"audio": torch.tensor([[0.0]]), "image": torch.tensor([[6.0]])}
    batch = Batch({}, torch.tensor([0]), torch.tensor([0]))
    found = method.losses(state, batch, Output(features, torch.zeros(1, 2), {}))
    assert found["prototype/image"].item() == pytest.approx(math.log(1 + math.exp(3)), rel=1e-4)


@pytest.mark.parametrize("variant", ["default", "released"])
def test_nobody_lags_where_no_probability_is_left(variant):
    """Features so far from all prototypes that the true class's probabilities are 0 in single precision."""
    method, state = start(make_spec("pmr", variant, mu=0.0))
    method._prototypes = {m: torch.tensor([[9e3], [0.0]]) for m in PROTOTYPES}
    features = {"audio": torch.tensor([[-1.0]]), "image": torch.tensor([[-2.0]])}
    batch = Batch({}, torch.tensor([0]), torch.tensor([0]))
    found = method.losses(state, batch, Output(features, torch.zeros(1, 2), {}))
    assert found["prototype/audio"] == found["prototype/image"] == 0


def test_released_coefficients_are_zero_or_alpha_without_entropy():
    found = terms(0.1, 0.4, variant="released")
    assert found["prototype/image"] == pytest.approx(-math.log(probability(0.4)), rel=1e-4)
    assert found["prototype/audio"] == 0
    assert "entropy" not in found
    tied = terms(0.2, 0.2, variant="released")
    assert tied["prototype/audio"] == tied["prototype/image"] == 0


def test_schedule():
    assert "entropy" in terms(0.1, 0.4, epoch=0)
    assert "entropy" not in terms(0.1, 0.4, epoch=1)
    assert "prototype/image" in terms(0.1, 0.4, epoch=6)
    assert list(terms(0.1, 0.4, epoch=7)) == ["joint"]


def test_prototypes_are_smoothed_over_epochs_and_of_a_part_of_the_training_split():
    data = make_data()
    method, state = start(make_spec("pmr", share=1.0, momentum=0.25), data)
    method.on_epoch_start(state)
    features = state.model.encode(data.train.inputs)["audio"].detach()
    first = method._prototypes["audio"].clone()
    torch.testing.assert_close(first[2], features[data.train.target == 2].mean(0))
    with torch.no_grad():
        for parameter in state.model.parameters():
            parameter.mul_(2)
    state.epoch = 1
    method.on_epoch_start(state)
    later = state.model.encode(data.train.inputs)["audio"].detach()
    new = later[data.train.target == 2].mean(0)
    torch.testing.assert_close(method._prototypes["audio"][2], 0.75 * new + 0.25 * first[2])
    small, other = start(make_spec("pmr", share=0.1), data)
    with other.cost:
        small.on_epoch_start(other)
    assert other.cost.forward == {"audio": 8, "image": 8}


@pytest.mark.parametrize(
    ("settings", "epoch", "passes"), [({}, 6, 8), ({}, 7, 0), ({"alpha": 0.0, "mu": 0.0}, 0, 0)]
)
def test_prototypes_are_made_only_where_a_loss_asks_for_them(settings, epoch, passes):
    method, state = start(make_spec("pmr", config=make_config(training={"epochs": 10}), **settings))
    state.epoch = epoch
    with state.cost:
        method.on_epoch_start(state)
    assert state.cost.forward == {"audio": passes, "image": passes}


def test_entropy_is_the_mean_over_the_batch():
    """Two samples of which each modality knows one class better; audio leads in the sum."""
    method, state = start(make_spec("pmr", mu=0.5, config=make_config(training={"epochs": 10})))
    method._prototypes = PROTOTYPES
    features = {"audio": torch.tensor([[0.1], [0.3]]), "image": torch.tensor([[0.4], [0.45]])}
    batch = Batch({}, torch.tensor([0, 0]), torch.tensor([0, 1]))
    found = method.losses(state, batch, Output(features, torch.zeros(2, 2), {}))
    audio, image = ([probability(h.item()) for h in features[m]] for m in ("audio", "image"))
    behind = sum(audio) / sum(image) - 1
    entropies = [-(p * math.log(p) + (1 - p) * math.log(1 - p)) for p in audio]
    assert found["entropy"].item() == pytest.approx(-0.5 * behind * sum(entropies) / 2, rel=1e-4)
    losses = [-math.log(p) for p in image]
    assert found["prototype/image"].item() == pytest.approx(behind * sum(losses) / 2, rel=1e-4)


def test_prototypes_are_of_another_part_in_each_epoch(monkeypatch):
    parts = []

    def spy(model, split):
        parts.append({tuple(row) for row in split.inputs["audio"].tolist()})
        return infer(model, split)

    monkeypatch.setattr("inforeg.methods.pmr.infer", spy)
    method, state = start(make_spec("pmr", share=0.25))
    first = {tuple(row) for row in state.train.inputs["audio"][:20].tolist()}
    for state.epoch in range(3):
        method.on_epoch_start(state)
    assert [len(part) for part in parts] == [20, 20, 20]
    assert first not in parts
    assert parts[0] != parts[1] != parts[2] != parts[0]


def test_prototypes_are_made_in_evaluation_mode():
    method, state = start(make_spec("pmr", share=1.0))
    norm = torch.nn.BatchNorm1d(5)
    state.model.encoders["audio"].append(torch.nn.Dropout(0.5)).append(norm)
    state.model.train()
    method.on_epoch_start(state)
    assert norm.num_batches_tracked == 0
    assert state.model.training
    features = state.model.eval().encode(state.train.inputs)["audio"]
    torch.testing.assert_close(
        method._prototypes["audio"][1], features[state.train.target == 1].mean(0).detach()
    )
