"""Modality-level valuation: who is weak, and how many copies it gets, by hand."""

import pytest
import torch

from inforeg.methods import modality_valuation
from inforeg.methods.modality_valuation import resampled
from tests.conftest import make_spec, start


@pytest.mark.parametrize(
    ("mean", "alpha", "expected"),
    [
        ({"audio": 0.9, "image": 0.3}, 1.0, ("image", 2 / 3 * 0.6)),
        ({"audio": 0.9, "image": 0.3}, 0.5, ("image", 1 / 3 * 0.6)),
        ({"audio": 0.3, "image": 0.9}, 1.0, ("audio", 2 / 3 * 0.6)),
        ({"audio": 1.5, "image": -0.5}, 1.0, ("image", 1.0)),  # 4/3 is no probability
        ({"audio": 0.7, "image": 0.7}, 1.0, ("audio", 0.0)),
        ({"audio": 1.0, "image": 0.1, "text": 0.4}, 1.0, ("image", 2 / 3 * (0.7 - 0.1))),
        ({"audio": 1.0, "text": 0.1, "image": 0.1}, 1.0, ("image", 2 / 3 * (0.55 - 0.1))),  # not by order
    ],
)
def test_weak_modality_and_fraction(mean, alpha, expected):
    weak, fraction = resampled(mean, alpha)
    assert (weak, pytest.approx(fraction)) == expected


def chosen(monkeypatch, epoch=0, **settings):
    """The copies, and the splits that were valued, where audio is worth 1.2 and image 0.6."""
    plugin, state = start(make_spec("modality_valuation", **settings))
    state.epoch, valued = epoch, []

    def valuation(model, split):
        valued.append(split)
        return torch.tensor([[1.2, 0.6]], dtype=torch.float64).expand(len(split), -1)

    monkeypatch.setattr(modality_valuation, "valuation", valuation)
    return plugin.copies(state), valued


def test_one_copy_of_a_fraction_of_the_samples_for_the_weak_modality(monkeypatch):
    copies, _ = chosen(monkeypatch)
    assert list(copies) == ["image"]  # not a copy per modality, and the gap is counted once
    positions = copies["image"].tolist()
    assert len(positions) == round(2 / 3 * 0.6 * 80) == 32
    assert len(set(positions)) == 32
    assert set(positions) <= set(range(80))
    assert positions != list(range(32))


def test_alpha_switches_the_copies_off(monkeypatch):
    assert len(chosen(monkeypatch, alpha=0.0)[0]["image"]) == 0


@pytest.mark.parametrize(("part", "size"), [(0.2, 16), (1.0, 80), (0.001, 1)])
def test_a_random_part_is_valued(monkeypatch, part, size):
    _, (valued,) = chosen(monkeypatch, part=part)
    assert len(valued) == size
    _, (other,) = chosen(monkeypatch, epoch=1, part=part)
    assert not torch.equal(valued.inputs["audio"], other.inputs["audio"])
    _, (again,) = chosen(monkeypatch, part=part)
    assert torch.equal(valued.inputs["audio"], again.inputs["audio"])


def test_only_the_part_passes_the_encoders():
    plugin, state = start(make_spec("modality_valuation", warmup=0.0))
    with state.cost:
        plugin.on_epoch_start(state)
    assert set(state.cost.forward.values()) == {16}


def test_copies_have_the_weak_modality_alone(monkeypatch):
    plugin, state = start(make_spec("modality_valuation", warmup=0.0))
    monkeypatch.setattr(
        modality_valuation, "valuation", lambda m, split: torch.tensor([[1.2, 0.6]]).expand(len(split), -1)
    )
    plugin.on_epoch_start(state)
    masks = []
    for index in plugin.sampler(state, state.train):
        plugin.on_batch(state, state.train.batch(index))
        masks += plugin._mask.tolist()
    assert (masks.count([1.0, 1.0]), masks.count([0.0, 1.0]), len(masks)) == (80, 32, 112)
