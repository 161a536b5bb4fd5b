"""Analysis of one experiment: tidy frames, from them its statistics, and of these its tables and figures.

The experiment's settings are a parameter of each rule, so that an edit of its YAML runs them again.
"""


rule collect:
    input:
        lambda wildcards: reports(PLANS[wildcards.experiment].cells),
        lambda wildcards: examined(
            PLANS[wildcards.experiment].cells, EXPERIMENTS[wildcards.experiment].examined_by
        ),
    output:
        frames("{experiment}"),
    log:
        "results/logs/collect/{experiment}.log",
    group:
        "analysis"
    conda:
        ENVIRONMENT
    params:
        settings=lambda wildcards: EXPERIMENTS[wildcards.experiment].model_dump_json(),
        columns=COLUMNS,  # frames of an earlier version are collected anew
    shell:
        "python -m inforeg collect {wildcards.experiment:q} --runs results/runs &> {log:q}"
        " || (cat {log:q} >&2; false)"


rule statistics:
    input:
        frames("{experiment}"),
    output:
        report(
            made(products.statistics("{experiment}")),
            caption="../report/tests.rst",
            category="Tests",  # the report has a "Statistics" of its own, on run times
            subcategory="{experiment}",
        ),
        made(products.stored("{experiment}")),
    log:
        "results/logs/statistics/{experiment}.log",
    group:
        "analysis"
    conda:
        ENVIRONMENT
    params:
        settings=lambda wildcards: settings(wildcards.experiment),
    shell:
        "python -m inforeg statistics {wildcards.experiment:q} &> {log:q} || (cat {log:q} >&2; false)"


for name in EXPERIMENTS:

    rule:
        name:
            f"{name}_tables"
        input:
            sources(name),
        output:
            report(
                made(products.tables(name, EXPERIMENTS[name])),
                caption="../report/table.rst",
                category="Tables",
                subcategory=name,
            ),
            made(products.claims(name, EXPERIMENTS[name], ["md", "tex", "json"])),
            report(
                made(products.claims(name, EXPERIMENTS[name], ["html"])),
                caption="../report/claims.rst",
                category="Claims",
            ),
        log:
            f"results/logs/table/{name}.log",
        group:
            "analysis"
        conda:
            ENVIRONMENT
        params:
            experiment=name,
            settings=settings(name),
        shell:
            "python -m inforeg table {params.experiment:q} &> {log:q} || (cat {log:q} >&2; false)"

    if EXPERIMENTS[name].figures:

        rule:
            name:
                f"{name}_figures"
            input:
                sources(name, products.raw(EXPERIMENTS[name])),
            output:
                made(products.figures(name, EXPERIMENTS[name], ["pdf", "csv"])),
                report(
                    made(products.figures(name, EXPERIMENTS[name], ["png"])),
                    caption="../report/figure.rst",
                    category="Figures",
                    subcategory=name,
                ),
            log:
                f"results/logs/figure/{name}.log",
            group:
                "analysis"
            conda:
                ENVIRONMENT
            params:
                experiment=name,
                settings=settings(name),
            shell:
                "python -m inforeg figure {params.experiment:q} &> {log:q} || (cat {log:q} >&2; false)"


for name in (name for name, trials in TRIALS.items() if trials):

    rule:
        name:
            name
        input:
            trials_of(name),
        output:
            made(PROTOCOLS[name].products),
        log:
            f"results/logs/{name}.log",
        conda:
            ENVIRONMENT
        params:
            protocol=name,
            settings=PROJECT.tuning(PROTOCOLS[name]).model_dump_json(),
        shell:
            "python -m inforeg tune {params.protocol:q} --runs results/runs &> {log:q}"
            " || (cat {log:q} >&2; false)"
