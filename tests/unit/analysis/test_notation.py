"""Text in, text out: in every notation and every place, whatever stands in it and beside it."""

import io
import shutil
import subprocess
import unicodedata
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from inforeg.analysis.canvas import Figure, mpl
from inforeg.analysis.figures import panels
from inforeg.analysis.figures.style import STYLE
from inforeg.analysis.report.numbers import macro
from inforeg.analysis.report.preamble import FONTS, PREAMBLE
from inforeg.analysis.report.typeset import marked, typeset
from inforeg.analysis.tables import notation
from inforeg.analysis.tables.render import Entry, Table, html, latex, markdown
from inforeg.characters import clean, is_plain
from inforeg.errors import UserError

PLAIN = [
    "cost $5 and $6",
    "one $ alone",
    r"a_b & {c} #1 ~ ^ \d <e> | * 100 %",
    r"\input{/etc/hostname} \write18{touch x} \end{table}",
    "[95 %] of it",
    "* starred",
    "_hidden",
    "# 1. a heading",
    "- 2) an item",
    "3. an item",
    "--- and -- and - and ``quoted'' \"so\" ,, << >> ?` !`",
    "**bold** _it_ `code` ~~gone~~ [link](x) ![image](y) &amp; &lt; <b>",
    "--> <!-- --!> </h2>",
    "ends in a backslash \\",
    "|",
    "γ of Ω, β ± ≤ ² ₁ ∞ → ● △",
    "Gödel, Erdős, Łukasiewicz, ç, ß, Æ, £, €",
    "two\nlines\tand  more\r\n",
    "e\u0301 is one letter",
]
RARE = ["Привет, мир", "Τί έστι", "smile 😀 ☂", "ẞ ǆ ﬁ"]


def table(text):
    """A table with `text` in every place."""
    cells = [
        Entry(text),
        Entry(text, "best", text),
        Entry(text, "second"),
        Entry(text, "heading"),
    ]
    return Table(text, text, [text] * 4, [cells, cells], [text])


class Places(HTMLParser):
    """The text by innermost element, and that of comments."""

    def __init__(self):
        super().__init__()
        self.open, self.found = [], {}

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.found.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.found[self.open[-1]][-1] += data

    def handle_comment(self, data):
        self.found.setdefault("comment", []).append(data)


@pytest.mark.parametrize("text", PLAIN + RARE)
def test_html_shows_the_text(text):
    page = html([table(text)], text)
    found = Places()
    found.feed(page[page.index("<h2>") : page.index("</html>")])
    shown = clean(text)
    assert found.found["h2"] == found.found["p"] == [shown]
    assert [each.strip() for each in found.found["th"]] == [shown] * 4
    assert found.found["strong"] == found.found["sup"] == found.found["u"] == found.found["em"] == [shown] * 2
    assert [each.strip() for each in found.found["td"]] == [shown, "", "", ""] * 2
    assert found.found["comment"] == [notation.html_text(text).join("  ")]
    assert not found.open


@pytest.mark.parametrize("text", PLAIN + RARE)
def test_markdown_shows_the_text(text):
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown([table(text)], text))
    shown = clean(text)
    found = [
        [part.content for part in token.children if part.type == "text"] for token in tokens if token.children
    ]
    lines = ["".join(parts) for parts in found]
    marked = shown * 2  # the mark follows its cell
    assert lines == [shown, *[shown] * 4, *[shown, marked, shown, shown] * 2, shown]
    kinds = {token.type for token in tokens} | {
        part.type for token in tokens for part in token.children or ()
    }
    assert not kinds & {
        "heading_open",
        "code_inline",
        "fence",
        "hr",
        "link_open",
        "image",
        "bullet_list_open",
    }
    assert not kinds & {"ordered_list_open", "code_block", "blockquote_open", "s_open"}
    assert {
        part.content for token in tokens for part in token.children or () if part.type == "html_inline"
    } == {*("<sup>", "</sup>", "<ins>", "</ins>")}
    (comment,) = (token.content for token in tokens if token.type == "html_block")
    assert comment == f"<!-- {notation.html_text(text)} -->\n"


@pytest.mark.parametrize("text", PLAIN + RARE)
def test_figures_show_the_text(text):
    shown = clean(text)
    with mpl.rc_context(STYLE | {"svg.fonttype": "none"}):
        figure = Figure()
        ax = figure.subplots()
        ax.set_title(shown)
        ax.set(xlabel=shown, ylabel=shown)
        ax.set_yticks([1], [shown])
        ax.annotate(shown, (1, 1))
        ax.plot([1], [1], label=panels.entry(shown))
        figure.supxlabel(shown)
        panels.draw_legend(figure, [ax])
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg")
    texts = [
        "".join(each.itertext())
        for each in ElementTree.fromstring(drawn.getvalue()).iter()
        if each.tag.endswith("}text")
    ]
    assert texts.count(shown) == 7


