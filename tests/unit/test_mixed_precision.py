"""InfoReg where numbers are short: gradients that overflow, logits in half precision, sparse gradients."""

import math
from contextlib import nullcontext

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inforeg import InfoReg
from inforeg.regulation import ReleasedInfoReg
from inforeg.regulation.scores import confidences, scores
from inforeg.regulation.trace import FisherTrace, LayerTrace

PAIR = ("audio", "video")
TARGET = torch.tensor([0])
AHEAD = {"audio": torch.tensor([[2.0, 0.0]]), "video": torch.zeros(1, 2)}


def weights():
    return {m: nn.Parameter(torch.zeros(1, 2)) for m in PAIR}


def filled(parameters, value):
    for parameter in parameters.values():
        parameter.grad = torch.full_like(parameter, value)


# ---- gradients that overflow


@pytest.mark.parametrize("bad", [math.inf, math.nan, 1e30])
def test_a_batch_that_is_not_finite_does_not_count(bad):
    """Squared norms 2 and 18 of two batches of three; 1e30 is finite, its square is not."""
    parameters = weights()
    groups = {m: [p] for m, p in parameters.items()}
    fisher, layer = FisherTrace(groups), LayerTrace(groups)
    for value in (1.0, bad, 3.0):
        filled(parameters, value)
        parameters["video"].grad = torch.ones(1, 2)  # one encoder's overflow leaves the batch out
        fisher.add()
        layer.add()
    assert fisher.skipped == layer.skipped == 1
    assert fisher.close() == pytest.approx({"audio": 10.0, "video": 2.0})
    assert layer.close() == pytest.approx(
        {"audio": 15.0, "video": 3.0}
    )  # sums of means over elements, times 3 / 2
    assert fisher.skipped == 0


def test_a_batch_that_is_not_finite_is_left_alone_and_counted():
    parameters = weights()
    regulation = InfoReg({m: [p] for m, p in parameters.items()})
    for trace in (1.0, 2.0):
        regulation.open_epoch()
        regulation.close_epoch(dict.fromkeys(PAIR, trace))
    with regulation.epoch():
        for parameter in parameters.values():
            parameter.data += 1.0
        for value in (2.0, math.inf):
            filled(parameters, 1.0)
            parameters["video"].grad.fill_(value)
            regulation.regulate(AHEAD, TARGET)
            # audio, which leads, is pulled where all is finite
            assert torch.equal(parameters["audio"].grad, torch.ones(1, 2)) is math.isinf(value)
    assert regulation.skipped == 1
    assert regulation.acted == 1 / 2
    last = {m: past[-1] for m, past in regulation.history.items()}
    assert last == pytest.approx({"audio": 2.0, "video": 8.0})


def test_an_epoch_of_which_no_batch_counts_is_left_out_with_a_warning():
    parameters = weights()
    regulation = InfoReg({m: [p] for m, p in parameters.items()})
    for value in (1.0, 2.0, math.inf):
        regulation.open_epoch()
        filled(parameters, value)
        regulation.regulate(AHEAD, TARGET)
        if math.isfinite(value):
            regulation.close_epoch()
    with pytest.warns(UserWarning, match="2 of the epochs' Tr"):
        regulation.close_epoch()
    assert regulation.history == {m: pytest.approx([2.0, 8.0]) for m in PAIR}
    regulation.open_epoch()
    assert regulation.windows == dict.fromkeys(PAIR, True)  # as the two finite epochs have it


def net():
    torch.manual_seed(0)
    return nn.ModuleDict({m: nn.Linear(4, 3) for m in PAIR})


def trained(scaler=None, skip=()):
    """Five epochs of three batches; with a scaler, or without the batches `skip`."""
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    regulation, taken = InfoReg(dict(model.items()), threshold=0.0), 0
    for _ in range(5):
        with regulation.epoch():
            for number in range(3):
                x = torch.randn(6, 4, generator=torch.Generator().manual_seed(number))
                target = torch.arange(6) % 3
                unimodal = {m: layer(x) for m, layer in model.items()}
                loss = F.cross_entropy(sum(unimodal.values()), target)
                loss, taken = loss if taken else 1e30 * loss, taken + 1  # the first one overflows
                if taken - 1 in skip:
                    continue
                optimizer.zero_grad()
                (scaler.scale(loss) if scaler else loss).backward()
                if scaler:
                    scaler.unscale_(optimizer)
                regulation.regulate(unimodal, target)
                if scaler:
                    scaler.step(optimizer)
                    scaler.update()
                else:
                    optimizer.step()
    return regulation, {name: value.clone() for name, value in model.state_dict().items()}


def test_the_released_code_counts_such_a_batch_too():
    parameters = weights()
    regulation = ReleasedInfoReg({m: [p] for m, p in parameters.items()}, reference="audio")
    for value in (2.0, math.inf):
        with pytest.warns(UserWarning) if math.isinf(value) else nullcontext(), regulation.epoch():
            filled(parameters, value)
            regulation.regulate(AHEAD, TARGET)
    assert regulation.skipped == 1


