"""What the README shows works as it stands there."""

import json
import re
from pathlib import Path

import pytest

from inforeg.registry import DATASETS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_quick_start_is_two_commands():
    first, second = blocks("bash", section("Quick start"))
    assert "```" not in re.sub(
        r"^```bash\n.*?^```$", "", section("Quick start"), flags=re.DOTALL | re.MULTILINE
    )
    assert first.splitlines()[-1] == "snakemake --cores all"
    assert "[test]" in second
    assert second.splitlines()[-1].startswith("pytest")


@pytest.mark.parametrize(
    "link", re.findall(r"\]\(([^)#:]+)\)", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
)
def test_links_lead_somewhere(link):
    assert (ROOT / link).exists()


@pytest.mark.parametrize("name", DATASETS.classes)
def test_every_data_set_has_its_licence_and_citation(name):
    benchmark = DATASETS.get(name)
    row = next(line for line in section("Data").splitlines() if line.startswith(f"| {name} "))
    for part in (", ".join(benchmark.modalities), benchmark.licence, benchmark.citation):
        assert f"| {part} |" in row


def test_the_tables_shown_are_those_that_the_published_runs_made():
    published = ROOT / "results/published/v0.1.1"
    shown = section("What comes out").splitlines()
    for name, rows in (("table2", 6), ("table3", 5)):
        made = (published / f"tables/{name}.md").read_text(encoding="utf-8").splitlines()
        lines = [line for line in made if line.startswith("|")][: rows + 2]
        assert lines == shown[shown.index(lines[0]) :][: len(lines)]
    summary = json.loads((published / "claims.json").read_text(encoding="utf-8"))["summary"]
    assert summary in " ".join(shown)
