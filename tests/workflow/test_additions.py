"""A method, a metric, a fusion, a probe is one file, a table one YAML, a benchmark both: as in the README."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

from tests.media import make
from tests.workflow.conftest import ROOT, Tree, add_benchmark, experiment

README = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Adding things\n")[1].split("\n## ")[0]
FENCE = r"^```{}\n{}(.*?)^```$"
SHOWN = dict(re.findall(FENCE.format(r"\w+", r"# (\S+)\n"), README, flags=re.DOTALL | re.MULTILINE))
(PIN,) = re.findall(FENCE.format("bash", ""), README, flags=re.DOTALL | re.MULTILINE)


def add(tree: Tree, path: str) -> None:
    (tree.path / path).write_text(SHOWN[path], encoding="utf-8")


def test_nothing_shown_is_left_untried() -> None:
    assert set(SHOWN) == {
        "inforeg/methods/focal.py",
        "workflow/config/experiments/focal.yaml",
        "inforeg/metrics/top3.py",
        "inforeg/models/fusions/average.py",
        "inforeg/probes/confidence.py",
        "inforeg/data/sets/rings.py",
        "workflow/config/benchmarks/rings.yaml",
        "workflow/config/benchmarks/surf.yaml",
    }


def test_a_method_and_a_table(tree: Tree) -> None:
    add(tree, "inforeg/methods/focal.py")
    # The README's table is on a benchmark that would have to be fetched: its name stands for a small one.
    add_benchmark(tree, "htad", "synthetic")
    add(tree, "workflow/config/experiments/focal.yaml")
    assert tree.pending() == set()

    tree.make("focal")
    table = (tree.path / "results/tables/focal.md").read_text(encoding="utf-8")
    assert all(label in table for label in ("Joint training", "Focal loss, sharper"))
    assert {path.name for path in (tree.path / "results/runs/htad/focal").iterdir()} == {"default", "sharp"}


def test_a_metric_of_finished_runs(tree: Tree) -> None:
    runs = {path: path.stat().st_mtime_ns for path in (tree.path / "results/runs").rglob("*")}
    add(tree, "inforeg/metrics/top3.py")
    asked = {"metric": "top3", "beside": ["top3/*", "auroc", "calibration_error"]}
    ranked = {**experiment(["synthetic", "second"], ["joint", "inforeg"]), **asked}
    tree.write("workflow/config/experiments/ranked.yaml", ranked)

    tree.make("ranked")
    table = (tree.path / "results/tables/ranked.md").read_text(encoding="utf-8")
    brackets = "top-3 accuracy of first / top-3 accuracy of second / AUROC / expected calibration error"
    assert "Test top-3 accuracy at the epoch" in table
    assert f"In brackets: {brackets}." in table
    assert {path: path.stat().st_mtime_ns for path in (tree.path / "results/runs").rglob("*")} == runs


def test_a_fusion(tree: Tree) -> None:
    add(tree, "inforeg/models/fusions/average.py")
    averaged = experiment(["synthetic"], ["joint", "inforeg"])
    for row in averaged["rows"]:
        row |= {"variant": "averaged", "set": {"fusion": "average"}}
    tree.write("workflow/config/experiments/averaged.yaml", {**averaged, "reference": "joint/averaged"})

    tree.make("averaged")
    table = (tree.path / "results/tables/averaged.md").read_text(encoding="utf-8")
    assert "Inforeg" in table


def test_a_probe_of_finished_runs(tree: Tree) -> None:
    add(tree, "inforeg/probes/confidence.py")
    assert tree.pending() == set()
    metric = 'Metric("confidence", "confidence", by_modality=False, probe="confidence")'
    text = f"from inforeg.metrics.base import Metric\n\nCONFIDENCE = {metric}\n"
    (tree.path / "inforeg/metrics/confidence.py").write_text(text, encoding="utf-8")
    trained = {path: path.stat().st_mtime_ns for path in (tree.path / "results/runs").rglob("seeds=*.json")}
    asked = {"probes": ["confidence"], "beside": ["confidence"]}
    sure = {**experiment(["synthetic"], ["joint", "inforeg"]), **asked}
    tree.write("workflow/config/experiments/sure.yaml", sure)

    tree.make("table_sure")
    table = (tree.path / "results/tables/sure.md").read_text(encoding="utf-8")
    assert "In brackets: confidence." in table
    runs = pd.read_parquet(tree.path / "results/collected/sure/runs.parquet")
    found = runs[runs["metric"] == "confidence"]
    assert set(found["selection"] + "/" + found["split"]) == {"val/test"}
    assert (len(found), found["value"].between(0.1, 1).all()) == (4, True)
    assert {path: path.stat().st_mtime_ns for path in trained} == trained


def test_a_benchmark(tree: Tree) -> None:
    add(tree, "inforeg/data/sets/rings.py")
    add(tree, "workflow/config/benchmarks/rings.yaml")
    # In the README's place the installed package is this folder's; here PYTHONPATH makes it so.
    path = f"{Path(sys.executable).parent}:{tree.environment()['PATH']}"
    environment = {**tree.environment(), "PATH": path, "PYTHONPATH": str(tree.path)}
    for command in ("dvc init --no-scm --quiet", *PIN.splitlines()):
        subprocess.run(command, shell=True, check=True, cwd=tree.path, env=environment, capture_output=True)
    tree.write("workflow/config/experiments/added.yaml", experiment(["rings"], ["joint", "ensemble"]))

    tree.make("added")
    table = (tree.path / "results/tables/added.md").read_text(encoding="utf-8")
    assert "Rings" in table
    needed = {path.name for path in (tree.path / "results/runs/rings/unimodal").iterdir()}
    assert {"sharp", "blurred"} <= needed


def test_a_collection_of_clips(fresh: Tree, tmp_path: Path) -> None:
    tree = fresh.copy(tmp_path / "project")
    add(tree, "workflow/config/benchmarks/surf.yaml")
    lines = []
    for kind, pitch in (("paddling", 300.0), ("riding", 900.0)):
        for number, part in enumerate(("train", "train", "train", "val", "test")):
            make(tmp_path / f"clips/{kind}/{number}.mp4", 1.0, sound=number != 1, pitch=pitch)
            lines.append(f"{kind}/{number}.mp4,{kind},{part}\n")
    (tmp_path / "clips/clips.csv").write_text("".join(lines), encoding="utf-8")
    (command,) = re.findall("`inforeg (data prepare surf --raw) DIR`", README.replace("\n", " "))
    short = ("--variant", "short", "--set", "training.epochs=1", "--set", "data.pixels=32")
    for words in (
        (*command.split(), str(tmp_path / "clips")),
        ("train", "--benchmark", "surf", "--method", "joint", *short, "--out", str(tmp_path / "run")),
    ):
        answer = tree.run("inforeg", *words)
        assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "run/predictions.parquet").is_file()
