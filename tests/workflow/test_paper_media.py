"""From folders of media to the paper's tables, on small media of the same layout."""

import os
import shutil
from pathlib import Path

import pytest
import yaml

from inforeg.suite.tuning import PROTOCOLS
from tests.paper import GIVEN, RAW, shrunk
from tests.workflow.conftest import ROOT, Tree

CONFIG = "workflow/config"


@pytest.fixture
def laboratory(fresh: Tree, tmp_path: Path) -> Tree:
    """The repository's own experiments, on the paper's benchmarks at small sizes; no data yet."""
    tree = fresh.copy(tmp_path / "laboratory")
    shutil.rmtree(tree.path / CONFIG)
    shutil.copytree(ROOT / CONFIG, tree.path / CONFIG)
    for protocol in PROTOCOLS.values():
        (tree.path / protocol.path).unlink()
    for path in (tree.path / CONFIG / "benchmarks").iterdir():
        if yaml.safe_load(path.read_text(encoding="utf-8"))["data"]["name"] in RAW:
            shrunk(path)
    shutil.copy(ROOT / "data.dvc", tree.path)
    return tree


def prepare(tree: Tree, name: str) -> None:
    folder = tree.path.parent / "raw" / name
    folder.mkdir(parents=True)
    raw = RAW[name](folder)
    answer = tree.run("inforeg", "data", "prepare", name, "--raw", str(raw), *GIVEN[name])
    assert answer.returncode == 0, answer.stderr
    assert tree.run("inforeg", "data", "verify", name).returncode == 0


def table(tree: Tree, name: str) -> str:
    return (tree.path / f"results/paper/tables/{name}.md").read_text(encoding="utf-8")


def test_one_benchmark_from_its_files_to_its_table(laboratory: Tree) -> None:
    prepare(laboratory, "mosi")
    laboratory.make("table6", "--config", "suite=paper", "only=mosi", "seeds=2")
    shown = table(laboratory, "table6")
    for row in ("Joint training", "OGM", "PMR", "AGM", "InfoReg"):
        assert f"| {row} " in shown
    assert "62.31 / 62.03" in shown  # printed
    assert "n = 2 seeds" in shown


@pytest.mark.slow
def test_the_whole_paper_from_its_files_to_its_tables(laboratory: Tree) -> None:
    """An hour of one core's time; INFOREG_KEEP names a folder for what it made."""
    for name in RAW:
        prepare(laboratory, name)
    try:
        laboratory.make("all", "printed", "--config", "suite=paper", "seeds=2")
    finally:
        if kept := os.environ.get("INFOREG_KEEP"):
            shutil.copytree(laboratory.path, kept, dirs_exist_ok=True, symlinks=True)
    for name, column, number in (
        ("table1", "CREMA-D", "49.65"),
        ("table2", "Kinetics-Sounds", "69.31 / 54.16 / 44.73"),
        ("table3", "CREMA-D", "75.71 / 61.63 / 61.22"),
        ("table4", "CREMA-D", "71.90"),
        ("table5", "CREMA-D", "70.23"),
        ("table6", "CMU-MOSI", "62.31 / 62.03"),
        ("table7", "Hateful Memes", "56.20"),
        ("printed", "CREMA-D, all training clips", "71.90"),
    ):
        shown = table(laboratory, name)
        assert column in shown
        assert number in shown
    figures = {path.name for path in (laboratory.path / "results/paper/figures").glob("*.pdf")}
    assert {"claims.pdf", "figure1_information.pdf", "figure6_tsne.pdf", "figure7_gain.pdf"} <= figures
