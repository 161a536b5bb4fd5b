"""What every method must do, over the registry: a new file is covered without being named here."""

import json
import math
from pathlib import Path

import pytest
import torch

from inforeg.config import TrialConfig
from inforeg.engine import loop, train
from inforeg.engine.evaluate import evaluate
from inforeg.engine.record import Record
from inforeg.engine.train import blueprint, method_of
from inforeg.methods.base import Method
from inforeg.models.fusion import FUSIONS
from inforeg.plan import supports
from inforeg.registry import METHODS
from tests.conftest import make_config, make_data, make_spec, poisoned

TWO, THREE = ("audio", "image"), ("audio", "image", "text")
DETERMINISTIC = ("metrics.jsonl", "predictions.parquet", "model.pt", "summary.json", "run.json")

# every method and every variant it offers, for a row of one run (unimodal: of its first modality)
CASES = [
    (name, variant, next(iter(cls.expand(TWO).values())))
    for name, cls in METHODS.classes.items()
    for variant in ("default", *cls.variants)
]
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: "/".join(case[:2]))


def supported(case, config: TrialConfig):
    """The spec, or a skip where the method refuses, which needs a reason."""
    method, variant, settings = case
    spec = make_spec(method, variant, config=config, **settings)
    works, reason = supports(spec)
    if not works:
        assert reason
        pytest.skip(f"refuses: {reason}")
    return spec


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in DETERMINISTIC}


def rows(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@cases
@pytest.mark.parametrize("modalities", [TWO, THREE], ids=len)
@pytest.mark.parametrize("fusion", FUSIONS)
def test_trains_with_finite_losses_or_refuses_with_a_reason(run, case, modalities, fusion):
    spec = supported(case, make_config(modalities, fusion=fusion))
    for row in rows(run(spec)):
        assert all(math.isfinite(value) for value in row.values())


@cases
def test_same_seed_same_bits_and_another_seed_others(run, case):
    spec = supported(case, make_config())
    first = contents(run(spec, root="first"))
    torch.manual_seed(12345)
    assert contents(run(spec, root="second")) == first
    other = contents(run(spec.model_copy(update={"seed": 1}), root="first"))
    assert other["model.pt"] != first["model.pt"]


@cases
def test_does_something(run, case):
    """A method that changes nothing would pass for itself wherever joint training passes."""
    spec = supported(case, make_config())
    if METHODS.get(spec.method).family == "baseline":
        pytest.skip("a baseline")
    joint, other = (rows(run(each, root=each.method)) for each in (make_spec("joint"), spec))
    assert [row["train/loss"] for row in joint] != [row["train/loss"] for row in other]


@cases
def test_interrupted_and_resumed_equals_unbroken(run, monkeypatch, case):
    spec = supported(case, make_config())
    unbroken = contents(run(spec, root="unbroken"))
    append, seen = Record.append, []

    def interrupt(record, row):
        append(record, row)
        seen.append(row["epoch"])
        if record.spec == spec and len(seen) > 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Record, "append", interrupt)
    if len(rows(run(spec, root="unbroken"))) <= 2:
        pytest.skip("has nothing to interrupt")
    with pytest.raises(KeyboardInterrupt):
        run(spec, root="broken")
    monkeypatch.setattr(Record, "append", append)
    assert contents(run(spec, root="broken")) == unbroken


@cases
def test_never_sees_the_test_split(run, case):
    spec = supported(case, make_config())
    clean = make_data()
    blind = type(clean)(clean.classes, clean.train, clean.val, poisoned(clean.test))
    folders = run(spec, clean, root="clean"), run(spec, blind, root="blind")
    assert (folders[0] / "model.pt").read_bytes() == (folders[1] / "model.pt").read_bytes()
    seen, unseen = (
        [{k: v for k, v in r.items() if not k.startswith("test/")} for r in rows(f)] for f in folders
    )
    assert seen == unseen


@cases
def test_every_encoder_moves(run, monkeypatch, case):
    spec = supported(case, make_config())
    data = make_data()
    initial = method_of(spec).build(blueprint(spec, data)).state_dict()
    last: dict[str, torch.Tensor] = {}

    def fit(state, *arguments):
        selection = loop.fit(state, *arguments)
        last.update(state.model.state_dict())
        return selection

    monkeypatch.setattr(train, "fit", fit)
    run(spec, data)
    still = {name for name in initial if torch.equal(initial[name], last[name])}
    assert not {name for name in still if name.startswith("encoders.")}


@cases
def test_permuting_modalities_permutes_the_answer(run, case):
    spec = supported(case, make_config(TWO))
    leader = {"leader": TWO[0]} if "leader" in spec.settings else {}
    method, variant, settings = case
    swapped = make_spec(method, variant, config=make_config(TWO[::-1]), **settings, **leader)
    first, second = rows(run(spec, make_data(TWO), "a")), rows(run(swapped, make_data(TWO), "b"))
    for one, other in zip(first, second, strict=True):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-6)


@cases
def test_predictions_do_not_depend_on_batch_mates(case):
    spec = supported(case, make_config())
    data = make_data()
    plugin = method_of(spec)
    model = plugin.build(blueprint(spec, data))
    whole = evaluate(model, plugin, data.test).logits
    alone = [
        evaluate(
            model,
            plugin,
            type(data.test)(
                {m: x[i : i + 1] for m, x in data.test.inputs.items()}, data.test.target[i : i + 1]
            ),
        ).logits
        for i in range(5)
    ]
    torch.testing.assert_close(torch.cat(alone), whole[:5])


@pytest.mark.parametrize("method", [name for name, cls in METHODS.classes.items() if cls.neutral is not None])
def test_neutral_settings_are_joint_training_bit_for_bit(run, method):
    spec = make_spec(method, **METHODS.get(method).neutral)
    neutral, joint = (torch.load(run(s) / "model.pt", weights_only=True) for s in (spec, make_spec("joint")))
    assert neutral.keys() == joint.keys()
    assert all(torch.equal(neutral[name], joint[name]) for name in joint)


@pytest.mark.parametrize("method", METHODS.classes)
def test_says_where_it_comes_from(method):
    cls = METHODS.get(method)
    assert cls.__doc__
    assert cls.title
    assert any(character.isdigit() for character in cls.reference), "the reference names no year"
    own = set(cls.__dataclass_fields__) - set(Method.__dataclass_fields__)
    inherited = " ".join(base.__doc__ or "" for base in cls.__mro__)
    assert not {field for field in own if f"{field}:" not in inherited}
