"""Text in the three notations, each with one way to escape it: text in, the same text out."""

import re
from html import escape

from tabulate import LATEX_ESCAPE_RULES

from inforeg.characters import SYMBOLS, clean, typesettable
from inforeg.errors import UserError

_LATEX = str.maketrans(
    LATEX_ESCAPE_RULES | SYMBOLS | {"^": r"\textasciicircum{}", "`": r"\textasciigrave{}", "|": r"\textbar{}"}
)
# Latin letters, which every notation takes as they are, and what else stands in the names of labels.
_KEY = re.compile(r"[^A-Za-z0-9:/._-]")
_LIGATURE = re.compile(r"(?<=-)(?=-)|(?<=')(?=')|(?<=,)(?=,)")
_PERCENT = re.compile(r"(?<=\d) (?=\\%)")  # between a number and its sign no line breaks
_MARKDOWN = str.maketrans({character: f"\\{character}" for character in "\\`*_|<>[]&~$"})
_BLOCK = re.compile(r"^(\d*)(?=[-+=#.)])(.)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def latex_text(text: str) -> str:
    """`text` for LaTeX, whatever stands before it.

    Raises:
        UserError: a character of it is in no font.
    """
    escaped = "{}".join(part.translate(_LATEX) for part in _LIGATURE.split(typesettable(text)))
    escaped = _PERCENT.sub("~", escaped)
    return f"{{}}{escaped}" if escaped.startswith(("[", "*")) else escaped


def latex_key(name: str) -> str:
    r"""`name` for \label and \ref, which take letters, digits and little else: others by their number."""
    return _KEY.sub(lambda found: f"+{ord(found[0]):x}+", name)


def latex_file(name: str) -> str:
    r"""`name` for \input and \includegraphics, which find no file whose name would have to be escaped.

    Raises:
        UserError: this is such a name.
    """
    if _KEY.search(name):
        raise UserError(f"LaTeX cannot read a file called {name!r}; name it with letters, digits, - and _.")
    return name


def latex_comment(text: str) -> str:
    """`text` as a line that LaTeX passes over."""
    return f"% {_line(text)}\n"


def markdown_text(text: str) -> str:
    """`text` for Markdown, inside of a line."""
    return _line(text).translate(_MARKDOWN)


def markdown_block(text: str) -> str:
    """`text` for Markdown as a paragraph, not a heading, a list or a rule."""
    return _BLOCK.sub(r"\1\\\2", markdown_text(text))


def html_text(text: str) -> str:
    """`text` for HTML, in elements, attributes and comments."""
    return escape(_line(text))


def html_comment(text: str) -> str:
    """`text` as a comment of HTML, and so of Markdown: no comment ends without a `>`."""
    return f"<!-- {html_text(text)} -->\n"


def _line(text: str) -> str:
    """`text` in one line, a control character as the sign of one that cannot be shown."""
    return _CONTROL.sub("\ufffd", clean(text))
