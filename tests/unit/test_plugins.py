"""The sources of plug-ins: an edit is noticed, a comment is not, and the package's own are pinned."""

import importlib
import json
import sys
from pathlib import Path

import pytest

from inforeg.analysis.collected.collect import collect
from inforeg.engine import plugins
from inforeg.engine.record import Record
from inforeg.engine.train import train
from inforeg.errors import UserError
from inforeg.methods.base import Method
from inforeg.registry import METHODS
from inforeg.suite.plan import Cell, Plan
from tests.conftest import EVERY_EPOCH, make_config, make_data, make_spec
from tests.pages import DOCS, shown

RENEW = "python -c 'from inforeg.engine.plugins import renew; renew()'"
FOCAL = shown(DOCS / "method.md", "python", "class Focal")
SHORT = make_config(training={"epochs": 2})
PACKAGE = "inforeg.methods"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Put the method that the documentation shows, or another text, where a new process finds it."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    package = importlib.import_module(PACKAGE)
    monkeypatch.setattr(package, "__path__", [str(folder), *package.__path__])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def put(text: str, name: str = "focal") -> type[Method]:
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        for module in ("focal", "helpers"):
            monkeypatch.delitem(sys.modules, f"{PACKAGE}.{module}", raising=False)
        importlib.invalidate_caches()
        plugins.digest.cache_clear()
        plugins._imported.cache_clear()
        if name == "focal":
            cls = importlib.import_module(f"{PACKAGE}.focal").Focal
            monkeypatch.setitem(METHODS.classes, "focal", cls)
        return METHODS.classes.get("focal", Method)

    yield put
    plugins.digest.cache_clear()
    plugins._imported.cache_clear()


def spec():
    return make_spec("focal", config=SHORT)


def go(runs: Path) -> Path:
    folder = spec().directory(runs)
    train(spec(), folder, make_data(), runs, EVERY_EPOCH)
    return folder


EDITED = FOCAL.replace("* log_p).mean()", "* log_p).mean() * 0")


def test_an_edited_method_is_refused_with_the_remedy(write, tmp_path):
    write(FOCAL)
    folder = go(tmp_path)
    before = (folder / "summary.json").read_bytes()
    assert json.loads(before)["sources"].keys() == {"inforeg.methods.focal"}
    assert EDITED != FOCAL
    write(EDITED)
    with pytest.raises(
        UserError, match=r"another source of inforeg\.methods\.focal .*; raise `version` in it"
    ):
        go(tmp_path)
    with pytest.raises(UserError, match=r"another source of inforeg\.methods\.focal"):
        train(spec(), folder, make_data(), tmp_path, discard=True)
    with pytest.raises(UserError, match=r"another source of inforeg\.methods\.focal"):
        collect(Plan((Cell("focal", (spec(),), 1),), {}), tmp_path, "val")
    assert (folder / "summary.json").read_bytes() == before
    write(FOCAL)
    go(tmp_path)


def test_an_interrupted_run_does_not_go_on_with_an_edited_method(write, tmp_path, monkeypatch):
    def stop(record, state):
        raise KeyboardInterrupt

    write(FOCAL)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Record, "save", stop)
        go(tmp_path)
    write(EDITED)
    with pytest.raises(UserError, match=r"another source of inforeg\.methods\.focal"):
        go(tmp_path)


def test_an_edited_teacher_is_no_teacher(write, tmp_path, monkeypatch):
    write(FOCAL)
    go(tmp_path)
    write(EDITED)
    monkeypatch.setattr(METHODS.get("joint"), "needs", lambda self, own: [spec()])
    with pytest.raises(UserError, match=r"another source of inforeg\.methods\.focal"):
        train(make_spec(config=SHORT), tmp_path / "joint", make_data(), tmp_path)
    assert not (tmp_path / "joint").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("        log_p =", "        # why\n\n        log_p ="),
        ('"""The focal loss in place of the cross-entropy."""', '"""Another remark."""'),
        ('title = "Focal loss"', 'title = "The focal loss"'),
        ("ICCV 2017", "IEEE ICCV, 2017"),
        ("log_p.exp()) ** self.gamma", "( log_p . exp( ) ) )\\\n            ** self.gamma"),
    ],
)
def test_what_does_not_compute_does_not_count(write, tmp_path, before, after):
    write(FOCAL)
    go(tmp_path)
    assert before in FOCAL
    write(FOCAL.replace(before, after))
    go(tmp_path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("] = 2.0", "] = 3.0"),
        ("1 - log_p.exp()", "1 + log_p.exp()"),
        ("** self.gamma", "** (self.gamma + 1)"),
        ("class Focal", "WEIGHT = 1.0\n\n\nclass Focal"),
        ("log_p = output", 'title = "x" if batch else "y"\n        log_p = output'),
    ],
)
def test_what_computes_counts(write, before, after):
    write(FOCAL)
    first = plugins.sources(spec())
    assert before in FOCAL
    write(FOCAL.replace(before, after))
    assert plugins.sources(spec()).keys() == first.keys()
    assert plugins.sources(spec()) != first


def test_what_a_plug_in_takes_from_another_one_counts(write):
    write("SCALE = 1.0\n", "helpers")
    text = FOCAL.replace(
        "from inforeg.methods.base", "from inforeg.methods.helpers import SCALE\nfrom inforeg.methods.base"
    )
    write(text)
    first = plugins.sources(spec())
    assert first.keys() == {"inforeg.methods.focal", "inforeg.methods.helpers"}
    write("SCALE = 2.0\n", "helpers")
    write(text)
    assert plugins.sources(spec()) != first


def test_a_new_version_is_another_spec(write, tmp_path):
    write(FOCAL)
    folder = go(tmp_path)
    raised = write(EDITED.replace('    name = "focal"', '    version = 2\n    name = "focal"'))
    assert raised.version == 2
    newer = spec().model_copy(update={"versions": {"engine": 1, "method": 2}})
    train(newer, folder, make_data(), tmp_path, discard=True)
    assert json.loads((folder / "summary.json").read_text())["sources"] == plugins.sources(newer)


def test_the_packages_own_need_no_hash_until_they_are_edited(monkeypatch):
    assert plugins.sources(make_spec("inforeg")) == {}
    monkeypatch.setattr(plugins, "digest", lambda module: "edited" if module.endswith("inforeg") else "")
    assert plugins.sources(make_spec("inforeg")) == {"inforeg.methods.inforeg": "edited"}


def test_the_packages_own_sources_are_pinned_with_their_versions():
    """Where one changed: does a result change? Then raise its version first."""
    pinned, found = json.loads(plugins.RELEASED.read_text()), plugins.pins()
    assert pinned.keys() <= found.keys(), f"modules went; renew the table: {RENEW}"
    for module in pinned:  # others came along, and are plug-ins until the table has them
        now = found[module]
        assert now == pinned[module], (
            f"{module} is not as pinned (versions {pinned[module]['versions']}, now {now['versions']}): if "
            f"results may change, raise `version`, or ENGINE_VERSION for code that is shared; then {RENEW}"
        )


def test_a_fusion_counts(monkeypatch):
    monkeypatch.setattr(plugins, "digest", lambda module: "edited" if module.endswith("film") else "")
    film = make_spec("joint", config=make_config(fusion="film"))
    assert plugins.sources(film) == {"inforeg.models.fusions.film": "edited"}
    assert plugins.sources(make_spec("joint")) == {}
