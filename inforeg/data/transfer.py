"""Bytes from an address into a file: resumed where a transfer broke, asked for again where that may help."""

import email.utils
import functools
import http.client
import math
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Mapping
from email.message import Message
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

ATTEMPTS = 5
PAUSE = 1.0  # seconds before the second attempt; doubled before each further one
LONGEST_PAUSE = 300.0  # seconds that a server may ask us to wait
TIMEOUT = 30.0  # seconds without a byte
CHUNK = 1 << 16  # bytes, of which a transfer that breaks loses at most one
TRANSIENT = (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException, ssl.SSLError)
FINAL = (401, 403, 404, 410)  # answers that asking again does not change


class TransferError(Exception):
    """Why something cannot be had, as a clause; asking again would not change it."""


class ExhaustedError(TransferError):
    """Why something could not be had, as often as it was asked for; later it may be."""


def persist(
    attempt: Callable[[], T], attempts: int = ATTEMPTS, sleep: Callable[[float], object] | None = None
) -> T:
    """What `attempt` gives, called again where that may help: after a pause, or when the server says.

    Raises:
        TransferError: it failed for good.
        ExhaustedError: it failed `attempts` times, or we are to wait for too long.
    """
    pause = PAUSE
    while True:
        attempts -= 1
        asked = 0.0
        try:
            return attempt()
        except urllib.error.HTTPError as error:
            error.close()
            asked, reason = _asked_pause(error.headers), str(error)
            if error.code in FINAL:
                raise TransferError(reason) from None
            if asked > LONGEST_PAUSE:
                raise ExhaustedError(f"{reason}, and it asks to be left alone for {asked:.0f} s") from None
        except TRANSIENT as error:
            reason = str(getattr(error, "reason", error))
        if not attempts:
            raise ExhaustedError(reason)
        (sleep or time.sleep)(max(pause, asked))
        pause *= 2


def _asked_pause(headers: Message) -> float:
    """Seconds that the header Retry-After asks to wait, as a number or until a date; 0 without one."""
    asked = headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked)
    try:
        return email.utils.parsedate_to_datetime(asked).timestamp() - time.time()
    except ValueError:
        return 0.0


def opened(request: urllib.request.Request) -> http.client.HTTPResponse:
    """The answer to a request."""
    answer: http.client.HTTPResponse = _opener().open(request, timeout=TIMEOUT)
    return answer


@functools.cache
def _opener() -> urllib.request.OpenerDirector:
    """One for all requests: reading the certificates for each takes longer than a small file."""
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=ssl.create_default_context()))


def transfer(
    url: str, part: Path, headers: Mapping[str, str] | None = None
) -> Generator[tuple[int, float], None, None]:
    """One attempt to fetch `url`, from the end of `part` if the server agrees.

    Args:
        url: its address.
        part: what has arrived of it, and what does now.
        headers: which the server asks for; not handed on to another one.

    Yields:
        The bytes that `part` has, and those that it will have (infinity where the server does not tell).
    """
    have = part.stat().st_size if part.exists() else 0
    try:
        request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
        for name, value in (headers or {}).items():
            request.add_unredirected_header(name, value)
        answer = opened(request)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
        raise
    except ValueError as error:  # no address, no header
        raise TransferError(str(error)) from None
    with answer:
        resumed = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        length = answer.headers.get("Content-Length", "")
        with part.open("ab" if resumed else "wb") as file:
            total = file.tell() + int(length) if length.isdecimal() else math.inf
            yield file.tell(), total
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                yield file.tell(), total
    if total < math.inf and part.stat().st_size < total:
        raise ConnectionError("the connection closed early")
