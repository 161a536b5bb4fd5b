"""Sample-level valuation: Shapley values, copies and masks, by hand."""

import math
from collections import Counter

import pytest
import torch
from torch import nn

from inforeg.batch import Output
from inforeg.data import split as split_module
from inforeg.data.base import Held
from inforeg.methods import sample_valuation
from inforeg.methods.base import Method
from inforeg.methods.sample_valuation import SampleValuation, valuation
from inforeg.models.fusions.base import Fusion
from inforeg.models.multimodal import MultimodalModel
from tests.conftest import make_config, make_spec, start

TWO, THREE = ("audio", "image"), ("audio", "image", "text")


class Threshold(Fusion):
    """Class 0 where the features' sum is above the threshold, else class 1."""

    name, decomposes = "threshold", False

    def forward(self, features):
        total = sum(features.values()) - self.threshold
        return Output(features, torch.cat([total, torch.zeros_like(total)], 1), features)


def model(modalities=TWO, threshold=0.0):
    fusion = Threshold(dict.fromkeys(modalities, 1), 2, None)
    fusion.threshold = threshold
    return MultimodalModel({m: nn.Identity() for m in modalities}, fusion)


def split(*rows, modalities=TWO):
    """Samples of class 0, one feature per modality."""
    columns = zip(*rows, strict=True)
    inputs = {m: torch.tensor(list(c)).unsqueeze(1) for m, c in zip(modalities, columns, strict=True)}
    return Held(inputs, torch.zeros(len(rows), dtype=torch.int64))


@pytest.mark.parametrize(
    ("features", "threshold", "expected"),
    [
        ((1.0, 1.0), 0.0, [1.0, 1.0]),  # always right; v = 1 for every coalition would give 1/2 each
        ((2.0, -1.0), 0.0, [1.5, 0.5]),  # audio alone and both; the masked answer counts, not the joint one
        ((-1.0, 2.0), 0.0, [0.5, 1.5]),
        ((1.0, -2.0), 0.0, [0.5, -0.5]),  # audio alone
        ((-1.0, -1.0), 0.0, [0.0, 0.0]),  # never
        ((1.0, 1.0), 1.5, [1.0, 1.0]),  # only together
        ((-1.0, -1.0), -1.5, [0.0, 0.0]),  # only alone
    ],
)
def test_values_of_two_modalities(features, threshold, expected):
    assert valuation(model(threshold=threshold), split(features)).tolist() == [expected]


def test_values_of_three_modalities():
    """Right wherever audio is: v = 1, 2, 2, 3 with it, 0 without."""
    rows = split((3.0, -1.0, -1.0), (1.0, 1.0, 1.0), modalities=THREE)
    first, second = valuation(model(THREE), rows).tolist()
    assert first == pytest.approx([1 / 3 + 2 / 6 + 2 / 6 + 3 / 3, (2 - 1) / 6 + (3 - 2) / 3, 1 / 2])
    assert second == pytest.approx([1.0, 1.0, 1.0])


def test_every_batch_is_valued_by_its_own_answers(monkeypatch):
    rows = [(1.0, 1.0), (2.0, -1.0), (1.0, -2.0), (-1.0, -1.0), (-1.0, 2.0)]
    whole = valuation(model(), split(*rows))
    monkeypatch.setattr(split_module, "EVALUATION_BATCH", 2)
    assert torch.equal(valuation(model(), split(*rows)), whole)
    assert len(whole.unique(dim=0)) == 5


def valued(monkeypatch, values, **settings):
    plugin, state = start(make_spec("sample_valuation", **settings))
    table = torch.tensor(values, dtype=torch.float64)
    monkeypatch.setattr(sample_valuation, "valuation", lambda model, split: table)
    return {m: positions.tolist() for m, positions in plugin.copies(state).items()}


def test_copies_by_value(monkeypatch):
    values = [[1.5, 0.5], [1.0, 1.0], [0.5, -0.5], [0.0, 0.0]]
    assert valued(monkeypatch, values) == {"audio": [2, 3, 3], "image": [0, 2, 2, 2, 3, 3]}
    several = valued(monkeypatch, values, few=0, some=1, many=2)
    assert several == {"audio": [3], "image": [2, 2, 3]}


def test_bands_between_the_values_of_two_modalities(monkeypatch):
    values = [[-1 / 6, 5 / 6], [1 / 3, 1 / 2], [1 - 1e-9, 7 / 6], [1.0, 11 / 12]]  # the last: of four
    assert valued(monkeypatch, values) == {"audio": [0, 0, 0, 1, 1], "image": [0, 1, 3]}


COPIES = {"audio": torch.tensor([0, 0, 7]), "image": torch.tensor([0, 5])}


@pytest.fixture
def copied(monkeypatch):
    monkeypatch.setattr(
        SampleValuation, "copies", lambda self, state: {m: COPIES[m] for m in state.model.modalities}
    )


