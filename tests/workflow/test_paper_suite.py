"""The suite of the paper, of which some data are there: what is planned, refused, made, and where."""

from pathlib import Path

import pytest

from inforeg.suite.tuning import TUNING
from tests.workflow.conftest import Tree, add_benchmark

MAIN = "workflow/config/experiments/main.yaml"
GATHERED = '''"""A data set of the user's files."""

from typing import ClassVar

from pydantic.dataclasses import dataclass

from inforeg.data.gathered import Gathered
from inforeg.data.sets.synthetic import Synthetic
from inforeg.registry import OPTIONS


@dataclass(frozen=True, config=OPTIONS)
class Third(Gathered):
    """Nothing can be read of it."""

    name: ClassVar = "third"
    title: ClassVar = "Third"
    modalities: ClassVar = Synthetic.modalities
    classes: ClassVar = Synthetic.classes
    sources: ClassVar = {}
    licence: ClassVar = "-"
    citation: ClassVar = "-"
    how: ClassVar = "get it from its owners"
    layout: ClassVar = "files"

    def gather(self, material, sources, folder):
        raise NotImplementedError

    def load(self, folder):
        raise NotImplementedError
'''


@pytest.fixture
def paper(tree: Tree) -> Tree:
    """The experiment `main` is on `second` and `third` in the suite of the paper; `third` is to be had."""
    (tree.path / "inforeg/data/sets/third.py").write_text(GATHERED, encoding="utf-8")
    add_benchmark(tree, "third", "third")
    tree.edit("workflow/config/benchmarks/third.yaml", "  train: 64\n  val: 32\n  test: 32\n", "")
    tree.edit(MAIN, "seeds: 2\n", "paper_benchmarks: [second, third]\nseeds: 2\n")
    return tree


def files(tree: Tree) -> dict[Path, int]:
    found = (path for path in (tree.path / "results").rglob("*") if path.is_file())
    return {path.relative_to(tree.path): path.stat().st_mtime_ns for path in found}


def test_missing_data_are_planned_named_and_nothing_is_trained_without_them(paper: Tree) -> None:
    before = files(paper)
    planned = paper.run("snakemake", "-n", "--config", "suite=paper")
    assert planned.returncode == 0, planned.stderr
    how = "inforeg: Third does not come by itself; get it from its owners, and run `inforeg data prepare"
    assert planned.stderr.count(how) == 1
    assert "third/joint" in planned.stdout
    refused = paper.run("snakemake", "--cores", "1", "--config", "suite=paper", "seeds=3")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == (
        "inforeg: What is asked for reads data/third, not in data.dvc yet; run `inforeg data prepare third "
        "--raw DIR`, or ask for the others by `--config only=second`."
    )
    assert files(paper) == before
    assert not list((paper.path / ".snakemake/locks").glob("*"))


def test_a_suite_writes_into_its_own_folder_and_shares_the_runs(paper: Tree) -> None:
    before = files(paper)
    asked = ("--config", "suite=paper", "only=second,synthetic")
    paper.make("all", "complete", "tuning", *asked)
    made = {path for path, time in files(paper).items() if before.get(path) != time}
    own, shared = Path("results/paper"), (Path("results/runs"), Path("results/logs"))
    elsewhere = {path for path in made if not path.is_relative_to(own)}
    assert {path.relative_to(own) for path in made - elsewhere} == {
        *(path.relative_to("results") for path in before if _is_of_the_suite(path)),
        *(Path("tuning") / name for name in TUNING.files),
    }
    assert not [path for path in elsewhere if not any(path.is_relative_to(each) for each in shared)]
    assert not [path for path in elsewhere if path.is_relative_to("results/runs/second")]
    for name in ("tables/main.md", "tables/main_second.md", "claims.md"):
        assert "Not asked for: Third." in (paper.path / own / name).read_text(encoding="utf-8")
    summaries = {path: time for path, time in files(paper).items() if path.name == "summary.json"}
    paper.make("all", *asked, "seeds=3")
    after = files(paper)
    assert {path: after[path] for path in summaries} == summaries
    assert "n = 3 seeds" in (paper.path / own / "tables/main.md").read_text(encoding="utf-8")
    assert {path: time for path, time in after.items() if not path.is_relative_to(own)}.items() >= {
        (path, time) for path, time in before.items() if not path.is_relative_to("results/logs")
    }


def _is_of_the_suite(path: Path) -> bool:
    """Whether the file of the embedded suite has a counterpart in the suite of the paper."""
    shared = ("runs", "logs")
    alone = "synthetic" in path.name or path.stem.endswith("_across")  # only one benchmark is asked for there
    return path.parts[1] not in shared and not alone
