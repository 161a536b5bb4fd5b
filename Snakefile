"""From pinned data to a cited table: `snakemake --cores all`.

A newcomer reads workflow/config/, the two YAML folders that say what is trained and what becomes of it. The rules
come with the package, for projects of one's own too.
"""

from inforeg.suite.rules import SNAKEFILE


include: SNAKEFILE


rule all:
    input:
        ALL,
