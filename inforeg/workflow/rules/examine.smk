"""Probes: one job per block of trained seeds and probe.

Its only output is its report, as that of training: the results lie in the run directories.
"""


rule examine:
    input:
        manifest,
        "results/runs/{benchmark}/{method}/{variant}/seeds={first}-{last}.json",
    output:
        "results/runs/{benchmark}/{method}/{variant}/probe={probe}.seeds={first}-{last}.json",
    log:
        "results/logs/examine/{benchmark}/{method}/{variant}/probe={probe}.seeds={first}-{last}.log",
    group:
        together
    conda:
        ENVIRONMENT
    threads: lambda wildcards: machine_of(wildcards).threads
    resources:
        **GPU,
    params:
        spec=lambda wildcards: job_of(wildcards).spec.canonical(),
        version=lambda wildcards: PROBES.get(wildcards.probe).version,
    shell:
        "python -m inforeg examine --spec {params.spec:q} --seeds {wildcards.first:q}-{wildcards.last:q}"
        " --probe {wildcards.probe:q} --runs results/runs --report {output:q} &> {log:q}"
        " || (cat {log:q} >&2; false)"
