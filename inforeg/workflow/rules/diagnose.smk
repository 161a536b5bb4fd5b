"""Diagnoses: is a benchmark's joint model imbalanced, and what mends it? Each a target, outside `complete`."""

for name, experiment in DIAGNOSES.items():

    rule:
        name:
            name
        input:
            reports(PLANS[name].cells),
            examined(PLANS[name].cells, experiment.examined_by),
        output:
            made(products.diagnosis(experiment.benchmarks[0])),
        log:
            f"results/logs/diagnose/{experiment.benchmarks[0]}.log",
        conda:
            ENVIRONMENT
        params:
            benchmark=experiment.benchmarks[0],
            settings=made_from(experiment),
        shell:
            "python -m inforeg diagnose {params.benchmark:q} --runs results/runs &> {log:q}"
            " || (cat {log:q} >&2; false)"
