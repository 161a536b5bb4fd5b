"""What every method must do, over the registry: a new file is covered without being named here."""

import pytest
import torch
from torch import nn

from inforeg.engine.evaluate import evaluate
from inforeg.engine.train import blueprint
from inforeg.methods.shared.supports import supports
from inforeg.registry import FUSIONS, METHODS
from inforeg.testing import hooks, methods
from inforeg.testing.cases import cases_of
from inforeg.testing.collected import EACH
from inforeg.testing.promises import titled
from inforeg.testing.streams import check_padding, check_readers
from tests.conftest import make_data, make_spec
from tests.contract.cases import CASES, cases, spec_of

ELSEWHERE = {methods.check_finite, hooks.check_bf16, check_readers, check_padding}
"""Under every fusion, with labels shuffled, or with reasons why not: in tests of their own."""

# Settings with which what a method keeps between epochs matters within a few of them.
SHORT = {"mslr": {"memory": 2}, "reconboost": {"stage": 0.3}}
HASTY = {"mses": 0.5}  # learning rates at which validation losses rise again


@cases
def test_every_variant_runs_on_two_modalities_under_concat(case):
    assert supports(spec_of(case)) == (True, "")


@cases
@pytest.mark.parametrize(
    "check", [c for c in EACH if c not in {*ELSEWHERE, methods.check_resumes}], ids=titled
)
def test_promise(trainings, case, check):
    check(case, trainings)


@cases
def test_interrupted_in_every_epoch_and_resumed_equals_unbroken(trainings, case):
    short = case._replace(settings={**case.settings, **SHORT.get(case.method, {})})
    methods.check_resumes(short, trainings, HASTY.get(case.method, 0.05))


@cases
@pytest.mark.parametrize("fusion", FUSIONS.classes)
def test_bf16(trainings, case, fusion):
    placed = case._replace(fusion=fusion)
    if supports(placed.spec())[0]:  # that it may is tested under concat
        hooks.check_bf16(placed, trainings)


CONTROLS = [(case, True) for case in CASES if case.variant == "default"]


@pytest.mark.parametrize(
    ("case", "shuffled"),
    [*((case, False) for case in CASES), *CONTROLS],
    ids=lambda value: "/".join(value[:2]) if isinstance(value, tuple) else ("", "shuffled")[value],
)
def test_mapped_files_train_as_tensors_do(trainings, case, shuffled):
    check_readers(case, trainings, shuffled)


@pytest.mark.parametrize("method", METHODS.classes)
@pytest.mark.parametrize("check", [methods.check_neutral, hooks.check_says], ids=titled)
def test_promise_of_all_variants(trainings, method, check):
    check(cases_of(method)[0], trainings)


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
