"""What runs again, and what does not."""

from tests.workflow.conftest import Tree

FORMER_TARGETS = {"table_main": ("tables", "statistics"), "figure_main": ("figures",)}
RUNS = "results/runs/{}/{}/default/seeds=0-1.json"


def reports(*cells: tuple[str, str]) -> set[str]:
    return {RUNS.format(*cell) for cell in cells}


def trained(outputs: set[str]) -> set[str]:
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


def test_an_experiment_is_a_target_and_its_former_names_make_what_they_made(tree: Tree) -> None:
    made = {
        kind: set((tree.path / "results" / kind).glob("main*.*"))
        for kind in ("tables", "statistics", "figures")
    }
    for target, kinds in {"main": ("tables", "statistics", "figures"), **FORMER_TARGETS}.items():
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
