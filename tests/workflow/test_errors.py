"""What a user reads who gave something wrong."""

import subprocess
from collections.abc import Callable

import pytest

from inforeg.suite.checks import RULES
from tests.workflow.conftest import Tree
from tests.workflow.forked import forked

Answer = subprocess.CompletedProcess[str]

MAIN = "workflow/config/experiments/main.yaml"
CONFIG = "workflow/config/config.yaml"
WORKFLOW = "experiments: [main]\nquick: main\n"


def put(name: str, text: str) -> Callable[[Tree], object]:
    return lambda tree: (tree.path / name).write_text(text, encoding="utf-8")


CHANGES: dict[str, tuple[Callable[[Tree], object], str]] = {
    "a misspelt name": (
        lambda tree: tree.edit(MAIN, "- second", "- secnd"),
        "There is no benchmark 'secnd'; did you mean 'second'?",
    ),
    "no YAML": (lambda tree: tree.edit(MAIN, "seeds: 2", "seeds: [2"), f"{MAIN} is not valid YAML"),
    "an impossible value": (lambda tree: tree.edit(MAIN, "seeds: 2", "seeds: !!bool abc"), MAIN),
    "an unknown suite": (put(CONFIG, f"suite: all\n{WORKFLOW}"), f"{CONFIG}: suite = 'all' is not valid"),
    "a rule's name": (
        put(CONFIG, f"{WORKFLOW}targets: {{claims: [main]}}\n"),
        "the target 'claims' is the workflow's own",
    ),
    "a rule's name for an experiment": (
        lambda tree: (tree.path / MAIN).with_stem("merge").write_bytes((tree.path / MAIN).read_bytes()),
        "The experiment 'merge' has the name of one of the workflow's rules; rename it.",
    ),
    "no config.yaml": (lambda tree: (tree.path / CONFIG).unlink(), CONFIG),
    "a merge conflict": (put("data.dvc", "<<<<<<< ours\nouts: []\n=======\n"), "holds a merge conflict"),
    "a command in a name": (put(MAIN.replace("main", "$(touch x)"), "{}"), "holds '$(touch x).yaml'"),
}
TARGETS = {
    "snakemake -n mian": "There is no target 'mian'; did you mean 'main'?",
    "snakemake -n main_tabels": "There is no target 'main_tabels'; did you mean 'main_tables'?",
    "snakemake --cores 1 data/$(touch${IFS}x)/MANIFEST.json": "did you mean 'data/second/MANIFEST.json'?",
    "snakemake --cores 1 main -R tarin": "There is no target 'tarin'; did you mean 'train'?",
}
# Where another program calls Snakemake its arguments are not known; the wildcards still match no such name.
CALLED = "./another.py --cores 1 data/$(touch${IFS}x)/MANIFEST.json"


@pytest.fixture(scope="module")
def changed(fresh: Tree, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tree]:
    """A project for each change."""
    folder = tmp_path_factory.mktemp("changed")
    trees = {name: fresh.copy(folder / name) for name in CHANGES}
    for name, (change, _) in CHANGES.items():
        change(trees[name])
    return {**trees, "nothing": fresh.copy(folder / "nothing")}


@pytest.fixture(scope="module")
def answers(changed: dict[str, Tree], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    """What is said to each target, and by `snakemake` and `inforeg check` to each change."""
    commands = [(changed[name], command) for name in CHANGES for command in ("snakemake -n", "inforeg check")]
    commands += [(changed["nothing"], command) for command in (*TARGETS, CALLED, "snakemake --list-rules")]
    found = forked(commands, tmp_path_factory.mktemp("answers") / "each")
    names = [*(f"{name}, {program}" for name in CHANGES for program in ("snakemake", "inforeg"))]
    return dict(zip([*names, *TARGETS, CALLED, "rules"], found, strict=True))


@pytest.mark.parametrize("name", CHANGES)
def test_a_bad_configuration_is_the_sentence_of_the_check(answers: dict[str, Answer], name: str) -> None:
    said, checked = answers[f"{name}, snakemake"], answers[f"{name}, inforeg"]
    assert CHANGES[name][1] in said.stderr
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1)
    assert (said.returncode, said.stderr) == (checked.returncode, checked.stderr)


@pytest.mark.parametrize("command", TARGETS)
def test_a_misspelt_target_is_refused_with_the_nearest(answers: dict[str, Answer], command: str) -> None:
    said = answers[command]
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1)
    assert TARGETS[command] in said.stderr


def test_no_name_is_a_command(answers: dict[str, Answer], changed: dict[str, Tree]) -> None:
    assert answers[CALLED].returncode == 1
    assert "MissingRuleException" in answers[CALLED].stderr
    assert [name for name, tree in changed.items() if (tree.path / "x").exists()] == []


def test_targets_may_not_have_the_names_of_these_rules(answers: dict[str, Answer]) -> None:
    assert {line.split()[0] for line in answers["rules"].stdout.splitlines()} == {
        *RULES,
        "diagnose_second",
        "diagnose_synthetic",
        "main",
        "main_tables",
        "main_figures",
        "main_claims",
    }


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
