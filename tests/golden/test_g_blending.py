import pytest
import torch

from inforeg.data.base import Data
from inforeg.methods.g_blending import blend
from tests.conftest import make_config, make_data, make_spec, poisoned, start


def test_weights_by_hand():
    # (L^T, L^V) before and after: gains 0.4 and 0.2, growth of the gap 0.2 and 0.1
    losses = {"joint": (1.0, 1.1, 0.4, 0.7), "audio": (1.0, 1.0, 0.7, 0.8)}
    ratios = {"joint": 0.4 / 0.2**2, "audio": 0.2 / 0.1**2}
    total = sum(ratios.values())
    assert blend(losses) == pytest.approx({name: ratio / total for name, ratio in ratios.items()})


def test_a_loss_that_does_not_generalise_has_no_weight_and_equal_ones_where_none_does():
    useful, useless = (1.0, 1.0, 0.5, 0.8), (1.0, 1.0, 0.2, 1.2)
    assert blend({"joint": useful, "audio": useless}) == {"joint": 1, "audio": 0}
    assert blend({"joint": useless, "audio": useless}) == {"joint": 0.5, "audio": 0.5}


def test_no_overfitting_divides_by_nothing():
    weights = blend({"joint": (1.0, 1.0, 0.5, 0.5), "audio": (1.0, 1.0, 0.8, 0.8)})
    assert weights == pytest.approx({"joint": 0.5 / 0.7, "audio": 0.2 / 0.7})


def begun(data=None, **settings):
    config = make_config(training={"epochs": 4})
    return start(make_spec("g_blending", config=config, **settings), data)


def test_losses_are_weighed():
    method, state = begun()
    method._weights = {"joint": 0.5, "audio": 0.25, "image": 0.0}
    batch = state.train.batch(torch.arange(8))
    output = method.forward(state, batch)
    terms = method.losses(state, batch, output)
    audio = -output.unimodal["audio"].log_softmax(1)[range(8), batch.target].mean()
    assert terms["audio"].item() == pytest.approx(0.25 * audio.item())
    assert terms["image"].item() == 0


def test_trials_see_neither_validation_nor_held_out_samples_and_leave_the_model_alone():
    data = make_data()
    blind = Data(data.classes, data.train, poisoned(data.val), poisoned(data.test))
    weights = []
    for each in (data, blind):
        method, state = begun(each, held_out=0.25)
        before = {name: value.clone() for name, value in state.model.state_dict().items()}
        method.on_epoch_start(state)
        assert all(torch.equal(before[name], value) for name, value in state.model.state_dict().items())
        assert (len(method._unseen), len(method._seen)) == (20, 60)
        weights.append(method._weights)
    assert weights[0] == weights[1]
    assert sum(weights[0].values()) == pytest.approx(1)
    together = torch.cat([method._seen.inputs["audio"], method._unseen.inputs["audio"]])
    assert sorted(together.sum(1).tolist()) == sorted(data.train.inputs["audio"].sum(1).tolist())


def test_a_unimodal_trial_runs_its_own_encoder_alone():
    method, state = begun(held_out=0.25)
    with state.cost:
        trial = method._trial(state, "audio")
    assert list(trial.encoders) == ["audio"]
    assert state.cost.forward == state.cost.backward == {"audio": 4 * 60, "image": 0}
    assert state.cost.steps == 4 * 4
    start_head = state.model.fusion.heads["audio"].weight
    assert trial.fusion.heads["audio"].weight.shape == start_head.shape
    assert not torch.equal(trial.fusion.heads["audio"].weight, start_head)


@pytest.mark.parametrize(("super_epoch", "blended"), [(1.0, [0]), (0.5, [0, 2])])
def test_offline_once_online_per_super_epoch(monkeypatch, super_epoch, blended):
    method, state = begun(super_epoch=super_epoch)
    seen = []
    monkeypatch.setattr(method, "_blend", lambda state: seen.append(state.epoch) or {"joint": 1.0})
    for state.epoch in range(4):
        method.on_epoch_start(state)
    assert seen == blended


@pytest.mark.parametrize(("super_epoch", "trained_on"), [(1.0, 80), (0.5, 60)])
def test_what_is_held_out_stays_so_while_weights_are_estimated_again(super_epoch, trained_on):
    method, state = begun(super_epoch=super_epoch, held_out=0.25)
    seen = torch.cat(list(method.sampler(state, state.train)))
    assert len(seen) == trained_on
    trained = {tuple(row) for row in state.train.inputs["audio"][seen].tolist()}
    held_out = [tuple(row) in trained for row in method._unseen.inputs["audio"].tolist()]
    assert held_out == [trained_on == 80] * 20


def test_a_trial_leaves_no_sample_alone():
    """Batch normalisation cannot take one."""
    config = make_config(training={"epochs": 4, "batch_size": 59})
    method, state = start(make_spec("g_blending", config=config, held_out=0.25))
    state.model.encoders["audio"].append(torch.nn.BatchNorm1d(5))
    with state.cost:
        method._trial(state, "joint")  # of 60 samples
    assert state.cost.steps == 4


def test_a_trial_trains_on_nothing_that_is_held_out():
    method, state = begun(held_out=0.25)
    for values in state.train.inputs.values():
        values.fill_(torch.nan)  # the parts are copies
    for name in ("joint", "audio"):
        trial = method._trial(state, name)
        assert all(parameter.isfinite().all() for parameter in trial.parameters())


def test_each_loss_is_judged_by_its_own_trial(monkeypatch):
    method, state = begun()
    starts = {"joint": (1.0, 1.1), "audio": (1.0, 1.0), "image": (1.0, 1.0)}
    ends = {"joint": (0.4, 0.7), "audio": (0.7, 0.8), "image": (0.1, 1.2)}
    monkeypatch.setattr(method, "_trial", lambda state, name: name)
    monkeypatch.setattr(method, "_losses", lambda of: {"joint": ends[of]} if of in ends else starts)
    # gains 0.4, 0.2 and none; growth of the gap 0.2 and 0.1: ratios 10 and 20
    assert method._blend(state) == pytest.approx({"joint": 1 / 3, "audio": 2 / 3, "image": 0})
