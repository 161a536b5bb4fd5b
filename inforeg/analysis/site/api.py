"""What is imported from the package, as its docstrings and signatures have it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import griffe

import inforeg
from inforeg.analysis.site import addresses
from inforeg.analysis.site.markdown import Places, anchor, rendered

PARTS: Mapping[str, Sequence[str]] = {
    "InfoReg in a loop of one's own": ("inforeg", "inforeg.regulation.window"),
    "Data sets": tuple(
        f"inforeg.data.{name}" for name in ("base", "gathered", "sources", "arrays", "splits", "transforms")
    ),
    "Encoders": ("inforeg.models.encoders.base",),
    "Fusions": ("inforeg.models.fusions.base",),
    "Methods": ("inforeg.methods.base",),
    "Metrics": ("inforeg.metrics.base",),
    "Probes": ("inforeg.probes.base", "inforeg.probes.restore"),
}
"""The modules of each page; what several of them give is on the first one's."""

SECTIONS = {"parameters": "Takes", "attributes": "Attributes", "returns": "Returns", "raises": "Raises"}
"""Of docstrings, and what the site calls them."""
STARS = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}


@dataclass(frozen=True)
class Part:
    """One page.

    Attributes:
        address: where it lies.
        title: its heading.
        objects: what it has, by module.
    """

    address: str
    title: str
    objects: Mapping[str, Sequence[griffe.Object]]


@dataclass(frozen=True)
class Described:
    """A class, function or constant as it is shown.

    Attributes:
        path: the dotted name by which it is imported; a member's own name.
        anchor: by which it is linked to.
        signature: as HTML.
        texts: paragraphs of its docstring, as HTML.
        sections: name, type and text of each entry, as HTML, by heading.
        members: of a class.
    """

    path: str
    anchor: str
    signature: str
    texts: Sequence[str]
    sections: Mapping[str, Sequence[tuple[str, str, str]]]
    members: Sequence["Described"] = ()


@cache
def parts() -> tuple[Part, ...]:
    """All pages."""
    loader = griffe.GriffeLoader(
        search_paths=[Path(inforeg.__file__).parents[1]],
        docstring_parser="google",
        docstring_options={"warnings": False},
    )
    loader.load("inforeg")
    seen: set[str] = set()
    found = []
    for title, modules in PARTS.items():
        objects = {name: list(_new(loader.modules_collection[name], seen)) for name in modules}
        found.append(Part(addresses.api(anchor(title)), title, objects))
    return tuple(found)


def _new(module: griffe.Module, seen: set[str]) -> Iterator[griffe.Object]:
    """What a module gives, less what was seen before."""
    for name in module.exports or module.members:
        member = module.members[str(name)]
        if str(name).startswith("_") or (member.is_alias and module.exports is None):
            continue
        target = _target(member)
        if target.path not in seen and (target.is_class or target.is_function or target.docstring):
            seen.add(target.path)
            yield target


def _target(member: griffe.Object | griffe.Alias) -> griffe.Object:
    return member.final_target if isinstance(member, griffe.Alias) else member


@cache
def names() -> Mapping[str, str]:
    """The address of each object by its name with its module, of a class by its own, and of modules."""
    found: dict[str, str] = {}
    for part in parts():
        for module, objects in part.objects.items():
            found |= {module: part.address} if "." in module else {}
            for each in objects:
                short = each.name if each.is_class else f"{module.rpartition('.')[2]}.{each.name}"
                place = f"{part.address}#{each.path}"
                found |= dict.fromkeys((short, each.path, f"{module}.{each.name}"), place)
    return found


def files() -> Mapping[Path, str]:
    """The address of each module that has a page."""
    return {
        Path(each.filepath).resolve(): part.address
        for part in parts()
        for objects in part.objects.values()
        for each in objects
        if isinstance(each.filepath, Path)
    }


def described(part: Part, places: Places) -> Iterator[Described]:
    """What stands on a page."""
    for module, objects in part.objects.items():
        for each in objects:
            yield _described(each, f"{module}.{each.name}", each.path, part.address, places)


def _described(each: griffe.Object, path: str, place: str, page: str, places: Places) -> Described:
    said = [(part.kind.value, part.value) for part in each.docstring.parsed] if each.docstring else []
    texts = [rendered(text, page, places).body for kind, text in said if kind == "text"]
    sections = {
        SECTIONS[kind]: [_entry(entry, page, places) for entry in entries]
        for kind, entries in said
        if kind in SECTIONS
    }
    members = [
        _described(member, member.name, f"{place}.{member.name}", page, places)
        for member in (_members(each) if each.is_class else ())
    ]
    return Described(path, place, _signature(each, page, places), texts, sections, members)


def _members(cls: griffe.Object) -> Iterator[griffe.Object]:
    """The public functions and properties of a class, with those of bases that have no entry of their own."""
    known = names()
    inherited = {
        name: member
        for name, member in cls.inherited_members.items()
        if member.final_target.parent and member.final_target.parent.path not in known
    }
    for name, member in {**inherited, **cls.members}.items():
        target = _target(member)
        if not name.startswith("_") and (target.is_function or "property" in target.labels):
            yield target


def _entry(entry: Any, page: str, places: Places) -> tuple[str, str, str]:
    kind = _annotation(entry.annotation, page, places)
    return getattr(entry, "name", ""), kind, rendered(entry.description, page, places).body


def _signature(each: griffe.Object, page: str, places: Places) -> str:
    """As it is written, its types linked."""
    if isinstance(each, griffe.Class):
        bases = ", ".join(_annotation(base, page, places) for base in each.bases)
        given = f"({_parameters(each, page, places)})" if each.parameters else ""
        return f"class {each.name}{given}" + (f" of {bases}" if bases else "")
    if isinstance(each, griffe.Function):
        result = _annotation(each.returns, page, places)
        return f"{each.name}({_parameters(each, page, places)})" + (f" → {result}" if result else "")
    kind, value = (_annotation(getattr(each, part, None), page, places) for part in ("annotation", "value"))
    return each.name + (f": {kind}" if kind else "") + (f" = {value}" if value else "")


def _parameters(each: griffe.Function | griffe.Class, page: str, places: Places) -> str:
    """Those that a caller gives."""
    shown: list[str] = []
    for parameter in each.parameters:
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is griffe.ParameterKind.keyword_only and "*" not in shown:
            shown.append("*")
        stars = STARS.get(parameter.kind, "") if parameter.kind else ""
        kind = _annotation(parameter.annotation, page, places)
        default = "" if stars or parameter.default is None else f" = {escape(str(parameter.default))}"
        shown.append(f"{stars}{parameter.name}" + (f": {kind}" if kind else "") + default)
    return ", ".join(shown)


def _annotation(found: str | griffe.Expr | None, page: str, places: Places) -> str:
    """A type, of which each name that has an entry is a link to it."""
    pieces: Iterable[str | griffe.Expr] = found.iterate() if isinstance(found, griffe.Expr) else [found or ""]
    shown = []
    for piece in pieces:
        text = escape(str(piece))
        place = places.names.get(getattr(piece, "canonical_path", ""))
        shown.append(f'<a href="{addresses.root(page)}{place}">{text}</a>' if place else text)
    return "".join(shown)