def epoch(plugin, state):
    """(position, mask) of every row, as `on_batch` sees them."""
    plugin.on_epoch_start(state)
    seen = []
    for index in plugin.sampler(state, state.train):
        plugin.on_batch(state, state.train.batch(index))
        mask = plugin._mask
        seen += list(zip(index.tolist(), map(tuple, mask.tolist()), strict=True))
    return seen


def test_copies_travel_with_their_masks(copied):
    plugin, state = start(make_spec("sample_valuation", warmup=0.0))
    seen = epoch(plugin, state)
    extra = {(0, (1.0, 0.0)): 2, (7, (1.0, 0.0)): 1, (0, (0.0, 1.0)): 1, (5, (0.0, 1.0)): 1}
    assert Counter(seen) == Counter({(i, (1.0, 1.0)): 1 for i in range(80)} | extra)
    assert [row for row in seen if row[1] != (1.0, 1.0)] != seen[-5:]  # shuffled among the samples
    assert epoch(plugin, state) == seen
    state.epoch = 1
    assert epoch(plugin, state) != seen


def test_order_of_the_modalities_changes_no_batch(copied):
    seen = []
    for modalities in (TWO, TWO[::-1]):
        plugin, state = start(make_spec("sample_valuation", config=make_config(modalities), warmup=0.0))
        seen.append(epoch(plugin, state))
    assert seen[0] == [(i, mask[::-1]) for i, mask in seen[1]]


def test_masks_wait_for_batches_that_are_fetched_ahead(copied):
    plugin, state = start(make_spec("sample_valuation", warmup=0.0))
    seen = epoch(plugin, state)
    plugin.on_epoch_start(state)
    ahead = []
    for index in list(plugin.sampler(state, state.train)):
        plugin.on_batch(state, state.train.batch(index))
        ahead += list(zip(index.tolist(), map(tuple, plugin._mask.tolist()), strict=True))
    assert ahead == seen


@pytest.mark.parametrize(("epochs", "first"), [(60, 5), (20, 2)])
def test_warm_up_keeps_the_order_of_all_methods(copied, epochs, first):
    plugin, state = start(make_spec("sample_valuation", config=make_config(training={"epochs": epochs})))
    for state.epoch in (first - 1, first):
        order = torch.cat(list(Method.sampler(plugin, state, state.train))).tolist()
        seen = epoch(plugin, state)
        assert ([i for i, _ in seen] == order) is (state.epoch < first)
        assert len(seen) == (80 if state.epoch < first else 85)


@pytest.mark.parametrize("method", ["sample_valuation", "modality_valuation"])
def test_absent_modality_has_no_part_in_the_update(method):
    """One sample, audio alone: p from W_a h_a + b, gradient (p - y) h_a^T for W_a and nothing for image."""
    plugin, state = start(make_spec(method))
    batch = state.train.batch(torch.tensor([3]))
    plugin._mask = torch.tensor([[True, False]])
    output = plugin.forward(state, batch)
    plugin.losses(state, batch, output)["joint"].backward()
    weight = state.model.fusion.weights["audio"].tolist()
    features = output.features["audio"][0].tolist()
    logits = [sum(w * h for w, h in zip(row, features, strict=True)) for row in weight]
    total = sum(math.exp(z) for z in logits)
    errors = [math.exp(z) / total - (c == batch.target.item()) for c, z in enumerate(logits)]
    gradient = state.model.fusion.weights["audio"].grad.tolist()
    for row, error in zip(gradient, errors, strict=True):
        assert row == pytest.approx([error * h for h in features], abs=1e-6)
    assert state.model.fusion.bias.grad.tolist() == pytest.approx(errors, abs=1e-6)
    assert not any(g.any() for g in state.gradients("image"))
    assert any(g.any() for g in state.gradients("audio"))
    assert not output.features["image"].any()


def test_absent_modalities_are_not_encoded(copied):
    """80 samples; 3 copies of audio and 2 of image."""
    config = make_config(training={"batch_size": 85})
    plugin, state = start(make_spec("sample_valuation", config=config, warmup=0.0))
    plugin.on_epoch_start(state)
    (index,) = plugin.sampler(state, state.train)
    with state.cost:
        plugin.step(state, plugin.on_batch(state, state.train.batch(index)))
    assert state.cost.forward == state.cost.backward == {"audio": 83, "image": 82}


def test_one_evaluation_pass_whatever_the_coalitions():
    config = make_config(THREE)
    plugin, state = start(make_spec("sample_valuation", config=config, warmup=0.0))
    with state.cost:
        plugin.on_epoch_start(state)
    assert set(state.cost.forward.values()) == {len(state.train)}
    assert set(state.cost.backward.values()) == {0}
