"""A commit's files and pointers are listed as they are pinned, whatever git is like here."""

import json
from pathlib import Path

import pytest

from inforeg.data.pointers import Pinned, Repository, listed, remembered
from inforeg.errors import UserError
from inforeg.files import sealed
from tests.unit.data.lfs.server import commit, git, oid, pointer

CONTENT = b"sound"
FILES = {
    "media/clip.wav": pointer(CONTENT),
    "media/deep/notes.txt": b"text\n",
    "media/deep/empty": b"",
    "other/clip.wav": pointer(b"other"),
    "single.csv": b"a,b\n",
}
CONFIG = b"[lfs]\n\turl = https://host/media/\n"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "cache/.lfs").mkdir(parents=True)
    return tmp_path / "cache/.lfs"


def repository(tmp_path: Path, *folders: str) -> Repository:
    folder = tmp_path / "repository"
    head = commit(folder, FILES | {".lfsconfig": CONFIG})
    return Repository(str(folder), head, folders or ("media",))


@pytest.mark.parametrize("filters", ["false", "true"])
@pytest.mark.parametrize("scheme", ["", "file://"])
def test_the_folders_of_the_commit_are_listed(tmp_path: Path, state: Path, filters: str, scheme: str) -> None:
    pinned = repository(tmp_path, "media", "single.csv")
    git(tmp_path / "repository", "config", "uploadpack.allowFilter", filters)
    commit(tmp_path / "repository", {"media/later.wav": b"later"})
    pinned = Repository(f"{scheme}{pinned.url}", pinned.commit, pinned.folders)
    listing = listed(pinned, state.parent, state)
    assert listing.endpoint == "https://host/media"
    assert listing.files == {
        "media/clip.wav": Pinned(oid(CONTENT), len(CONTENT), True),
        "media/deep/empty": Pinned(oid(b""), 0, False),
        "media/deep/notes.txt": Pinned(oid(b"text\n"), 5, False),
        "single.csv": Pinned(oid(b"a,b\n"), 4, False),
    }
    plain = sorted(name for name, each in listing.files.items() if not each.is_object)
    found = [path for path in state.parent.rglob("*") if path.is_file() and path.parent != state]
    assert sorted(str(path.relative_to(state.parent)) for path in found) == plain
    assert all((state.parent / name).read_bytes() == FILES[name] for name in plain)
    assert remembered(pinned, state) == listing
    assert [path.name for path in state.iterdir()] == ["listing.json"]


def test_a_listing_is_remembered_for_its_own_commit(tmp_path: Path, state: Path) -> None:
    pinned = repository(tmp_path)
    listing = listed(pinned, state.parent, state)
    assert remembered(Repository(pinned.url, pinned.commit, ("other",)), state) is None
    assert remembered(Repository(pinned.url, "0" * 40, pinned.folders), state) is None
    (state / "listing.json").write_text((state / "listing.json").read_text().replace("clip", "clap"))
    assert remembered(pinned, state) is None
    leading_out = listing.model_dump() | {"files": {"../x": {"oid": "0" * 64, "size": 1, "is_object": True}}}
    (state / "listing.json").write_text(json.dumps(sealed(leading_out)))
    assert remembered(pinned, state) is None


