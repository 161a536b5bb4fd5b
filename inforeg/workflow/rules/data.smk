"""Data: each folder is fetched or rebuilt once, and verified against data.dvc."""


localrules:
    fetch,


rule fetch:
    output:
        # `update`: Snakemake would delete the manifest of a good folder before it fetches another version.
        update("data/{data}/MANIFEST.json"),
    log:
        "results/logs/fetch/{data}.log",
    conda:
        ENVIRONMENT
    params:
        hash=lambda wildcards: HASHES.get(wildcards.data, ""),
    shell:
        "python -m inforeg data fetch {wildcards.data:q} &> {log:q} || (cat {log:q} >&2; false)"
