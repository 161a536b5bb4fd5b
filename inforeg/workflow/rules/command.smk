"""What Snakemake was asked for: included last, when all rules are known."""

from inforeg.suite.checks import results, target

FILES = {
    *(f"data/{name}/MANIFEST.json" for name in CONFIGURATION.data),
    *(f"{RUNS}/{path}" for path in (*JOBS, *examinations(JOBS.values(), PROBES.classes))),
    *chain(*map(frames, EXPERIMENTS)),
    *chain(*(made(products.statistics(name) + products.stored(name)) for name in EXPERIMENTS)),
    *(str(file) for rule in workflow.rules if not rule.has_wildcards() for file in rule.output),
}

for each in workflow.rules:  # for `snakemake --list-target-rules`
    if each.name in LONG:
        each.docstring = f"{LONG[each.name]:g} processor hours, outside `complete`"
for each in DIAGNOSES:
    workflow.get_rule(each).docstring = f"{DIAGNOSES[each].title} Outside `complete`"


if ARGUMENTS:
    try:
        for option in ("targets", "forcerun", "until", "omit_from", "prioritize"):
            for name in sorted(getattr(ARGUMENTS, option)):
                if name in CONFIGURATION.left_out:
                    PROJECT.experiment(CONFIGURATION.left_out[name])  # says why
                if name in CONFIGURATION.undiagnosed:
                    raise UserError(CONFIGURATION.undiagnosed[name])
                target(name, ["all", *(rule.name for rule in workflow.rules)], FILES)
        if running := runs_jobs(ARGUMENTS):
            results(PROJECT)
    except UserError as error:
        refuse(error)
    if absent := [name for name in PROJECT.workflow().experiments if name in CONFIGURATION.left_out]:
        print(f"inforeg: on none of the benchmarks asked for: {', '.join(absent)}", file=sys.stderr)
    if running:
        ALIVE = recover(Path(".snakemake"), FILES, lambda said: print(f"inforeg: {said}", file=sys.stderr))
