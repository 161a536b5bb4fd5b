"""Encoders of sequences with a length: what comes after it has no say, under all that encoders meet."""

import math

import pytest
import torch
import torch.nn.functional as F

from inforeg.batch import Batch, counted, on_each
from inforeg.errors import UserError
from inforeg.metrics.information import sample_trace
from inforeg.models.encoders.transformer import Block
from inforeg.models.multimodal import MultimodalModel
from inforeg.random import stream
from inforeg.registry import ENCODERS, FUSIONS

STEPS, CHANNELS = 7, 3
LENGTH = torch.tensor([7, 3, 1, 0, 5])
SHAPES = {"values": (STEPS, CHANNELS), "tokens": (STEPS,)}
KINDS = {"sequence_transformer": "values", "text_transformer": "tokens", "word_average": "tokens"}
kinds = pytest.mark.parametrize("kind", KINDS)
ordered = pytest.mark.parametrize("kind", ["sequence_transformer", "text_transformer"])


def build(kind, seed=0, **options):
    own = {"sequence_transformer": {"heads": 2}, "text_transformer": {"heads": 2, "vocabulary": 20}}
    own["word_average"] = {"vocabulary": 20}
    recipe = ENCODERS.build(kind, {"width": 8, "features": 5, **own[kind], **options})
    shape = {KINDS[kind]: SHAPES[KINDS[kind]], "length": ()}
    return recipe.build(shape, stream(seed, "init", "a")).eval()


def samples(kind, padding=0):
    """Five of the lengths LENGTH, with `padding` after them."""
    generator = torch.Generator().manual_seed(1)
    content = torch.randn(5, STEPS, CHANNELS, generator=generator)
    if KINDS[kind] == "tokens":
        content = torch.randint(20, (5, STEPS), generator=generator, dtype=torch.int32)
    outside = ~counted(LENGTH, STEPS)
    content[outside] = padding
    return {KINDS[kind]: content, "length": LENGTH}


def test_counted_by_hand():
    assert counted(torch.tensor([0, 2, 3]), 3).tolist() == [[False] * 3, [True, True, False], [True] * 3]


@pytest.mark.parametrize(
    ("kind", "padding"),
    [
        ("sequence_transformer", 1e30),
        ("sequence_transformer", math.nan),
        ("sequence_transformer", -math.inf),
        ("text_transformer", 13),
        ("text_transformer", -7),
        ("text_transformer", 10_000),
        ("word_average", 13),
        ("word_average", -7),
        ("word_average", 10_000),
    ],
)
def test_padding_has_no_say(kind, padding):
    network = build(kind)
    assert torch.equal(network(samples(kind)), network(samples(kind, padding)))


@kinds
def test_a_sequence_answers_as_one_that_ends_there(kind):
    network = build(kind)
    inputs, features = samples(kind), network(samples(kind))
    for row, length in enumerate(LENGTH.tolist()):
        if length:
            short = {
                KINDS[kind]: inputs[KINDS[kind]][row : row + 1, :length],
                "length": LENGTH[row : row + 1],
            }
            if kind != "word_average":
                network.positions = build(kind).positions[:, :length]
            torch.testing.assert_close(network(short), features[row : row + 1])


@kinds
def test_of_no_step_the_answer_is_that_of_one_step_of_zeros(kind):
    network, inputs = build(kind), samples(kind, padding=5)
    alone = on_each(inputs, lambda x: torch.zeros_like(x[3:4]))
    expected = network({**alone, "length": torch.ones(1, dtype=torch.int64)})
    torch.testing.assert_close(network(inputs)[3:4], expected)
    assert network(inputs)[3].any()


