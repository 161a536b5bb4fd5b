"""Modality dropout: how often a modality is lost, and that one is always left."""

import pytest
import torch
from scipy.stats import binomtest

from inforeg.data.base import Split
from tests.conftest import make_config, make_spec, start

PAIR, TRIPLE = ("audio", "image"), ("audio", "image", "text")
SAMPLES = 4000


def begun(method, modalities=PAIR, **settings):
    """The method and its state at the first batch."""
    plugin, state = start(make_spec(method, config=make_config(modalities), **settings))
    plugin.on_epoch_start(state)
    return plugin, state


def kept(monkeypatch, modalities, probability):
    """Which samples keep which modality, (M, SAMPLES), and the features before and after."""
    plugin, state = begun("modality_dropout", modalities, probability=probability)
    seen, fuse = {}, state.model.fuse

    def spy(features):
        seen.update(features)
        return fuse(features)

    monkeypatch.setattr(state.model, "fuse", spy)
    inputs = {m: torch.ones(SAMPLES, 6) for m in modalities}
    batch = Split(inputs, torch.zeros(SAMPLES, dtype=torch.int64)).batch(torch.arange(SAMPLES))
    output = plugin.forward(state, batch)
    for m, h in output.features.items():
        masked = (seen[m] == h) | (seen[m] == 0)
        assert h.abs().min() > 0
        assert masked.all()
    return torch.stack([(seen[m] != 0).all(1) for m in modalities])


@pytest.mark.parametrize(
    ("modalities", "probability", "lost"),
    [
        (PAIR, 0.2, 0.2 - 0.2**2 / 2),  # where both would be lost, each is kept half of the time
        (PAIR, 0.6, 0.6 - 0.6**2 / 2),
        (TRIPLE, 0.6, 0.6 - 0.6**3 / 3),
    ],
)
def test_frequencies(monkeypatch, modalities, probability, lost):
    for row in kept(monkeypatch, modalities, probability):
        count = int((~row).sum())
        assert binomtest(count, SAMPLES, lost).pvalue > 1e-3, count / SAMPLES


@pytest.mark.parametrize("modalities", [PAIR, TRIPLE], ids=len)
def test_never_drops_all(monkeypatch, modalities):
    keep = kept(monkeypatch, modalities, 0.95)
    assert keep.any(0).all()
    assert (keep.sum(0) == 1).float().mean() > 0.8  # it nearly always would have


def test_modalities_are_dropped_independently(monkeypatch):
    audio, image, text = kept(monkeypatch, TRIPLE, 0.1)
    both = int((~audio & ~image & text).sum())
    assert binomtest(both, SAMPLES, 0.1 * 0.1 * 0.9 + 0.1**3 / 3).pvalue > 1e-3, both / SAMPLES


def weights_after(method, **settings):
    plugin, state = begun(method, **settings)
    for epoch in range(2):
        state.epoch = epoch
        plugin.on_epoch_start(state)
        for index in plugin.sampler(state, state.train):
            plugin.step(state, plugin.on_batch(state, state.train.batch(index)))
    return torch.cat([p.flatten() for p in state.model.parameters()])


def test_probability_zero_is_joint_training_bit_for_bit():
    joint = weights_after("joint")
    assert torch.equal(weights_after("modality_dropout", probability=0.0), joint)
    assert not torch.equal(weights_after("modality_dropout", probability=0.2), joint)


def test_features_of_the_output_are_whole():
    plugin, state = begun("modality_dropout", probability=0.9)
    batch = state.train.batch(torch.arange(40))
    output = plugin.forward(state, batch)
    expected = state.model.encode(batch.inputs)
    assert all(torch.equal(output.features[m], h) for m, h in expected.items())
    assert not torch.allclose(output.logits, state.model.fuse(expected).logits)
