"""The transformer encoder."""

import math

import pytest
import torch
import torch.nn.functional as F

from inforeg.batch import Batch
from inforeg.errors import UserError
from inforeg.metrics.information import sample_trace
from inforeg.models.encoders.transformer import Block, Tokens
from inforeg.models.multimodal import MultimodalModel
from inforeg.random import stream
from inforeg.registry import ENCODERS, FUSIONS


def build(seed=0, **options):
    recipe = ENCODERS.build("transformer", {"width": 8, "heads": 2, "features": 5, **options})
    return recipe, recipe.build((3, 18), stream(seed, "init", "a"))


def test_shape_and_equal_bits_per_seed():
    (_, first), (_, again), (_, other) = build(), build(), build(seed=1)
    x = torch.randn(6, 3, 18, generator=torch.Generator().manual_seed(0))
    assert first(x).shape == (6, 5)
    assert torch.equal(first(x), again(x))
    assert not torch.allclose(first(x), other(x))
    torch.testing.assert_close(first(x)[[2, 0]], first(x[[2, 0]]))


def test_attention_is_the_softmax_of_scaled_products():
    block = Block(2, 1, 0.0)
    for layer in (block.inward, block.outward):
        torch.nn.init.zeros_(layer.bias)
    block.inward.weight.data = torch.eye(2).repeat(3, 1)
    block.outward.weight.data = torch.eye(2)
    # Tokens (1, 0) and (0, 2): of the first, scores 1 / sqrt 2 and 0.
    tokens = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])
    own = math.exp(1 / math.sqrt(2)) / (math.exp(1 / math.sqrt(2)) + 1)
    assert block.attend(tokens)[0, 0].tolist() == pytest.approx([own, 2 * (1 - own)])


def test_heads_are_attended_separately():
    block = Block(8, 2, 0.0)
    tokens = torch.randn(4, 5, 8, generator=torch.Generator().manual_seed(1))
    query, key, value = block.inward(tokens).chunk(3, -1)
    halves = (slice(0, 4), slice(4, 8))
    parts = [F.scaled_dot_product_attention(query[..., h], key[..., h], value[..., h]) for h in halves]
    torch.testing.assert_close(block.attend(tokens), block.outward(torch.cat(parts, -1)))


def test_the_order_of_steps_matters_and_a_rest_of_a_patch_does_not():
    _, network = build()
    x = torch.randn(1, 3, 18, generator=torch.Generator().manual_seed(2))
    tokens = [*x[..., :16].split(4, dim=2)]
    swapped = torch.cat([tokens[1], tokens[0], *tokens[2:], x[..., 16:]], dim=2)
    assert not torch.allclose(network(x), network(swapped), atol=1e-4)
    changed = x.clone()
    changed[..., 16:] += 1
    assert torch.equal(network(x), network(changed))


def test_positions_are_sines_and_cosines():
    positions = Tokens(1, 3, 1, 4).positions
    # Frequencies 1 and 1 / 100: sin t, sin t / 100, cos t, cos t / 100.
    expected = [[math.sin(t), math.sin(t / 100), math.cos(t), math.cos(t / 100)] for t in range(3)]
    torch.testing.assert_close(positions.t(), torch.tensor(expected))


def test_stages_one_after_the_other_are_the_network():
    recipe, network = build(depth=3)
    x = torch.randn(2, 3, 18, generator=torch.Generator().manual_seed(3))
    value, widths = x, []
    for stage in recipe.stages(network):
        value = stage(value)
        widths.append(value.shape[1])
    assert widths == [*recipe.stage_widths, recipe.features]
    torch.testing.assert_close(value, network(x))


def test_the_exact_trace_goes_through_it():
    _, network = build()
    head = FUSIONS.get("concat")({"a": 5}, 3, lambda layer: stream(0, layer))
    model = MultimodalModel({"a": network}, head)
    inputs = {"a": torch.randn(4, 3, 18, generator=torch.Generator().manual_seed(4))}
    batch = Batch(inputs, torch.tensor([0, 1, 2, 0]), torch.arange(4))
    found = sample_trace(model, [batch])["a"]
    squares = []
    for i in range(4):
        loss = F.cross_entropy(model({"a": inputs["a"][i : i + 1]}).logits, batch.target[i : i + 1])
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        squares.append(sum(g.square().sum().item() for g in gradients))
    assert found == pytest.approx(sum(squares) / 4, rel=1e-4)


def test_heads_must_divide_the_width():
    with pytest.raises(UserError, match="heads must divide the width, 8"):
        build(heads=3)


def test_a_patch_is_no_longer_than_the_sequence():
    with pytest.raises(UserError, match="patch = 32 is longer than a sequence of 18 steps; make it shorter"):
        build(patch=32)
