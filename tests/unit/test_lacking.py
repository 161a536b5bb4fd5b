"""Samples that lack a modality: in batches, in files, under methods that drop them, under corruption."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from inforeg.batch import PRESENT, VALUES
from inforeg.data import arrays
from inforeg.data.checks import check
from inforeg.data.pictures import PICTURES, SIZE, RandomResizedCrops
from inforeg.data.split import Held
from inforeg.data.transforms import Scaled, WherePresent
from inforeg.errors import UserError
from inforeg.probes.corruption import SEVERITIES, Corruption, deviation, under_corruption
from inforeg.probes.restore import restore
from inforeg.runspec import RunConfig
from inforeg.testing.toy import lacking
from tests.conftest import make_config, make_data, make_spec, start


def test_values_are_zeros_after_any_transform():
    stored = {PRESENT: torch.tensor([True, False, True]), VALUES: torch.full((3, 4), 7, dtype=torch.uint8)}
    split = Held({"audio": stored}, torch.zeros(3, dtype=torch.int64), {"audio": WherePresent(Scaled(3, 2))})
    assert split.shape("audio") == {VALUES: (4,), PRESENT: ()}
    for shown in (
        split.batch(torch.arange(3)),
        *split.stream([torch.arange(3)], seed=0, epoch=0),
    ):
        assert shown.inputs["audio"][VALUES].tolist() == [[2.0] * 4, [0.0] * 4, [2.0] * 4]
        assert shown.inputs["audio"][PRESENT].tolist() == [True, False, True]


def test_augmented_crops_are_those_of_the_samples_that_are_there():
    pictures = torch.randint(256, (4, 2, 3, 24, 32), dtype=torch.uint8)
    plain = {PICTURES: pictures, SIZE: torch.tensor([[24, 32]] * 4)}
    crops = RandomResizedCrops(size=16, frames=2)
    target = torch.zeros(4, dtype=torch.int64)
    present = torch.tensor([True, True, False, True])
    whole = Held({"video": plain}, target, {"video": crops})
    some = Held({"video": plain | {PRESENT: present}}, target, {"video": WherePresent(crops)})
    (expected,), (found,) = (list(each.stream([torch.arange(4)], seed=1, epoch=2)) for each in (whole, some))
    assert torch.equal(found.inputs["video"][VALUES][present], expected.inputs["video"][present])
    assert not found.inputs["video"][VALUES][~present].any()


def test_files_say_who_has_the_modality(tmp_path):
    present = np.array([True, False, True, True, False, True])
    arrays.write(tmp_path, values=np.arange(12, dtype="<f4").reshape(6, 2), present=present)
    stored = {"audio": {name: arrays.mapped(tmp_path, name) for name in (VALUES, PRESENT)}}
    parts = {part: np.array(rows) for part, rows in (("train", [0, 1]), ("val", [2, 4]), ("test", [3, 5]))}
    target = np.array([0, 1, 0, 0, 1, 1])
    data = arrays.streamed(("a", "b"), stored, target, parts, {})
    assert data.val.present("audio").tolist() == [True, False]
    assert data.val.held().present("audio").tolist() == [True, False]
    assert data.val.batch(torch.arange(2)).inputs["audio"][PRESENT].tolist() == [True, False]
    check(data, "toy")


def test_where_all_have_it_there_is_nothing_to_say():
    assert make_data().train.present("audio") is None


@pytest.mark.parametrize(
    ("present", "words"),
    [
        (torch.ones(80), r"float32 of the shape \(80,\) under 'present', not bool of the shape \(80,\)"),
        (torch.ones(8, dtype=torch.bool), r"bool of the shape \(8,\) under 'present'"),
        ([True] * 80, "an object of the type list under 'present'"),
        (torch.zeros(80, dtype=torch.bool), "no sample that is present"),
    ],
)
def test_data_that_say_it_wrongly_are_refused(present, words):
    data = make_data()
    inputs = {**data.train.inputs, "audio": {VALUES: data.train.inputs["audio"], PRESENT: present}}
    with pytest.raises(UserError, match=f"The train split .* modality 'audio' {words}"):
        check(replace(data, train=replace(data.train, inputs=inputs)), "toy")


def test_no_sample_loses_the_only_modality_that_it_has():
    data = lacking(make_data())
    plugin, state = start(make_spec("modality_dropout", probability=0.9), data)
    plugin.on_epoch_start(state)
    found = plugin.forward(state, data.train.batch(torch.arange(80))).features
    kept = torch.stack([h.any(1) for h in found.values()])
    had = torch.stack([data.train.present(m) for m in found])
    assert not (kept & ~had).any()
    assert kept.any(0).all()


@pytest.mark.parametrize("method", ["sample_valuation", "modality_valuation"])
def test_there_are_no_copies_of_what_is_not_there(method, monkeypatch):
    data = lacking(make_data())
    plugin, state = start(make_spec(method, warmup=0.0), data)
    every = {m: torch.arange(80) for m in state.model.modalities}
    monkeypatch.setattr(type(plugin), "copies", lambda self, state: every)
    plugin.on_epoch_start(state)
    seen = []
    for index in plugin.sampler(state, data.train):
        batch = plugin.on_batch(state, data.train.batch(index))
        features = plugin.forward(state, batch).features
        seen.append(torch.stack([h.any(1) for h in features.values()]))
    # Every sample itself and a copy for each modality that it has; none of them is empty.
    assert torch.cat(seen, 1).shape[1] == 80 + sum(int(data.train.present(m).sum()) for m in every)
    assert torch.cat(seen, 1).any(0).all()


def test_noise_is_in_units_of_those_that_are_there():
    data = lacking(make_data())
    there = data.train.inputs["audio"][VALUES][data.train.present("audio")]
    assert deviation(data.train, "audio") == pytest.approx(there.std().item())


def test_what_is_dropped_is_absent():
    data = lacking(make_data())
    batch = Corruption(data.test, "audio", "dropped", 1.0, 1.0)(data.test.batch(torch.arange(40)))
    assert not batch.inputs["audio"][PRESENT].any()
    assert not batch.inputs["audio"][VALUES].any()


def test_a_run_under_corruption(run):
    spec, data = make_spec("joint"), lacking(make_data())
    restored = restore(spec, run(spec, data), data)
    found = list(under_corruption(restored))
    assert len(found) == 2 * sum(1 + len(severities) for severities in SEVERITIES.values())
    assert found == list(under_corruption(restore(spec, run(spec, data), data)))


def test_encoders_are_built_for_what_they_are_given(run):
    data = lacking(make_data())
    split = replace(
        data.train,
        inputs={m: {"tokens": v[VALUES], PRESENT: v[PRESENT]} for m, v in data.train.inputs.items()},
    )
    whole = replace(data, train=split)
    with pytest.raises(
        UserError, match=r"takes samples with 1 dimensions, not of shape \{'tokens': \(6,\)\}"
    ):
        start(make_spec(config=make_config()), data=whole)


@pytest.mark.parametrize("method", ["joint", "lfm", "agm"])
def test_sequences_may_be_absent_too(run, method):
    """What is not there has no step; nothing of it comes through, and nothing is not finite."""

    def sequences(split: Held) -> Held:
        steps = torch.arange(len(split)) % 3 + 1
        found = {}
        for m, given in split.inputs.items():
            values = given[VALUES].unsqueeze(1).expand(-1, 3, -1).clone()
            length = torch.where(given[PRESENT], steps, 0)
            found[m] = {VALUES: values, "length": length, PRESENT: given[PRESENT]}
        return replace(split, inputs=found)

    plain = lacking(make_data(), 3.0)
    data = replace(plain, **{part: sequences(getattr(plain, part)) for part in ("train", "val", "test")})
    encoder = {"kind": "sequence_transformer", "width": 8, "heads": 2, "depth": 1, "features": 5}
    config = make_config(training={"epochs": 2}).model_dump(mode="json")
    spec = make_spec(
        method, config=RunConfig(**{**config, "encoders": dict.fromkeys(("audio", "image"), encoder)})
    )
    restored = restore(spec, run(spec, data), data)
    assert all(value.isfinite().all() for value in restored.model.state_dict().values())
    kinds = {(line.corruption, line.modality) for line in under_corruption(restored)}
    assert kinds == {(kind, m) for kind in SEVERITIES for m in ("audio", "image")}
    there = data.train.inputs["audio"]
    counted = [
        row
        for row, length, has in zip(there[VALUES], there["length"], there[PRESENT], strict=True)
        if has
        for row in row[: int(length)]
    ]
    assert deviation(data.train, "audio") == pytest.approx(torch.stack(counted).std().item(), rel=1e-5)
