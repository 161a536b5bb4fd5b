"""kill -9 of the training and of Snakemake, then the same command."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.workflow.conftest import Tree, experiment

# Joint training that waits in epoch 2 while there is a file `hold`, so that a test kills it there and nowhere
# else, and that logs the epochs it starts.
HELD = '''"""Joint training that can be held."""

import os
import time
from pathlib import Path

from inforeg.methods.base import Method


class Held(Method):
    """Joint training that can be held."""

    name = "held"
    title = "Held"
    family = "baseline"
    reference = "this test"

    def on_epoch_start(self, state):
        if state.spec.seed == 0:
            with Path("epochs").open("a") as log:
                print(state.epoch, file=log)
        if state.epoch == 2 and Path("hold").exists():
            Path("held.part").write_text(str(os.getpid()))
            Path("held.part").rename("held")
            while Path("hold").exists():
                time.sleep(0.02)
'''
REPORT = "results/runs/synthetic/held/default/seeds=0-1.json"
NOT_DETERMINISTIC = {"cost.json", ".lock"}
PATIENCE = 120  # seconds after which a test that waits gives up


def wait_for(path: Path, process: subprocess.Popen[str] | None = None) -> str:
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert process is None or process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, f"{path} does not come"
        time.sleep(0.02)
    return path.read_text(encoding="utf-8")


def results(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "tensorboard" not in path.parts)
    kept = (path for path in files if path.name not in NOT_DETERMINISTIC)
    return {str(path.relative_to(folder)): path.read_bytes() for path in kept}


@pytest.fixture
def held(tree: Tree) -> Iterator[Tree]:
    """The project with the method above."""
    (tree.path / "inforeg/methods/held.py").write_text(HELD, encoding="utf-8")
    tree.write("workflow/config/experiments/held.yaml", experiment(["synthetic"], ["held"]))
    machine = {"checkpoint_seconds": 0}  # or the run would be over before the first checkpoint
    tree.write("workflow/config/config.yaml", {"experiments": ["main"], "quick": "main", "machine": machine})
    yield tree
    (tree.path / "hold").unlink(missing_ok=True)  # a failed test leaves no process waiting


def test_killed_twice_the_results_are_those_of_an_unbroken_run(held: Tree) -> None:
    hold, sign, epochs = (held.path / name for name in ("hold", "held", "epochs"))
    hold.touch()

    first = held.start("snakemake", "--cores", "2", REPORT)
    pid = int(wait_for(sign, first))
    if sys.platform == "linux":
        parent = psutil.Process(pid).parent()
        assert parent is not None
        assert "inforeg.cli.worker" in parent.cmdline()
    second = held.run("snakemake", "--cores", "2", REPORT)
    assert second.returncode == 1
    assert "cannot be locked" in second.stderr
    os.kill(pid, signal.SIGKILL)
    assert "Error in rule train" in first.communicate()[1]
    assert first.returncode == 1

    sign.unlink()
    again = held.start("snakemake", "--cores", "2", REPORT)
    wait_for(sign, again)
    again.kill()
    again.wait()
    hold.unlink()
    wait_for(held.path / REPORT)  # the training outlives its Snakemake
    again.communicate()

    assert "1 of 1 steps (100%) done" in held.make(REPORT)
    assert epochs.read_text(encoding="utf-8").split() == ["0", "1", "2", "2", "3"]
    named = ("--benchmark", "synthetic", "--method", "held", "--seeds", "0-1")
    assert held.run("inforeg", "train", *named, "--runs", "unbroken").returncode == 0
    unbroken = results(held.path / "unbroken/synthetic/held/default")
    assert len(unbroken) >= 10
    broken = results(held.path / "results/runs/synthetic/held/default")
    assert {name: broken[name] == unbroken[name] for name in unbroken} == dict.fromkeys(unbroken, True)
