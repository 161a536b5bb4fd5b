"""The site's folder: pages from templates, and all that they load."""

import re
import shutil
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined

from inforeg.analysis.site import addresses
from inforeg.analysis.site.content import Content
from inforeg.analysis.site.guides import files_of
from inforeg.analysis.site.page import Page
from inforeg.analysis.site.pages import pages
from inforeg.analysis.tables import claims
from inforeg.engine.provenance import SOURCES
from inforeg.errors import UserError
from inforeg.files import replacing_folder

MENU = (
    ("index.html", "Findings"),
    (addresses.BOARDS, "Leaderboards"),
    (addresses.CLAIMS, "Claims"),
    (addresses.EXPERIMENTS, "Experiments"),
    (addresses.METHODS, "Methods"),
    (addresses.DATA, "Data"),
    (addresses.RUNS, "Runs"),
    (addresses.REFERENCE, "Reference"),
)
DRAWS, VEGA_LITE = "window.vegaEmbed = vegaEmbed;", "6.4"
"""What site.js calls, and the version of Vega-Lite: one of several that the package carries."""
OURS = "assets/site.js"
"""By this file a folder is known as a site."""


def write_site(content: Content, folder: Path) -> int:
    """Write the site of `content` as `folder`, in the place of one that is there; how many pages it has.

    Equal content gives equal bytes.

    Raises:
        UserError: `folder` is there, and is neither empty nor a site.
    """
    if folder.is_symlink() or (folder.exists() and not _replaceable(folder)):
        raise UserError(f"{folder} is no site that may be replaced; name another place by --out.")
    commits = {_short(each) for shown in content.experiments for each in shown.provenance.get("commits", [])}
    guides = [(addresses.GUIDES, "Documentation")] if files_of(content.guides) else []
    everywhere = {"site": content.title, "commits": sorted(commits), "menu": [*MENU, *guides]}
    with replacing_folder(folder) as made:
        paths = [_write(page, made, everywhere) for page in pages(content)]
        _write_assets(content, made)
    return len(paths)


def _short(commit: str) -> str:
    """A commit, or as much of the hash that stands for one as tells it from others."""
    return commit[: len(SOURCES) + 12] if commit.startswith(SOURCES) else commit


def _replaceable(folder: Path) -> bool:
    return folder.is_dir() and ((folder / OURS).exists() or not any(folder.iterdir()))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("inforeg.analysis.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["slug"] = lambda text: re.sub(r"[^a-z0-9]+", "-", text.lower())
    environment.globals.update(address=addresses, printed=claims.printed)
    return environment


def _write(page: Page, folder: Path, everywhere: Mapping[str, Any]) -> Path:
    path = folder / page.path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = page.path.partition("/")[0]
    here = next((address for address, _ in everywhere["menu"] if address.partition("/")[0] == part), "")
    about = {"page": page, "root": addresses.root(page.path), "here": here}
    text = _environment().get_template(page.template).render({**page.shown, **everywhere, **about})
    path.write_text(text, encoding="utf-8")
    return path


@cache
def _vega() -> str:
    """Vega-Lite, a module, as a function: no browser loads modules from files."""
    return f"(() => {{\n{vl_convert.javascript_bundle(DRAWS, VEGA_LITE)}\n}})();\n"


def _write_assets(content: Content, folder: Path) -> None:
    """Styles and scripts, of which Vega's comes from its package, and the experiments' pictures."""
    (folder / "assets").mkdir()
    for asset in files("inforeg.analysis.site").joinpath("assets").iterdir():
        (folder / "assets" / asset.name).write_bytes(asset.read_bytes())
    (folder / "assets/vega.js").write_text(_vega(), encoding="utf-8")
    (folder / "figures").mkdir()
    for shown in content.experiments:
        for name in shown.figures:
            shutil.copyfile(content.figures / name, folder / "figures" / name)
