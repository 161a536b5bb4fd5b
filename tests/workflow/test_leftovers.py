"""What a killed Snakemake left: only a command that runs jobs clears it, and only what a rule made."""

import re
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from tests.workflow.conftest import ROOT, Tree
from tests.workflow.forked import forked

TABLE = "results/tables/main.md"
MODES = (
    "-n", "-n --rerun-incomplete", "-n nothing", "-n --profile workflow/profiles/local", "--lint", "--dag",
    "--rulegraph", "--filegraph", "--d3dag", "--summary", "--detailed-summary", "--list-target-rules",
    "--list-input-changes", "--list-untracked", "--print-compilation", "--delete-temp-output -n",
)  # fmt: skip
"""Ways to call Snakemake that run nothing."""


def leave(tree: Tree) -> list[Path]:
    """Locks, and marks of an unfinished output, of a file outside the results, and of nothing."""
    folder = tree.path / ".snakemake"
    marks = [urlsafe_b64encode(name.encode()).decode() for name in (TABLE, "results/../precious.txt")]
    left = [
        *(folder / "incomplete" / name for name in (*marks, "_w==", "none")),
        *(folder / "locks" / name for name in ("0.input.lock", "0.output.lock")),
    ]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{TABLE}\n", encoding="utf-8")
    (tree.path / "precious.txt").write_text("precious", encoding="utf-8")
    return left


def snapshot(tree: Tree) -> dict[str, tuple[int, bytes]]:
    """Time and content of all that is there but Snakemake's folder and Python's caches."""
    found = {}
    for path in sorted(tree.path.rglob("*")):
        parts = path.relative_to(tree.path).parts
        if parts[0] != ".snakemake" and "__pycache__" not in parts and path.name != "__pycache__":
            content = path.read_bytes() if path.is_file() else b""
            # A folder's time is that of the cache that Python may have put into it.
            found["/".join(parts)] = (path.stat().st_mtime_ns if path.is_file() else 0, content)
    return found


@pytest.fixture
def left(tree: Tree) -> tuple[Tree, list[Path]]:
    return tree, leave(tree)


def test_what_runs_nothing_changes_nothing(left: tuple[Tree, list[Path]], tmp_path: Path) -> None:
    tree, marks = left
    before = snapshot(tree)
    answers = forked([(tree, f"snakemake {mode}") for mode in MODES], tmp_path / "answers")
    assert snapshot(tree) == before
    assert [path for path in marks if not path.exists()] == []
    for mode, answer in zip(MODES, answers, strict=True):
        # Those that show what is to be made ask about the unfinished output.
        asks = "IncompleteFilesException" in answer.stdout + answer.stderr
        assert answer.returncode == 0 or asks or "There is no target 'nothing'" in answer.stderr, mode
    assert [answer.stderr for answer in answers if "Traceback" in answer.stderr] == []


def test_what_runs_jobs_makes_the_unfinished_anew(left: tuple[Tree, list[Path]]) -> None:
    tree, marks = left
    (tree.path / TABLE).write_text("half", encoding="utf-8")
    answer = tree.run("snakemake", "--cores", "2", "main")
    assert answer.returncode == 0, answer.stderr
    assert (tree.path / TABLE).read_text(encoding="utf-8") != "half"
    assert [path.name for path in marks if path.exists()] == [path.name for path in marks[1:4]]
    assert (tree.path / "precious.txt").read_text(encoding="utf-8") == "precious"
    said = [line for line in answer.stderr.splitlines() if line.startswith("inforeg: ")]
    assert said[1:] == [f"inforeg: {TABLE} has the results"]
    assert marks[1].name in said[0]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "inforeg/workflow/rules").glob("*.smk")), ids=lambda path: path.name
)
def test_every_value_in_a_command_is_quoted(path: Path) -> None:
    commands = re.findall(r'shell:\s*((?:"[^"]*"\s*)+)', path.read_text(encoding="utf-8"))
    rules = re.findall(r"^ *rule\b.*:$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(commands) == len(rules)
    assert [value for value in re.findall(r"\{(.*?)\}", " ".join(commands)) if not value.endswith(":q")] == []
