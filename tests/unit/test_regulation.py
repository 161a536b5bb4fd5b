"""InfoReg as a tool for any loop: bookkeeping, forms, invariances and errors (its numbers: tests/golden)."""

import math

import pytest
import torch
from torch import nn

from inforeg import InfoReg
from inforeg.errors import UserError
from inforeg.regulation import ReleasedInfoReg

TRIPLE = ("audio", "video", "text")
PAIR = TRIPLE[:2]
TARGET = torch.tensor([0])


def shares(*probabilities, names=TRIPLE):
    """Two-class logits of one sample of class 0 whose true class has the given probability."""
    return {
        m: torch.tensor([[math.log(p / (1 - p)), 0.0]]) for m, p in zip(names, probabilities, strict=False)
    }


def single_weights(names):
    return {m: nn.Parameter(torch.zeros(1)) for m in names}


def opened(weights, traces=(1.0, 2.0), make=InfoReg, **options):
    """A regulation over single weights, which have moved by 1 since the epoch began and have gradient 4."""
    regulation = make({m: [w] for m, w in weights.items()}, **options)
    for trace in traces:
        regulation.open_epoch()
        regulation.close_epoch(dict.fromkeys(weights, trace))
    regulation.open_epoch()
    for weight in weights.values():
        weight.data += 1.0
        weight.grad = torch.tensor([4.0])
    return regulation


def encoders(names):
    return {m: nn.Linear(2, 2) for m in names}


def gradients(weights):
    return {m: w.grad.item() for m, w in weights.items()}


# ---- epochs


def test_epoch_takes_the_traces_into_the_history():
    weights = single_weights(PAIR)
    regulation = InfoReg({m: [w] for m, w in weights.items()})
    with regulation.epoch() as entered:
        assert entered is regulation
        for gradient in (1.0, 3.0):
            for weight in weights.values():
                weight.grad = torch.tensor([gradient])
            regulation.regulate(shares(0.9, 0.5), TARGET)
    assert regulation.state_dict()["history"] == {"audio": [5.0], "video": [5.0]}


def test_epoch_left_by_an_exception_does_not_count():
    weights = single_weights(PAIR)
    regulation = opened(weights)
    before = regulation.state_dict()
    with pytest.raises(RuntimeError, match="out of memory"), regulation.epoch():
        regulation.regulate(shares(0.9, 0.5), TARGET)
        raise RuntimeError("out of memory")
    assert regulation.state_dict() == before
    with pytest.raises(UserError, match=r"with regulation\.epoch\(\)"):
        regulation.regulate(shares(0.9, 0.5), TARGET)
    for weight in weights.values():
        weight.grad = torch.tensor([3.0])
    with regulation.epoch():
        assert regulation.windows == dict.fromkeys(PAIR, True)  # by the same two epochs
        regulation.regulate(shares(0.9, 0.5), TARGET)
    assert regulation.state_dict()["history"]["video"] == [1.0, 2.0, 9.0]  # without the broken epoch's 16


def test_apply_does_not_measure_and_close_epoch_takes_given_traces():
    regulation = opened(single_weights(PAIR))
    regulation.apply(shares(0.9, 0.5), TARGET)
    regulation.close_epoch({"audio": 7.0, "video": 8.0})
    assert regulation.state_dict()["history"] == {"audio": [1.0, 2.0, 7.0], "video": [1.0, 2.0, 8.0]}
    regulation.open_epoch()
    regulation.apply(shares(0.9, 0.5), TARGET)
    regulation.close_epoch()
    assert regulation.state_dict()["history"]["audio"][-1] == 0.0


def test_mean_strength_is_over_all_batches():
    regulation = opened(single_weights(PAIR))
    regulation.regulate(shares(0.8, 0.4), TARGET)  # audio leads by log 2: tanh = 0.6
    regulation.regulate(shares(0.5, 0.5), TARGET)  # nobody leads
    expected = {"audio": math.exp(0.9 * 0.6) / 2, "video": 0.0}
    assert regulation.close_epoch() == pytest.approx(expected, rel=1e-5)


def test_saved_state_is_a_copy():
    regulation = opened(single_weights(PAIR))
    saved = regulation.state_dict()
    regulation.close_epoch()
    assert saved["history"] == {"audio": [1.0, 2.0], "video": [1.0, 2.0]}


# ---- forms


def test_rate_divides_the_gradient_by_alpha():
    weights = single_weights(TRIPLE)
    regulation = opened(weights, form="rate", beta=0.9)
    regulation.regulate(shares(0.8, 0.4, 0.4), TARGET)
    expected = {"audio": 4 / math.exp(0.9 * 0.6), "video": 4.0, "text": 4.0}
    assert gradients(weights) == pytest.approx(expected, rel=1e-5)


def test_pull_adds_weight_times_alpha_times_the_way_since_the_epoch_began():
    weights = single_weights(PAIR)
    regulation = opened(weights, beta=0.5, weight=3.0)
    regulation.regulate(shares(0.8, 0.4), TARGET)
    expected = {"audio": 4 + 3 * math.exp(0.5 * 0.6), "video": 4.0}
    assert gradients(weights) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("form", ["pull", "rate"])
def test_closed_window_leaves_the_gradients_alone(form):
    weights = single_weights(PAIR)
    regulation = opened(weights, traces=(2.0, 2.0), form=form)
    assert regulation.windows == dict.fromkeys(PAIR, False)
    regulation.regulate(shares(0.9, 0.5), TARGET)
    assert gradients(weights) == dict.fromkeys(PAIR, 4.0)


