"""Corrupted test splits: what is changed, by how much, and that nothing else is."""

from dataclasses import replace

import pytest
import torch

from inforeg.data.split import Held
from inforeg.data.transforms import Scaled, Transform
from inforeg.engine.evaluate import evaluate
from inforeg.probes.corruption import (
    SEVERITIES,
    Corrupted,
    Corruption,
    areas,
    deviation,
    kinds,
    under_corruption,
)
from inforeg.probes.restore import restore
from inforeg.random import stream
from tests.conftest import make_data, make_spec

CORRUPTED = Held({"audio": torch.full((500, 40), 2.0)}, torch.zeros(500, dtype=torch.int64))


class Plain(Transform):
    """Shows what is stored."""

    def shape(self, stored):
        return stored

    def clean(self, values):
        return values


def corrupted(
    kind: str, severity: float, deviation: float = 1.0, *, split: Held = CORRUPTED, size: int = 500
):
    change = Corruption(split, "audio", kind, severity, deviation)
    return torch.cat([change(batch).inputs["audio"] for batch in split.batches(size)])


def test_a_dropped_modality_is_at_the_mean():
    assert not corrupted("dropped", 1.0, 3.0).any()


def test_noise_has_the_severity_in_units_of_the_training_splits_deviation():
    noise = corrupted("noise", 0.5, 3.0) - 2.0
    assert noise.std().item() == pytest.approx(1.5, rel=0.02)
    assert noise.mean().item() == pytest.approx(0, abs=0.05)


def test_masking_hides_a_share_of_the_values():
    masked = corrupted("masking", 0.3)
    assert (masked == 0).float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert set(masked.unique().tolist()) == {0.0, 2.0}


def test_draws_depend_on_the_names_alone():
    torch.manual_seed(1)
    first = corrupted("noise", 1.0)
    torch.manual_seed(2)
    assert torch.equal(first, corrupted("noise", 1.0))
    renamed = Held(
        {"audio": CORRUPTED.inputs["audio"], "image": torch.full((500, 40), 2.0)}, CORRUPTED.target
    )
    change = Corruption(renamed, "image", "noise", 1.0, 1.0)
    assert not torch.equal(first, change(renamed.batch(torch.arange(500))).inputs["image"])


@pytest.mark.parametrize("kind", ["noise", "masking"])
@pytest.mark.parametrize(("samples", "width"), [(500, 40), (50, 3), (20, 1), (7, 5), (33, 1)])
def test_draws_are_those_of_the_whole_split_whatever_the_batches(kind, samples, width):
    split = Held({"audio": torch.zeros(samples, width)}, torch.zeros(samples, dtype=torch.int64))
    generator = stream(None, "corruption", kind, "0.5", "audio")
    draw = torch.randn if kind == "noise" else torch.rand
    whole = draw((samples, width), generator=generator)
    expected = 0.5 * whole if kind == "noise" else torch.zeros(samples, width)
    for size in (samples, 7, 1):
        assert torch.equal(corrupted(kind, 0.5, split=split, size=size), expected)


def test_deviation_of_what_is_transformed_is_of_what_is_shown():
    stored = torch.arange(60, dtype=torch.uint8).view(20, 3)
    split = Held({"audio": stored}, torch.zeros(20, dtype=torch.int64), {"audio": Scaled(10.0, 4.0)})
    assert deviation(split, "audio") == pytest.approx(((stored.double() - 10) / 4).std().item(), rel=1e-12)


SEQUENCE = {
    "values": torch.full((60, 5, 4), 2.0),
    "length": torch.arange(60) % 6,
}


@pytest.mark.parametrize(
    ("shape", "known"),
    [
        ((3,), ["dropped", "noise", "masking"]),
        ({"values": (5, 4), "length": ()}, ["dropped", "noise", "masking"]),
        ({"tokens": (5,), "length": ()}, ["dropped", "masking"]),
        ({"tokens": (5,), "mask": (5,)}, ["dropped"]),
    ],
)
def test_what_is_known_of_several_tensors(shape, known):
    assert list(kinds(shape)) == known


