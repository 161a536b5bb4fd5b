import math

import pytest
import torch

from inforeg.methods.mbsd import self_distillation
from tests.conftest import make_spec, start
from tests.golden.test_baselines import LR, one_feature


def logits(p):
    return [math.log(p / (1 - p)), 0.0]


def kl(p, q):
    return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))


def test_by_hand():
    # class 0: audio 0.9 teaches image 0.6; image 0.7 teaches audio 0.2; of the third sample none is right
    audio, image = (
        torch.tensor([logits(0.9), logits(0.2), logits(0.3)]),
        torch.tensor([logits(0.6), logits(0.7), logits(0.4)]),
    )
    pairs = [(0.9, 0.6), (0.7, 0.2)]
    expected = sum(
        (best - other) * ((logits(best)[0] - logits(other)[0]) ** 2 / 2 + kl(best, other))
        for best, other in pairs
    )
    found = self_distillation({"audio": audio, "image": image}, torch.tensor([0, 0, 0]))
    assert found.item() == pytest.approx(expected / 3, rel=1e-5)


def test_the_best_of_three_teaches_both_others():
    unimodal = {m: torch.tensor([logits(p)]) for m, p in (("a", 0.5), ("b", 0.8), ("c", 0.6))}
    expected = sum((0.8 - p) * ((logits(0.8)[0] - logits(p)[0]) ** 2 / 2 + kl(0.8, p)) for p in (0.5, 0.6))
    assert self_distillation(unimodal, torch.tensor([0])).item() == pytest.approx(expected, rel=1e-5)


def test_the_divergence_does_not_move_its_teacher():
    best = torch.tensor([logits(0.9)], requires_grad=True)
    other = torch.tensor([logits(0.6)], requires_grad=True)
    self_distillation({"a": best, "b": other}, torch.tensor([0])).backward()
    # teacher: the squared difference alone, 0.3 * 2 d / 2; pupil: that and 0.3 (p - p_best)
    difference = logits(0.9)[0] - logits(0.6)[0]
    assert best.grad[0, 0].item() == pytest.approx(0.3 * difference, rel=1e-4)
    assert other.grad[0, 0].item() == pytest.approx(-0.3 * difference + 0.3 * (0.6 - 0.9), rel=1e-4)


def test_weight_of_the_distillation():
    terms = []
    for weight in (1.0, 3.0):
        method, state = start(make_spec("mbsd", distillation=weight))
        batch = state.train.batch(torch.arange(16))
        terms.append(method.losses(state, batch, method.forward(state, batch)))
    assert terms[1]["distillation"].item() == pytest.approx(3 * terms[0]["distillation"].item())
    assert set(terms[0]) == {"joint", "audio", "image", "distillation"}


def test_an_update():
    """u_a = (1, 0), u_i = (0, 1), class 0: audio, sure by s, teaches image with weight w = 2 s - 1."""
    method, state = one_feature("mbsd")
    method.step(state, state.train.batch(torch.tensor([0])))
    s = math.e / (1 + math.e)
    w = 2 * s - 1
    audio = -1 / 2 - (1 - s) + w  # joint, own, squares; to u_a0
    image = 1 / 2 + s + w * (1 + 2 * s - 1)  # joint, own, squares and divergence; to u_i1
    found = dict(state.model.named_parameters())
    assert found["encoders.audio.0.weight"].item() == pytest.approx(1 - LR * audio)
    assert found["encoders.image.0.weight"].item() == pytest.approx(2 - LR * 0.5 * image)
