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
        report(FOREST[0], caption="../report/claims.rst", category="Claims"),
        FOREST[1:],
    log:
        "results/logs/claims.log",
    conda:
        "../envs/inforeg.yaml"
    params:
        experiments=PAPER,
        settings=[EXPERIMENTS[name].model_dump_json() for name in PAPER],
    shell:
        "python -m inforeg claims {params.experiments} &> {log} || (cat {log} >&2; false)"


rule document:
    input:
        expand("results/collected/{name}/{frame}", name=PAPER, frame=FRAMES),
    output:
        "results/paper.tex",
        "results/numbers.tex",
    log:
        "results/logs/document.log",
    conda:
        "../envs/inforeg.yaml"
    params:
        experiments=PAPER,
        settings=[EXPERIMENTS[name].model_dump_json() for name in PAPER],
    shell:
        "python -m inforeg paper {params.experiments} &> {log} || (cat {log} >&2; false)"


rule typeset:
    input:
        rules.document.output,
        rules.claims.output,
        [products(name) for name in PAPER],
    output:
        report("results/paper.pdf", caption="../report/paper.rst", category="Document"),
    log:
        "results/logs/typeset.log",
    conda:
        "../envs/inforeg.yaml"
    shell:
        "python -m inforeg typeset results/paper.tex &> {log} || (cat {log} >&2; false)"
