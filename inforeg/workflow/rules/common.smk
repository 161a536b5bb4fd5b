"""What the rules share: the validated configuration, the jobs it asks for, the paths of what they make."""

import os
import re
import shutil
import sys
from contextlib import redirect_stderr
from io import StringIO
from itertools import chain
from pathlib import Path

from snakemake.cli import parse_args

from inforeg.cli import worker
from inforeg.suite import products
from inforeg.probes.frames import COLUMNS
from inforeg.suite.absent import had, refuse_absent
from inforeg.suite.checks import configuration
from inforeg.suite.choice import Choice
from inforeg.errors import UserError
from inforeg.registry import PROBES
from inforeg.suite.folders.places import dataset_of
from inforeg.suite.jobs import by_cell, examinations, needs, serving
from inforeg.suite.own import search
from inforeg.suite.project import Project
from inforeg.suite.recovery import recover, runs_jobs
from inforeg.suite.tuning import PROTOCOLS
from inforeg.analysis.report.typeset import compiler, missing


def refuse(sentence):
    """End with a sentence and the status of `inforeg` for bad input."""
    print(f"inforeg: {sentence}", file=sys.stderr)
    sys.exit(2)


if Path.cwd() != Path(workflow.basedir):
    refuse(f"the workflow runs in its own folder; give the command in {workflow.basedir}.")

try:
    CHOICE = Choice.from_environment().but(Choice.of(config, "--config"))
    # Rules call `python`; it must be the one that runs Snakemake, also where its environment is not activated,
    # and work in this project, also where the user's variable names another one, on what is asked for here.
    os.environ.update(
        PATH=f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        INFOREG_ROOT=workflow.basedir,
        INFOREG_SELECT=str(CHOICE),
    )
    search(Path(workflow.basedir))
    PROJECT = Project(Path(workflow.basedir))
    CONFIGURATION = configuration(PROJECT)
    HASHES = PROJECT.data_hashes()
except UserError as error:
    refuse(error)
except OSError as error:  # a folder that may not be read
    refuse(f"{error.filename}: {error.strerror}; mend it and give the same command again.")

ENVIRONMENT = f"{workflow.basedir}/workflow/envs/inforeg.yaml"  # for `snakemake --sdm conda`
RUNS = "results/runs"  # of all suites
RESULTS = PROJECT.results
EXPERIMENTS, PLANS, JOBS = CONFIGURATION.experiments, CONFIGURATION.plans, CONFIGURATION.jobs
READ = {}  # benchmarks of the jobs that are planned, by the folder of data/ that they read
CELLS, TRIALS, TARGETS = by_cell(JOBS.values()), CONFIGURATION.trials, CONFIGURATION.workflow.targets
LONG, DIAGNOSES = CONFIGURATION.workflow.long, CONFIGURATION.diagnoses
PAPER, QUICK = CONFIGURATION.workflow.experiments, CONFIGURATION.workflow.quick
# `quick` may be an experiment's name, and is then that of the rule which makes it.
NAMED = {name: [name] for name in EXPERIMENTS if name != "quick"} | TARGETS
COMPLETE = [name for target in TARGETS if target not in LONG for name in TARGETS[target]]

MISSING = missing(compiler(CONFIGURATION.texts(PAPER)))
PDF = [] if MISSING else [f"{RESULTS}/{products.PDF}"]


def any_of(names):
    """The pattern that these names match, and no other text."""
    return "|".join(map(re.escape, sorted(set(map(str, names)))))


MACHINES = {name: PROJECT.machine(name) for name in PROJECT.benchmarks()}
# Named only where one is asked for: schedulers take even none of a resource for a wish.
GPU = (
    {"gpu": lambda wildcards: int(machine_of(wildcards).device == "cuda")}
    if any(machine.device == "cuda" for machine in MACHINES.values())
    else {}
)


# What a wildcard stands for ends in a command.
wildcard_constraints:
    data=any_of(CONFIGURATION.data),
    experiment=any_of(EXPERIMENTS),
    benchmark=any_of(job.spec.benchmark for job in JOBS.values()),
    method=any_of(job.spec.method for job in JOBS.values()),
    variant=any_of(job.spec.variant for job in JOBS.values()),
    first=any_of(job.first for job in JOBS.values()),
    last=any_of(job.last for job in JOBS.values()),
    probe=any_of(PROBES.classes),


def job_of(wildcards):
    """The job that trains the runs that the wildcards name."""
    return JOBS["{benchmark}/{method}/{variant}/seeds={first}-{last}.json".format(**wildcards)]


