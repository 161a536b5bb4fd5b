"""The replication as a whole, over all experiments that `all` makes: every run, and every claim's verdict."""


rule merge:
    input:
        expand("results/collected/{name}/{frame}", name=PAPER, frame=FRAMES),
    output:
        "results/runs.parquet",
    log:
        "results/logs/merge.log",
    conda:
        "../envs/inforeg.yaml"
    params:
        experiments=PAPER,
    shell:
        "python -m inforeg merge {params.experiments} --output {output} &> {log}" " || (cat {log} >&2; false)"


rule claims:
    input:
        expand("results/collected/{name}/{frame}", name=PAPER, frame=FRAMES),
    output:
        report(CLAIMS, caption="../report/claims.rst", category="Claims"),
    log:
        "results/logs/claims.log",
    conda:
        "../envs/inforeg.yaml"
    params:
        experiments=PAPER,
        settings=[EXPERIMENTS[name].model_dump_json() for name in PAPER],
    shell:
        "python -m inforeg claims {params.experiments} &> {log} || (cat {log} >&2; false)"
