"""What is asked for again, after which pause, and what is not."""

import email.utils
import ssl
import urllib.error
from collections.abc import Callable
from email.message import Message
from pathlib import Path

import pytest

from inforeg.data import transfer
from inforeg.data.transfer import ATTEMPTS, LONGEST_PAUSE, PAUSE, ExhaustedError, TransferError, persist


def answer(code: int, **headers: str) -> urllib.error.HTTPError:
    fields = Message()
    for name, value in headers.items():
        fields[name.replace("_", "-")] = value
    return urllib.error.HTTPError("http://host/x", code, "Said", fields, None)


def failing(*errors: Exception) -> Callable[[], str]:
    left = list(errors)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "here"

    return attempt


@pytest.mark.parametrize("code", [429, 503])
def test_a_server_that_asks_for_time_is_given_it(code: int) -> None:
    pauses: list[float] = []
    busy = answer(code, Retry_After="17")
    assert persist(failing(busy, busy, answer(500)), sleep=pauses.append) == "here"
    assert pauses == [17, 17, 4 * PAUSE]


def test_time_may_be_asked_for_as_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(transfer.time, "time", lambda: 1_000_000.0)
    later = email.utils.formatdate(1_000_040, usegmt=True)
    persist(failing(answer(503, Retry_After=later), answer(503, Retry_After="soon")), sleep=pauses.append)
    assert pauses == [40, 2 * PAUSE]


def test_nobody_waits_for_hours() -> None:
    pauses: list[float] = []
    late = answer(429, Retry_After="7200")
    with pytest.raises(ExhaustedError, match="429: Said, and it asks to be left alone for 7200 s"):
        persist(failing(late), sleep=pauses.append)
    assert LONGEST_PAUSE < 7200
    assert not pauses


def test_pauses_grow_and_end_with_the_last_attempt() -> None:
    pauses: list[float] = []
    errors = [urllib.error.URLError("no route") for _ in range(ATTEMPTS)]
    with pytest.raises(ExhaustedError, match=r"^no route$"):
        persist(failing(*errors), sleep=pauses.append)
    assert pauses == [PAUSE * 2**n for n in range(ATTEMPTS - 1)]


@pytest.mark.parametrize("error", [answer(404), TransferError("final"), OSError(28, "No space left")])
def test_what_asking_again_does_not_change(error: Exception) -> None:
    with pytest.raises((TransferError, OSError)) as caught:
        persist(failing(error), sleep=lambda pause: pytest.fail("asked again"))
    assert caught.type is not ExhaustedError


def test_the_certificates_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[ssl.SSLContext] = []
    certificates = ssl.create_default_context()

    def create() -> ssl.SSLContext:
        read.append(certificates)
        return certificates

    transfer._opener.cache_clear()
    monkeypatch.setattr(ssl, "create_default_context", create)
    (tmp_path / "x").write_bytes(b"content")
    for part in (tmp_path / "first", tmp_path / "second"):
        assert list(transfer.transfer((tmp_path / "x").as_uri(), part)) == [(0, 7), (7, 7)]
    assert len(read) == 1


def test_a_broken_transfer_loses_no_more_than_a_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "CHUNK", 2)
    (tmp_path / "x").write_bytes(b"content")
    steps = transfer.transfer((tmp_path / "x").as_uri(), tmp_path / "part")
    assert [next(steps) for _ in range(3)] == [(0, 7), (2, 7), (4, 7)]
    steps.close()
    assert (tmp_path / "part").read_bytes() == b"cont"
