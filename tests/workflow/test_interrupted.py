"""kill -9 of the training and of Snakemake, then the same command."""

import os
import signal
import sys

import psutil

from tests.workflow.conftest import Tree, assert_unbroken
from tests.workflow.held import wait_for

REPORT = "results/runs/synthetic/held/default/seeds=0-1.json"


def test_killed_twice_the_results_are_those_of_an_unbroken_run(held: Tree) -> None:
    hold, sign, epochs = (held.path / f"{name}.synthetic" for name in ("hold", "held", "epochs"))
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
    assert_unbroken(held, "synthetic")