def machine_of(wildcards):
    """Where the runs of a job are computed."""
    return MACHINES[wildcards.benchmark]


def together(wildcards):
    """The group of a job that a scheduler may start with others: none where they would share a GPU."""
    return None if machine_of(wildcards).device == "cuda" else "runs"


def manifest(wildcards):
    """The manifest of the data set that a job reads."""
    spec = job_of(wildcards).spec
    place = dataset_of(spec.config.data).place
    if place not in READ and place not in HASHES and ARGUMENTS and not runs_jobs(ARGUMENTS):
        print(f"inforeg: {had(place, PROJECT)}", file=sys.stderr)
    READ.setdefault(place, set()).add(spec.benchmark)
    return f"data/{place}/MANIFEST.json"


def needed(wildcards):
    """The reports of the jobs that a job waits for."""
    job = job_of(wildcards)
    return [
        f"{RUNS}/{each.path}"
        for spec in needs(job.spec)
        for each in serving(CELLS, spec, job.first, job.last)
    ]


def jobs_of(cells):
    """All jobs of the cells of an experiment or of tuning."""
    return [
        job
        for cell in cells
        for job in serving(CELLS, cell.specs[0], cell.specs[0].seed, cell.specs[-1].seed)
    ]


def reports(cells):
    """The reports of these jobs."""
    return [f"{RUNS}/{job.path}" for job in jobs_of(cells)]


def trials_of(protocol):
    """The reports of all jobs of a protocol of tuning, once they are asked for: there are thousands."""
    return lambda wildcards: reports(TRIALS[protocol])


def examined(cells, probes):
    """The reports of these probes of the runs of these cells."""
    return [f"{RUNS}/{path}" for path in examinations(jobs_of(cells), probes)]


def made(files):
    """Files below results/, or the suite's own folder there."""
    return [f"{RESULTS}/{file}" for file in files]


def first_to_read():
    """Where the results of what this call was asked for begin, of what is there."""
    if not (ARGUMENTS and runs_jobs(ARGUMENTS)):
        return []
    asked = ARGUMENTS.targets or ["all"]
    named = [name for target in asked for name in NAMED.get(target, [target])]
    files = ["claims.md"] * ("all" in asked) + [f"tables/{name}.md" for name in named]
    return [file for file in made(files) if Path(file).exists()]


def made_of(experiment):
    """All that an experiment makes by itself; nothing where it is not asked for."""
    return made(products.products(experiment, EXPERIMENTS[experiment])) if experiment in EXPERIMENTS else []


def frames(experiment):
    """What is collected of an experiment's runs."""
    return made(f"collected/{experiment}/{frame}" for frame in products.FRAMES)


def sources(experiment, frames=()):
    """What an experiment is rendered from: its statistics, these frames of its runs, and where they come from."""
    collected = [*(f"{name}.parquet" for name in frames), "times.json", "provenance.json"]
    return [
        *made(f"collected/{experiment}/{file}" for file in collected),
        *made(products.stored(experiment)),
    ]


def arguments():
    """Snakemake's own arguments, or None where it has called itself, or another program has called it."""
    program = Path(sys.argv[0])
    if not workflow.is_main_process or "snakemake" not in (program.name, program.parent.name):
        return None
    with redirect_stderr(StringIO()):  # it has said before which profile it uses
        return parse_args(None)[1]


ARGUMENTS = arguments()
ASKED = {
    *chain(*((NAMED | {"complete": COMPLETE}).get(each, []) for each in getattr(ARGUMENTS, "targets", ())))
}
# The experiments of findings that `all` does not make: those that are asked for now, or were made before.
SAID = [
    name
    for name in dict.fromkeys(chain(*(each.claims for each in CONFIGURATION.workflow.findings)))
    if name in EXPERIMENTS.keys() - PAPER and (name in ASKED or Path(sources(name)[-1]).exists())
]


def former():
    """What is asked for by a target's name of version 0.1, by that name."""
    files = {
        key: made(value) for each in EXPERIMENTS.items() for key, value in products.former(*each).items()
    }
    return {name: files[name] for name in getattr(ARGUMENTS, "targets", ()) if name in files.keys() - NAMED}


def settings(experiment):
    """What the tables and figures of the experiment of this name are made from beside its runs."""
    return made_from(EXPERIMENTS[experiment])


def made_from(experiment):
    """The same of an experiment's content."""
    configs = map(PROJECT.benchmark, experiment.benchmarks)
    return [experiment.model_dump_json(), *(config.model_dump_json() for config in configs)]
