"""From trials to a table of tuned methods: the commands of the README."""

import shutil

from tests.workflow.conftest import Tree, experiment


def test_settings_are_chosen_on_seeds_of_their_own(tree: Tree) -> None:
    tree.make("settings")
    made = tree.path / "results/settings"
    assert len((made / "trials.csv").read_text(encoding="utf-8").splitlines()) == 1 + 1 + 3
    seeds = (tree.path / "results/runs/synthetic/joint/setting_3").glob("seed=*")
    assert [folder.name for folder in seeds] == ["seed=200"]
    assert "training.lr" in (made / "chosen.yaml").read_text(encoding="utf-8")


def test_trials_then_their_choices_in_a_table(tree: Tree) -> None:
    tree.make("tuning")
    made = tree.path / "results/tuning"
    assert len((made / "trials.csv").read_text(encoding="utf-8").splitlines()) == 1 + 2 * 2

    shutil.copy(made / "tuned.yaml", tree.path / "workflow/config")
    tuned = {**experiment(["synthetic"], ["joint", "inforeg"]), "tuned": True}
    tree.write("workflow/config/experiments/tuned.yaml", tuned)
    assert tree.pending() == set()
    tree.make("tuned")
    assert "Every row is tuned" in (tree.path / "results/tables/tuned.md").read_text(encoding="utf-8")
