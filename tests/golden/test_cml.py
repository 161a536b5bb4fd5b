import math

import pytest
import torch

from inforeg.methods.cml import ranking
from tests.conftest import make_config, make_spec, start


def logits(*confidences):
    return torch.tensor([[math.log(p / (1 - p)), 0.0] for p in confidences])


def test_hinge_is_sample_by_sample():
    # one sample grows surer by 0.3, the other less sure by 0.2: a hinge on the batch's sum would say 0.05
    assert ranking([logits(0.6, 0.9), logits(0.9, 0.7)]).item() == pytest.approx(0.3 / 2)
    assert ranking([logits(0.9), logits(0.8), logits(0.85)]).item() == pytest.approx(0.05, rel=1e-4)


def test_losses_of_two_modalities_by_hand():
    method, state = start(make_spec("cml", weight=0.5))
    method.on_epoch_start(state)
    batch = state.train.batch(torch.arange(8))
    output = method.forward(state, batch)
    with state.cost:
        terms = method.losses(state, batch, output)
    assert state.cost.forward == {"audio": 0, "image": 0}  # subsets are passes of the fusion alone
    bias = state.model.fusion.bias
    candidates = []
    for kept in ("audio", "image"):
        alone = output.features[kept] @ state.model.fusion.weights[kept].t() + bias
        whole = [z.log_softmax(1)[range(8), batch.target].mean().item() for z in (output.logits, alone)]
        growth = alone.softmax(1).max(1).values - output.logits.softmax(1).max(1).values
        candidates.append((-sum(whole) / 2, 0.5 * growth.clamp(min=0).mean().item()))
    found = terms["joint"].item(), terms["ranking"].item()
    assert any(found == pytest.approx(pair, rel=1e-4, abs=1e-7) for pair in candidates)


def test_every_order_of_removal_occurs():
    config = make_config(("audio", "image", "text"))
    method, state = start(make_spec("cml", config=config))
    method.on_epoch_start(state)
    seen = []
    state.model.fuse = lambda features, fuse=state.model.fuse: (
        seen.append(tuple(m for m, h in features.items() if not h.any())) or fuse(features)
    )
    batch = state.train.batch(torch.arange(4))
    output = state.model(batch.inputs)
    seen.clear()
    for _ in range(40):
        method.losses(state, batch, output)
    assert {len(gone) for gone in seen} == {1, 2}
    assert len(set(seen)) == 6
