import math

import pytest
import torch

from inforeg.methods.amco import masses
from tests.conftest import make_spec, start
from tests.golden.test_baselines import LR, one_feature


def test_masses_by_hand():
    # exp: audio 1, 3; image 1, 1, of 6; and audio 1, 1; image 1, 1
    unimodal = {"audio": torch.tensor([[0.0, math.log(3)], [0.0, 0.0]]), "image": torch.zeros(2, 2)}
    found = {m: mass.item() for m, mass in masses(unimodal).items()}
    assert found == {"audio": pytest.approx((4 / 6 + 1 / 2) / 2), "image": pytest.approx((2 / 6 + 1 / 2) / 2)}


def begun(epoch=1, **settings):
    method, state = start(make_spec("amco", **settings))
    state.epoch = epoch
    method.on_epoch_start(state)
    return method, state


def depend_on_audio(state):
    """Audio's own logits are its bias (2, 3, 4, 5), image's are 0; W is the identity."""
    with torch.no_grad():
        for parameter in state.model.fusion.parameters():
            parameter.zero_()
        state.model.fusion.heads["audio"].bias.copy_(torch.tensor([2.0, 3.0, 4.0, 5.0]))
        state.model.fusion.mix.weight.copy_(torch.eye(4))


def test_masks_grow_with_the_progress_and_fall_on_the_modality_depended_on():
    method, state = begun(epoch=1, epsilon=0.3, sigma=0.5)
    depend_on_audio(state)
    batch = state.train.batch(torch.arange(6))
    zeros = []
    for _ in range(5):
        output = method.forward(state, batch)
        assert (output.logits == output.logits[0]).all()  # one mask for the batch
        assert output.unimodal["audio"][0].tolist() == [2, 3, 4, 5]  # the own loss sees whole logits
        kept = [value for value in output.logits[0].tolist() if value]
        assert set(kept) <= {2, 3, 4, 5}
        zeros.append(4 - len(kept))
    # batch k of epoch 1: l = k / 10, p = sin(pi/2 min(0.3, l) / 0.3) = 0, 1/2, 0.866, 1, 1 of four classes
    assert zeros == [0, 2, 3, 4, 4]


def test_nobody_is_masked_below_the_threshold_or_in_epoch_0():
    for epoch, sigma in ((1, 0.99), (0, 0.5)):
        method, state = begun(epoch=epoch, sigma=sigma)
        depend_on_audio(state)
        for _ in range(4):
            output = method.forward(state, state.train.batch(torch.arange(6)))
        assert output.logits[0].tolist() == [2, 3, 4, 5]


def test_losses_are_the_joint_and_the_own():
    method, state = begun()
    depend_on_audio(state)
    batch = state.train.batch(torch.tensor([0]))
    terms = method.losses(state, batch, method.forward(state, batch))
    assert list(terms) == ["joint", "audio", "image"]
    assert terms["image"].item() == pytest.approx(math.log(4))
    assert terms["joint"].item() == pytest.approx(terms["audio"].item())


def test_an_update():
    """u_a = (1, 0) has (e + 1) / (e + 3) > 1/2 of the mass; in batch 2 of epoch 1 one of two classes is 0.

    W = diag(2, 1), so z = (2, 0) where class 1 is masked and (0, 0) where class 0 is.
    """
    s, seen = math.e / (1 + math.e), set()
    for seed in range(10):
        method, state = one_feature("amco", sigma=0.5, epsilon=0.3)
        found = dict(state.model.named_parameters())
        with torch.no_grad():
            found["fusion.mix.weight"].copy_(torch.diag(torch.tensor([2.0, 1.0])))
        state.epoch, method._batches = 1, 2
        method._masks = {m: torch.Generator().manual_seed(seed) for m in ("audio", "image")}
        losses = method.step(state, state.train.batch(torch.tensor([0])))
        kept = losses["joint"].item() < 0.6
        seen.add(kept)
        error = 1 - 1 / (1 + math.exp(-2 * kept))
        # its own loss pulls with 1 - s, the joint one through W where class 0 is kept
        pull = 1 - s + 2 * kept * error
        assert found["encoders.audio.0.weight"].item() == pytest.approx(1 + LR * pull)
        assert found["fusion.mix.weight"][0, 0].item() == pytest.approx(2 + LR * kept * error)
        assert found["fusion.heads.image.bias"][0].item() == pytest.approx(LR * (1 / 2 + 2 * error))
    assert seen == {True, False}