def test_what_the_user_has_set_for_git_alters_nothing(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = repository(tmp_path)
    attributes = {".gitattributes": b"*.wav filter=lfs\n* text=auto\n", "media/crlf": b"a\r\nb\r\n"}
    head = commit(tmp_path / "repository", attributes)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path / 'called'}\n")
    (hooks / "post-checkout").chmod(0o755)
    (tmp_path / "gitconfig").write_text(
        f"[core]\n\tautocrlf = true\n\thooksPath = {hooks}\n"
        '[filter "lfs"]\n\tsmudge = false\n\tprocess = false\n\trequired = true\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    listing = listed(Repository(pinned.url, head, ("media", ".gitattributes")), state.parent, state)
    assert listing.files["media/clip.wav"] == Pinned(oid(CONTENT), len(CONTENT), True)
    assert (state.parent / "media/deep/notes.txt").read_bytes() == b"text\n"
    assert not {"called", "elsewhere", "index"} & {path.name for path in tmp_path.iterdir()}


def test_a_link_out_of_the_folder_is_only_text(tmp_path: Path, state: Path) -> None:
    pinned = repository(tmp_path)
    (tmp_path / "repository/media/link").symlink_to("/etc")
    listing = listed(
        Repository(pinned.url, commit(tmp_path / "repository", {}), ("media",)), state.parent, state
    )
    assert (state.parent / "media/link").read_bytes() == b"/etc"
    assert not (state.parent / "media/link").is_symlink()
    assert listing.files["media/link"].size == 4


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://host/owner/name", "https://host/owner/name.git/info/lfs"),
        ("https://host/owner/name.git", "https://host/owner/name.git/info/lfs"),
        ("http://host/name/", "http://host/name.git/info/lfs"),
    ],
)
def test_objects_are_beside_the_repository(
    tmp_path: Path, state: Path, url: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = commit(tmp_path / "repository", {"media/clip.wav": pointer(CONTENT)})
    local = f'[url "{tmp_path / "repository"}"]\n\tinsteadOf = {url}\n'
    (tmp_path / "gitconfig").write_text(local)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    assert listed(Repository(url, head, ("media",)), state.parent, state).endpoint == endpoint


def refused(pinned: Repository, state: Path) -> str:
    """The sentence; nothing is left but the folder."""
    with pytest.raises(UserError) as caught:
        listed(pinned, state.parent, state)
    assert list(state.parent.rglob("*")) == [state]
    assert str(caught.value).count("\n") == 0
    return str(caught.value)


BY_HAND = "or get the files yourself and give their folder by --raw."


def test_a_commit_that_is_not_there(tmp_path: Path, state: Path) -> None:
    pinned = repository(tmp_path)
    for url in (pinned.url, f"file://{pinned.url}"):
        said = refused(Repository(url, "0" * 40, ("media",)), state)
        assert said == f"{url} has no commit {'0' * 40}; pin one that it has, {BY_HAND}"


def test_half_a_hash_pins_nothing(tmp_path: Path, state: Path) -> None:
    pinned = repository(tmp_path)
    said = refused(Repository(pinned.url, pinned.commit[:8], ("media",)), state)
    assert said == f"{pinned.commit[:8]!r} is no full hash of a commit; pin one of {pinned.url}."


def test_a_repository_that_cannot_be_reached(state: Path) -> None:
    said = refused(Repository("http://127.0.0.1:9/name", "0" * 40, ("media",)), state)
    assert said.startswith(
        "http://127.0.0.1:9/name at 000000000000 cannot be fetched by git (unable to access"
    )
    assert said.endswith(f"); check the network, {BY_HAND}")


def test_git_that_is_not_installed(tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = repository(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    said = refused(pinned, state)
    assert said == f"Git, by which {pinned} is fetched, is not installed; install it, {BY_HAND}"


def test_a_folder_that_is_not_there(tmp_path: Path, state: Path) -> None:
    pinned = repository(tmp_path, "media", "sounds")
    assert refused(pinned, state) == f"{pinned} has no 'sounds'; name folders that it has."


@pytest.mark.parametrize("content", [b"\nsize 5\n", b"\noid md5:0\nsize 5\n", b"\noid sha256:0\nsize 5\n"])
def test_a_pointer_that_cannot_be_read(tmp_path: Path, state: Path, content: bytes) -> None:
    files = {"media/clip.wav": b"version https://git-lfs.github.com/spec/v1" + content}
    pinned = Repository(str(tmp_path / "repository"), commit(tmp_path / "repository", files), ("media",))
    assert refused(pinned, state) == (
        f"clip.wav of {pinned} is a pointer of Git LFS that cannot be read; pin another commit, {BY_HAND}"
    )


def test_objects_that_are_on_no_web_server(tmp_path: Path, state: Path) -> None:
    pinned = Repository(
        str(tmp_path / "repository"), commit(tmp_path / "repository", {"media/clip.wav": b"-"}), ("media",)
    )
    said = refused(pinned, state)
    assert said.startswith(f"{pinned} has its objects at '{tmp_path}")
    assert said.endswith("which is no web address; get the files yourself and give their folder by --raw.")
