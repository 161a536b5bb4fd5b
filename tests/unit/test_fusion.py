"""What the fusions compute, and what each modality's share of the logits is."""

import math

import pytest
import torch
from torch import nn

from inforeg.errors import UserError
from inforeg.models.fusions.concat import Concat
from inforeg.models.fusions.film import FiLM
from inforeg.models.fusions.gated import Gated
from inforeg.models.fusions.sum import Sum
from inforeg.random import stream
from inforeg.registry import FUSIONS

WIDTHS = {"video": 3, "audio": 2}  # not in alphabetical order
CLASSES = 4


def streams(layer):
    return stream(0, "init", "fusion", layer)


def build(cls, widths=WIDTHS, classes=CLASSES):
    """A fusion whose biases are not zero, and features for it."""
    generator = torch.Generator().manual_seed(0)
    fusion = cls(widths, classes, streams)
    for name, parameter in fusion.named_parameters():
        if name.endswith("bias"):
            parameter.data = torch.randn(parameter.shape, generator=generator)
    features = {m: torch.randn(7, width, generator=generator) for m, width in widths.items()}
    return fusion, features


@pytest.mark.parametrize("widths", [WIDTHS, {"video": 3, "audio": 2, "text": 5}, {"audio": 2}], ids=len)
def test_concat_is_one_linear_layer_over_the_concatenated_features(widths):
    fusion, features = build(Concat, widths)
    linear = nn.Linear(sum(widths.values()), CLASSES)
    linear.weight.data = torch.cat([fusion.weights[m].data for m in widths], dim=1)
    linear.bias.data = fusion.bias.data
    output = fusion(features)
    torch.testing.assert_close(output.logits, linear(torch.cat(list(features.values()), dim=1)))
    for m, h in features.items():
        share = h @ fusion.weights[m].T + fusion.bias / len(widths)
        torch.testing.assert_close(output.unimodal[m], share)


def test_concat_starts_as_xavier_normal_over_the_concatenated_width():
    fusion = Concat({"video": 300, "audio": 200}, 100, streams)
    for weight in fusion.weights.values():
        assert weight.std().item() == pytest.approx(math.sqrt(2 / (500 + 100)), rel=0.03)
        assert weight.mean().item() == pytest.approx(0, abs=0.002)
    assert not fusion.bias.any()


def test_sum_adds_separate_linear_heads():
    fusion, features = build(Sum)
    shares = {m: h @ fusion.heads[m].weight.T + fusion.heads[m].bias for m, h in features.items()}
    output = fusion(features)
    for m, share in shares.items():
        torch.testing.assert_close(output.unimodal[m], share)
    torch.testing.assert_close(output.logits, shares["video"] + shares["audio"])


@pytest.mark.parametrize("cls", FUSIONS.classes.values(), ids=FUSIONS.classes)
def test_shares_sum_to_the_logits_exactly_where_the_fusion_says_so(cls):
    fusion, features = build(cls)
    output = fusion(features)
    total = sum(output.unimodal.values())
    assert torch.allclose(total, output.logits, atol=1e-6) is cls.decomposes
    assert output.features is features
    assert list(output.unimodal) == list(WIDTHS)


@pytest.mark.parametrize("cls", [FiLM, Gated])
def test_modalities_are_measured_by_zeroing_the_other_where_it_does_not(cls):
    fusion, features = build(cls)
    output = fusion(features)
    for m in WIDTHS:
        alone = {other: h if other == m else torch.zeros_like(h) for other, h in features.items()}
        torch.testing.assert_close(output.unimodal[m], fusion(alone).logits)
        assert not torch.allclose(output.unimodal[m], output.logits)


def test_film_by_hand():
    fusion = FiLM({"first": 1, "second": 2}, 2, streams)
    fusion.condition.weight.data = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    fusion.condition.bias.data = torch.tensor([0.0, 1.0, 0.0, -1.0])
    fusion.head.weight.data = torch.tensor([[1.0, 0.0], [1.0, -1.0]])
    fusion.head.bias.data = torch.tensor([0.5, 0.0])
    output = fusion({"first": torch.tensor([[2.0]]), "second": torch.tensor([[3.0, -1.0]])})
    # gamma = (2, 5), beta = (6, 7): gamma * h + beta = (12, 2)
    assert output.logits.tolist() == [[12.5, 10.0]]
    assert output.unimodal["first"].tolist() == [[6.5, -1.0]]  # beta alone
    assert output.unimodal["second"].tolist() == [[0.5, 2.0]]  # gamma = (0, 1), beta = (0, -1): (0, -2)


def test_gated_by_hand():
    fusion = Gated({"first": 1, "second": 2}, 2, streams)
    fusion.gate.weight.data = torch.tensor([[math.log(3)], [0.0]])
    fusion.gate.bias.data = torch.tensor([0.0, -math.log(3)])
    fusion.value.weight.data = torch.tensor([[2.0, 0.0], [0.0, 4.0]])
    fusion.value.bias.data = torch.tensor([0.0, 4.0])
    fusion.head.weight.data = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    fusion.head.bias.data = torch.tensor([0.0, 1.0])
    output = fusion({"first": torch.tensor([[1.0]]), "second": torch.tensor([[2.0, 1.0]])})
    # gates sigmoid(log 3) = 3/4 and sigmoid(-log 3) = 1/4 on the values (4, 8); alone: the first gate is 1/2
    assert output.logits.flatten().tolist() == pytest.approx([3.0, 6.0])
    assert output.unimodal["first"].flatten().tolist() == pytest.approx([0.0, 2.0])  # values (0, 4)
    assert output.unimodal["second"].flatten().tolist() == pytest.approx([2.0, 5.0])


@pytest.mark.parametrize("cls", [FiLM, Gated])
@pytest.mark.parametrize("modalities", [1, 3])
def test_fusions_of_two_refuse_other_numbers(cls, modalities):
    widths = {f"m{n}": 2 for n in range(modalities)}
    with pytest.raises(UserError, match=f"{cls.name!r} joins two modalities, not {modalities}"):
        cls(widths, CLASSES, streams)


def test_unknown_fusion_offers_the_nearest():
    assert FUSIONS.get("gated") is Gated
    with pytest.raises(UserError, match=r"no fusion 'concta'; did you mean 'concat'\?"):
        FUSIONS.get("concta")
