"""The pages to read and to look things up in: guides, and the reference made of docstrings and schemas."""

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path

from inforeg.analysis.site import addresses, api, reference
from inforeg.analysis.site.commands import Command, commands_of
from inforeg.analysis.site.content import Content
from inforeg.analysis.site.grids import Grid
from inforeg.analysis.site.guides import GROUPS, Guide, files_of, guides_of
from inforeg.analysis.site.markdown import Places
from inforeg.analysis.site.page import Page
from inforeg.registry import METHODS

Links = Sequence[tuple[str, str, str]]
"""Address, title and what is said of each."""

TABLES = (
    (
        addresses.KEYS,
        "Keys of the configuration",
        "Every key of the YAML files, from the models that read them.",
    ),
    (addresses.METRICS, "Metrics", "What is measured, in which unit, and which way it is better."),
    (addresses.COLUMNS, "Columns", "What the frames of collected runs hold."),
)


def pages(content: Content) -> Iterator[Page]:
    """All of them; of guides none where the project has no documentation."""
    commands = list(commands_of(content.commands))
    places = _places(content, commands)
    guides = guides_of(content.guides, places)
    listed = _listed(commands)
    if guides:
        yield from _guides(guides, listed)
    yield Page(addresses.REFERENCE, "Reference", "listing.html", {"text": "", "groups": [("", listed)]})
    yield from _reference(commands)
    for part in api.parts():
        objects = list(api.described(part, places))
        contents = [(each.anchor, each.path) for each in objects]
        yield Page(part.address, part.title, "api.html", {"objects": objects, "contents": contents})


def _places(content: Content, commands: Sequence[Command]) -> Places:
    """What texts can link to."""
    methods = {
        Path(inspect.getfile(cls)).resolve(): addresses.method(name) for name, cls in METHODS.classes.items()
    }
    keys = (content.guides / "../config/README.md").resolve()
    files = {**api.files(), **methods, keys: addresses.KEYS, **files_of(content.guides)}
    told = {each.name: f"{addresses.COMMANDS}#{each.anchor}" for each in commands}
    return Places(files, {**api.names(), **told})


def _listed(commands: Sequence[Command]) -> Links:
    parts = [(part.address, f"Python: {part.title}", "") for part in api.parts()]
    line = [(addresses.COMMANDS, "Command line", "Every command and its arguments.")] if commands else []
    return [*parts, *line, *TABLES]


def _guides(guides: Sequence[Guide], listed: Links) -> Iterator[Page]:
    """The list of all, and each beside it."""
    groups: dict[str, Links] = dict.fromkeys(GROUPS, ())
    for guide in guides:
        groups[guide.group] = [*groups.get(guide.group, ()), (guide.address, guide.title, guide.summary)]
    groups["Reference"] = [*listed, *groups["Reference"]]
    shown = [(name, links) for name, links in groups.items() if name and links]
    text = next((guide.body for guide in guides if not guide.group), "")
    yield Page(addresses.GUIDES, "Documentation", "listing.html", {"text": text, "groups": shown})
    for guide in guides:
        if guide.address != addresses.GUIDES:
            yield Page(guide.address, guide.title, "guide.html", {"guide": guide, "groups": shown})


def _reference(commands: Sequence[Command]) -> Iterator[Page]:
    if commands:
        shown = [(each, Grid(each.arguments) if each.arguments else None) for each in commands]
        named = [(each.anchor, each.name) for each in commands]
        yield Page(addresses.COMMANDS, "Command line", "commands.html", {"commands": shown, "named": named})
    tables = (list(reference.keys()), [reference.measured()], [reference.columns()])
    for (address, title, _), found in zip(TABLES, tables, strict=True):
        yield Page(address, title, "reference.html", {"grids": [Grid(table, search=True) for table in found]})
