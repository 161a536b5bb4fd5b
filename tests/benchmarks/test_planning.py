"""What a call of `snakemake` that runs nothing costs next to the imports that none can do without.

    pytest tests/benchmarks/test_planning.py

And what `inforeg plan` costs where all runs are finished next to where none is: it reads the summary of each.

All are processor time, user and system, of a child, measured in turns in one run; each test prints their
ratio and the child's peak memory. Results are complete once their commands, here a `touch`, have run.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from inforeg.suite.checks import configuration
from inforeg.suite.plan import with_seeds
from inforeg.suite.project import Project
from inforeg.suite.tuning import PROTOCOLS
from tests.runs import finish, kept
from tests.workflow.conftest import ROOT, Tree

IMPORTS = ("-c", "import torch, pandas, snakemake.api")
ROUNDS = 3
GIB = 2**30 if sys.platform == "darwin" else 2**20  # in the unit of ru_maxrss, bytes there and KiB elsewhere
COMMAND = re.compile(r'(shell:\n\s+)".*"(\n\s+".*")*')


def project(folder: Path) -> Tree:
    """This project's own workflow without its results, in `folder`, each command replaced by a `touch`."""
    skip = shutil.ignore_patterns("__pycache__")
    for name in ("inforeg", "workflow"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    for name in ("Snakefile", "data.dvc"):
        shutil.copy(ROOT / name, folder)
    for path in (folder / "inforeg/workflow/rules").glob("*.smk"):
        path.write_text(COMMAND.sub(r'\1"touch {output:q}"', path.read_text(encoding="utf-8")))
    return Tree(folder)


def large(folder: Path, rows: int = 100) -> Tree:
    """The same with one experiment alone: rows, all but the last with two teachers, times 100 seeds."""
    tree = project(folder)
    where = folder / "workflow/config"
    shutil.rmtree(where / "experiments")
    (where / "experiments").mkdir()
    for protocol in PROTOCOLS.values():
        (folder / protocol.path).unlink()
    umt = [
        {"label": f"UMT {n}", "method": "umt", "variant": f"row_{n}", "set": {"weight": 1 + n / 100}}
        for n in range(rows - 1)
    ]
    claim = {"id": "wins", "statement": "UMT wins", "better": "umt/row_0", "worse": "joint", "source": "-"}
    content = {
        "title": "Large",
        "benchmarks": ["synthetic"],
        "seeds": 100,
        "rows": [*umt, {"label": "Joint", "method": "joint"}],
        "reference": "joint",
    }
    tree.write("workflow/config/experiments/large.yaml", {**content, "claims": [claim]})
    tree.write("workflow/config/config.yaml", {"experiments": ["large"], "quick": "large"})
    return tree


def finish_all(tree: Tree) -> int:
    """Make all runs of all experiments finished ones; how many they are."""
    project, made = Project(tree.path), 0
    for job in configuration(project).jobs.values():
        for spec in with_seeds(job.spec, range(job.first, job.last + 1)):
            finish(spec.directory(project.root / "results/runs"), spec, kept(**{"val/accuracy": 0.5}))
            made += 1
    return made


def cost(tree: Tree, *arguments: str) -> tuple[float, float]:
    """Processor time in seconds and peak memory in GiB of Python with these arguments."""
    command = [tree.python, *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=tree.path, env=tree.environment(), **quiet) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / GIB


@pytest.mark.parametrize("complete", [False, True], ids=["without results", "with complete results"])
@pytest.mark.parametrize(
    ("make", "target", "most"),
    [(project, "quick", 2), (project, "all", 4), (large, "quick", 30)],
    ids=["quick", "all", "10,000 runs"],
)
def test_planning_over_imports(benchmark, capsys, tmp_path, *, make, target, most, complete):
    tree = make(tmp_path / "project")
    if complete:
        tree.make(target)
    dry = ("snakemake", "--dry-run", "--cores", "2", target)
    assert ("Nothing to be done" in tree.run(*dry).stdout) is complete
    dry = ("-m", *dry)
    rounds = [(cost(tree, *IMPORTS), cost(tree, *dry)) for _ in range(ROUNDS)]
    ratio = statistics.median(planned[0] / imported[0] for imported, planned in rounds)
    memory = max(planned[1] for _, planned in rounds)
    benchmark.extra_info.update(ratio=ratio, memory=memory)
    benchmark.pedantic(cost, (tree, *dry), rounds=1)
    with capsys.disabled():
        print(f"  planning over imports: {ratio:.2f}, with {memory:.2f} GiB")
    assert ratio <= most
    assert memory < 1


def test_finished_runs_over_none(benchmark, capsys, tmp_path):
    tree = large(tmp_path / "project", rows=34)
    assert finish_all(tree) == 10_000
    command = ("-m", "inforeg", "plan", "--json")
    assert json.loads(tree.run(*command[1:]).stdout)["finished"] == 10_000
    rounds = [(cost(tree, *command, "--runs", "nowhere"), cost(tree, *command)) for _ in range(ROUNDS)]
    ratio = statistics.median(finished[0] / none[0] for none, finished in rounds)
    memory = max(finished[1] for _, finished in rounds)
    benchmark.extra_info.update(ratio=ratio, memory=memory)
    benchmark.pedantic(cost, (tree, *command), rounds=1)
    with capsys.disabled():
        print(f"  finished runs over none: {ratio:.2f}, with {memory:.2f} GiB")
    assert ratio <= 2
    assert memory < 1