def test_a_step_that_a_scaler_skips_is_as_if_it_had_not_been():
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**64, growth_interval=99)
    scaled, found = trained(scaler)
    plain, expected = trained(skip={0})
    assert scaled.skipped == 1
    assert plain.skipped == 0
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert scaled.history == plain.history
    assert all(map(math.isfinite, scaled.history["audio"]))
    assert plain.acted > 0


# ---- logits in half precision


def leads(score):
    return (score[0] > score[1]).item()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("measure", [scores, confidences])
@pytest.mark.parametrize("autocast", [False, True])
def test_half_logits_are_averaged_in_float32(dtype, measure, autocast):
    """Of nearly balanced modalities the one leads that leads by the same logits in float32, in every draw."""
    generator = torch.Generator().manual_seed(0)
    changed = 0
    for _ in range(500):
        first = torch.randn(64, 6, generator=generator)
        exact = {"audio": first, "video": first + 0.01 * torch.randn(64, 6, generator=generator)}
        half = {m: logits.to(dtype) for m, logits in exact.items()}
        target = torch.randint(6, (64,), generator=generator)
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            found = measure(half, target)
        assert found.dtype == torch.float32
        assert torch.equal(found, measure({m: logits.float() for m, logits in half.items()}, target))
        changed += leads(found) != leads(measure(exact, target))
    assert changed <= 100  # what the rounding of the logits themselves does


def test_float64_logits_stay_so():
    logits = {m: torch.randn(3, 2, dtype=torch.float64) for m in PAIR}
    assert scores(logits, torch.zeros(3, dtype=torch.int64)).dtype == torch.float64


# ---- sparse gradients


def embedded(*, sparse, make=InfoReg, **options):
    """Gradients and traces of a regulation over embeddings, whose windows are open."""
    torch.manual_seed(0)
    model = nn.ModuleDict({m: nn.Embedding(7, 3, sparse=sparse) for m in PAIR})
    regulation = make(dict(model.items()), **options)
    for trace in (1.0, 2.0) if make is InfoReg else ():
        regulation.open_epoch()
        regulation.close_epoch(dict.fromkeys(PAIR, trace))
    regulation.open_epoch()
    words, target = torch.tensor([1, 1, 3, 5, 1]), torch.arange(5) % 3
    gradients = []
    for _ in range(2):
        model.zero_grad()
        unimodal = {m: (4.0 if m == "audio" else 1.0) * embedding(words) for m, embedding in model.items()}
        F.cross_entropy(sum(unimodal.values()), target).backward()
        leading = {"audio": F.one_hot(target, 3) * 3.0, "video": torch.zeros(5, 3)}
        regulation.regulate(leading, target)
        for embedding in model.values():
            assert embedding.weight.grad.is_sparse is sparse
            gradients.append(embedding.weight.grad.to_dense().clone())
        torch.optim.SGD(model.parameters(), lr=0.5).step()
    regulation.close_epoch()
    return gradients, regulation.history, regulation.acted


@pytest.mark.parametrize(
    "options",
    [{"form": "pull"}, {"form": "rate"}, {"make": ReleasedInfoReg, "reference": "audio"}],
    ids=["pull", "rate", "released"],
)
def test_sparse_gradients_are_measured_and_edited_as_dense_ones(options):
    sparse, dense = embedded(sparse=True, **options), embedded(sparse=False, **options)
    for one, other in zip(sparse[0], dense[0], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=0)
    assert sparse[1].keys() == dense[1].keys()
    for m in PAIR:
        assert sparse[1][m] == pytest.approx(dense[1][m], rel=1e-6)
    assert sparse[2] == dense[2] > 0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_gradients_in_half_precision_are_pulled_in_float32_and_rounded_once(dtype):
    pulled = {}
    for kind in (torch.float32, dtype):
        parameters = {m: torch.nn.Parameter(torch.zeros(1, 2, dtype=kind)) for m in PAIR}
        regulation = InfoReg({m: [p] for m, p in parameters.items()})
        for trace in (1.0, 2.0):
            regulation.open_epoch()
            regulation.close_epoch(dict.fromkeys(PAIR, trace))
        with regulation.epoch():
            for parameter in parameters.values():
                parameter.data += 100.0
                parameter.grad = torch.ones(1, 2, dtype=kind)
            regulation.regulate(AHEAD, TARGET)
        pulled[kind] = parameters["audio"].grad
    assert not torch.equal(pulled[torch.float32], torch.ones(1, 2))
    assert torch.equal(pulled[dtype], pulled[torch.float32].to(dtype))


def test_a_pull_that_is_nothing_is_not_counted_however_often_it_comes():
    parameters = weights()
    regulation = InfoReg({m: [p] for m, p in parameters.items()})
    for trace in (1.0, 2.0):
        regulation.open_epoch()
        regulation.close_epoch(dict.fromkeys(PAIR, trace))
    with regulation.epoch():
        for moved in (0.0, 0.0, 1.0, 0.0):
            for parameter in parameters.values():
                parameter.data += moved
            filled(parameters, 1.0)
            regulation.regulate(AHEAD, TARGET)
    assert regulation.acted == 2 / 4