def test_powers_are_text():
    with mpl.rc_context(STYLE | {"svg.fonttype": "none"}):
        figure = Figure()
        ax = figure.subplots()
        panels.scale_by_powers(ax, "y")
        ax.plot([1e-4, 2e3])
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg")
    assert "10⁻³" in drawn.getvalue().decode()
    assert panels.Powers()(2e-3) == "2×10⁻³"
    assert "mathdefault" not in drawn.getvalue().decode()


def squeezed(text):
    """Letters alone: lines break where they like; an apostrophe and a dot are one however they are drawn."""
    return "".join(unicodedata.normalize("NFKC", text).replace("’", "'").replace("•", "●").split())


@pytest.mark.parametrize(("program", "texts"), [("pdflatex", PLAIN), ("xelatex", PLAIN + RARE)])
def test_latex_shows_the_text(tmp_path, program, texts):
    if not (shutil.which(program) and shutil.which("pdftotext")):
        pytest.skip(f"needs {program} and pdftotext")
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.tex").write_text(latex([table(text)], text))
    parts = "".join(
        f"\\newcommand{{\\{macro('number', str(n))}}}{{{notation.latex_text(text)}}}"
        f"\\section{{{notation.latex_text(text)}}}\\input{{{n}}}\\{macro('number', str(n))}{{}} "
        f"\\ref{{tab:{notation.latex_key(text)}}}\\clearpage\n"
        for n, text in enumerate(texts)
    )
    preamble = PREAMBLE.replace("\\input{numbers}\n", "") + "\\begin{document}\n"
    preamble = preamble.replace("a4paper", "paperwidth=90cm,paperheight=60cm")  # no cell beside the page
    head = f"{marked(program)}\\documentclass{{article}}\n{FONTS[program]}"
    (tmp_path / "main.tex").write_text(f"{head}{preamble}{parts}\\end{{document}}\n")
    typeset(tmp_path / "main.tex", tmp_path / "main.pdf")
    shown = subprocess.run(
        ["pdftotext", "-raw", tmp_path / "main.pdf", "-"], capture_output=True, check=True
    ).stdout
    pages = [squeezed(page) for page in shown.decode().split("\f")]
    assert "??" not in "".join(pages).replace(squeezed(PLAIN[10]), "")
    for text, page in zip(texts, pages, strict=False):
        shown = squeezed(clean(text))
        # Section, caption, four headers, twice four cells and a mark, a note, and the macro; lines of cells
        # beside each other are told in turns.
        wanted = Counter({letter: 18 * times for letter, times in Counter(shown).items()})
        surplus, missing = Counter(page) - wanted, wanted - Counter(page)
        assert not missing
        assert set(surplus) <= set("0123456789"), text  # of the section, the page and the reference
        assert page.count(shown) >= 5


@pytest.mark.parametrize("text", PLAIN)
def test_labels_and_comments_are_one_line_without_commands(text):
    assert notation.latex_comment(text).count("\n") == 1
    assert "\r" not in notation.latex_comment(text)
    assert not set(notation.latex_key(text)) & set("\\{}%#&~^$\n ,[]")


def test_different_labels_stay_different():
    names = ["a b", "a_b", "a%b", "a+20+b", "a", "a ", "é"]
    assert len({notation.latex_key(name) for name in names}) == len(names)
    assert notation.latex_key("table2-htad-tests") == "table2-htad-tests"


@pytest.mark.parametrize("name", ["a b", "a%b", "$(x)", "a{b", "\\input", "é", "~/x"])
def test_a_file_that_latex_cannot_read_is_refused_by_name(name):
    with pytest.raises(UserError, match="LaTeX cannot read a file called"):
        notation.latex_file(name)


def test_control_characters_leave_a_sign():
    assert notation.html_text("a\0b\x1b[1m") == "a\ufffdb\ufffd[1m"
    assert notation.markdown_text("a\x07") == "a\ufffd"
    with pytest.raises(UserError, match=r"holds U\+0007"):
        notation.latex_text("a\x07")


def test_only_rare_letters_need_another_program():
    assert [text for text in PLAIN if not is_plain([text])] == []
    assert [text for text in RARE if is_plain([text])] == []
