"""What the rules share: the validated configuration, the jobs it asks for, the paths of what they make."""

import fcntl
import os
import shutil
import sys
from base64 import urlsafe_b64decode
from pathlib import Path

from inforeg import products
from inforeg.analysis.frames import COLUMNS, EXAMINED
from inforeg.checks import configuration
from inforeg.errors import UserError
from inforeg.jobs import needs, serving
from inforeg.project import Project
from inforeg.typeset import MISSING, PROGRAM

# Rules call `python`; it must be the one that runs Snakemake, also where its environment is not activated.
os.environ.update(PATH=f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}")

RUNS = "results/runs"
PDF = [f"results/{products.PDF}"] if shutil.which(PROGRAM) else []
FRAMES = [*(f"{name}.parquet" for name in COLUMNS), "provenance.json"]

if Path.cwd() != Path(workflow.basedir):
    sys.exit(f"inforeg: the workflow runs in its own folder; give the command in {workflow.basedir}.")

try:
    PROJECT = Project(Path(workflow.basedir))
    CONFIGURATION = configuration(PROJECT)
    HASHES = PROJECT.data_hashes()
except UserError as error:
    sys.exit(f"inforeg: {error}")

EXPERIMENTS, PLANS, JOBS = CONFIGURATION.experiments, CONFIGURATION.plans, CONFIGURATION.jobs
TRIALS, TARGETS = CONFIGURATION.trials, CONFIGURATION.workflow.targets
PAPER, QUICK = CONFIGURATION.workflow.experiments, CONFIGURATION.workflow.quick


wildcard_constraints:
    first=r"\d+",
    last=r"\d+",


def job_of(wildcards):
    """The job whose report the wildcards name."""
    return JOBS["{benchmark}/{method}/{variant}/seeds={first}-{last}.json".format(**wildcards)]


def manifest(wildcards):
    """The manifest of the data set that a job reads."""
    return f"data/{job_of(wildcards).spec.config.data.name}/MANIFEST.json"


def needed(wildcards):
    """The reports of the jobs that a job waits for."""
    job = job_of(wildcards)
    return [
        f"{RUNS}/{path}"
        for spec in needs(job.spec)
        for path in serving(JOBS, spec, job.first, job.last)
    ]


def reports(cells):
    """The reports of all jobs of the cells of an experiment or of tuning."""
    return [
        f"{RUNS}/{path}"
        for cell in cells
        for path in serving(JOBS, cell.specs[0], cell.specs[0].seed, cell.specs[-1].seed)
    ]


def examined(experiment):
    """The manifests of the data that the experiment's figures need beside its runs."""
    if not set(EXPERIMENTS[experiment].figures) & set(EXAMINED):
        return []
    names = {cell.specs[0].config.data.name for cell in PLANS[experiment].cells}
    return [f"data/{name}/MANIFEST.json" for name in sorted(names)]


def made(files):
    """Files below results/."""
    return [f"results/{file}" for file in files]


def made_of(experiment):
    """All that an experiment makes by itself."""
    return made(products.products(experiment, EXPERIMENTS[experiment]))


def settings(experiment):
    """What an experiment's tables and figures are made from beside its runs."""
    configs = map(PROJECT.benchmark, EXPERIMENTS[experiment].benchmarks)
    return [EXPERIMENTS[experiment].model_dump_json(), *(config.model_dump_json() for config in configs)]


def recover(folder):
    """Clear what a killed Snakemake left in `folder`, and return a sign of life to keep.

    Snakemake's own lock and its marks of unfinished outputs outlive it and would ask the user for --unlock
    and --rerun-incomplete. The kernel's lock dies with its process: every Snakemake holds it shared, and one
    that gets it for itself alone knows that what lies there is nobody's.
    """
    folder.mkdir(exist_ok=True)
    alive = (folder / "alive").open("w")
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        shutil.rmtree(folder / "locks", ignore_errors=True)
        for mark in filter(Path.is_file, (folder / "incomplete").rglob("*")):
            forget(mark, mark.relative_to(folder / "incomplete"))
    fcntl.flock(alive, fcntl.LOCK_SH)
    return alive


def forget(mark, name):
    """Remove the output that Snakemake marked as unfinished (the mark's name is its path in Base64)."""
    output = Path(urlsafe_b64decode("".join(part.lstrip("@") for part in name.parts)).decode())
    if output.is_relative_to("results"):  # data folders are verified when read, so none needs to be dropped
        output.unlink(missing_ok=True)
    mark.unlink()


if workflow.is_main_process:
    ALIVE = recover(Path(".snakemake"))
