"""What Snakemake was asked for: included last, when all rules are known."""

from contextlib import redirect_stderr
from io import StringIO

from snakemake.cli import parse_args

from inforeg.errors import unknown
from inforeg.recovery import recover, runs_jobs

FILES = {
    *(f"data/{name}/MANIFEST.json" for name in CONFIGURATION.data),
    *(f"{RUNS}/{path}" for path in JOBS),
    *expand("results/collected/{name}/{frame}", name=EXPERIMENTS, frame=FRAMES),
    *(str(file) for rule in workflow.rules if not rule.has_wildcards() for file in rule.output),
}


def arguments():
    """Snakemake's own arguments, or None where another program has called it."""
    if "snakemake" not in (Path(sys.argv[0]).name, Path(sys.argv[0]).parent.name):
        return None
    with redirect_stderr(StringIO()):  # it has said before which profile it uses
        return parse_args(None)[1]


def check_target(name):
    """Refuse the name of no rule and of no file that a rule makes."""
    if workflow.is_rule(name) or (name and not os.path.isabs(name) and os.path.relpath(name) in FILES):
        return
    if "/" in name:
        known, also = FILES, {os.path.abspath(file): file for file in FILES}
    else:
        known = [rule.name for rule in workflow.rules]
        also = {experiment: f"table_{experiment}" for experiment in EXPERIMENTS}
    refuse(unknown("target", name, known, also, "see `snakemake --list-target-rules`."))


if workflow.is_main_process and (ARGUMENTS := arguments()):
    for option in ("targets", "forcerun", "until", "omit_from", "prioritize"):
        for name in sorted(getattr(ARGUMENTS, option)):
            check_target(name)
    if runs_jobs(ARGUMENTS):
        ALIVE = recover(Path(".snakemake"), FILES, lambda said: print(f"inforeg: {said}", file=sys.stderr))
