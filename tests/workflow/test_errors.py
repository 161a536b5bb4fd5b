"""What a user reads who gave something wrong."""

from pathlib import Path

import pytest

from tests.workflow.conftest import Tree

MAIN = "workflow/config/experiments/main.yaml"


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("- second", "- secnd", "There is no benchmark 'secnd'; did you mean 'second'?"),
        ("seeds: 2", "seeds: [2", "workflow/config/experiments/main.yaml is not valid YAML"),
    ],
)
def test_a_bad_yaml_is_one_sentence(
    fresh: Tree, tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    tree = fresh.copy(tmp_path / "project")
    tree.edit(MAIN, before, after)
    answer = tree.run("snakemake", "--cores", "2")
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_data_that_cannot_be_had_are_named_and_nothing_is_lost(tree: Tree) -> None:
    manifest = tree.path / "data/second/MANIFEST.json"
    before = manifest.read_bytes()
    tree.pin("second", f"{'0' * 32}.dir")
    answer = tree.run("snakemake", "--cores", "2")
    assert answer.returncode == 1
    sentences = [line for line in answer.stderr.splitlines() if line.startswith("inforeg: ")]
    assert len(sentences) == 1
    assert "data/second" in sentences[0]
    assert f"data.dvc pins {'0' * 32}.dir" in sentences[0]
    assert manifest.read_bytes() == before
    assert (tree.path / "results/runs/second/joint/default/seed=0/summary.json").exists()
