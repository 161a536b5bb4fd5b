"""What is one's own is found, and does what it says."""

import torch
from torch.nn.functional import cross_entropy

from inforeg.registry import ENCODERS, METHODS, search

search(["own"])


def test_smoothing_by_hand() -> None:
    """A share of 0.3 over three classes leaves 0.8 to the true one, and 0.1 to each of the others."""
    logits, target = torch.tensor([[2.0, 1.0, 0.0]]), torch.tensor([0])
    by_hand = -(torch.tensor([0.8, 0.1, 0.1]) * logits.log_softmax(1)).sum()
    assert torch.isclose(cross_entropy(logits, target, label_smoothing=0.3), by_hand)
    assert METHODS.build("smoothed", {"share": 0.3}).share == 0.3


def test_an_encoder_makes_features_of_the_width_that_it_names() -> None:
    """Of two samples."""
    encoder = ENCODERS.build("normed", {"hidden": 8, "features": 4})
    assert encoder.network((5,))(torch.zeros(2, 5)).shape == (2, 4)
