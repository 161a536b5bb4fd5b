"""The replication as a whole, over all experiments that `all` makes: every run, and every claim's verdict."""


# Whether there is a LaTeX was asked where the command is given.
localrules:
    typeset,


rule merge:
    input:
        [frames(name) for name in PAPER],
    output:
        made([products.RUNS]),
    log:
        "results/logs/merge.log",
    conda:
        ENVIRONMENT
    params:
        experiments=PAPER,
    shell:
        "python -m inforeg merge {params.experiments:q} --output {output:q} &> {log:q}"
        " || (cat {log:q} >&2; false)"


rule claims:
    input:
        [sources(name) for name in PAPER],
    output:
        report(made(products.CLAIMS), caption="../report/claims.rst", category="Claims"),
        report(made(products.FOREST[:1]), caption="../report/claims.rst", category="Claims"),
        made(products.FOREST[1:]),
    log:
        "results/logs/claims.log",
    conda:
        ENVIRONMENT
    params:
        experiments=PAPER,
        settings=list(map(settings, PAPER)),
        sentences=[each.model_dump_json() for each in CONFIGURATION.workflow.sentences],
    shell:
        "python -m inforeg claims {params.experiments:q} &> {log:q} || (cat {log:q} >&2; false)"


rule document:
    input:
        [sources(name) for name in [*PAPER, *SAID]],
    output:
        made(products.DOCUMENT),
    log:
        "results/logs/document.log",
    conda:
        ENVIRONMENT
    params:
        experiments=PAPER,
        settings=list(map(settings, PAPER)),
        named=[each.model_dump_json() for each in CONFIGURATION.workflow.named],
    shell:
        "python -m inforeg paper {params.experiments:q} &> {log:q} || (cat {log:q} >&2; false)"


rule typeset:
    input:
        rules.document.output,
        rules.claims.output,
        [made_of(name) for name in PAPER],
    output:
        report(made([products.PDF]), caption="../report/paper.rst", category="Claims"),
    log:
        "results/logs/typeset.log",
    conda:
        ENVIRONMENT
    params:
        source=made(products.DOCUMENT[:1]),
    shell:
        "python -m inforeg typeset {params.source:q} &> {log:q} || (cat {log:q} >&2; false)"


rule site:
    input:
        [sources(name, ["runs", "epochs"]) for name in [*PAPER, *SAID]],
        [made_of(name) for name in PAPER],
    output:
        made([products.SITE]),
    log:
        "results/logs/site.log",
    conda:
        ENVIRONMENT
    params:
        experiments=[*PAPER, *SAID],
        settings=list(map(settings, [*PAPER, *SAID])),
        sentences=[each.model_dump_json() for each in CONFIGURATION.workflow.sentences],
    shell:
        "python -m inforeg site {params.experiments:q} &> {log:q} || (cat {log:q} >&2; false)"