@pytest.mark.parametrize(
    ("kind", "name"), [("noise", "values"), ("masking", "values"), ("masking", "tokens")]
)
def test_of_a_sequence_the_values_are_changed_and_the_length_is_not(kind, name):
    values = SEQUENCE["values"] if name == "values" else torch.full((60, 5), 2)
    split = Held({"audio": {name: values, "length": SEQUENCE["length"]}}, torch.zeros(60, dtype=torch.int64))
    change = Corruption(split, "audio", kind, 0.5, 1.0)
    changed = [change(batch).inputs["audio"] for batch in split.batches(7)]
    assert torch.equal(torch.cat([each["length"] for each in changed]), SEQUENCE["length"])
    found = torch.cat([each[name] for each in changed])
    assert found.dtype == values.dtype
    assert found.unique().tolist() == [0, 2] if kind == "masking" else (found != 2).all()


def test_a_dropped_sequence_has_no_step():
    split = Held({"audio": SEQUENCE}, torch.zeros(60, dtype=torch.int64))
    (batch,) = split.batches(60)
    assert not Corruption(split, "audio", "dropped", 1.0, 1.0)(batch).inputs["audio"]["length"].any()


def test_deviation_of_a_sequence_is_of_its_steps():
    values = torch.randn(60, 5, 4, generator=torch.Generator().manual_seed(0))
    for row, length in enumerate(SEQUENCE["length"]):
        values[row, length:] = 1e6
    split = Held({"audio": {**SEQUENCE, "values": values}}, torch.zeros(60, dtype=torch.int64))
    expected = values[values < 1e6].std().item()
    assert deviation(split, "audio") == pytest.approx(expected)
    assert deviation(replace(split, transforms={"audio": Plain()}), "audio") == pytest.approx(expected)


def test_areas_of_a_kind_that_no_modality_knows():
    lines = [("dropped", "text", 0.0, 0.9), ("dropped", "text", 1.0, 0.5)]
    assert areas(Corrupted(*line) for line in lines) == {"dropped/text": 0.5, "dropped": 0.5}


def test_areas_by_hand():
    lines = [("noise", "audio", s, v) for s, v in ((0.0, 1.0), (1.0, 0.6), (4.0, 0.2))]
    lines += [("noise", "image", s, 0.5) for s in (0.0, 1.0, 4.0)]
    lines += [
        (kind, m, s, v)
        for kind in ("dropped", "masking")
        for m in ("audio", "image")
        for s, v in ((0, 1), (1, 0.4))
    ]
    found = areas(Corrupted(*line) for line in lines)
    # Trapezes (1 + 0.6) / 2 · 1 and (0.6 + 0.2) / 2 · 3 make 2.0 over a range of 4.
    assert found["noise/audio"] == pytest.approx(0.5)
    assert found["noise/image"] == pytest.approx(0.5)
    assert found["dropped/audio"] == found["dropped"] == pytest.approx(0.4)
    assert found["masking"] == pytest.approx(0.7)


def test_a_run_under_corruption(run):
    spec, data = make_spec("joint"), make_data()
    restored = restore(spec, run(spec, data), data)
    intact = evaluate(restored.model, restored.method, data.test).metrics["accuracy"]
    found = list(under_corruption(restored))
    assert {line.value for line in found if line.severity == 0} == {intact}
    assert len(found) == 2 * sum(1 + len(severities) for severities in SEVERITIES.values())
    without = {m: torch.zeros_like(v) if m == "audio" else v for m, v in data.test.inputs.items()}
    logits = restored.model(without).logits
    expected = (logits.argmax(1) == data.test.target).float().mean().item()
    (dropped,) = (line.value for line in found if line[:3] == ("dropped", "audio", 1.0))
    assert dropped == pytest.approx(expected)
    assert found == list(under_corruption(restored))
