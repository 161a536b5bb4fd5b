"""The recipes for one's own loop do what they say."""

import importlib
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

from inforeg.models.fusions.gated import Gated

FOLDER = Path(__file__).parents[2] / "workflow/docs/recipes"


@pytest.fixture
def recipe(monkeypatch):
    """Import one as its own folder does."""
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)

    def _recipe(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield _recipe
    for name in {path.stem for path in FOLDER.glob("*.py")} & (set(sys.modules) - before):
        del sys.modules[name]


def flat(net: nn.Module) -> torch.Tensor:
    return nn.utils.parameters_to_vector(net.parameters()).detach()


@pytest.fixture
def whole(recipe):
    """Steps on batches of 16 samples."""
    return recipe("accumulation").train(parts=1, size=16)


def alike(found, whole):
    """The same training, but for rounding, in which InfoReg acts."""
    for modality, past in whole[1].history.items():
        assert found[1].history[modality] == pytest.approx(past, rel=1e-3)
    assert found[1].acted == whole[1].acted > 0.3
    torch.testing.assert_close(flat(found[0]), flat(whole[0]), rtol=1e-3, atol=1e-4)


def test_accumulated_gradients_are_regulated_as_those_of_the_whole_batch(recipe, whole):
    alike(recipe("accumulation").train(parts=4, size=4), whole)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_mixed_precision_is_near_full_precision(recipe, whole, precision):
    net, regulation = recipe("mixed_precision").train(precision)
    assert all(parameter.dtype == torch.float32 for parameter in net.parameters())
    assert regulation.acted > 0.3
    for modality, past in whole[1].history.items():
        assert regulation.history[modality] == pytest.approx(past, rel=0.1)


def test_scaled_gradients_are_unscaled_and_steps_that_overflow_are_skipped(recipe):
    precision = recipe("mixed_precision")
    one, thousand = (precision.train(torch.float16, scale=scale)[1] for scale in (1.0, 1024.0))
    assert one.history["audio"] == pytest.approx(thousand.history["audio"], rel=0.05)
    assert one.skipped == 0
    assert precision.train(torch.float16, scale=2.0**25)[1].skipped > 0


def test_a_fusion_that_mixes_is_given_as_the_suite_gives_it(recipe):
    fusions = recipe("fusions")
    fusion = Gated({"audio": 8, "video": 8}, 4, lambda name: torch.Generator().manual_seed(0))
    features = {m: torch.randn(5, 8) for m in ("audio", "video")}
    with torch.no_grad():
        expected = fusion(features).unimodal
    found = fusions.alone(lambda given: fusion.logits(given["audio"], given["video"]), features)
    assert all(torch.equal(found[m], expected[m]) for m in features)
    _, regulation = fusions.train()
    assert regulation.acted > 0


@pytest.mark.parametrize("name", ["accumulation", "fusions", "mixed_precision"])
def test_it_runs_as_it_is(recipe, capsys, name):
    runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    assert "regulated in" in capsys.readouterr().out


def test_every_recipe_is_listed():
    listed = re.findall(r"\]\((\w+\.py)\)", (FOLDER / "README.md").read_text())
    assert {*listed} == {path.name for path in FOLDER.glob("*.py")}


def test_two_processes_regulate_alike_and_as_one_does(recipe):
    ddp = recipe("ddp")
    start = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    loopback = {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *start, FOLDER / "ddp.py"],
        env={**os.environ, **loopback}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    # Neither process waits for the other to end its line.
    one, place = json.JSONDecoder().raw_decode(done.stdout)
    other = json.loads(done.stdout[place:])
    assert one == other
    net = recipe("toy").Net()
    regulation, strengths = ddp.train(net, net, recipe("toy").batches(16))
    for modality, past in regulation.history.items():
        assert one[0][modality] == pytest.approx(past, rel=1e-3)
    for found, expected in zip(one[1], strengths, strict=True):
        assert found == pytest.approx(expected, rel=1e-3)
    assert strengths[-1]["audio"] > 0


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("parts", [1, 4])
def test_lightning(recipe, whole, tmp_path, parts):
    pytest.importorskip("lightning", reason="Lightning is not installed")
    train = recipe("lightning_callback").train
    settings = {"size": 16 // parts, "accumulate_grad_batches": parts, "default_root_dir": tmp_path}
    _, regulation = train(**settings, max_epochs=3, enable_checkpointing=True)
    assert len(regulation.history["audio"]) == 3
    (stored,) = tmp_path.rglob("*.ckpt")
    alike(train(resume=stored, **settings), whole)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("parts", [1, 4])
def test_hugging_face(recipe, whole, tmp_path, parts):
    pytest.importorskip("transformers", reason="Hugging Face's Transformers are not installed")
    pytest.importorskip("accelerate", reason="Hugging Face's Accelerate is not installed")
    train = recipe("trainer_callback").train
    settings = {
        "per_device_train_batch_size": 16 // parts,
        "gradient_accumulation_steps": parts,
        "save_strategy": "epoch",
        "train_sampling_strategy": "sequential",
        "lr_scheduler_type": "constant",
    }
    _, regulation = train(str(tmp_path), num_train_epochs=3, **settings)
    assert len(regulation.history["audio"]) == 3
    alike(train(str(tmp_path), resume=True, **settings), whole)
    with pytest.raises(ValueError, match=r"max_grad_norm = 1\.0"):
        train(str(tmp_path), max_grad_norm=1.0)
