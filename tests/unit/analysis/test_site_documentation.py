"""What is read and looked up in the site: guides, the Python API, commands, tables."""

from dataclasses import replace
from pathlib import Path

import pytest
from test_site import Reader, check_links, content_of

from inforeg.__main__ import parser
from inforeg.analysis.collected.study import Study
from inforeg.analysis.site import addresses, api, reference
from inforeg.analysis.site.commands import commands_of
from inforeg.analysis.site.content import Content
from inforeg.analysis.site.markdown import Places, anchor, rendered
from inforeg.analysis.site.write import write_site
from inforeg.registry import DATASETS, ENCODERS, FUSIONS, METHODS, PROBES


@pytest.fixture(scope="module")
def content(gathered: Study, tmp_path_factory: pytest.TempPathFactory) -> Content:
    """What the site shows of the small sweep, with all commands."""
    commands = parser().parse_args(["site"]).commands
    return replace(content_of(gathered, tmp_path_factory.mktemp("content")), commands=commands)


@pytest.fixture(scope="module")
def site(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a project without documentation of its own."""
    folder = tmp_path_factory.mktemp("documentation") / "site"
    write_site(content, folder)
    return folder


def test_every_key_metric_and_column_can_be_looked_up():
    tables = [*reference.keys(), reference.measured(), reference.columns()]
    found = {table.caption: [row[0].text for row in table.rows] for table in tables}
    assert "smallest_effect" in found["Keys of workflow/config/experiments/NAME.yaml"]
    assert "accuracy" in found["Metrics"]
    assert "epochs.parquet" in found["Frames of collected runs"]
    assert not any("`" in text or "\\|" in text for texts in found.values() for text in texts)


def test_documentation_is_linked_within_the_site(content, tmp_path):
    docs = tmp_path / "docs"
    (docs / "recipes").mkdir(parents=True)
    (docs / "start.md").write_text(
        "# Start here\n\nSee [a recipe](recipes/one.py), [the code](../code.py) and "
        "[the web](https://example.org).\n\n| a |\n|---|\n| <b>1</b> |\n"
    )
    (docs / "recipes/one.py").write_text('"""One recipe.\n\nMore.\n"""\n\nassert 1 < 2\n')
    write_site(replace(content, guides=docs), tmp_path / "site")
    check_links(tmp_path / "site")
    page = Reader(tmp_path / "site/guides/start.md.html")
    assert "See a recipe , the code and the web ." in page.text
    assert "../guides/recipes/one.py.html" in page.links
    assert "https://example.org" in page.links
    assert "<b>1</b>" in page.text
    assert 'th scope="col"' in (tmp_path / "site/guides/start.md.html").read_text()
    program = Reader(tmp_path / "site/guides/recipes/one.py.html").text
    assert "one.py" in program
    assert "assert 1 < 2" in program
    assert "One recipe." in Reader(tmp_path / "site/guides/index.html").text


def test_pages_are_listed_in_their_group_by_being_there(content, tmp_path):
    for name in ("README.md", "tutorial.md", "remotes.md", "explanation/why.md", "more-of-it/odd.md"):
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Page {name}\n\nWhat {name} says. And more.\n")
    write_site(replace(content, guides=tmp_path / "docs"), tmp_path / "site")
    check_links(tmp_path / "site")
    text = Reader(tmp_path / "site/guides/index.html").text
    groups = ["Tutorial Page tutorial.md What", "How-to guides Page remotes.md What"]
    groups += [
        "Explanation Page explanation/why.md What",
        "Reference Python:",
        "More of it Page more-of-it/odd.md",
    ]
    places = [text.index(group) for group in groups]
    assert places == sorted(places)
    assert text.index("What README.md says. And more.") < places[0]
    beside = Reader(tmp_path / "site/guides/explanation/why.md.html").links
    assert {"../../guides/tutorial.md.html", "../../reference/commands.html"} <= set(beside)


def test_a_project_without_documentation_has_the_reference_alone(site):
    menu = Reader(site / "index.html").links
    assert addresses.REFERENCE in menu
    assert addresses.GUIDES not in menu
    assert not (site / "guides").exists()
    assert check_links(site) > 10


def test_headings_are_linked_to_as_in_a_repository():
    text = rendered("# Title\n\n## On the paper's `own` data!\n\n### Deeper\n", "page.html", Places())
    assert text.title == "Title"
    assert text.contents == [("on-the-papers-own-data", "On the paper's own data!")]
    assert anchor("3. Bring your data") == "3-bring-your-data"
    assert 'id="on-the-papers-own-data"' in text.body
    assert 'id="deeper"' in text.body
    assert rendered("## A\n\n## A\n", "page.html", Places()).contents == [("a", "A"), ("a-1", "A")]


def test_comments_are_invisible_and_other_html_is_shown_as_written():
    text = rendered(
        "<!-- start\nempty -->\n\nOne <!-- two --> <b>three</b>.\n\n<hr>\n", "page.html", Places()
    )
    assert "two" not in text.body
    assert "empty" not in text.body
    assert "&lt;b&gt;three&lt;/b&gt;" in text.body
    assert "&lt;hr&gt;" in text.body
    assert text.summary == "One  <b>three</b>"


def test_links_keep_the_place_on_a_page_and_names_lead_to_the_reference(tmp_path):
    places = Places(
        {tmp_path / "b.md": "guides/b.html"}, {"Method": "m.html#M", "inforeg data add": "c.html#a"}
    )
    said = "[b](b.md#part) [here](#there) `Method` [`Method`](b.md) `inforeg data add x` `Other`"
    body = rendered(said, "guides/a.html", places, tmp_path / "a.md").body
    assert '<a href="../guides/b.html#part">b</a>' in body
    assert '<a href="#there">here</a>' in body
    assert '<a href="../m.html#M"><code>Method</code></a> <a href="../guides/b.html"><code>Method' in body
    assert '<a href="../c.html#a"><code>inforeg data add x</code></a> <code>Other</code>' in body


def test_everything_that_plug_ins_derive_from_is_described():
    bases = [each.base.replace(":", ".") for each in (DATASETS, ENCODERS, FUSIONS, METHODS, PROBES)]
    exported = ["inforeg.InfoReg", "inforeg.Monitor", "inforeg.UserError", "inforeg.metrics.base.Metric"]
    assert {*bases, *exported} <= api.names().keys()
    silent = [
        each.path
        for part in api.parts()
        for objects in part.objects.values()
        for each in objects
        if each.docstring is None
    ]
    assert silent == []


def test_an_entry_has_its_signature_its_parts_and_what_it_inherits(site):
    page = (site / addresses.api("methods")).read_text()
    losses = page[page.index('id="inforeg.methods.base.Method.losses"') :]
    shown = losses[: losses.index("</pre>")]
    assert "methods.html#inforeg.batch.Output" in shown
    assert "→ dict[str, Tensor]" in shown
    loop = Reader(site / addresses.api(anchor("InfoReg in a loop of one's own")))
    assert "inforeg.regulation.inforeg.InfoReg.epoch" in loop.ids  # of the class that it derives from
    assert "beta of alpha = exp(beta tanh(Delta_m)), Eq. 16; the paper's 0.9." in loop.text
    assert "*, beta: float = 0.9, threshold" in loop.text


def test_every_command_has_its_arguments(site, content):
    page = Reader(site / addresses.COMMANDS)
    commands = {command.name: command for command in commands_of(content.commands)}
    assert {"inforeg compare", "inforeg data prepare", "inforeg site"} <= commands.keys()
    assert {command.anchor for command in commands.values()} <= set(page.ids)
    assert all(command.texts for command in commands.values())
    rows = {row[0].text: row for row in commands["inforeg compare"].arguments.rows}
    assert "--against EXPERIMENT" in rows
    assert all(row[-1].text and "%(" not in row[-1].text for row in rows.values())
