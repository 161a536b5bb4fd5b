"""What runs will take, beside numbers worked out by hand and beside what real runs took."""

import json
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from pydantic.dataclasses import dataclass
from torch.autograd.graph import saved_tensors_hooks

from inforeg.__main__ import main
from inforeg.data.base import Extent
from inforeg.data.gathered import Gathered
from inforeg.data.sets.synthetic import Synthetic
from inforeg.engine.contents import COST
from inforeg.registry import DATASETS, ENCODERS, METHODS, OPTIONS
from inforeg.runspec import RunConfig
from inforeg.suite import passes as module
from inforeg.suite.costs import extent
from inforeg.suite.folders.places import dataset_of
from inforeg.suite.memory import step_bytes
from inforeg.suite.passes import miniature, passes, work
from inforeg.suite.project import Project
from inforeg.suite.resolve import resolve
from tests.conftest import make_spec
from tests.unit.conftest import BENCHMARK, EXPERIMENT, TRAIN, refused, write

ROOT = Path(__file__).parents[2]
EXTENT = Extent((64, 32, 32), {"first": (24,), "second": (24,)})
"""Of the benchmark `toy`."""


@dataclass(frozen=True, config=OPTIONS)
class Big(Gathered):
    """A data set that nobody has here, ten times as large as `toy`."""

    name: ClassVar = "big"
    title: ClassVar = "Big"
    modalities: ClassVar = ("first", "second")
    classes: ClassVar = Synthetic.classes
    sources: ClassVar = {}
    licence: ClassVar = "-"
    citation: ClassVar = "-"
    how: ClassVar = "ask its owners"
    layout: ClassVar = "files"
    disk_bytes = 5_000_000

    @property
    def extent(self):
        return Extent((640, 320, 320), EXTENT.shapes)

    def gather(self, material, sources, folder):
        raise NotImplementedError

    def load(self, folder):
        raise NotImplementedError


