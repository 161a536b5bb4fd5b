import math

import pytest
import torch

from inforeg.methods.cml import ranking
from tests.conftest import make_config, make_spec, start
from tests.golden.test_baselines import LR, one_feature


def logits(*confidences):
    return torch.tensor([[math.log(p / (1 - p)), 0.0] for p in confidences])


def test_hinge_is_sample_by_sample():
    # one sample grows surer by 0.3, the other less sure by 0.2: a hinge on the batch's sum would say 0.1
    assert ranking([logits(0.6, 0.9), logits(0.9, 0.7)]).item() == pytest.approx(0.3)
    assert ranking([logits(0.6, 0.7), logits(0.9, 0.8)]).item() == pytest.approx(0.3 + 0.1)  # a sum
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
        candidates.append((-sum(whole) / 2, 0.5 * growth.clamp(min=0).sum().item()))
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


def test_an_update():
    """Audio's features are 2, image's 1: z = (2, 1); image leaves first, which gives (2, 0). Class 0."""
    method, state = one_feature("cml", weight=0.4)
    with torch.no_grad():
        dict(state.model.named_parameters())["encoders.audio.0.weight"].fill_(2.0)
    places = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    first = min((0, 1), key=lambda k: torch.rand((), generator=torch.Generator().manual_seed(k)).item())
    method._places = {"image": places[first], "audio": places[1 - first]}
    method.step(state, state.train.batch(torch.tensor([0])))
    whole, alone = 1 / (1 + math.exp(-1)), 1 / (1 + math.exp(-2))  # confidences, of class 0
    # gradients to (z_0, z_1) are (-g, g): half a cross-entropy each, and confidence grew by alone - whole
    of_whole = (1 - whole) / 2 + 0.4 * whole * (1 - whole)
    of_alone = (1 - alone) / 2 - 0.4 * alone * (1 - alone)
    found = dict(state.model.named_parameters())
    assert found["encoders.audio.0.weight"].item() == pytest.approx(2 + LR * (of_whole + of_alone))
    assert found["encoders.image.0.weight"].item() == pytest.approx(2 - LR * 0.5 * of_whole)
    moved = LR * 2 * (of_whole + of_alone)
    assert found["fusion.weights.audio"].flatten().tolist() == pytest.approx([1 + moved, -moved])
