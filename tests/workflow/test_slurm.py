"""The profile on a real Slurm cluster: the same bits, whatever becomes of jobs and of the command."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.workflow.cluster import ACCOUNTING, TOOLS, Cluster, cluster, lacking
from tests.workflow.conftest import Tree, add_benchmark, add_held, assert_unbroken, need_plugin
from tests.workflow.held import PATIENCE, results, wait_for, wait_until

need_plugin("slurm")
pytestmark = pytest.mark.skipif(bool(lacking(TOOLS)), reason=f"needs Slurm: {lacking(TOOLS)}")

ENDED = ("orphaned", "requeued", "cancelled")
PROFILE = ("--profile", "workflow/profiles/slurm", "--slurm-init-seconds-before-status-checks", "2")
ALONE = ("--group-components", "runs=1")


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster without accounting."""
    with cluster(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@pytest.fixture(scope="module")
def late(
    slurm: Cluster, finished: Tree, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Tree, subprocess.Popen[str]]]:
    """A training that waits beyond a minute, Slurm's least limit, and its command, while other tests run."""
    tree = held_in(finished, tmp_path_factory.mktemp("late") / "project", "late")
    limit = ("--set-resources", "train:runtime=attempt")
    with tree.start("snakemake", report("late"), *PROFILE, *ALONE, *limit, **slurm.environment) as command:
        yield tree, command
        command.kill()


def held_in(finished: Tree, path: Path, *benchmarks: str) -> Tree:
    """The project there with these benchmarks, on each of which training waits."""
    tree = callable_by_slurm(finished.copy(path))
    add_held(tree, *benchmarks)
    for name in benchmarks:
        add_benchmark(tree, name, "synthetic")
        (path / f"hold.{name}").touch()
    return tree


def callable_by_slurm(tree: Tree) -> Tree:
    """With an interpreter whose path needs no quotes: the plug-in sets none."""
    return replace(tree, python=sys.executable)


def report(benchmark: str) -> str:
    return f"results/runs/{benchmark}/held/default/seeds=0-1.json"


def training(tree: Tree, benchmark: str, command: subprocess.Popen[str]) -> psutil.Process:
    """The process that trains there, once it waits."""
    sign = tree.path / f"held.{benchmark}"
    process = psutil.Process(int(wait_for(sign, command)))
    sign.unlink()
    return process


def job_of(process: psutil.Process) -> str:
    """Slurm's number of the job that it is in."""
    return process.environ()["SLURM_JOB_ID"]


def trainings(tree: Tree) -> int:
    """How many processes train in the project, or wait until another one has."""
    found = psutil.process_iter(["cmdline", "cwd"])
    here = (each.info["cmdline"] or [] for each in found if each.info["cwd"] == str(tree.path))
    return sum(command[1:4] == ["-m", "inforeg", "train"] for command in here)


def epochs(tree: Tree, benchmark: str) -> list[str]:
    """Those that were begun, in this order."""
    return (tree.path / f"epochs.{benchmark}").read_text(encoding="utf-8").split()


def shown(slurm: Cluster, tree: Tree, *columns: str) -> list[list[str]]:
    """What `squeue` says of the project's jobs, the first one first."""
    wide = ",".join(f"{name}:300" for name in ("workdir", *columns))
    jobs = slurm.answer("squeue", "--states=all", "--noheader", "--sort=i", f"--Format={wide}").splitlines()
    return [words[1:] for words in map(str.split, jobs) if words[0] == str(tree.path)]


@pytest.mark.usefixtures("late")
def test_quick_is_two_jobs_and_the_same_bits(fresh: Tree, finished: Tree, tmp_path: Path) -> None:
    """With accounting, where its programs are there."""
    tree = callable_by_slurm(fresh.copy(tmp_path / "project"))
    (tmp_path / "slurm").mkdir()
    with cluster(tmp_path / "slurm", accounting=not lacking(ACCOUNTING)) as slurm:
        with tree.start("snakemake", "quick", *PROFILE, **slurm.environment) as command:
            said = command.communicate()[1]
        assert command.returncode == 0, said
        assert list(slurm.states().values()) == ["COMPLETED"] * 2
        if slurm.accounting:
            recorded = slurm.answer("sacct", "--allocations", "--noheader", "--format=State")
            assert recorded.split() == ["COMPLETED"] * 2
    for made in ("runs", "tables"):
        here, there = (results(each.path / "results" / made) for each in (tree, finished))
        assert here.keys() == there.keys()
        assert {name: here[name] == there[name] for name in here} == dict.fromkeys(here, True)


@pytest.mark.usefixtures("late")
def test_whatever_ends_a_job_the_same_command_goes_on(slurm: Cluster, finished: Tree, tmp_path: Path) -> None:
    tree = held_in(finished, tmp_path / "project", *ENDED)
    wanted = ("snakemake", *map(report, ENDED), *PROFILE, *ALONE)
    with tree.start(*wanted, **slurm.environment) as killed:
        old = {name: training(tree, name, killed) for name in ENDED}
        killed.kill()
    with tree.start(*wanted, **slurm.environment) as again:
        wait_until(lambda: trainings(tree) == 6, "the command does not start its own jobs", again)
        (tree.path / "hold.orphaned").unlink()
        slurm.answer("scancel", *(job_of(old[name]) for name in ("requeued", "cancelled")))
        new = {name: training(tree, name, again) for name in ("requeued", "cancelled")}
        slurm.answer("scontrol", "requeue", job_of(new["requeued"]))
        slurm.answer("scancel", job_of(new["cancelled"]))
        for name, process in new.items():
            process.wait(PATIENCE)
            (tree.path / f"hold.{name}").unlink()
        said = again.communicate()[1]
    assert again.returncode == 0, said
    begun = {name: epochs(tree, name) for name in ENDED}
    goes_on = ["0", "1", "2", "2", "2", "3"]
    assert begun == {"orphaned": ["0", "1", "2", "3"], "requeued": goes_on, "cancelled": goes_on}
    for name in ENDED:
        assert_unbroken(tree, name)


def test_a_job_beyond_its_limit_goes_on_with_more(
    slurm: Cluster, late: tuple[Tree, subprocess.Popen[str]]
) -> None:
    tree, command = late
    said = command.communicate()[1]
    assert command.returncode == 0, said
    jobs = shown(slurm, tree, "state", "timelimit", "minmemory")
    assert jobs[0] == ["TIMEOUT", "1:00", "4000M"]
    assert jobs[1][1:] == ["2:00", "8000M"]
    assert jobs[-1][0] == "COMPLETED"
    begun = epochs(tree, "late")
    assert begun == sorted(begun)
    assert begun.count("2") > 1
    assert_unbroken(tree, "late")


def test_a_job_asks_for_the_gpu_that_its_training_needs(
    slurm: Cluster, finished: Tree, tmp_path: Path
) -> None:
    tree = callable_by_slurm(finished.copy(tmp_path / "project"))
    tree.edit("workflow/config/benchmarks/synthetic.yaml", "lr: 0.05", "lr: 0.04")
    machine = {"device": "cuda", "threads": 2}
    tree.write("workflow/config/config.yaml", {"experiments": ["main"], "quick": "main", "machine": machine})
    wanted = "results/runs/synthetic/joint/default/seeds=0-1.json"
    with tree.start("snakemake", wanted, *PROFILE, **slurm.environment) as command:
        wait_until(lambda: bool(shown(slurm, tree)), "no job is submitted", command)
        command.kill()
    assert shown(slurm, tree, "tres-per-job", "numcpus") == [["gres:gpu:1", "2"]]
