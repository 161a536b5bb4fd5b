"""How well features tell the classes apart: by hand, and against scikit-learn."""

import math

import pytest
import torch
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier

from inforeg.probes import separation
from inforeg.probes.restore import restore
from tests.conftest import make_data, make_spec


def test_a_silhouette_by_hand():
    # Places 0 and 2 of one class, 5 and 6 of another. a: 2, 2, 1, 1; b: 5.5, 3.5, 4, 5.
    places = torch.tensor([[0.0], [2.0], [5.0], [6.0]], dtype=torch.double)
    expected = (3.5 / 5.5 + 1.5 / 3.5 + 3 / 4 + 4 / 5) / 4
    assert separation.silhouette(places, torch.tensor([0, 0, 2, 2])) == pytest.approx(expected)


def test_a_sample_alone_in_its_class_counts_as_nothing():
    # Places 0 and 1, and 3 alone: (3 - 1) / 3, (2 - 1) / 2 and 0.
    places = torch.tensor([[0.0], [1.0], [3.0]], dtype=torch.double)
    found = separation.silhouette(places, torch.tensor([0, 0, 1]))
    assert found == pytest.approx((2 / 3 + 1 / 2) / 3)


def test_one_class_has_no_silhouette_and_equal_places_have_none_to_speak_of():
    places = torch.zeros(4, 2, dtype=torch.double)
    assert math.isnan(separation.silhouette(places, torch.zeros(4, dtype=torch.long)))
    assert separation.silhouette(places, torch.tensor([0, 0, 1, 1])) == 0


@pytest.mark.parametrize("rows", [7, 512])
def test_both_are_scikit_learns(monkeypatch, rows):
    monkeypatch.setattr(separation, "ROWS", rows)
    draw = torch.Generator().manual_seed(0)
    target = torch.randint(4, (60,), generator=draw)
    features = torch.randn(60, 5, generator=draw, dtype=torch.double) + target[:, None]
    assert separation.silhouette(features, target) == pytest.approx(silhouette_score(features, target))
    nearest = separation.neighbours(features[:20], features[20:])
    classifier = KNeighborsClassifier(1).fit(features[20:], target[20:])
    assert target[20:][nearest].tolist() == classifier.predict(features[:20]).tolist()


def test_every_encoder_has_both(run):
    spec, data = make_spec(), make_data()
    found = separation.Separation().examine(restore(spec, run(spec, data), data)).metrics
    kinds = ("silhouette", "neighbour")
    assert set(found) == {f"test/{kind}/{modality}" for modality in ("audio", "image") for kind in kinds}
    assert all(
        -1 <= found[f"test/silhouette/{m}"] <= 1 and 0 <= found[f"test/neighbour/{m}"] <= 1
        for m in ("audio", "image")
    )
