"""Targets that take long: outside `complete`, with their cost stated; and seeds that two tables share."""

from pathlib import Path

from tests.workflow.conftest import Tree, experiment


def summaries(tree: Tree) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in tree.path.rglob("summary.json")}


def test_a_long_target_states_its_hours_and_is_made_when_it_is_named(tree: Tree) -> None:
    small = experiment(["synthetic", "second"], ["joint", "inforeg"])
    numbers = {"seeds": {"synthetic": 4, "default": 3}}
    tree.write("workflow/config/experiments/few.yaml", small)
    tree.write("workflow/config/experiments/many.yaml", {**small, **numbers})
    tree.write(
        "workflow/config/experiments/later.yaml", {**small, "benchmarks": ["synthetic"], "first_seed": 2}
    )
    targets = {"few": ["few"], "many": ["many", "later"]}
    workflow = {"experiments": ["main"], "quick": "main", "targets": targets, "long": {"many": 2.5}}
    tree.write("workflow/config/config.yaml", workflow)

    listed = tree.run("snakemake", "--list-target-rules").stdout.splitlines()
    assert "many (2.5 processor hours, outside `complete`)" in listed
    assert "few" in listed
    planned = tree.run("snakemake", "-n", "complete").stdout
    assert "rule few_tables" in planned
    assert "rule many_tables" not in planned

    before = summaries(tree)
    tree.make("many")
    after = summaries(tree)
    assert before.items() <= after.items()  # none is trained twice
    new = {path.parent.relative_to(tree.path / "results/runs") for path in after.keys() - before.keys()}
    assert {str(path) for path in new if "joint" in path.parts} == {
        "synthetic/joint/default/seed=2",
        "synthetic/joint/default/seed=3",
        "second/joint/default/seed=2",
    }
    table = (tree.path / "results/tables/many.md").read_text(encoding="utf-8")
    assert "over n = 4 seeds on Synthetic, 3 seeds on Second." in table
    table = (tree.path / "results/tables/later.md").read_text(encoding="utf-8")
    assert "over n = 2 seeds (2 to 3)." in table
