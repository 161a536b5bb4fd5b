"""The page on clusters: its commands plan the jobs, and its YAML fits the workflow and the image."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import ROOT, Tree, need_plugin

PAGE = ROOT / "workflow/docs/clusters.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = [shlex.split(line) for line in TEXT.splitlines() if line.startswith("snakemake ")]
MACHINE, JOB = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL))


@pytest.fixture
def project(fresh: Tree, tmp_path: Path) -> Tree:
    """The project before anything has run."""
    return fresh.copy(tmp_path / "project")


def planned(tree: Tree, *arguments: str) -> str:
    answer = tree.run("snakemake", "--dry-run", *arguments)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout + answer.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=["slurm", "cluster-generic"])
def test_a_command_of_the_page_plans_the_jobs(project: Tree, command: list[str]) -> None:
    executor = "slurm" if "--profile" in command else command[command.index("--executor") + 1]
    need_plugin(executor)
    plan = planned(project, *command[1:])
    assert "rule train:" in plan
    assert "mem_mb=4000" in plan


def test_jobs_ask_for_the_gpus_that_the_page_says(project: Tree) -> None:
    before = planned(project, "main", "--group-components", "runs=16")
    assert "gpu=" not in before
    assert [before.count(part) for part in ("Group job runs", "\n    rule train:")] == [1, 4]
    path = project.path / "workflow/config/config.yaml"
    project.write("workflow/config/config.yaml", yaml.safe_load(path.read_text(encoding="utf-8")) | MACHINE)
    jobs = re.split(
        r"\n(?=rule |localrule )", planned(project, "main", "--cores", "4", "--resources", "gpu=2")
    )
    training = [job for job in jobs if job.startswith("rule train:")]
    assert len(training) == 4  # none in a group
    assert all("gpu=1" in job and "threads: 4" in job for job in training)


def test_the_job_of_kubernetes_runs_the_image_as_it_is(project: Tree) -> None:
    pod = JOB["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    dockerfile = (ROOT / "workflow/envs/Dockerfile").read_text(encoding="utf-8")
    assert f"--uid {pod['securityContext']['fsGroup']} " in dockerfile
    (place,) = re.findall(r"^WORKDIR (.+)$", dockerfile, flags=re.MULTILINE)
    assert [Path(each["mountPath"]).parent for each in container["volumeMounts"]] == [Path(place)] * 3
    assert "rule train:" in planned(project, *container["command"][1:])
    asked = container["resources"]["limits"]["nvidia.com/gpu"]
    assert f"gpu={asked}" in container["command"]


def test_what_the_page_links_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#]+)", TEXT):
        assert (PAGE.parent / link).exists(), link