def test_criterion_is_used():
    traces = (1.0, 2.0, 3.0, 1.5)  # falling at last, but growing in means of three
    assert opened(single_weights(PAIR), traces).windows == dict.fromkeys(PAIR, False)
    latch = opened(single_weights(PAIR), traces, criterion="mean3_latch")
    assert latch.windows == dict.fromkeys(PAIR, True)


def test_threshold_is_used():
    assert opened(single_weights(PAIR), threshold=0.49).windows["audio"]
    assert not opened(single_weights(PAIR), threshold=0.5).windows["audio"]


def test_parameters_without_gradient_are_left_out():
    used, frozen = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(2))
    frozen_encoder = nn.Parameter(torch.zeros(2), requires_grad=False)
    for form in ("pull", "rate"):
        regulation = InfoReg({"audio": [used, frozen], "video": [frozen_encoder]}, form=form)
        for trace in (1.0, 2.0):
            regulation.open_epoch()
            regulation.close_epoch(dict.fromkeys(PAIR, trace))
        with regulation.epoch():
            used.data.fill_(1.0)
            used.grad = torch.tensor([4.0])
            for probabilities in ((0.8, 0.4), (0.4, 0.8)):
                regulation.regulate(shares(*probabilities), TARGET)
        assert used.grad.item() != 4.0
        assert frozen.grad is None
        assert frozen_encoder.grad is None
        used.data.zero_()


# ---- permutations


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 0, 2), (2, 1, 0)])
@pytest.mark.parametrize("form", ["pull", "rate"])
def test_permuting_modalities_permutes_the_answer(order, form):
    straight, permuted = single_weights(TRIPLE), single_weights([TRIPLE[n] for n in order])
    unimodal = shares(0.9, 0.6, 0.3)
    for weights in (straight, permuted):
        opened(weights, form=form).regulate({m: unimodal[m] for m in weights}, TARGET)
    assert gradients(permuted) == pytest.approx(gradients(straight), rel=1e-6)
    assert len(set(gradients(straight).values())) == 3


@pytest.mark.parametrize("ahead", PAIR)
def test_permuting_modalities_permutes_the_answer_of_released(ahead):
    straight, permuted = single_weights(PAIR), single_weights(PAIR[::-1])
    unimodal = {m: shares(0.8 if m == ahead else 0.4, names=[m])[m] for m in PAIR}
    for weights in (straight, permuted):
        regulation = opened(weights, make=ReleasedInfoReg, traces=(), reference="audio")
        regulation.regulate({m: unimodal[m] for m in weights}, TARGET)
    assert gradients(permuted) == gradients(straight)
    assert gradients(straight)[ahead] > 4.0


@pytest.mark.parametrize(
    "options",
    [{}, {"make": ReleasedInfoReg, "traces": (), "reference": "audio"}],
    ids=["paper", "released"],
)
def test_order_of_the_logits_does_not_matter(options):
    answers = []
    for names in (PAIR, PAIR[::-1]):
        weights = single_weights(PAIR)
        unimodal = shares(0.8, 0.4)
        opened(weights, **options).regulate({m: unimodal[m] for m in names}, TARGET)
        answers.append(gradients(weights))
    assert answers[0] == answers[1]
    assert answers[0]["audio"] > 4.0


# ---- released


def test_released_measures_after_the_pull_and_keeps_its_own_trace():
    weights = {m: nn.Parameter(torch.zeros(1, 2)) for m in PAIR}
    regulation = ReleasedInfoReg({m: [w] for m, w in weights.items()}, reference="audio")
    with regulation.epoch():
        for weight in weights.values():
            weight.data += 1.0
            weight.grad = torch.tensor([[1.0, 3.0]])
        regulation.regulate(shares(0.8, 0.4), TARGET)
        pull = 0.95 * math.exp(math.tanh(0.4))
    expected = {"audio": ((1 + pull) ** 2 + (3 + pull) ** 2) / 2, "video": 5.0}
    assert {m: past[0] for m, past in regulation.history.items()} == pytest.approx(expected, rel=1e-5)
    regulation.open_epoch()
    regulation.close_epoch({"audio": 99.0, "video": 99.0})
    assert [past[1] for past in regulation.history.values()] == [0.0, 0.0]


@pytest.mark.parametrize("leader", PAIR)
@pytest.mark.parametrize(
    ("options", "strengths"),
    [
        ({"reference": "audio"}, {"audio": 0.95, "video": 0.1}),
        ({"reference": "video"}, {"audio": 0.1, "video": 0.95}),
        (
            {"reference": "audio", "reference_strength": 0.5, "other_strength": 0.2},
            {"audio": 0.5, "video": 0.2},
        ),
    ],
)
def test_released_pulls_the_leader_alone_with_its_own_strength(leader, options, strengths):
    """True-class probabilities 3/4, 3/4 against 1/2, 1/4: the gap of the sums is 3/4."""
    weights = single_weights(PAIR)
    regulation = opened(weights, make=ReleasedInfoReg, traces=(), **options)
    ahead, behind = (torch.cat([*shares(*pair).values()]) for pair in ((3 / 4, 3 / 4), (1 / 2, 1 / 4)))
    unimodal = {m: ahead if m == leader else behind for m in PAIR}
    regulation.regulate(unimodal, torch.tensor([0, 0]))
    expected = dict.fromkeys(PAIR, 4.0) | {leader: 4 + strengths[leader] * math.exp(math.tanh(3 / 4))}
    assert gradients(weights) == pytest.approx(expected, rel=1e-5)


# ---- errors
