import pytest
import torch

from inforeg.data.base import Data
from inforeg.methods import g_blending
from inforeg.methods.g_blending import blend
from tests.conftest import make_config, make_data, make_spec, poisoned, start


def change(seen, unseen, spread=0.0):
    """How a loss changed for four samples that were seen and two that were not: by so much in the mean."""
    sides = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    return seen + 0 * sides.repeat(2), unseen + spread * sides


def test_weights_by_hand():
    # G = 0.4 and 0.2; L^V - L^T grows by 0.2 and 0.1
    changes = {"joint": change(-0.6, -0.4), "audio": change(-0.3, -0.2)}
    ratios = {"joint": 0.4 / 0.2**2, "audio": 0.2 / 0.1**2}
    total = sum(ratios.values())
    assert blend(changes) == pytest.approx({name: ratio / total for name, ratio in ratios.items()})
    # a gap that shrinks counts as one that grows
    assert blend({**changes, "audio": change(-0.1, -0.2)}) == pytest.approx(blend(changes))


def test_a_loss_that_does_not_generalise_has_no_weight_and_equal_ones_where_none_does():
    useful, useless = change(-0.5, -0.2), change(-0.8, 0.2)
    assert blend({"joint": useful, "audio": useless}) == {"joint": 1, "audio": 0}
    assert blend({"joint": useless, "audio": useless}) == {"joint": 0.5, "audio": 0.5}


def test_a_growth_within_its_standard_error_counts_as_the_error():
    # +-0.2 about the mean of two samples: variance 0.04, of the mean 0.02, which is more than 0.1^2
    changes = {"joint": change(-0.6, -0.4), "audio": change(-0.3, -0.2, spread=0.2)}
    ratios = {"joint": 0.4 / 0.2**2, "audio": 0.2 / 0.02}
    total = sum(ratios.values())
    assert blend(changes) == pytest.approx({name: ratio / total for name, ratio in ratios.items()})
    # the samples that were seen scatter too: +-0.4 about the mean of four
    seen, unseen = changes["audio"]
    wide = {**changes, "audio": (seen + torch.tensor([0.4, -0.4, 0.4, -0.4]), unseen)}
    ratios["audio"] = 0.2 / (0.02 + 0.16 / 4)
    total = sum(ratios.values())
    assert blend(wide) == pytest.approx({name: ratio / total for name, ratio in ratios.items()})


def test_no_overfitting_divides_by_nothing():
    weights = blend({"joint": change(-0.5, -0.5), "audio": change(-0.2, -0.2)})
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
    """Losses of one sample that is seen and one that is not, sample by sample."""

    def of(*pairs):
        names = ("joint", "audio", "image")
        return {n: tuple(torch.tensor([v]) for v in pair) for n, pair in zip(names, pairs, strict=False)}

    method, state = begun()
    before = of((1.0, 1.1), (1.0, 1.0), (1.0, 1.0))
    after = {"joint": of((0.4, 0.7)), "audio": of((0.7, 0.8)), "image": of((0.1, 1.2))}
    monkeypatch.setattr(method, "_trial", lambda state, name: name)
    monkeypatch.setattr(method, "_losses", lambda model: after.get(model, before))
    # gains 0.4, 0.2 and none; growth of the gap 0.2 and 0.1: ratios 10 and 20
    assert method._blend(state) == pytest.approx({"joint": 1 / 3, "audio": 2 / 3, "image": 0})


def test_losses_are_those_of_each_head_on_both_parts():
    method, state = begun(held_out=0.25)
    found = method._losses(state.model)
    assert list(found) == ["joint", "audio", "image"]
    for part, split in enumerate((method._seen, method._unseen)):
        output = state.model(split.inputs)
        for name, logits in {"joint": output.logits, **output.unimodal}.items():
            expected = -logits.detach().double().log_softmax(1)[range(len(split)), split.target]
            torch.testing.assert_close(found[name][part], expected)


def test_trials_of_an_epoch_take_the_same_batches(monkeypatch):
    """One order for all losses, or their growth could not be compared."""
    method, state = begun()
    orders: list[list[int]] = []

    def note(batches, size):
        orders.append(torch.cat(list(batches)).tolist())
        return []

    monkeypatch.setattr(g_blending, "together", note)
    for name in ("joint", "audio", "image"):
        method._trial(state, name)
    per_trial = [orders[start : start + method._length] for start in range(0, len(orders), method._length)]
    assert per_trial[0] == per_trial[1] == per_trial[2]
    assert per_trial[0][0] != per_trial[0][1]  # another order in each of a trial's epochs
