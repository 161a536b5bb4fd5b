"""Every comparison with a NaN in it is a decision: what is decided, or where it is made impossible."""

import math
import warnings

import pytest
import torch

from inforeg import InfoReg
from inforeg.engine import loop
from inforeg.engine.selection import Rule
from inforeg.errors import DivergenceError, UserError
from inforeg.methods.greedy import speed
from inforeg.methods.joint import Joint
from inforeg.regulation import ReleasedInfoReg
from inforeg.regulation.scores import discrepancy
from inforeg.regulation.window import Windows
from inforeg.suite.tuning import best
from tests.conftest import make_data, make_spec, poisoned
from tests.contract.cases import cases, spec_of

NAN, INF = math.nan, math.inf
PAIR = ("audio", "video")


def kept(*values):
    rule = Rule("val", "val/accuracy")
    for epoch, value in enumerate(values):
        rule.offer(epoch, {"val/accuracy": value}, {})
    return rule.epoch


@pytest.mark.parametrize(
    ("values", "epoch"),
    [((NAN, 0.5, 0.4), 1), ((0.5, NAN, 0.4), 0), ((0.5, NAN, 0.6), 2), ((NAN, NAN), 0), ((0.5, 0.5), 0)],
)
def test_an_epoch_without_a_number_is_selected_only_where_none_has_one(values, epoch):
    assert kept(*values) == epoch


@pytest.mark.parametrize(
    ("scores", "trial"), [({0: NAN, 1: 50.0}, 1), ({0: 50.0, 1: NAN}, 0), ({0: NAN, 1: -INF}, 0)]
)
def test_a_trial_without_a_number_is_never_the_best(scores, trial):
    values = {number: [score] for number, score in scores.items()}
    assert best(values, dict.fromkeys(scores, 40)) == trial


@pytest.mark.parametrize(
    ("score", "delta"),
    [
        ([NAN, -1.0], [0.0, 0.0]),
        ([-1.0, NAN], [0.0, 0.0]),
        ([-1.0, NAN, -3.0], [2.0, 0.0, 0.0]),
        ([-1.0, -INF], [INF, 0.0]),
        ([-INF, -INF], [0.0, 0.0]),
    ],
)
def test_a_score_that_is_nan_neither_leads_nor_is_led(score, delta):
    assert discrepancy(score) == delta


@pytest.mark.parametrize("make", [InfoReg, ReleasedInfoReg])
@pytest.mark.parametrize("bad", [NAN, INF])
def test_logits_that_are_not_finite_regulate_nobody(make, bad):
    weights = {m: torch.nn.Parameter(torch.zeros(1)) for m in PAIR}
    options = {"reference": "audio"} if make is ReleasedInfoReg else {"active": "always"}
    regulation = make({m: [w] for m, w in weights.items()}, **options)
    for trace in (1.0, 2.0) if make is InfoReg else ():
        regulation.open_epoch()
        regulation.close_epoch(dict.fromkeys(PAIR, trace))
    regulation.open_epoch()
    for weight in weights.values():
        weight.data += 1.0
        weight.grad = torch.ones(1)
    sure = torch.tensor([[4.0, 0.0]])
    regulation.regulate({"audio": sure, "video": torch.full((1, 2), bad)}, torch.tensor([0]))
    assert [weight.grad.item() for weight in weights.values()] == [1.0, 1.0]


@pytest.mark.parametrize("setting", ["beta", "threshold", "weight"])
@pytest.mark.parametrize("bad", [NAN, INF])
def test_settings_that_are_not_finite_are_refused(setting, bad):
    """Those of methods are by their schema."""
    with pytest.raises(UserError, match=rf"{setting} = {bad} is not a finite number"):
        InfoReg({m: torch.nn.Linear(1, 1) for m in PAIR}, **{setting: bad})


@pytest.mark.parametrize("criterion", ["single", "mean3_latch", "released"])
@pytest.mark.parametrize("bad", [NAN, INF])
@pytest.mark.parametrize("saved", [False, True])
def test_windows_take_in_no_trace_that_is_not_finite(criterion, bad, saved):
    """Neither from an epoch nor from a state that was saved when they still did."""
    windows, plain = (Windows(["audio"], 0.04, criterion) for _ in range(2))
    traces = [1.0, bad, 1.2, 1.5]
    with pytest.warns(UserWarning, match=r"1 of the epochs' Tr\(F\) are not finite"):
        if saved:
            windows.load_state_dict({"history": {"audio": traces}})
        else:
            for trace in traces:
                windows.add({"audio": trace})
    for trace in (1.0, 1.2, 1.5):
        plain.add({"audio": trace})
    assert windows.history == plain.history
    windows.decide()
    plain.decide()
    assert windows.open == plain.open == {"audio": True}


def test_the_speed_of_weights_that_are_all_zero_is_a_number():
    still = torch.nn.Parameter(torch.zeros(2))
    still.grad = torch.zeros(2)
    assert speed([still]) == 0.0


@cases
def test_no_method_goes_on_after_a_loss_that_is_not_finite(run, case):
    """So that whatever a method compares batch by batch, its decisions on NaN are of no result."""
    data = make_data()
    broken = type(data)(data.classes, poisoned(data.train), data.val, data.test)
    with pytest.raises(DivergenceError, match="is not finite"), warnings.catch_warnings():
        warnings.simplefilter("error")  # nor does it warn before
        run(spec_of(case), broken)


def test_what_a_method_reads_at_an_epochs_end_is_finite(run, monkeypatch):
    """MSES keeps the least loss, MSLR and AUG compare modalities: whatever they read was looked at before."""
    real, asked = loop.evaluate, []

    def evaluate(*arguments):
        found = real(*arguments)
        found.metrics["score/image"] = NAN
        return found

    monkeypatch.setattr(loop, "evaluate", evaluate)
    monkeypatch.setattr(Joint, "on_epoch_end", lambda *arguments: asked.append(arguments))
    with pytest.raises(DivergenceError, match="train/score/image is not finite after epoch 0"):
        run(make_spec())
    assert asked == []
