"""The README is short, and what the documentation says of this repository is so."""

import json
import re

import pytest

from inforeg.analysis.site.markdown import anchor
from inforeg.registry import DATASETS
from tests.pages import DOCS, README, ROOT, blocks_of, pages

TEXT = README.read_text(encoding="utf-8")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINKS = [
    (page, link)
    for page in pages()
    for link in re.findall(r"\]\(([^):]+)\)", FENCE.sub("", page.read_text(encoding="utf-8")))
]


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_it_takes_five_minutes():
    assert len(TEXT.splitlines()) < 200


def test_quick_start_is_two_commands():
    quick = section("Quick start")
    first, second = re.findall(r"^```bash\n(.*?)^```$", quick, re.DOTALL | re.MULTILINE)
    assert "```" not in FENCE.sub("", quick)
    assert first.splitlines()[-1] == "snakemake --cores all"
    assert "[test]" in second
    assert second.splitlines()[-1].startswith("pytest")


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda part: str(part).removeprefix(f"{ROOT}/"))
def test_links_lead_somewhere(page, link):
    path, _, part = link.partition("#")
    target = page.parent / path if path else page
    assert target.exists()
    if part:
        headings = re.findall(r"^#+ (.+)$", FENCE.sub("", target.read_text(encoding="utf-8")), re.MULTILINE)
        assert part in map(anchor, headings)


@pytest.mark.parametrize("name", DATASETS.classes)
def test_every_data_set_has_its_licence_and_citation(name):
    benchmark = DATASETS.get(name)
    lines = (DOCS / "data-sets.md").read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if line.startswith(f"| {name} "))
    for part in (", ".join(benchmark.modalities), benchmark.licence, benchmark.citation):
        assert f"| {part} |" in row


def test_the_tables_shown_are_whole_and_of_the_published_version():
    published = ROOT / "results/published/v0.1.1"
    tables = [block for block in blocks_of(README) if block.language == "table"]
    assert [len(block.text.splitlines()) - 2 for block in tables] == [6, 5]
    assert all((ROOT / block.path).is_relative_to(published) for block in tables)
    summary = json.loads((published / "claims.json").read_text(encoding="utf-8"))["summary"]
    assert summary in " ".join(TEXT.split())
