"""Whatever a server answers in place of objects and links: asked for again, or named with its reason."""

from pathlib import Path
from typing import Any

import pytest

from inforeg.data import lfs, objects, transfer
from inforeg.data.pointers import Repository
from inforeg.errors import UserError
from tests.unit.data.lfs.server import MEDIA, ONE, PLAIN, Fetch, Lfs, came

FAULTS = {
    "always 404": (r"HTTP Error 404: Not Found", 2),
    "always 500": (r"HTTP Error 500: Internal Server Error", transfer.ATTEMPTS),
    "always 429": (r"HTTP Error 429: Too Many Requests", transfer.ATTEMPTS),
    "always html": (r"a web page came in its place", 2),
    "always xml": (r"a web page came in its place", 2),
    "always short": (r"2999 bytes came, not the 3000 that are pinned", 2),
    "always long": (r"3001 bytes or more came, not the 3000 that are pinned", 2),
    "always wrong": (rf"what came has not the pinned SHA-256 {ONE}", 2),
}


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_come_is_named_and_the_rest_comes(
    tmp_path: Path, server: Lfs, repository: Repository, fetch: Fetch, fault: str
) -> None:
    reason, times = FAULTS[fault]
    server.faults[ONE] = [fault]
    with pytest.raises(UserError) as caught:
        fetch()
    assert str(caught.value) == (
        f"1 of 4 files of {repository} did not come: media/one.wav ({reason}); what came is in "
        f"{tmp_path / 'cache'}, so give the same command again later, or get the files yourself and give "
        "their folder by --raw."
    )
    assert [name for name, _ in server.asked].count(ONE) == times
    others = {name: content for name, content in MEDIA.items() if name != "media/one.wav"}
    assert came(tmp_path) == others | PLAIN
    server.faults.clear()
    server.asked.clear()
    [told] = fetch()
    assert "3.00kB, 1 of 4 files" in told
    assert server.asked == [(ONE, None)]


def test_many_that_cannot_come_are_counted(
    server: Lfs, repository: Repository, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lfs, "NAMED", 1)
    server.faults = {ONE: ["always 404"], **{each: ["always 500"] for each in server.objects if each != ONE}}
    with pytest.raises(
        UserError, match=r"^3 of 4 files .* did not come: media/one\.wav \(.*404.*\) and 1 more reasons;"
    ):
        fetch()


def test_a_server_that_is_ill_is_left_alone(
    server: Lfs, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "BATCH", 2)
    server.faults = {each: ["always 500"] for each in server.objects}
    with pytest.raises(UserError, match=r"^2 of 4 files .* did not come \(1 more not asked for\): media/one"):
        fetch()
    server.faults = {each: ["always 404"] for each in server.objects}
    with pytest.raises(UserError, match=r"^3 of 4 files .* did not come: media/one"):
        fetch()


@pytest.mark.parametrize("expires", [{"expires_in": 1}, {"expires_at": "2016-11-10T15:29:07Z"}])
def test_a_link_that_has_ended_is_asked_for_again(
    tmp_path: Path, server: Lfs, fetch: Fetch, expires: dict[str, Any]
) -> None:
    server.expires = expires
    fetch()
    assert sorted(map(len, server.batches)) == [1, 1, 1, 3]
    assert came(tmp_path) == MEDIA | PLAIN


@pytest.mark.parametrize(
    "expires", [{}, {"expires_in": 3600}, {"expires_at": "2999-01-01T00:00:00.000-07:00"}]
)
def test_a_link_that_lasts_is_used(server: Lfs, fetch: Fetch, expires: dict[str, Any]) -> None:
    server.expires = expires
    fetch()
    assert list(map(len, server.batches)) == [3]


def test_a_link_that_ends_early_is_asked_for_again(tmp_path: Path, server: Lfs, fetch: Fetch) -> None:
    server.faults[ONE] = ["403"]
    fetch()
    assert server.batches[1:] == [[ONE]]
    assert came(tmp_path)["media/one.wav"] == MEDIA["media/one.wav"]


def test_what_one_server_asks_for_is_not_told_to_another(tmp_path: Path, server: Lfs, fetch: Fetch) -> None:
    server.faults[ONE] = ["cut", "moved"]
    fetch()
    assert [asked for name, asked in server.asked if name == ONE] == [None, "bytes=1500-", "bytes=1500-"]
    assert len(server.batches) == 2
    assert came(tmp_path) == MEDIA | PLAIN


ANSWERS = {
    "no object": ({"error": {"code": 404, "message": "Not here."}}, r"404: Not here\)", 1),
    "busy": ({"error": {"code": 503, "message": "Later"}}, r"503: Later", transfer.ATTEMPTS),
    "no link": ({"actions": {}}, r"the server has no link to it", 1),
    "a file": ({"actions": {"download": {"href": "file:///x"}}}, r"its link 'file.*' is no web address", 1),
    "headers": (
        {"actions": {"download": {"href": "http://127.0.0.1", "header": {"A": "1\r\nB: 2"}}}},
        r"Invalid header value",
        1,
    ),
    "another one": ({"oid": "0" * 64}, r"the server left it out", 1),
}  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_object_without_a_link_is_named(tmp_path: Path, server: Lfs, fetch: Fetch, answer: str) -> None:
    server.errors[ONE], reason, times = ANSWERS[answer]
    with pytest.raises(UserError, match=rf"did not come: media/one\.wav \({reason}"):
        fetch()
    assert sum(ONE in batch for batch in server.batches) == times
    assert len(came(tmp_path)) == 3


BATCHES = {
    "403": (r"HTTP Error 403: This repository is over its data quota", 1),
    "500": (r"HTTP Error 500: This repository", transfer.ATTEMPTS),
    "<html>": (r"its answer is not valid JSON: Expecting value", 1),
    "[]": (r"its answer is not valid: Input should be a valid dictionary", 1),
    '{"transfer": "tus", "objects": []}': (r"its answer: transfer = 'tus' is not valid", 1),
}


@pytest.mark.parametrize("answer", BATCHES)
def test_a_server_without_links_is_asked_no_further(
    server: Lfs, fetch: Fetch, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(objects, "BATCH", 2)
    reason, times = BATCHES[answer]
    server.faults["batch"] = [f"always {answer}"]
    with pytest.raises(
        UserError, match=rf"2 of 4 .* \(1 more not asked for\): media/one\.wav, media/three\.wav \({reason}"
    ):
        fetch()
    assert len(server.batches) == times
    assert not server.asked
