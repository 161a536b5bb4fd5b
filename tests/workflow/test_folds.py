"""An experiment on a benchmark with folds: each row is trained on all of them, and has one number a seed."""

import pandas as pd

from tests.workflow.conftest import Tree, add_benchmark, experiment

DATA_SET = '''"""A small data set with two folds."""

from typing import ClassVar

from pydantic.dataclasses import dataclass

from inforeg.data.sets.synthetic import Synthetic
from inforeg.registry import OPTIONS


@dataclass(frozen=True, config=OPTIONS)
class Halves(Synthetic):
    """Drawn like `synthetic`.

    Attributes:
        fold: that is tested on.
    """

    name: ClassVar[str] = "halves"

    fold: int = 1
'''


def test_a_table_over_folds(fresh: Tree, tmp_path) -> None:
    tree = fresh.copy(tmp_path / "project")
    (tree.path / "inforeg/data/sets/halves.py").write_text(DATA_SET, encoding="utf-8")
    add_benchmark(tree, "halves", "halves")
    yaml = tree.path / "workflow/config/benchmarks/halves.yaml"
    yaml.write_text(yaml.read_text(encoding="utf-8") + "folds: 2\n", encoding="utf-8")
    for words in (("prepare", "halves", "--output", "data/halves"), ("add", "halves", "--no-cache")):
        answer = tree.run("inforeg", "data", *words)
        assert answer.returncode == 0, answer.stderr
    tree.write("workflow/config/experiments/halved.yaml", experiment(["halves"], ["joint", "ensemble"]))

    tree.make("halved")
    trained = {path.name for path in (tree.path / "results/runs/halves/unimodal").iterdir()}
    assert trained == {f"fold{fold}_{m}" for fold in (1, 2) for m in ("first", "second")}
    runs = pd.read_parquet(tree.path / "results/collected/halved/runs.parquet")
    chosen = runs[(runs["metric"] == "accuracy") & (runs["split"] == "test") & (runs["selection"] == "val")]
    assert chosen.groupby("row")["seed"].apply(sorted).to_dict() == {"joint": [0, 1], "ensemble": [0, 1]}
    table = (tree.path / "results/tables/halved.md").read_text(encoding="utf-8")
    assert "Halves: a run is its mean over 2 folds." in table
