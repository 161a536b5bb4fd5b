"""Every method and variant under every fusion, on two and on three modalities, trained once for all tests."""

import itertools
import re
from dataclasses import replace

import pytest
import torch

from inforeg.data.base import Data, Split
from inforeg.engine.evaluate import evaluate
from inforeg.errors import UserError
from inforeg.methods.base import Method
from inforeg.methods.shared.supports import supports
from inforeg.models.joined import JoinedModel
from inforeg.probes.linear import probe
from inforeg.probes.restore import Restored, restore
from inforeg.random import stream
from inforeg.registry import FUSIONS, METHODS
from inforeg.runspec import RunSpec
from inforeg.testing.cases import Case
from inforeg.testing.methods import check_finite
from tests.conftest import make_data, make_spec
from tests.contract.cases import CASES, THREE, TWO

PLACES = list(itertools.product(CASES, (TWO, THREE), FUSIONS.classes))


def at(place) -> Case:
    """A case on so many modalities under a fusion."""
    case, modalities, fusion = place
    return case._replace(modalities=modalities, fusion=fusion)


def spec_at(place) -> RunSpec:
    return at(place).spec()


def named(place) -> str:
    case, modalities, fusion = place
    return f"{case.method}/{case.variant}/{fusion}/{len(modalities)}"


def everywhere(places):
    return pytest.mark.parametrize("place", places, ids=named)


def listed(cls: type[Method], modalities: int, fusion: str) -> bool:
    """Whether `inforeg list` says that the method runs on so many modalities under the fusion."""
    joins = FUSIONS.get(fusion).joins
    taken = cls.fewest <= modalities <= (cls.most or modalities) and joins in (None, modalities)
    return taken and fusion in (cls.fusions or FUSIONS.classes)


@everywhere(PLACES)
def test_trains_with_finite_losses_or_refuses_with_a_reason(trainings, run, tmp_path, place):
    _, modalities, fusion = place
    spec = spec_at(place)
    works, reason = supports(spec)
    if spec.variant == "default":
        assert works == listed(METHODS.get(spec.method), len(modalities), fusion)
    if works:
        check_finite(at(place), trainings)
    else:
        assert reason
        with pytest.raises(UserError, match=re.escape(reason)):
            run(spec)
        assert not spec.directory(tmp_path / "runs").exists()


def shuffled(data: Data, modality: str) -> Data:
    """The same data with the inputs of one modality in another order of the samples."""
    parts = {}
    for name in ("train", "test"):
        split: Split = getattr(data, name)
        order = torch.randperm(len(split), generator=stream(0, "shuffled", name))
        moved = split.inputs[modality][order]
        parts[name] = replace(split, inputs={**split.inputs, modality: moved})
    return replace(data, **parts)


def reported(run: Restored, data: Data) -> dict[str, dict[str, float]]:
    """By modality, what is said of it alone."""
    metrics = evaluate(run.model, run.method, data.test).metrics
    metrics |= probe(run.model, data.train, {"test": data.test})
    kinds = ("accuracy", "score", "test/probe")
    return {m: {kind: metrics[f"{kind}/{m}"] for kind in kinds} for m in run.model.modalities}


def unlike_its_own(run: Restored) -> set[str]:
    """What is reported of a modality and changes with another's inputs."""
    straight, heard, moved = reported(run, run.data), set(), set()
    for shuffled_one in run.model.modalities:
        for m, found in reported(run, shuffled(run.data, shuffled_one)).items():
            changed = {f"{kind} of {m}" for kind, value in found.items() if value != straight[m][kind]}
            (moved if m == shuffled_one else heard).update(changed)
    assert {f"score of {m}" for m in straight} <= moved  # else nothing was compared
    assert {change.split(" of ")[0] for change in moved} == {"accuracy", "score", "test/probe"}
    return heard


@everywhere([place for place in PLACES if supports(spec_at(place))[0]])
def test_what_is_reported_of_a_modality_is_its_own(trained, monkeypatch, place):
    """Its accuracy, score and probe are bit for bit the same whatever the other modalities' inputs are."""
    monkeypatch.setattr("inforeg.probes.linear.ITERATIONS", 3)  # any function of the features will do
    spec, data = spec_at(place), make_data(place[1])
    run = restore(spec, trained(spec).folder, data)
    assert unlike_its_own(run) == set()


def test_branches_that_hear_each_other_are_noticed(trained, monkeypatch):
    """Greedy as it was: each branch with its actual excitation."""
    monkeypatch.setattr(JoinedModel, "answer", JoinedModel.forward)
    spec, data = make_spec("greedy"), make_data()
    run = restore(spec, trained(spec).folder, data)
    kinds = {heard.split(" of ")[0] for heard in unlike_its_own(run)}
    assert kinds == {"accuracy", "score", "test/probe"}