def planned(capsys, *arguments):
    assert main(["plan", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_work_of_joint_training_is_the_one_worked_out_by_hand(project, tmp_path):
    found = work(resolve(project, "toy", "joint", overrides={}), EXTENT, tmp_path)
    # Two epochs of two batches. In each, both encoders take 64 samples forward and back, and forward alone 32
    # of each of three splits; a backward pass is two forward ones, and a pass is both: three.
    assert found.steps == 2 * 2
    assert found.passes == pytest.approx(2 * 2 * (64 + 2 * 64 + 3 * 32) / 3)


def test_what_the_loop_measures_is_counted(project, tmp_path):
    extra = {"training.trace": "sample", "training.trace_samples": 16, "training.gradients": 2}
    found = work(resolve(project, "toy", "joint", "measured", overrides=extra), EXTENT, tmp_path)
    # 16 samples of an exact trace and two batches of 32 more, forward and back.
    assert found.passes == pytest.approx(2 * 2 * (64 + 2 * 64 + 3 * 32) / 3 + 2 * 2 * (16 + 64))


@pytest.mark.parametrize("method", ["joint", "mmpareto", "inforeg", "unimodal", "ensemble", "umt", "mla"])
def test_the_work_is_that_of_a_real_run(project, tmp_path, method):
    spec = resolve(project, "toy", method, *(["first"] if method == "unimodal" else []), overrides={})
    assert main([*TRAIN, method, "--variant", spec.variant, "--runs", str(tmp_path / "runs")]) == 0
    cost = json.loads((spec.directory(tmp_path / "runs") / COST).read_text())
    found = work(spec, EXTENT, tmp_path / "scratch")
    assert found.steps == cost["steps"]
    assert found.passes == pytest.approx(passes(spec, EXTENT)(cost))


@pytest.mark.parametrize("method", METHODS.classes)
def test_every_method_has_its_miniature(method, tmp_path):
    modalities = METHODS.get(method).expand(("audio", "image"))
    for extra in modalities.values():
        found = work(make_spec(method, **extra), Extent((80, 40, 40), {}), tmp_path)
        assert found.passes > 0


def test_equal_miniatures_are_trained_once(project, tmp_path):
    spec = resolve(project, "toy", "joint", overrides={})
    work(spec, EXTENT, tmp_path)
    (summary,) = tmp_path.rglob("summary.json")
    before = summary.stat().st_mtime_ns
    work(spec.model_copy(update={"benchmark": "other", "seed": 4}), EXTENT, tmp_path)
    assert [path.stat().st_mtime_ns for path in tmp_path.rglob("summary.json")] == [before]
    assert miniature(spec).config.training.epochs == 2


def test_the_memory_of_a_step_is_the_one_worked_out_by_hand():
    encoder = {"kind": "mlp", "hidden": [8], "features": 4}
    config = RunConfig.model_validate(
        {
            "data": {"name": "synthetic"},
            "encoders": {"first": encoder},
            "training": {"epochs": 1, "lr": 0.1, "batch_size": 10},
        }
    )
    # 24 to 8 to 4 with biases: 236 parameters, of which gradients and momentum are two more; ten samples of
    # 24 numbers, of 8 before and after the ReLU, and of 4.
    expected = 4 * (3 * (24 * 8 + 8 + 8 * 4 + 4) + 10 * (24 + 8 + 8 + 4))
    assert step_bytes(config, {"first": (24,)}) == expected
    adam = config.training.model_copy(update={"optimizer": "adam"})
    assert step_bytes(config.model_copy(update={"training": adam}), {"first": (24,)}) == expected + 4 * 236


@pytest.mark.parametrize(("kind", "shape"), [("resnet18", (1, 65, 47)), ("resnet18_clip", (3, 2, 64, 64))])
def test_the_memory_is_little_above_what_torch_keeps_for_the_backward_pass(kind, shape):
    training = {"epochs": 1, "lr": 0.1, "batch_size": 4}
    content = {"data": {"name": "synthetic"}, "encoders": {"first": {"kind": kind}}, "training": training}
    network = ENCODERS.build(kind, {}).network(shape)
    weights = {each.untyped_storage().data_ptr() for each in network.parameters()}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = 0 if storage.data_ptr() in weights else storage.nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        output = network(torch.randn(4, *shape))
    assert output.requires_grad
    parameters = sum(each.numel() for each in network.parameters())
    found = step_bytes(RunConfig.model_validate(content), {"first": shape}) - 4 * 3 * parameters
    assert sum(kept.values()) <= found <= 1.15 * sum(kept.values())


def test_the_plan_counts_finished_runs_apart(project, capsys):
    before = planned(capsys, "--throughput", "100")
    # Unimodal of two modalities, their ensemble, joint training and InfoReg*: five cells of three seeds.
    assert (before["runs"], before["finished"]) == (15, 0)
    assert before["gpu_hours"] == pytest.approx(before["passes"] / 100 / 3600)
    assert before["missing"] == {}
    assert main([*TRAIN, "joint", "--seeds", "0-1"]) == 0
    capsys.readouterr()
    after = planned(capsys)
    assert (after["runs"], after["finished"]) == (13, 2)
    assert after["steps"] == before["steps"] - 2 * 4
    took = [json.loads(path.read_text())["wall_seconds"] for path in project.root.rglob("cost.json")]
    speed = 2 * 384 / sum(took)
    assert after["gpu_hours"] == pytest.approx(after["passes"] / speed / 3600)
    assert after["benchmarks"]["toy"] == {key: value for key, value in after.items() if key != "benchmarks"}


def test_one_model_is_built_for_all_finished_runs_of_a_job(project, capsys, monkeypatch):
    assert main([*TRAIN, "joint", "--seeds", "0-1"]) == 0
    experiment = {**EXPERIMENT, "rows": EXPERIMENT["rows"][2:3], "claims": []}
    write(project.root / "workflow/config/experiments/alone.yaml", experiment)
    models, built = [], module.built
    monkeypatch.setattr(module, "built", lambda *given: models.append(given) or built(*given))
    capsys.readouterr()
    assert planned(capsys, "alone", "--seeds", "2")["finished"] == 2
    assert len(models) == 1


@pytest.fixture
def paper(project, monkeypatch):
    """The suite of the paper is on `toy` and on `big`, whose data are to be had."""
    monkeypatch.setitem(DATASETS.classes, "big", Big)
    config = {**BENCHMARK, "title": "Big", "data": {"name": "big"}}
    write(project.root / "workflow/config/benchmarks/big.yaml", config)
    experiment = {**EXPERIMENT, "paper_benchmarks": ["toy", "big"]}
    write(project.root / "workflow/config/experiments/main.yaml", experiment)
    return project


def test_what_is_finished_takes_no_time(project, capsys):
    main(["train", "--benchmark", "toy", "--method", "joint", "--seeds", "0-1"])
    experiment = {**EXPERIMENT, "rows": EXPERIMENT["rows"][2:3], "claims": []}
    write(project.root / "workflow/config/experiments/alone.yaml", experiment)
    capsys.readouterr()
    found = planned(capsys, "alone", "--seeds", "2")
    assert [found[key] for key in ("finished", "runs", "steps", "gpu_hours")] == [2, 0, 0, 0.0]


def test_what_is_asked_for_is_planned_also_where_data_are_missing(paper, capsys):
    found = planned(capsys, "--suite", "paper", "--throughput", "toy=5")
    assert set(found["benchmarks"]) == {"toy", "big"}
    how = "Big does not come by itself; ask its owners, and run `inforeg data prepare big --raw DIR`."
    assert found["missing"] == found["benchmarks"]["big"]["missing"] == {"big": how}
    assert found["gpu_hours"] is found["benchmarks"]["big"]["gpu_hours"] is None
    alone = planned(capsys, "--suite", "paper", "--only", "big", "--seeds", "2", "--throughput", "2")
    assert list(alone["benchmarks"]) == ["big"]
    assert (alone["runs"], alone["disk_bytes"]) == (10, 5_000_000)
    # Unimodal twice with one encoder, InfoReg* and joint training with two, the ensemble evaluated once.
    epoch = (640 + 2 * 640 + 3 * 320) / 3
    assert alone["passes"] == pytest.approx(2 * 2 * (1 + 1 + 2 + 2) * epoch + 2 * 2 * 3 * 320 / 3)
    assert alone["gpu_hours"] == pytest.approx(alone["passes"] / 2 / 3600)


def test_the_plan_in_words(paper, capsys):
    assert main(["plan", "main", "--suite", "paper", "--only", "big", "--throughput", "big=2"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["benchmark", "finished", "runs", "steps", "passes", "hours", "disk", "memory"]
    assert [line.split()[:3] for line in said[2:4]] == [["Big", "0", "15"], ["in", "all", "0"]]
    assert "5.0 MB" in said[2]
    assert said[4].startswith("Big does not come by itself")


def test_how_large_it_is_is_not_known_where_nobody_says(paper, capsys, monkeypatch):
    monkeypatch.setattr(Big, "extent", None)
    found = planned(capsys, "--suite", "paper", "--throughput", "2")["benchmarks"]["big"]
    assert (found["runs"], found["steps"], found["gpu_hours"], found["memory_bytes"]) == (
        15,
        None,
        None,
        None,
    )
    assert main(["plan", "--suite", "paper"]) == 0
    assert "is not known before their data are there (`inforeg data fetch`): Big." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--suite", "papre"), "inforeg plan: suite = 'papre' is not valid"),
        (("--only", "bgi", "--suite", "paper"), "There is no benchmark 'bgi'; did you mean 'big'?"),
        (
            ("--seeds", "1"),
            "seeds = '1' is not valid: Input should be greater than or equal to 2",
        ),
        (("--throughput", "fast"), "--throughput 'fast' has no number above 0"),
        (("--throughput", "toy=0"), "--throughput 'toy=0' has no number above 0"),
        (("--throughput", "toi=3"), "There is no benchmark 'toi'; did you mean 'toy'?"),
        (("--only", "big"), "The experiment 'main' is on toy, of which `only` names none"),
        (("mian",), "There is no experiment 'mian'; did you mean 'main'?"),
    ],
)
def test_what_cannot_be_planned_is_a_sentence(paper, capsys, arguments, words):
    assert words in refused(capsys, "plan", *arguments)


# Samples, and bytes at the most: of CMU-MOSI 50 steps of 409 numbers; of Hateful Memes a picture of 256 x 256
# and 64 words.
PAPER = {
    "cremad": ((6028, 670, 744), 7442 * (10 * 3 * 256 * 341 + 2 * 66_150 + 16)),
    "kinetics_sounds": ((13_319, 1_480, 2_597), 17_396 * (10 * 3 * 256 * 341 + 4 * 1024 * 128 + 16)),
    "mosi": ((1284, 229, 686), 2199 * (4 * 50 * 409 + 3 * 8 + 4 + 1)),
    "hateful_memes": ((7650, 850, 500), 10_000 * (3 * 256 * 256 + 16 + 4 * 64 + 2 * 8)),
}


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_benchmarks_are_planned_without_their_data(name):
    config = Project(ROOT).benchmark(name)
    dataset = dataset_of(config.data)
    assert (dataset.extent.samples, dataset.disk_bytes) == PAPER[name]
    for modality, encoder in config.encoders.items():
        assert ENCODERS.build(encoder.kind, encoder.options).fits(dataset.extent.shapes[modality])
    assert 1e8 < step_bytes(config, dataset.extent.shapes) < 2e10


def test_the_extent_of_data_that_are_there_is_what_they_hold(project):
    small = Synthetic(train=64, val=32, test=16)
    assert extent(project, small) == Extent((64, 32, 16), EXTENT.shapes)
