"""Diagnosing & Re-learning: purity, the schedule and the partial reset, by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from inforeg.batch import Output
from inforeg.methods import relearning
from inforeg.methods.relearning import Relearning
from inforeg.metrics.clusters import clusters, purity
from tests.conftest import make_config, make_spec, start


@pytest.mark.parametrize(
    ("cluster", "target", "expected"),
    [
        ([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 0], 5 / 6),
        ([2, 2, 0, 0], [0, 0, 1, 1], 1.0),  # clusters have no names
        ([0, 0, 0, 0], [0, 1, 2, 3], 1 / 4),
        ([0, 0, 1, 1], [0, 3, 3, 3], 3 / 4),  # classes 1 and 2 are missing
    ],
)
def test_purity(cluster, target, expected):
    assert purity(np.array(cluster), np.array(target)) == pytest.approx(expected)


def test_dimensions_are_scaled_before_clustering():
    """The first says the class in thousandths, the second is wide and says nothing."""
    target = np.arange(40) % 2
    wide = torch.linspace(-100, 100, 40)
    features = torch.stack([torch.from_numpy(target) * 1e-3, wide], dim=1).float()
    assert purity(clusters(features, 2, seed=0), target) == 1.0


def test_clusters_of_dead_and_repeated_features():
    """More classes than different features, and a dimension without a range: no warning, no NaN."""
    features = torch.tensor([[0.0, 7.0], [0.0, 7.0], [1.0, 7.0]])
    assert purity(clusters(features, 5, seed=0), np.array([0, 0, 1])) == 1.0
    assert clusters(torch.zeros(4, 2), 3, seed=0).tolist() == [0, 0, 0, 0]


def recorded(monkeypatch, epochs, **settings):
    """Epochs before which the method diagnoses."""
    plugin, state = start(
        make_spec("relearning", config=make_config(training={"epochs": epochs}), **settings)
    )
    seen = []
    monkeypatch.setattr(Relearning, "diagnose", lambda self, state: seen.append(state.epoch) or {})
    for state.epoch in range(epochs):
        plugin.on_epoch_start(state)
    return seen


@pytest.mark.parametrize(
    ("epochs", "settings", "expected"),
    [
        (90, {}, [20, 40, 60]),  # the code's
        (20, {}, [4, 8, 12]),
        (20, {"times": 1}, [4]),
        (20, {"every": 0.5}, [10]),
        (3, {"every": 0.01}, [1, 2]),  # never before the first epoch
    ],
)
def test_schedule(monkeypatch, epochs, settings, expected):
    assert recorded(monkeypatch, epochs, **settings) == expected


def test_an_encoder_moves_towards_its_start():
    plugin, state = start(make_spec("relearning", strength=3.0))
    initial = {name: p.detach().clone() for name, p in state.model.named_parameters()}
    with torch.no_grad():
        for parameter in state.model.parameters():
            parameter.add_(1.0)
    plugin.reset(state, "audio", 0.2)
    share = math.tanh(3 * 0.2)
    for name, parameter in state.model.named_parameters():
        kept = 1 - share if name.startswith("encoders.audio") else 1.0
        torch.testing.assert_close(parameter.detach(), initial[name] + kept)


def test_start_is_the_runs_own_after_a_resume():
    """Set up beside a model that has moved already, as a resumed run's is restored only later."""
    plugin, state = start(make_spec("relearning"))
    initial = {name: p.detach().clone() for name, p in state.model.named_parameters()}
    with torch.no_grad():
        for parameter in state.model.parameters():
            parameter.mul_(-2.0)
    plugin.setup(state, dict)
    plugin.reset(state, "image", 1e9)
    for parameter, (name, value) in zip(state.model.parameters(), initial.items(), strict=True):
        assert torch.equal(parameter, value if name.startswith("encoders.image") else -2 * value)


def at_points(points):
    """Features (N, 5) at four corners, which K-means with four clusters cannot miss."""
    return torch.eye(5)[torch.tensor(points)]


def test_gap_is_between_training_and_validation(monkeypatch):
    """Purities of 1 and 1/2 for audio, 3/4 and 1 for image."""
    plugin, state = start(make_spec("relearning"))
    one, two = [0, 1, 2, 3] * 2, [0, 0, 1, 1, 2, 2, 3, 3]
    state.train = replace(state.train, target=torch.tensor(one))
    state.val = replace(state.val, target=torch.tensor(two))
    features = [
        {"audio": at_points(one), "image": at_points([0, 1, 2, 3, 0, 1, 3, 0])},
        {"audio": at_points(one), "image": at_points([3, 3, 2, 2, 1, 1, 0, 0])},
    ]
    pairs = zip((state.train, state.val), features, strict=True)
    found = {id(split): Output(each, torch.empty(0), {}) for split, each in pairs}
    monkeypatch.setattr(relearning, "infer", lambda model, split: found[id(split)])
    assert plugin.diagnose(state) == pytest.approx({"audio": 1 / 2, "image": 1 / 4})


def test_diagnosis_takes_one_pass_over_each_split_and_leaves_the_mode():
    plugin, state = start(make_spec("relearning"))
    state.model.train()
    with state.cost:
        plugin.diagnose(state)
    assert state.model.training
    assert set(state.cost.forward.values()) == {len(state.train) + len(state.val)}
    assert set(state.cost.backward.values()) == {0}


def test_reset_is_by_the_modalitys_own_gap(monkeypatch):
    plugin, state = start(make_spec("relearning", every=0.2))
    with torch.no_grad():
        for parameter in state.model.parameters():
            parameter.add_(1.0)
    moved = {name: p.detach().clone() for name, p in state.model.named_parameters()}
    monkeypatch.setattr(Relearning, "diagnose", lambda self, state: {"audio": 0.1, "image": 0.4})
    state.epoch = 1
    plugin.on_epoch_start(state)
    for name, parameter in state.model.named_parameters():
        gap = {"audio": 0.1, "image": 0.4}.get(name.split(".")[1], 0.0) if "encoders" in name else 0.0
        torch.testing.assert_close(parameter.detach(), moved[name] - math.tanh(3 * gap))
