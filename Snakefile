"""From pinned data to a cited table: `snakemake --cores all`.

A newcomer reads workflow/config/, the two YAML folders that say what is trained and what becomes of it.
"""

from snakemake.utils import min_version

min_version("9.1")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/examine.smk"
include: "workflow/rules/analysis.smk"
include: "workflow/rules/paper.smk"


rule all:
    input:
        [made_of(name) for name in PAPER],
        rules.claims.output,
        rules.document.output,
        PDF,
        rules.merge.output,


rule complete:
    input:
        rules.all.input,
        [made_of(name) for name in COMPLETE],


rule quick:
    input:
        made_of(QUICK),


for target, experiments in NAMED.items():

    rule:
        name:
            target
        input:
            [made_of(name) for name in experiments],


for target, files in former().items():

    rule:
        name:
            target
        input:
            files,


include: "workflow/rules/command.smk"


onstart:
    # The jobs are planned by now, so it is known which data they read.
    try:
        refuse_absent(READ, PROJECT)
    except UserError as error:
        refuse(error)
    if ARGUMENTS and ARGUMENTS.executor in (None, "local"):
        worker.start()


onsuccess:
    if not PDF and (RESULTS / products.DOCUMENT[0]).exists():
        print(f"inforeg: {MISSING}", file=sys.stderr)
