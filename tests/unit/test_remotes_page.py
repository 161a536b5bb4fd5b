"""The page on remotes: its commands, in its order, share the data and runs of one clone with another."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from dvc.cli import main as dvc

from inforeg.__main__ import main
from inforeg.suite.checks import configuration
from tests.runs import finish, kept

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "workflow/docs/remotes.md"
TEXT = PAGE.read_text(encoding="utf-8")
NAMING, DATA, PUSHING, PULLING = (
    block.splitlines() for block in re.findall(r"```bash\n(.*?)```", TEXT, flags=re.DOTALL)
)


def git(*arguments: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@b.invalid", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def give(command: str) -> None:
    program, *arguments = command.split()
    assert {"dvc": dvc, "inforeg": main}[program](arguments) == 0


def test_the_commands_of_the_page(project, tmp_path, monkeypatch, capsys):
    naming = [command.replace("s3://bucket/inforeg", str(tmp_path / "lab")) for command in NAMING]
    shutil.copy(ROOT / "Snakefile", ".")
    shutil.copy(ROOT / "inforeg/template/gitignore", ".gitignore")
    git("init", "--quiet")
    give("dvc init --quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "A project")
    shutil.rmtree("data")
    found = configuration(project).jobs_of([])
    for spec in (spec for job in found for spec in job.specs):
        finish(spec.directory(Path("results/runs")), spec, kept(**{"test/accuracy": 0.5}))
    for command in (*naming, *DATA, *PUSHING):
        give(command)
    assert git("status", "--porcelain") == ""
    assert list((tmp_path / "lab/files").rglob("*.dir"))

    git("clone", "--quiet", ".", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    *pulling, making = PULLING
    for command in (*naming, *pulling):
        give(command)
    assert re.search(r"^runs: \d+ pulled$", capsys.readouterr().out, re.MULTILINE)
    assert git("status", "--porcelain") == ""
    reports = [f"results/runs/{job.path}" for job in found]
    Path(reports[-1]).unlink()  # and what is not there is planned
    command = [sys.executable, "-m", *making.split(), "--dry-run", *reports]
    plan = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^ +output: (.*)$", plan, re.MULTILINE) == reports[-1:]


def test_no_hint_writes_a_remote_of_ones_own_into_a_tracked_file():
    files = [ROOT / "README.md", *(ROOT / "workflow/docs").rglob("*.md"), *(ROOT / "inforeg").rglob("*.*")]
    texts = (path.read_text(encoding="utf-8") for path in files if path.suffix in (".md", ".py"))
    hints = [hint for text in texts for hint in re.findall(r"dvc remote (?:add|modify) .*", text)]
    assert len(hints) > 3
    assert all("--local" in hint for hint in hints)
