"""What every method must do, over the registry: a new file is covered without being named here."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from inforeg.data.base import Split
from inforeg.engine.evaluate import evaluate
from inforeg.engine.record import Record
from inforeg.engine.train import blueprint, method_of
from inforeg.methods.base import Method
from inforeg.methods.shared.supports import supports
from inforeg.registry import METHODS
from tests.conftest import EVERY_EPOCH, make_config, make_data, make_spec, poisoned
from tests.contract.cases import THREE, TWO, cases, rows, spec_of

DETERMINISTIC = ("metrics.jsonl", "predictions.parquet", "model.pt", "summary.json", "run.json")


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in DETERMINISTIC}


@cases
def test_every_variant_runs_on_two_modalities_under_concat(case):
    assert supports(spec_of(case)) == (True, "")


@cases
def test_same_seed_same_bits_and_another_seed_others(run, trained, case):
    spec = spec_of(case)
    first = contents(trained(spec).folder)
    torch.manual_seed(12345)
    assert contents(run(spec)) == first
    other = contents(run(spec.model_copy(update={"seed": 1})))
    assert other["model.pt"] != first["model.pt"]


@cases
def test_does_something(trained, case):
    """A method that changes nothing would pass for itself wherever joint training passes."""
    spec = spec_of(case)
    if METHODS.get(spec.method).family == "baseline":
        pytest.skip("a baseline")
    joint, other = (rows(trained(each).folder) for each in (make_spec("joint"), spec))
    assert [row["train/loss"] for row in joint] != [row["train/loss"] for row in other]


# Settings with which what a method keeps between epochs matters within a few of them.
SHORT = {"mslr": {"memory": 2}, "reconboost": {"stage": 0.3}}
HASTY = {"mses": 0.5}  # learning rates at which validation losses rise again


@cases
def test_interrupted_in_every_epoch_and_resumed_equals_unbroken(run, monkeypatch, case):
    training = {"epochs": 7, "lr": HASTY.get(case[0], 0.05)}
    spec = spec_of(case, make_config(training=training), **SHORT.get(case[0], {}))
    unbroken = run(spec, root="unbroken")
    save, saved = Record.save, []

    def interrupt(record, snapshot):
        save(record, snapshot)
        if record.spec == spec:
            saved.append(snapshot["epoch"])
            raise KeyboardInterrupt

    epochs = len(rows(unbroken))
    assert epochs == method_of(spec).epochs(7)
    monkeypatch.setattr(Record, "save", interrupt)
    for _ in range(epochs - 1):
        with pytest.raises(KeyboardInterrupt):
            run(spec, root="broken", machine=EVERY_EPOCH)
    assert saved == [*range(1, epochs)]
    monkeypatch.setattr(Record, "save", save)
    assert contents(run(spec, root="broken")) == contents(unbroken)


@cases
def test_never_sees_the_test_split(run, trained, case):
    spec = spec_of(case)
    clean = make_data()
    other = replace(poisoned(clean.test), target=(clean.test.target + 1) % len(clean.classes))
    blind = replace(clean, test=other)
    folders = trained(spec).folder, run(spec, blind)
    assert (folders[0] / "model.pt").read_bytes() == (folders[1] / "model.pt").read_bytes()
    seen, unseen = (
        [{k: v for k, v in r.items() if not k.startswith("test/")} for r in rows(f)] for f in folders
    )
    assert seen == unseen


@cases
@pytest.mark.parametrize("modalities", [TWO, THREE], ids=len)
def test_every_modality_moves(trained, case, modalities):
    """All of its encoder, and some of the head where a part of that is its own, else all of the head."""
    spec = spec_of(case, make_config(modalities))
    if not supports(spec)[0]:
        return  # that it may is tested above
    initial = method_of(spec).build(blueprint(spec, make_data(modalities))).state_dict()
    model = trained(spec).model
    parts: dict[tuple[str, ...], list[bool]] = {}
    for name, value in model.named_parameters():
        path = name.split(".")
        owner = tuple(m for m in model.modalities if m in path[1:])
        part = ("head", *owner) if path[0] == "fusion" and owner else (name,)
        parts.setdefault(part, []).append(not torch.equal(initial[name], value))
    assert not [part for part, moved in parts.items() if not any(moved)]


def reordered(split: Split, order: tuple[str, ...]) -> Split:
    return replace(split, inputs={m: split.inputs[m] for m in order})


@cases
@pytest.mark.parametrize("modalities", [TWO, THREE], ids=len)
def test_permuting_modalities_permutes_the_answer(run, trained, case, modalities):
    spec = spec_of(case, make_config(modalities))
    if not supports(spec)[0]:
        return  # that it may is tested above
    order = (*modalities[1:], modalities[0])
    leader = {"leader": modalities[0]} if "leader" in spec.settings else {}
    moved = spec_of(case, make_config(order), **leader)
    data = make_data(modalities)
    # The order of a model's modalities is that of its data.
    splits = {name: reordered(getattr(data, name), order) for name in ("train", "val", "test")}
    assert tuple(blueprint(moved, replace(data, **splits)).encoders) == order
    first, second = rows(trained(spec).folder), rows(run(moved, replace(data, **splits)))
    for one, other in zip(first, second, strict=True):
        # Ratios of small losses, as in G-Blending, magnify what another order of sums rounds otherwise.
        assert one == pytest.approx(other, rel=1e-3, abs=1e-5)


@cases
def test_predictions_do_not_depend_on_batch_mates_or_on_the_time(trained, case):
    """Mistakes 2 and 10: an answer is of its sample alone, and the same whenever it is asked for."""
    data = make_data()
    _, method, model = trained(spec_of(case))
    whole = evaluate(model, method, data.test).logits["logits"]
    singles = [data.test.part(torch.tensor([position])) for position in range(5)]
    alone = torch.cat([evaluate(model, method, single).logits["logits"] for single in singles])
    torch.testing.assert_close(alone, whole[:5])
    assert torch.equal(evaluate(model, method, data.test).logits["logits"], whole)


def test_batch_statistics_and_dropout_rest_while_a_model_is_evaluated():
    """Mistake 10: evaluated in training mode, an answer depends on its batch mates and on chance."""
    split = make_data().test
    method = METHODS.build("joint", {})
    model = method.build(blueprint(make_spec(), make_data()))
    for modality, encoder in model.encoders.items():
        model.encoders[modality] = nn.Sequential(encoder, nn.BatchNorm1d(5), nn.Dropout(0.5))
    whole = evaluate(model, method, split).logits["logits"]
    assert torch.equal(evaluate(model, method, split).logits["logits"], whole)
    two = evaluate(model, method, split.part(torch.tensor([0, 1]))).logits["logits"]
    torch.testing.assert_close(two, whole[:2])


@pytest.mark.parametrize("method", [name for name, cls in METHODS.classes.items() if cls.neutral is not None])
def test_neutral_settings_are_joint_training_bit_for_bit(trained, method):
    specs = make_spec(method, **METHODS.get(method).neutral), make_spec("joint")
    neutral, joint = (torch.load(trained(s).folder / "model.pt", weights_only=True) for s in specs)
    assert neutral.keys() == joint.keys()
    assert all(torch.equal(neutral[name], joint[name]) for name in joint)


@pytest.mark.parametrize("method", METHODS.classes)
def test_says_where_it_comes_from(method):
    cls = METHODS.get(method)
    assert cls.title
    assert cls.reference in (cls.__doc__ or "")
    assert re.match(r"[A-Z].+, .*\b(19|20)\d\d\b", cls.reference), "not authors, title or venue, and year"
    own = set(cls.__dataclass_fields__) - set(Method.__dataclass_fields__)
    inherited = " ".join(base.__doc__ or "" for base in cls.__mro__)
    assert not {field for field in own if f"{field}:" not in inherited}
