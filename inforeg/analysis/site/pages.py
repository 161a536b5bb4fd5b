"""The pages of the site, each with its template and what stands in it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inforeg.analysis.site import (
    addresses,
    boards,
    cards,
    charts,
    claims,
    documentation,
    methods,
    runs,
    samples,
)
from inforeg.analysis.site.content import Content
from inforeg.analysis.site.grids import Grid, told
from inforeg.analysis.site.page import Page
from inforeg.registry import METHODS


def pages(content: Content) -> Iterator[Page]:
    """All pages, the first of them first."""
    yield _found(content)
    yield from _boards(content)
    yield from _claims(content)
    yield from _experiments(content)
    yield from _methods(content)
    yield from _data(content)
    yield from _runs(content)
    yield from documentation.pages(content)


def _found(content: Content) -> Page:
    grid = Grid(claims.listed(content), ["Source", "Verdict"], search=True)
    shown = {
        "summary": content.summary,
        "pooled": claims.counted(str(each.pooled["verdict"]) for each in content.claims if each.pooled),
        "chart": charts.overview(content),
        "said": [Grid(table) for table in content.said],
        "claims": grid if content.claims else None,
        "experiments": Grid(boards.experiments(content)),
        "runs": len(content.runs),
    }
    return Page("index.html", content.title, "found.html", shown)


def _boards(content: Content) -> Iterator[Page]:
    whole = told(boards.overall(content))
    listed = [(addresses.board(name), content.titled(name)) for name in content.used]
    shown = {"listed": listed, "grid": Grid(whole, ["Experiment", "Selected by", "Tuned"], search=True)}
    yield Page(addresses.BOARDS, "Leaderboards", "boards.html", shown)
    filters = ["Experiment", "Metric", "Group", "Selected by", "Tuned"]
    for name in content.used:
        grid = Grid(told(boards.of_benchmark(content, name)), filters, search=True)
        shown = {"grid": grid, "chart": charts.means(content, name), "card": _card(content, name)}
        yield Page(addresses.board(name), f"Leaderboard: {content.titled(name)}", "board.html", shown)


def _claims(content: Content) -> Iterator[Page]:
    grid = Grid(claims.listed(content), ["Source", "Verdict"], search=True)
    yield Page(addresses.CLAIMS, "Claims", "listed.html", {"grid": grid if content.claims else None})
    for claim in content.claims:
        shown = {
            "claim": claim,
            "experiment": content.experiment(claim.experiment),
            "chart": charts.forest(claim, content),
            "tests": Grid(claims.tests(claim, content), ["Verdict"]),
            "pooled": [Grid(told(table)) for table in claims.over_all(claim)],
        }
        title = f"{claim.statement} ({claim.source})"
        yield Page(addresses.claim(claim.experiment, claim.id), title, "claim.html", shown)


def _experiments(content: Content) -> Iterator[Page]:
    yield Page(
        addresses.EXPERIMENTS, "Experiments", "listed.html", {"grid": Grid(boards.experiments(content))}
    )
    for each in content.experiments:
        used = dict.fromkeys(line["benchmark"] for line in each.comparison)
        one = replace(content, experiments=[each])
        tables = each.tables or [told(boards.of_benchmark(one, name)) for name in used]
        tested = [claim for claim in content.sorted_claims if claim.experiment == each.name]
        shown = {
            "experiment": each,
            "grids": [Grid(table) for table in tables],
            "chart": charts.ranks(each),
            "claims": [(addresses.claim(each.name, claim.id), claim) for claim in tested],
            "boards": [(addresses.board(name), content.titled(name)) for name in used],
        }
        yield Page(addresses.experiment(each.name), each.title, "experiment.html", shown)


def _methods(content: Content) -> Iterator[Page]:
    grid = Grid(methods.listed(content), ["Acts on"], search=True)
    yield Page(addresses.METHODS, "Methods", "listed.html", {"grid": grid})
    for name, cls in METHODS.classes.items():
        found, offered = told(methods.results(content, name)), methods.variants(name)
        shown = {
            "method": cls,
            "told": methods.told(name),
            "settings": Grid(methods.settings(name)),
            "variants": Grid(offered) if offered.rows else None,
            "results": Grid(found, ["Benchmark", "Experiment", "Group"]) if found.rows else None,
        }
        yield Page(addresses.method(name), cls.title, "method.html", shown)


def _data(content: Content) -> Iterator[Page]:
    yield Page(addresses.DATA, "Data", "listed.html", {"grid": Grid(cards.listed(content))})
    for name in content.used:
        if name in content.benchmarks:
            config = content.benchmarks[name]
            counts = cards.counts(config, content.data)
            shown = {
                "name": name,
                "told": cards.told(config),
                "facts": cards.facts(config),
                "counts": Grid(counts) if counts else None,
                "samples": samples.samples_of(config, content.data),
                "links": _around(content, name),
            }
            yield Page(addresses.data(name), config.title, "card.html", shown)


def _runs(content: Content) -> Iterator[Page]:
    listed = [
        (addresses.runs(name), content.titled(name), sum(names[0] == name for names in content.runs))
        for name in content.ran
    ]
    yield Page(addresses.RUNS, "Runs", "runs.html", {"listed": listed})
    for name in content.ran:
        grid = Grid(runs.listed(content, name), ["Method", "Variant", "Seed"], search=True)
        yield Page(addresses.runs(name), f"Runs on {content.titled(name)}", "listed.html", {"grid": grid})
    for names, numbers in content.runs.items():
        benchmark, method, variant, seed = names
        shown = {
            "links": _around(content, benchmark, method),
            "results": Grid(runs.results(numbers)),
            "charts": list(runs.drawn(content.epochs.get(names, ()))),
            "origin": runs.origin(content, names),
            "command": runs.command(content, names),
        }
        unit = content.benchmarks[benchmark].unit if benchmark in content.benchmarks else "seed"
        title = f"{runs.method_title(method)} ({variant}) on {content.titled(benchmark)}, {unit} {seed}"
        yield Page(addresses.run(names), title, "run.html", shown)


def _card(content: Content, benchmark: str) -> str:
    """Where the card of a benchmark's data lies; nowhere if it is not configured here."""
    return addresses.data(benchmark) if benchmark in content.benchmarks else ""


def _around(content: Content, benchmark: str, method: str = "") -> Sequence[tuple[str, str]]:
    """The pages beside that of a benchmark's data, or of a run."""
    links = [(addresses.board(benchmark), f"Leaderboard: {content.titled(benchmark)}")]
    if benchmark not in content.used:
        links = []
    if benchmark in content.ran:
        links.append((addresses.runs(benchmark), f"Runs on {content.titled(benchmark)}"))
    if method in METHODS.classes:
        links.append((addresses.method(method), METHODS.classes[method].title))
    if method and _card(content, benchmark) and benchmark in content.used:
        links.append((addresses.data(benchmark), "Data"))
    return links
