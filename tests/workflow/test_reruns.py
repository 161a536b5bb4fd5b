"""What runs again, and what does not."""

import json
import shutil
from pathlib import Path

from tests.workflow.conftest import Tree

TARGETS = {
    "main": ("tables", "claims", "statistics", "figures"),
    "main_tables": ("tables", "claims"),
    "main_figures": ("figures",),
    "main_claims": ("claims",),
}
FORMER_TARGETS = {"table_main": ("tables", "statistics"), "figure_main": ("figures",)}
RUNS = "results/runs/{}/{}/default/"
TRAINED, EXAMINED = "seeds=0-1.json", "probe=linear.seeds=0-1.json"


def reports(*cells: tuple[str, str]) -> set[str]:
    return {RUNS.format(*cell) + name for cell in cells for name in (TRAINED, EXAMINED)}


def trained(outputs: set[str]) -> set[str]:
    """What is trained or examined."""
    return {name for name in outputs if name.startswith("results/runs/")}


def times(tree: Tree) -> dict[str, int]:
    found = (tree.path / top for top in ("results", "data"))
    files = (path for top in found for path in top.rglob("*") if path.is_file())
    return {str(path): path.stat().st_mtime_ns for path in files}


def test_a_second_time_there_is_nothing_to_be_done(tree: Tree) -> None:
    before = times(tree)
    assert "Nothing to be done" in tree.make()
    assert times(tree) == before


def test_a_comment_reruns_nothing(tree: Tree) -> None:
    sources = [*tree.path.rglob("*.py"), *tree.path.rglob("*.smk"), tree.path / "Snakefile"]
    assert len(sources) > 40
    for path in sources:
        path.write_text(f"{path.read_text(encoding='utf-8')}\n# a remark\n", encoding="utf-8")
    assert tree.pending() == set()


def test_a_setting_reruns_its_runs_and_what_follows(tree: Tree) -> None:
    tree.edit("inforeg/methods/inforeg.py", 'Eq. 16")] = 0.9', 'Eq. 16")] = 0.8')
    pending = tree.pending()
    assert trained(pending) == reports(("synthetic", "inforeg"), ("second", "inforeg"))
    assert {"results/tables/main.tex", "results/figures/main_curves.pdf", "results/claims.md"} < pending
    assert "results/runs.parquet" in pending
    assert not any(name.startswith("data/") for name in pending)


def test_data_rerun_the_runs_that_read_them(tree: Tree) -> None:
    tree.pin("second", f"{'0' * 32}.dir")
    pending = tree.pending()
    assert trained(pending) == reports(("second", "joint"), ("second", "inforeg"))
    assert {name for name in pending if name.startswith("data/")} == {"data/second/MANIFEST.json"}


def test_a_caption_reruns_no_training(tree: Tree) -> None:
    tree.edit("workflow/config/experiments/main.yaml", "title: Small", "title: Little")
    pending = tree.pending()
    assert {"results/statistics/main.csv", "results/statistics/main/means.parquet"} < pending
    assert "results/tables/main.md" in pending
    assert trained(pending) == set()


def test_a_benchmarks_title_reruns_no_training(tree: Tree) -> None:
    tree.edit("workflow/config/benchmarks/second.yaml", "title: Second", "title: The second one")
    pending = tree.pending()
    assert {"results/tables/main.md", "results/figures/main_curves.pdf", "results/claims.md"} < pending
    assert trained(pending) == set()


def test_an_experiment_and_its_parts_are_targets_and_its_former_names_make_what_they_made(tree: Tree) -> None:
    made = {
        kind: set((tree.path / "results" / kind).glob("main*.*"))
        for kind in ("tables", "claims", "statistics", "figures")
    }
    for target, kinds in {**TARGETS, **FORMER_TARGETS}.items():
        files = set().union(*(made[kind] for kind in kinds))
        before = {path: path.read_bytes() for path in files}
        for path in files:
            path.unlink()
        tree.make(target)
        assert {path: path.read_bytes() for path in files} == before


def test_statistics_that_were_damaged_are_made_anew_by_the_command_that_is_named(tree: Tree) -> None:
    path = tree.path / "results/statistics/main/means.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:-9])
    said = tree.run("inforeg", "table", "main").stderr
    assert "results/statistics/main/means.parquet is missing or damaged; `inforeg statistics main`" in said
    assert tree.run("inforeg", "statistics", "main").returncode == 0
    assert path.read_bytes() == content


def test_another_version_of_a_probe_examines_again_and_trains_nothing(tree: Tree) -> None:
    tree.edit("inforeg/probes/linear.py", 'name = "linear"\n', 'name = "linear"\n    version = 2\n')
    cells = {(benchmark, method) for benchmark in ("synthetic", "second") for method in ("joint", "inforeg")}
    report = RUNS.format("synthetic", "joint") + EXAMINED
    assert trained(tree.pending()) == {RUNS.format(*cell) + EXAMINED for cell in cells}
    tree.make(report)
    result = tree.path / report.replace(EXAMINED, "seed=1/probe=linear.json")
    assert json.loads(result.read_text(encoding="utf-8"))["version"] == 2
    assert "results/tables/main.md" in tree.pending()


def test_a_figure_asks_for_its_probes_alone(tree: Tree) -> None:
    tree.edit("workflow/config/experiments/main.yaml", "- curves", "- curves\n- tsne")
    probes = [f"probe={name}.seeds=0-1.json" for name in ("embedding", "separation")]
    cells = {(benchmark, method) for benchmark in ("synthetic", "second") for method in ("joint", "inforeg")}
    assert trained(tree.pending()) == {RUNS.format(*cell) + probe for cell in cells for probe in probes}
    tree.make(RUNS.format("second", "inforeg") + probes[0])
    folder = tree.path / RUNS.format("second", "inforeg")
    assert {path.parent.name for path in folder.rglob("probe=embedding.json")} == {"seed=0"}


def test_a_run_trained_before_is_examined_alone(tree: Tree) -> None:
    for path in (tree.path / "results/runs").rglob("probe=*"):
        path.unlink()
    runs = {path: path.stat().st_mtime_ns for path in (tree.path / "results/runs").rglob("seed*/*.json")}
    table = (tree.path / "results/tables/main.md").read_text(encoding="utf-8")
    for made in ("collected", "tables"):
        shutil.rmtree(tree.path / "results" / made)
    assert {Path(name).name for name in trained(tree.pending())} == {EXAMINED}
    tree.make("table_main")
    assert {path: path.stat().st_mtime_ns for path in runs} == runs
    assert (tree.path / "results/tables/main.md").read_text(encoding="utf-8") == table