def test_a_mean_of_words_by_hand():
    network = build("word_average", vocabulary=3, width=2, features=1)
    with torch.no_grad():
        network.words.vectors.weight.copy_(torch.tensor([[9.0, 9.0], [1.0, 3.0], [2.0, 5.0]]))
        network.linear.weight.copy_(torch.tensor([[10.0, 1.0]]))
    inputs = {"tokens": torch.tensor([[1, 2, 0], [2, 1, 1], [0, 1, 0]]), "length": torch.tensor([2, 1, 0])}
    # Means (1.5, 4), (2, 5), and of no word that of the unknown one.
    assert network(inputs).tolist() == [[19.0], [25.0], [99.0]]


@ordered
def test_steps_their_order_and_the_seed_matter(kind):
    content = KINDS[kind]
    inputs, network = samples(kind), build(kind)
    swapped = {**inputs, content: inputs[content].clone()}
    swapped[content][0, :2] = inputs[content][0, :2].flip(0)
    assert not torch.allclose(network(inputs)[0], network(swapped)[0], atol=1e-4)
    assert torch.equal(network(inputs)[1:], network(swapped)[1:])
    assert torch.equal(network(inputs), build(kind)(inputs))
    assert not torch.allclose(network(inputs), build(kind, seed=1)(inputs))


def test_attention_over_those_counted_is_the_others_left_out():
    block = Block(8, 2, 0.0)
    tokens = torch.randn(4, 5, 8, generator=torch.Generator().manual_seed(1))
    counts = torch.tensor([True, False, True, True, False]).expand(4, 5)
    kept = [0, 2, 3]
    torch.testing.assert_close(block.attend(tokens, counts)[:, kept], block.attend(tokens[:, kept]))


@pytest.mark.parametrize("kind", ["text_transformer", "word_average"])
def test_words_that_are_not_told_apart_are_word_0(kind):
    network, inputs = build(kind, vocabulary=10), samples(kind)
    known = {**inputs, "tokens": torch.where(inputs["tokens"] < 10, inputs["tokens"], 0)}
    assert (inputs["tokens"] >= 10).any()
    assert torch.equal(network(inputs), network(known))


@kinds
def test_the_exact_trace_goes_through_it(kind):
    network = build(kind)
    model = MultimodalModel(
        {"a": network}, FUSIONS.get("concat")({"a": 5}, 3, lambda layer: stream(0, layer))
    )
    batch = Batch({"a": samples(kind, padding=3)}, torch.tensor([0, 1, 2, 0, 1]), torch.arange(5))
    squares = []
    for i in range(5):
        one = {"a": on_each(batch.inputs["a"], lambda x, row=i: x[row : row + 1])}
        loss = F.cross_entropy(model(one).logits, batch.target[i : i + 1])
        squares.append(sum(g.square().sum().item() for g in torch.autograd.grad(loss, network.parameters())))
    assert sample_trace(model, [batch])["a"] == pytest.approx(sum(squares) / 5, rel=1e-4)


@kinds
def test_samples_that_lack_it_pass_it_not(kind):
    model = MultimodalModel(
        {"a": build(kind)}, FUSIONS.get("concat")({"a": 5}, 3, lambda layer: stream(0, layer))
    )
    present, inputs = torch.tensor([False, True, False, True, True]), {"a": samples(kind)}
    found, whole = model.encode_present(inputs, {"a": present})["a"], model.encode(inputs)["a"]
    torch.testing.assert_close(found, whole * present.unsqueeze(1))


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("sequence_transformer", (7, 3)),
        ("sequence_transformer", {"values": (7, 3)}),
        ("sequence_transformer", {"values": (7,), "length": ()}),
        ("text_transformer", {"values": (7, 3), "length": ()}),
        ("text_transformer", {"tokens": (7,), "length": (1,)}),
        ("word_average", {"values": (7, 3), "length": ()}),
        ("word_average", {"tokens": (7,)}),
    ],
)
def test_other_shapes_are_refused(kind, shape):
    with pytest.raises(
        UserError, match=rf"'{kind}' takes sequences of {KINDS[kind]} \(steps.* not of shape .*; choose"
    ):
        ENCODERS.build(kind, {}).build(shape, stream(0, "init"))
