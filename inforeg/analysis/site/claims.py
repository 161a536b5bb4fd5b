"""The claims as the site lists them, and the tests of one."""

import math
from collections import Counter
from collections.abc import Iterable

from inforeg.analysis.site import addresses
from inforeg.analysis.site.content import Claimed, Content
from inforeg.analysis.site.grids import told
from inforeg.analysis.tables import claims, pooled
from inforeg.analysis.tables.render import Entry, Table
from inforeg.analysis.tables.words import NOTHING

EACH = "On each benchmark"
"""The column that counts the verdicts."""


def listed(content: Content) -> Table:
    """A line per claim, by the paper's tables: pooled effect and verdict, and the verdicts on benchmarks."""
    rows = [_row(claim) for claim in content.sorted_claims]
    header = ["Claim", *pooled.FOUND, EACH, "Source", "The paper's difference"]
    return told(Table("Claims", "claims", header, rows, content.notes))


def tests(claim: Claimed, content: Content) -> Table:
    """Every test of a claim, a benchmark a line."""
    rows = []
    for line in claim.tests:
        *numbers, _ = claims.numbers(line)
        verdict = line["verdict"]
        note = line["note"] if isinstance(line["note"], str) else ""
        rows.append(
            [
                Entry(content.titled(line["benchmark"]), link=addresses.board(line["benchmark"])),
                *numbers,
                Entry(f"{claims.SYMBOLS[verdict]} {verdict}"),
                Entry(note),
            ]
        )
    header = ["Benchmark", *claims.NUMBERS, "Note"]
    return told(
        Table("Tests", f"tests-{claim.experiment}-{claim.id}", header, rows, claim.notes or content.notes)
    )


def over_all(claim: Claimed) -> list[Table]:
    """The pooled effect, and what other ways of pooling find; no table where nothing is pooled."""
    if claim.pooled is None:
        return []
    name = Entry(claim.statement)
    tables = [
        Table(
            "Over all benchmarks", "pooled", ["Claim", *pooled.FOUND], [[name, *pooled.found(claim.pooled)]]
        )
    ]
    if math.isfinite(claim.pooled["effect"]):
        otherwise = [[name, *pooled.beside(claim.pooled)]]
        tables.append(
            Table("Pooled otherwise", "otherwise", ["Claim", *pooled.BESIDE], otherwise, [pooled.OTHERWISE])
        )
    return tables


def _row(claim: Claimed) -> list[Entry]:
    found = pooled.found(claim.pooled) if claim.pooled is not None else [NOTHING] * len(pooled.FOUND)
    return [
        Entry(claim.statement, link=addresses.claim(claim.experiment, claim.id)),
        *found,
        Entry(counted(line["verdict"] for line in claim.tests)),
        Entry(claim.source),
        Entry(claims.printed(claim.printed) or NOTHING.text),
    ]


def counted(verdicts: Iterable[str]) -> str:
    """How often each verdict was found."""
    counts = Counter(verdicts)
    told = {word: f"{claims.SYMBOLS.get(word, '')} {count} {word}".strip() for word, count in counts.items()}
    places = [*claims.SYMBOLS, *told]
    return ", ".join(told[word] for word in sorted(told, key=places.index))
