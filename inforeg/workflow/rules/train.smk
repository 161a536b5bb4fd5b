"""Training: one job per cell of an experiment and block of seeds.

A job's only output is its report. The run directories are the command's own: it goes on with what an attempt
before left in them, which Snakemake would have deleted.
"""


rule train:
    input:
        manifest,
        needed,
    output:
        "results/runs/{benchmark}/{method}/{variant}/seeds={first}-{last}.json",
    log:
        "results/logs/train/{benchmark}/{method}/{variant}/seeds={first}-{last}.log",
    group:
        together
    conda:
        ENVIRONMENT
    threads: lambda wildcards: machine_of(wildcards).threads
    resources:
        **GPU,
    params:
        spec=lambda wildcards: job_of(wildcards).spec.canonical(),
    shell:
        "python -m inforeg train --spec {params.spec:q} --seeds {wildcards.first:q}-{wildcards.last:q}"
        " --runs results/runs --report {output:q} --discard &> {log:q} || (cat {log:q} >&2; false)"
